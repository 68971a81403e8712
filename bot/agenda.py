"""What to ask next, computed from the answers: the open question, or what else the conversation waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zlib import crc32

from bot.answers import Answer
from bot.case import Case, applies, effective, given
from bot.remember import by_identity
from knowledge.model import Knowledge


@dataclass(frozen=True)
class Pending:
    """What the conversation waits for: `question` for `question`, the ids of a conflict for `conflict`."""

    kind: Literal["private", "question", "facts", "conflict", "restart", "summary", "nothing"]
    question: str | None = None
    conflict: str | None = None
    left: int = 0  # questions that may still be asked, this one included
    sure: bool = False  # enough is known to advise now
    tied: tuple[str, ...] = ()  # options still in the running


@by_identity(4_096)  # asked again with the next message, and by whoever shows or settles a question
def pending(case: Case, knowledge: Knowledge) -> Pending:
    """The one thing to ask now. What to do about private data comes before everything."""
    if case.exposed:
        return Pending("private")
    if case.status == "cancelled":
        return Pending("nothing")
    if case.restarting:
        return Pending("restart")
    if case.proposed is not None:
        return Pending("facts")
    if case.focus is not None and case.focus in knowledge.questions:
        return Pending("question", case.focus, left=1)
    answers = effective(knowledge, case.answers)
    conflict = _conflict(knowledge, case, answers)
    if conflict is not None:
        return Pending("conflict", conflict=conflict)
    if case.summarised:
        return Pending("nothing")
    return _next(case, knowledge, answers)


def stamp(case: Case, waiting: Pending) -> str:
    """Marks what exactly a "yes" would confirm, so that a late one confirms nothing else."""
    match waiting.kind:
        case "private":
            about = repr([exposure.event for exposure in case.exposed])
        case "facts" if case.proposed:
            about = case.proposed.model_dump_json()
        case _:
            about = repr(sorted(case.answers.items()))
    return f"{crc32(f'{waiting.kind}{waiting.conflict}{about}'.encode()):08x}"


def _conflict(knowledge: Knowledge, case: Case, answers: Mapping[str, Answer]) -> str | None:
    for conflict in knowledge.conflicts.values():
        if (
            conflict.when.keys() <= answers.keys()
            and conflict.id not in case.noted
            and all(_level(knowledge, id, answers) in levels for id, levels in conflict.when.items())
        ):
            return conflict.id
    return None


def _level(knowledge: Knowledge, id: str, answers: Mapping[str, Answer]) -> str | None:
    value = given(answers, id)
    if isinstance(value, float):
        return knowledge.questions[id].band(value).id
    return value if isinstance(value, str) else None


def _next(case: Case, knowledge: Knowledge, answers: Mapping[str, Answer]) -> Pending:
    opened = [
        id for id in knowledge.questions if id not in answers and id not in case.skipped and applies(knowledge, id, answers)
    ]
    again = [id for id, answer in answers.items() if answer.status == "later" and id not in case.postponed]
    sure, tied = False, tuple[str, ...]()
    if case.order == "adaptive":
        opened, sure, tied = _of_most_use(knowledge, answers, opened)
    line = [*opened, *again]
    if not line:
        return Pending("summary", sure=sure)
    return Pending("question", line[0], left=len(line), sure=sure, tied=tied)


def _of_most_use(
    knowledge: Knowledge, answers: Mapping[str, Answer], opened: list[str]
) -> tuple[list[str], bool, tuple[str, ...]]:
    """What is asked first, then what the advice needs most, then the rest; and whether, and between what, it is decided."""
    first, need, last = ([id for id in opened if knowledge.questions[id].asked == when] for when in ("first", "by_need", "last"))
    sure, tied = False, tuple[str, ...]()
    if need and not first:
        need, sure, tied = _by_need(knowledge, _frozen(answers), tuple(need))
    return [*first, *need, *last], sure, tied


def _frozen(answers: Mapping[str, Answer]) -> tuple[tuple[str, Answer], ...]:
    return tuple(sorted(answers.items()))


@lru_cache(maxsize=512)
def _by_need(
    knowledge: Knowledge, answers: tuple[tuple[str, Answer], ...], opened: tuple[str, ...]
) -> tuple[list[str], bool, tuple[str, ...]]:
    """The order of greatest use; numpy is loaded only here, after the first answers."""
    from bot.advice.next_question import outlook
    from bot.advice.sheet import sheet

    found = outlook(knowledge, sheet(dict(answers), knowledge), opened)
    enough = found.settled or found.first >= knowledge.decision["answer_now_from"].value
    return list(found.questions), enough, found.tied
