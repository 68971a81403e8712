"""From a message to what chat.postMessage takes, within Slack's limits. Pure.

Words only ever travel in `rich_text` elements and `plain_text` objects, never in mrkdwn, and the fallback text is escaped:
nothing that a person typed can mention, link or format. Only addresses that the knowledge base cites become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from adapters.slack.address import Json
from bot.markup import Block, Span, blocks
from bot.speak import Button, Message
from knowledge.model import Knowledge, Language

MOST_CHARACTERS, MOST_BLOCKS = 9_000, 40  # 13,200 and 50 are refused; room is left for controls
LONGEST_PARAGRAPH = 2_900
LONGEST_FALLBACK, LONGEST_OFFER = 3_900, 600
MOST_BUTTONS, MOST_OPTIONS, MOST_OVERFLOW = 5, 100, 5
LONGEST_LABEL = 75
FOLLOW_UP_SECTIONS = 2  # of an advice: the sums and the sources
ORDERING = "o"
FEEDBACK_YES, FEEDBACK_NO = "f:yes", "f:no"
_URL = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True)
class Look:
    """What drawing needs besides the message: the words, and the addresses that may become links."""

    knowledge: Knowledge
    language: str

    @property
    def words(self) -> Language:
        """The words of the language."""
        return self.knowledge.words(self.language)

    @cached_property
    def links(self) -> frozenset[str]:
        """The addresses of our sources."""
        return frozenset(source.url for source in self.knowledge.sources.values() if source.url)

    def sentence(self, key: str, **values: str) -> str:
        """A sentence of ours."""
        return self.words.sentences[f"slack_{key}"].format(**values)


def payloads(message: Message, number: int, look: Look) -> list[Json]:
    """The posts of one message, the controls under the last post of its first part. `number` binds taps to the message."""
    message = _exportable(message, look)
    body, follow_up = _divided(message)
    posts = [_post(group, look) for group in _grouped(body or [Block("paragraph")])]
    controls = _controls(message, number, look)
    posts[-1]["blocks"] += controls
    offered = _offered(message, look)
    posts[-1]["text"] = posts[-1]["text"][: LONGEST_FALLBACK - len(offered)] + offered
    posts += [_post(group, look) for group in _grouped(follow_up)] if follow_up else []
    return posts


def controlled(posts: Sequence[Json]) -> int:
    """Which of the posts carries the controls; the last if none does."""
    return next((i for i, post in enumerate(posts) if post["blocks"][-1]["type"] == "actions"), len(posts) - 1)


def plain(text: str, longest: int) -> Json:
    """A plain_text object, cut to size."""
    return {"type": "plain_text", "text": text if len(text) <= longest else text[: longest - 1] + "…", "emoji": False}


def escaped(text: str) -> str:
    """Text in which nothing is a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- words -------------------------------------------------------------------------------------------------------------


def _divided(message: Message) -> tuple[list[Block], list[Block]]:
    """The card and what follows it: an advice keeps its sums and sources apart."""
    all_blocks = [part for block in blocks(message.markdown) for part in _short(block)]
    if message.name != "recommend":
        return all_blocks, []
    heads = [i for i, block in enumerate(all_blocks) if block.kind == "heading"]
    cut = heads[-FOLLOW_UP_SECTIONS] if len(heads) > FOLLOW_UP_SECTIONS else len(all_blocks)
    return all_blocks[:cut], all_blocks[cut:]


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


# --- controls ----------------------------------------------------------------------------------------------------------


def _offered(message: Message, look: Look) -> str:
    """What can be tapped, in words, for those who do not see the buttons."""
    if not message.buttons:
        return ""
    labels = ", ".join(button.label for button in message.buttons)
    return escaped("\n" + look.sentence("choices", choices=labels)[:LONGEST_OFFER])


def _controls(message: Message, number: int, look: Look) -> list[Json]:
    """Buttons or a list, and the ways round the question in an overflow menu."""
    buttons = [_ordering(button) if message.ranking else button for button in message.buttons]
    elements: list[Json] = []
    if len(buttons) <= MOST_BUTTONS:
        elements += [
            {"type": "button", "action_id": f"tap:{i}", "text": plain(button.label, LONGEST_LABEL), "value": button.token}
            for i, button in enumerate(buttons)
        ]
    else:
        for i in range(0, len(buttons), MOST_OPTIONS):
            options = [_option(button) for button in buttons[i : i + MOST_OPTIONS]]
            placeholder = plain(look.sentence("choose"), 150)
            elements.append({"type": "static_select", "action_id": f"choose:{i}", "placeholder": placeholder, "options": options})
    for i in range(0, len(message.more), MOST_OVERFLOW):
        options = [_option(button) for button in message.more[i : i + MOST_OVERFLOW]]
        elements.append({"type": "overflow", "action_id": f"more:{i}", "options": options})
    found: list[Json] = [{"type": "actions", "block_id": f"{number}:controls", "elements": elements}] if elements else []
    return [*found, *_feedback(message, number, look)]


def _feedback(message: Message, number: int, look: Look) -> list[Json]:
    """Whether an advice helped."""
    if message.name != "recommend":
        return []
    buttons = [(FEEDBACK_YES, look.sentence("helpful")), (FEEDBACK_NO, look.sentence("unhelpful"))]
    elements = [
        {"type": "button", "action_id": f"feedback:{i}", "text": plain(label, LONGEST_LABEL), "value": token}
        for i, (token, label) in enumerate(buttons)
    ]
    return [{"type": "actions", "block_id": f"{number}:feedback", "elements": elements}]


def _exportable(message: Message, look: Look) -> Message:
    """An advice can be taken along as a file."""
    if message.name != "recommend":
        return message
    keys = {"md": "export", "html": "export_html", "json": "export_json"}
    export, *more = (Button(label=look.sentence(key), token=f"e:{form}") for form, key in keys.items())
    return message.model_copy(update={"buttons": (*message.buttons, export), "more": (*message.more, *more)})


def _option(button: Button) -> Json:
    return {"text": plain(button.label, LONGEST_LABEL), "value": button.token}


def _ordering(button: Button) -> Button:
    """The first tap of a ranking begins an order; it is no answer yet."""
    return button.model_copy(update={"token": ORDERING + button.token[1:]}) if button.token.startswith("k:") else button
