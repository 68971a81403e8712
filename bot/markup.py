"""Markdown to blocks of spans: parsed once, here, so that each surface only turns blocks into its own form.

Text from people enters Markdown through `escape` alone and therefore never becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": False})
_SPECIAL = re.compile(r"[\\`*_\[\]<>&]")
_LEADING = re.compile(r"^([#+=~-]|\d+[.)](?=\s|$))")
_SPACES = re.compile(r"\s+")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Safe(str):
    """Markdown that is ours already and must not be escaped again."""

    __slots__ = ()


def clean(text: str) -> str:
    """Text without control, bidirectional or invisible characters and lone surrogates; tabs and line ends stay."""
    return _UNSEEN.sub("", text)


def unseen_escaped(json_text: str) -> str:
    """JSON of the same value in which characters that `clean` takes away stand as escapes: harmless where it is printed."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


def escape(text: str) -> str:
    """Text as Markdown that shows exactly this text, on one line, wherever it stands in a line."""
    flat = _SPECIAL.sub(lambda found: "\\" + found[0], _SPACES.sub(" ", clean(text)).strip(" "))
    return _LEADING.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], flat)


@dataclass(frozen=True)
class Span:
    """A run of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, list item, quotation or rule; `mark` is a list item's number or bullet."""

    kind: Literal["paragraph", "heading", "item", "quote", "rule"]
    spans: tuple[Span, ...] = ()
    mark: str = ""
    depth: int = 0


@dataclass
class _State:
    blocks: list[Block] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    quotes: int = 0
    heading: bool = False
    fresh: bool = False  # inside a list item whose mark has not been used yet


@lru_cache(maxsize=1024)  # the same questions are put to everyone
def blocks(markdown: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text, in order.

    A first line in words stands alone and is read by itself: remarks differ, and the question after it is known already.
    """
    line, gap, rest = markdown.partition("\n\n")
    if gap and line[:1].isalpha() and not {"\n", "["} & set(line) and rest[:1].strip():
        return (*_parsed(line), *blocks(rest))
    return _parsed(markdown)


def _parsed(markdown: str) -> tuple[Block, ...]:
    state = _State()
    for token in _PARSER.parse(markdown):
        _block(token, state)
    return tuple(state.blocks)


def _block(token: Token, state: _State) -> None:
    match token.type:
        case "bullet_list_open":
            state.lists.append(None)
        case "ordered_list_open":
            state.lists.append(int(token.attrGet("start") or 1))
        case "bullet_list_close" | "ordered_list_close":
            state.lists.pop()
        case "list_item_open":
            state.fresh = True
        case "blockquote_open":
            state.quotes += 1
        case "blockquote_close":
            state.quotes -= 1
        case "heading_open":
            state.heading = True
        case "heading_close":
            state.heading = False
        case "hr":
            state.blocks.append(Block("rule"))
        case "inline":
            state.blocks.append(_filled(tuple(_spans(token.children or [])), state))
        case _:
            pass


def _filled(spans: tuple[Span, ...], state: _State) -> Block:
    depth = max(len(state.lists) - 1, 0)
    if state.heading:
        return Block("heading", spans)
    if state.lists:
        mark = ""
        if state.fresh:
            number = state.lists[-1]
            mark = "•" if number is None else f"{number}."
            state.lists[-1] = None if number is None else number + 1
            state.fresh = False
        return Block("item", spans, mark, depth)
    return Block("quote" if state.quotes else "paragraph", spans)


def _spans(children: Sequence[Token]) -> Iterator[Span]:
    bold, italic, link = 0, 0, None
    for token in children:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "link_open":
                link = str(token.attrGet("href") or "")
            case "link_close":
                link = None
            case "softbreak":
                yield Span(" ", bold > 0, italic > 0)
            case "hardbreak":
                yield Span("\n", bold > 0, italic > 0)
            case "text" | "text_special" if token.content:
                yield Span(token.content, bold > 0, italic > 0, link=link)
            case "code_inline":
                yield Span(token.content, bold > 0, italic > 0, code=True)
            case _:
                pass


@lru_cache(maxsize=1024)
def plain(markdown: str) -> str:
    """The text alone, for notifications, pipes and screen readers."""
    lines: list[str] = []
    before: Block | None = None
    for block in blocks(markdown):
        together = before is not None and before.kind == block.kind == "item"
        if before is not None and not together:
            lines.append("")
        text = "".join(
            span.text if not span.link or span.link == span.text else f"{span.text} ({span.link})" for span in block.spans
        )
        lead = "  " * block.depth + (f"{block.mark} " if block.mark else "> " if block.kind == "quote" else "")
        lines.append("-" * 20 if block.kind == "rule" else lead + text)
        before = block
    return "\n".join(lines)
