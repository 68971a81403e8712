"""From a message to what chat.postMessage takes, within Slack's limits. Pure.

Words only ever travel in `rich_text` elements and `plain_text` objects, never in mrkdwn, and the fallback text is escaped:
nothing that a person typed can mention, link or format. Only addresses that the knowledge base cites become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.slack.address import Json
from adapters.slack.controls import controls, exportable, offered
from adapters.slack.look import Look, escaped
from bot.markup import Block, Span, blocks
from bot.speak import Message

MOST_CHARACTERS, MOST_BLOCKS = 9_000, 40  # 13,200 and 50 are refused; room is left for controls
LONGEST_PARAGRAPH = 2_900
LONGEST_FALLBACK = 3_900
FOLLOW_UP_SECTIONS = 2  # of an advice: the sums and the sources
MOST_ITEMS = 3  # of each list on an advice's card
_URL = re.compile(r"https?://[^\s<>|]+")


def payloads(message: Message, number: int, look: Look) -> list[Json]:
    """The posts of one message, the controls under the last post of its first part. `number` binds taps to the message."""
    message = exportable(message, look)
    body, follow_up = _divided(message)
    posts = [_post(group, look) for group in _grouped(body or [Block("paragraph")])]
    posts[-1]["blocks"] += controls(message, number, look)
    choices = offered(message, look)
    posts[-1]["text"] = posts[-1]["text"][: LONGEST_FALLBACK - len(choices)] + choices
    posts += [_post(group, look) for group in _grouped(follow_up)] if follow_up else []
    return posts


def controlled(posts: Sequence[Json]) -> int:
    """Which of the posts carries the controls; the last if none does."""
    return next((i for i, post in enumerate(posts) if post["blocks"][-1]["type"] == "actions"), len(posts) - 1)


# --- words -------------------------------------------------------------------------------------------------------------


def _divided(message: Message) -> tuple[list[Block], list[Block]]:
    """The card and what follows it: of an advice, what is past the third of a list, its sums, and its sources."""
    all_blocks = [part for block in blocks(message.markdown) for part in _short(block)]
    if message.name != "recommend":
        return all_blocks, []
    heads = [i for i, block in enumerate(all_blocks) if block.kind == "heading"]
    cut = heads[-FOLLOW_UP_SECTIONS] if len(heads) > FOLLOW_UP_SECTIONS else len(all_blocks)
    card, rest = _brief(all_blocks[:cut])
    return card, [*rest, *all_blocks[cut:]]


def _brief(parts: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The first items of each list, and the others under the same heading."""
    card, rest = list[Block](), list[Block]()
    lead, items = list[Block](), 0
    for block in parts:
        if block.kind != "item":
            lead, items = [block] if block.kind == "heading" or not lead else [*lead[:1], block], 0
        elif block.mark and not block.depth:
            items += 1
        if block.kind == "item" and items > MOST_ITEMS:
            rest += [each for each in lead if each not in rest]
            rest.append(block)
        else:
            card.append(block)
    return card, rest


def _short(block: Block) -> Iterator[Block]:
    """A block in pieces that are not too long for one paragraph."""
    room, spans = LONGEST_PARAGRAPH, list[Span]()
    for span in block.spans:
        text = span.text
        while len(text) > room:
            spans.append(_with(span, text[:room]))
            yield Block(block.kind, tuple(spans), block.mark, block.depth)
            text, room, spans = text[room:], LONGEST_PARAGRAPH, []
        spans.append(_with(span, text))
        room -= len(text)
    yield Block(block.kind, tuple(spans), block.mark, block.depth)


def _with(span: Span, text: str) -> Span:
    return Span(text, span.bold, span.italic, span.code, span.link)


