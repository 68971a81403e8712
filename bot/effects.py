"""What the conversation wants done, in the imperative; `speak` turns each into a message through the template of its name."""

from __future__ import annotations

from typing import Literal

from bot.advice.advice import Advice
from bot.answers import Frozen, Ranking, Value
from bot.guard import Kind
from bot.understand.reading import Doubt, Fact


class Greet(Frozen):
    """First contact: what this is, and what is stored."""


class Ask(Frozen):
    """Put a question: the `number`th of at most `most`; 0 for one that a person went back to."""

    question: str
    number: int
    most: int
    may_advise: bool = False
    offer_skip: bool = False


class Confirm(Frozen):
    """Show what was understood and ask whether it is right."""

    facts: tuple[Fact, ...]
    doubts: tuple[Doubt, ...]
    stamp: str


class AskConflict(Frozen):
    """Two answers hardly go together: which is it?"""

    conflict: str
    questions: tuple[str, ...]
    stamp: str


class OfferStrike(Frozen):
    """Warn that the words hold private data, and offer to strike it out."""

    kinds: tuple[Kind, ...]
    stamp: str


class Strike(Frozen):
    """Strike the private data of these events out of everything that is kept, and say so."""

    events: tuple[int, ...]


class Summarise(Frozen):
    """Everything so far, to check and correct. `final` asks for the go-ahead."""

    final: bool
    stamp: str


class Recommend(Frozen):
    """The advice."""

    advice: Advice
    changed: tuple[str, ...] = ()


class Assure(Frozen):
    """How certain the advice is, and what would turn it."""

    advice: Advice


class Compare(Frozen):
    """The options side by side."""

    advice: Advice


class WhatIf(Frozen):
    """The advice now and with one answer changed, on a copy."""

    question: str
    value: Value
    now: Advice
    then: Advice


class Explain(Frozen):
    """Why a question is asked, and what its answer could still do."""

    question: str
    tied: tuple[str, ...] = ()
    could: tuple[tuple[str, str], ...] = ()  # (level, option that would lead)


class HelpWith(Frozen):
    """What can be said at any time, and help with the open question."""

    question: str | None


class About(Frozen):
    """What the advisor is, who reads what is written here, and how long it takes."""


class Define(Frozen):
    """A glossary entry."""

    term: str


class Inform(Frozen):
    """An answer to a question about the subject, from the knowledge base."""

    text: str


class Note(Frozen):
    """A short remark, one template each."""

    kind: Literal[
        "answered",
        "changed",
        "set_aside",
        "brought_back",
        "late",
        "paused",
        "resumed",
        "cancelled",
        "restart_sure",
        "restarted",
        "kept",
        "not_struck",
        "nothing_before",
        "skipped",
        "not_understood",
        "what_to_change",
        "which_wrong",
        "what_if_how",
        "upgraded",
        "nothing_more",
        "not_noted",
        "stands",
        "history_hint",
    ]
    questions: tuple[str, ...] = ()
    question: str | None = None
    value: Value | Ranking | None = None
    offer_skip: bool = False


Effect = (
    Greet
    | Ask
    | Confirm
    | AskConflict
    | OfferStrike
    | Strike
    | Summarise
    | Recommend
    | Assure
    | Compare
    | WhatIf
    | Explain
    | HelpWith
    | About
    | Define
    | Inform
    | Note
)
