"""A case: everything that matters now, as a fold over its events. What is being asked is computed, never stored.

Rules: `fold` is the only way to make a case; it never raises on events that `step` accepted once, whatever the knowledge
base became since; answers are never dropped, only set aside while they do not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.answers import Answer, Frozen, Refused, Value, check
from bot.events import Proposed
from bot.guard import Kind
from bot.remember import by_identity
from knowledge.model import Knowledge

Status = Literal["open", "paused", "cancelled"]


class Exposure(Frozen):
    """An event whose words hold private data, as long as it is open whether to strike them out."""

    event: int
    kinds: tuple[Kind, ...]


class Case(Frozen):
    """The state of one conversation. Mappings are replaced, never changed."""

    conversation: str
    language: str
    knowledge: str
    order: Literal["adaptive", "file"]
    starter: str
    started_at: int
    turn: int = 0  # the number of the latest event
    status: Status = "open"
    answers: Mapping[str, Answer] = {}
    trail: tuple[str, ...] = ()  # questions in the order they were last answered or skipped
    skipped: frozenset[str] = frozenset()
    postponed: frozenset[str] = frozenset()  # "ask me later", and already asked again
    focus: str | None = None  # the question a person went to
    ahead: tuple[str, ...] = ()  # those to go to once it has its answer
    proposed: Proposed | None = None
    restarting: bool = False
    summarised: bool = False  # the summary was confirmed, or advice asked for
    advised: bool = False
    noted: frozenset[str] = frozenset()  # conflicts that the person let stand
    misses: int = 0
    exposed: tuple[Exposure, ...] = ()

    def onward(self) -> dict[str, object]:
        """The fields to update once the question that a person went to is left: on to the next one that was asked for."""
        return {"focus": next(iter(self.ahead), None), "ahead": self.ahead[1:]}


def fits(knowledge: Knowledge, id: str, answer: Answer) -> bool:
    """Whether an answer still is one that its question takes."""
    question = knowledge.questions.get(id)
    if question is None:
        return False
    if answer.status != "given":
        return True
    try:
        check(question, answer.value, knowledge.words("en"))
    except Refused:
        return False
    return True


def applies(knowledge: Knowledge, id: str, answers: Mapping[str, Answer]) -> bool:
    """Whether a question applies: always, or while one of its conditions holds or is not yet known."""
    conditions = knowledge.questions[id].applies_if
    return not conditions or any(_may_be(answers.get(other), levels) for other, levels in conditions.items())


def _may_be(answer: Answer | None, levels: tuple[str, ...]) -> bool:
    if answer is None or answer.status in ("dont_know", "later"):
        return True
    return answer.status == "given" and answer.value in levels


@by_identity(4_096)  # asked several times in a turn, of the answers before and after it
def effective(knowledge: Knowledge, answers: Mapping[str, Answer]) -> Mapping[str, Answer]:
    """The answers that count: they fit the knowledge base and their question applies."""
    fitting = {id: answer for id, answer in answers.items() if fits(knowledge, id, answer)}
    return {id: answer for id, answer in fitting.items() if applies(knowledge, id, fitting)}


def set_aside(knowledge: Knowledge, answers: Mapping[str, Answer]) -> frozenset[str]:
    """The answers that are kept but do not count now."""
    counted = effective(knowledge, answers)
    return frozenset(answers) - frozenset(counted) if len(counted) < len(answers) else frozenset()


def given(answers: Mapping[str, Answer], id: str) -> Value | None:
    """The value of an answer, if one was given."""
    answer = answers.get(id)
    return answer.value if answer is not None and answer.status == "given" else None
