"""What a reading of free text yields: facts, doubts, and requests."""

from __future__ import annotations

from typing import Literal, get_args

from bot.answers import Frozen, Value

Span = tuple[int, int]


class Fact(Frozen):
    """A value that the text states for a question, with the words it came from (`text[span[0]:span[1]] == said`)."""

    question: str
    value: Value
    said: str
    span: Span
    unsure: bool = False


class Doubt(Frozen):
    """Words that concern a question but leave it open: two readings, or a guess to be confirmed."""

    question: str
    candidates: tuple[Value, ...]
    said: str
    span: Span


class Reading(Frozen):
    """Everything found in one text, at most one fact a question, in the order of the text."""

    facts: tuple[Fact, ...] = ()
    doubts: tuple[Doubt, ...] = ()


RequestKind = Literal[
    "back",  # to the question before
    "change",  # another answer: about = question id, value if it was said
    "why",  # why the question is asked: about = question id or None for the open one
    "help",
    "define",  # about = glossary id
    "skip",  # leave the question out
    "dont_know",
    "not_applicable",
    "later",
    "repeat",
    "summary",
    "pause",
    "resume",
    "restart",
    "cancel",  # about = question id where only the change of that answer is dropped
    "compare",  # the options, criterion by criterion
    "what_if",  # about = question id, value
    "advise",  # enough: give the advice now
    "yes",
    "no",
    "subject",  # a question about the subject: about = the text
    "history",  # past advisories
    "about",  # the advisor itself: what it is, what becomes of what is written, how long it takes
]
REQUEST_KINDS: tuple[RequestKind, ...] = get_args(RequestKind)


class Request(Frozen):
    """A person wants something other than to answer the open question."""

    kind: RequestKind
    about: str | None = None
    value: Value | None = None
    then: tuple[str, ...] = ()  # of a change: the questions to go to after that one
