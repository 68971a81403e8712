"""The decision memo: an advice as pages that a manager can put on a table. For a provider, a brief for its client.

A memo is a list of sections, each a template in `templates/<language>/memo/`. Its first page holds the decision, its second what
goes with it; where nothing is advised it has a shape of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from importlib import resources

from bot.advice.advice import Advice
from bot.memo_view import memo_view
from bot.page import group, page
from bot.speak import filled
from knowledge.model import Knowledge

Shape = tuple[tuple[str, tuple[str, ...]], ...]
"""How a page sets its sections (a class of `templates/memo.css`), and which they are, in order."""

ADVISED: Shape = (
    ("wide", ("head", "question")),
    ("columns", ("why", "refused")),
    ("wide", ("prices",)),
    ("columns", ("sums", "turning", "find_out")),
    ("annexes columns", ("dissent", "pilot", "safeguards", "providers")),
    ("wide", ("assumptions",)),
    ("small", ("sources", "receipt")),
)
OPEN: Shape = (
    ("wide", ("head", "question")),
    ("columns", ("find_out", "not_yet", "stands")),
    ("wide", ("prices",)),
    ("columns", ("sums",)),
    ("wide", ("assumptions",)),
    ("small", ("sources", "receipt")),
)
BRIEF: Shape = (
    ("wide", ("brief_head", "question")),
    ("columns", ("stress", "concede", "client_right", "leave")),
    ("wide", ("prices",)),
    ("columns", ("pilot",)),
    ("small", ("sources", "receipt")),
)


def memo(advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str = "") -> str:
    """The memo in Markdown. `dated` is the day of the advice, `case` the id under which it is kept."""
    told = _told(advice, knowledge, language, dated, case)
    return "\n\n".join(text for _, sections in told for _, text in sections)


def memo_page(advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str = "") -> str:
    """The memo as a page of its own that prints on A4."""
    title = knowledge.words(language).sentences["memo_brief_title" if advice.provider else "memo_title"]
    style = (resources.files("templates") / "memo.css").read_text("utf-8")
    told = _told(advice, knowledge, language, dated, case)
    body = "".join(group(setting, [(name, _unbroken(text)) for name, text in sections]) for setting, sections in told)
    return page(body, title, language, style)


def _shape(advice: Advice) -> Shape:
    if advice.provider:
        return BRIEF
    return ADVISED if advice.recommended else OPEN


def _told(
    advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The sections that have something to say, by how a page sets them."""
    shape = _shape(advice)
    view = memo_view(advice, knowledge, language, dated, case, shown=[name for _, names in shape for name in names])
    for setting, names in shape:
        sections = [(name, text) for name in names if (text := filled(f"memo/{name}", language, view))]
        if sections:
            yield setting, sections


def _unbroken(text: str) -> str:
    """No line ends between a figure and its sign."""
    return re.sub(r"(?<=\d) %", "\u00a0%", text)
