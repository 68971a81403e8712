"""A message as Telegram HTML, in parts that fit: split as plain text first, formatted afterwards, escaped last.

Lengths are UTF-16 units after entity parsing. No part cuts a word, a link or a styled run unless it alone is too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Literal

from bot.markup import Block, Span, blocks

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
MOST_ENTITIES = 100
"""More are not shown."""

Wrap = Literal["", "blockquote", "blockquote expandable"]


@dataclass(frozen=True)
class Line:
    """One line of a message; `gap` is what stands between it and the line before."""

    spans: tuple[Span, ...]
    wrap: Wrap = ""
    gap: str = "\n"

    @property
    def text(self) -> str:
        """The line without formatting."""
        return "".join(span.text for span in self.spans)

    @property
    def length(self) -> int:
        """UTF-16 units with the gap before it."""
        return units(self.gap) + units(self.text)

    @property
    def entities(self) -> int:
        """At most how many entities it adds."""
        return sum(span.bold + span.italic + span.code + bool(_href(span)) for span in self.spans) + bool(self.wrap)


@dataclass(frozen=True)
class Part:
    """What fits in one message: as HTML, and as the text that is shown if the server refuses the HTML."""

    html: str
    text: str


def units(text: str) -> int:
    """How long Telegram takes a text to be."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(markdown: str, longest: int = LONGEST_TEXT, collapsed: frozenset[str] = frozenset()) -> tuple[Part, ...]:
    """The parts of a message, at least one unless there is nothing to show.

    What stands under a heading named in `collapsed` becomes an expandable quotation.
    """
    found: list[Part] = []
    held: list[Line] = []
    length = entities = 0
    for line in _fitting(_lines(blocks(markdown), collapsed), longest):
        if held and (length + line.length > longest or entities + line.entities > MOST_ENTITIES):
            found.append(_part(held))
            held, length, entities = [], 0, 0
        if not held:
            line = replace(line, gap="")
        held.append(line)
        length += line.length
        entities += line.entities
    if held:
        found.append(_part(held))
    return tuple(part for part in found if part.text.strip())


# --- lines -------------------------------------------------------------------------------------------------------------


def _lines(found: Iterable[Block], collapsed: frozenset[str]) -> Iterator[Line]:
    """The lines of the blocks; a line end inside a block begins another line."""
    before, hidden = "", False
    for block in found:
        if block.kind == "heading":
            hidden = "".join(span.text for span in block.spans).strip() in collapsed
        wrap = _wrap(block, hidden)
        gap = "\n" if before == block.kind == "item" else "\n\n"
        for number, spans in enumerate(_broken((_lead(block), *_spans(block)))):
            yield Line(spans, wrap, gap if number == 0 else "\n")
        before = block.kind


def _wrap(block: Block, hidden: bool) -> Wrap:
    if hidden and block.kind != "heading":
        return "blockquote expandable"
    return "blockquote" if block.kind == "quote" else ""


def _lead(block: Block) -> Span:
    return Span("\u2003" * block.depth + (f"{block.mark} " if block.mark else ""))


def _spans(block: Block) -> tuple[Span, ...]:
    if block.kind == "rule":
        return (Span("—" * 8),)
    return tuple(replace(span, bold=True) for span in block.spans) if block.kind == "heading" else block.spans


def _broken(spans: Iterable[Span]) -> Iterator[tuple[Span, ...]]:
    held: list[Span] = []
    for span in spans:
        for number, text in enumerate(span.text.split("\n")):
            if number:
                yield tuple(held)
                held = []
            if text:
                held.append(replace(span, text=text))
    yield tuple(held)


# --- lines that are too long -------------------------------------------------------------------------------------------


def _fitting(lines: Iterable[Line], longest: int) -> Iterator[Line]:
    for line in lines:
        if units(line.text) <= longest and line.entities <= MOST_ENTITIES:
            yield line
        else:
            yield from _cut(line, longest)


def _cut(line: Line, longest: int) -> Iterator[Line]:
    """A long line in pieces, cut between words and outside styled runs as far as that is possible."""
    held: list[Span] = []
    gap = line.gap
    for span in _words(line.spans, longest):
        made = Line((*held, span), line.wrap, "")
        if held and (made.length > longest or made.entities > MOST_ENTITIES):
            yield Line(tuple(held), line.wrap, gap)
            held, gap = [], "\n"
        held.append(span)
    yield Line(tuple(held), line.wrap, gap)


def _words(spans: Iterable[Span], longest: int) -> Iterator[Span]:
    """Spans as the pieces that may stand on either side of a cut: plain words, whole styled runs."""
    for span in spans:
        styled = span.bold or span.italic or span.code or span.link
        pieces = [span.text] if styled and units(span.text) <= longest else re.findall(r"\S+\s*|\s+", span.text)
        for piece in pieces:
            yield from (replace(span, text=text) for text in _chopped(piece, longest))


def _chopped(text: str, longest: int) -> Iterator[str]:
    while units(text) > longest:
        size = longest // 2 if units(text[:longest]) > longest else longest
        yield text[:size]
        text = text[size:]
    yield text


# --- HTML --------------------------------------------------------------------------------------------------------------


def _part(lines: list[Line]) -> Part:
    html = ""
    for wrap, group in groupby(lines, key=lambda line: line.wrap):
        inside = list(group)
        body = "".join(
            (line.gap if number else "") + "".join(map(_html, _merged(line.spans))) for number, line in enumerate(inside)
        )
        html += inside[0].gap + (f"<{wrap}>{body}</blockquote>" if wrap else body)
    text = "".join(line.gap + line.text for line in lines)
    return Part(html.strip(), text.strip())


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Neighbours of one style as one span."""
    for style, group in groupby(spans, key=lambda span: replace(span, text="")):
        yield replace(style, text="".join(span.text for span in group))


def _html(span: Span) -> str:
    text = escape(span.text, quote=False)
    if span.code:
        text = f"<code>{text}</code>"
    if span.italic:
        text = f"<i>{text}</i>"
    if span.bold:
        text = f"<b>{text}</b>"
    href = _href(span)
    return f'<a href="{escape(href)}">{text}</a>' if href else text


def _href(span: Span) -> str | None:
    """A link that may be followed; any other scheme is shown as text."""
    return span.link if span.link and re.match(r"https?://", span.link) else None