def _grouped(parts: Sequence[Block]) -> list[list[Block]]:
    """Blocks in groups that fit a post each; a post begins with a heading where there is one to begin with."""
    groups: list[list[Block]] = [[]]
    for i, block in enumerate(parts):
        group = groups[-1]
        section = [block]
        if block.kind == "heading":
            rest = parts[i + 1 :]
            end = next((n for n, other in enumerate(rest) if other.kind == "heading"), len(rest))
            section = [block, *rest[:end]]
        alone = _size(section) <= MOST_CHARACTERS and len(section) <= MOST_BLOCKS
        wanted = section if alone else [block]
        if group and (_size(group) + _size(wanted) > MOST_CHARACTERS or len(group) + len(wanted) > MOST_BLOCKS):
            groups.append([])
        groups[-1].append(block)
    return groups


def _size(parts: Iterable[Block]) -> int:
    return sum(len(span.text) for block in parts for span in block.spans) + 10


def _post(parts: Sequence[Block], look: Look) -> Json:
    return {"text": _fallback("\n".join(map(_line, parts))), "blocks": list(_drawn(parts, look))}


def _line(block: Block) -> str:
    lead = f"{block.mark} " if block.mark else "> " if block.kind == "quote" else ""
    return "-----" if block.kind == "rule" else lead + "".join(span.text for span in block.spans)


def _fallback(text: str) -> str:
    """The text for notifications and screen readers. Escaping makes a letter five at most."""
    for longest in (3_000, 1_500):
        found = escaped(text if len(text) <= longest else text[: longest - 1] + "…")
        if len(found) <= LONGEST_FALLBACK:
            return found or " "
    return escaped(text[: LONGEST_FALLBACK // 5])


def _drawn(parts: Sequence[Block], look: Look) -> Iterator[Json]:
    elements: list[Json] = []
    for block in parts:
        if elements and block.kind in ("paragraph", "heading", "rule"):
            yield {"type": "rich_text", "elements": elements}
            elements = []
        if block.kind == "rule":
            yield {"type": "divider"}
            continue
        inline = [each for span in block.spans for each in _inline(span, block.kind == "heading", look)] or [_text(" ", {})]
        match block.kind:
            case "item":
                _listed(elements, block, inline)
            case "quote":
                elements.append({"type": "rich_text_quote", "elements": inline})
            case _:
                elements.append({"type": "rich_text_section", "elements": inline})
    if elements:
        yield {"type": "rich_text", "elements": elements}


def _listed(elements: list[Json], block: Block, inline: list[Json]) -> None:
    """Put an item into the list before it, or begin one."""
    last = elements[-1] if elements else None
    style = "ordered" if block.mark[:1].isdigit() else "bullet"
    together = last is not None and last["type"] == "rich_text_list" and last["indent"] == block.depth
    section = {"type": "rich_text_section", "elements": inline}
    if last is not None and together and not block.mark:
        last["elements"][-1]["elements"] += [_text("\n", {}), *inline]
    elif last is not None and together and last["style"] == style:
        last["elements"].append(section)
    else:
        first = int(block.mark.rstrip(".")) if style == "ordered" else 1
        found: Json = {"type": "rich_text_list", "style": style, "indent": block.depth, "elements": [section]}
        elements.append(found | ({"offset": first - 1} if first > 1 else {}))


def _inline(span: Span, heading: bool, look: Look) -> Iterator[Json]:
    on = {"bold": span.bold or heading, "italic": span.italic, "code": span.code}
    style = {name: True for name, yes in on.items() if yes}
    if span.link is not None and span.link in look.links:
        yield _link(span.link, span.text, style)
        return
    at = 0
    for found in _URL.finditer(span.text):
        if found[0] in look.links:
            if found.start() > at:
                yield _text(span.text[at : found.start()], style)
            yield _link(found[0], found[0], style)
            at = found.end()
    if at < len(span.text):
        yield _text(span.text[at:], style)


def _text(text: str, style: dict[str, bool]) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _link(url: str, text: str, style: dict[str, bool]) -> Json:
    return {"type": "link", "url": url, "text": text, **({"style": style} if style else {})}
