"""A past advice once more: on the knowledge of its time the bytes must be the same; on another, what differs and why.

The why is found by putting entries of the old knowledge base back one at a time and advising again: an entry is a cause if
that alone brings the old recommendation, or the old verdict, back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.advice.advice import Advice
from bot.archive import Given, Transcript
from bot.difference import Change, Difference, changed, differences
from bot.effects import Recommend
from bot.engine import fold, step
from bot.events import Event
from bot.guard import MARK
from knowledge.load import KnowledgeError, load
from knowledge.model import Knowledge

MOST_TRIED = 60
"""Changed entries tried one by one; above that the changes are listed without singling out causes."""


class CannotReplay(Exception):
    """This advice cannot be computed again; the text says why and what to do."""


@dataclass(frozen=True)
class Replayed:
    """An advice computed again. `identical` compares bytes; `causes` are the knowledge entries that explain another result."""

    conversation: str
    event_number: int
    given_on: str
    replayed_on: str
    identical: bool
    then: Mapping[str, object]
    now: Mapping[str, object]
    differences: tuple[Difference, ...]
    causes: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def turned(self) -> bool:
        """Whether today's advice is another one, not only in its figures or words."""
        return any(self.then.get(each) != self.now.get(each) for each in ("recommended", "verdict"))

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "conversation": self.conversation,
            "event": self.event_number,
            "given_on": self.given_on,
            "replayed_on": self.replayed_on,
            "identical": self.identical,
            "would_differ": self.turned,
            "then": {each: self.then.get(each) for each in ("recommended", "verdict")},
            "now": {each: self.now.get(each) for each in ("recommended", "verdict")},
            "differences": [each.__dict__ for each in self.differences],
            "causes": [each.text for each in self.causes],
            "changes": [each.text for each in self.changes],
        }


def knowledge_of(version: str, files: Mapping[str, str] | None) -> Knowledge:
    """A stored knowledge base. Raises CannotReplay."""
    if files is None:
        raise CannotReplay(f"knowledge {version} is not stored in this file, so this advice can only be compared with --today")
    try:
        return load(files)
    except KnowledgeError as error:
        raise CannotReplay(f"knowledge {version} is of a form that this version cannot read ({error}); use --today") from error


def again(events: Sequence[Event], number: int, knowledge: Knowledge) -> Advice:
    """The advice that event `number` led to, computed from the events up to it as the service does. Raises CannotReplay."""
    case = fold(events[:number], knowledge)
    for effect in step(case, events[number], knowledge).effects:
        if isinstance(effect, Recommend):
            return effect.advice
    return reconsidered(events, number, knowledge)


def reconsidered(events: Sequence[Event], number: int, knowledge: Knowledge) -> Advice:
    """The advice for the answers in force after event `number`, whatever would be asked on this knowledge."""
    from bot.repair import advice_for

    case = fold(events[: number + 1], knowledge)
    if case is None:
        raise CannotReplay("there are no events to replay")
    return advice_for(case, knowledge)


def replay(transcript: Transcript, given: Given, knowledge: Knowledge, before: Callable[[], Knowledge] | None = None) -> Replayed:
    """Compute `given` again on `knowledge`; `before` yields the knowledge of its time when a difference is to be explained."""
    same = given.knowledge == knowledge.version
    advice = (again if same else reconsidered)(transcript.events, given.event_number, knowledge)
    text = json.dumps(advice.as_json(), ensure_ascii=False)
    if any(isinstance(stated.value, str) and MARK in stated.value for stated in advice.answers):
        text = text.replace(advice.answers_digest, given.digest)  # the receipt is of the words before they were struck out
    then, now = json.loads(given.text), json.loads(text)
    replayed = Replayed(
        conversation=transcript.summary.id,
        event_number=given.event_number,
        given_on=given.knowledge,
        replayed_on=knowledge.version,
        identical=text == given.text,
        then=then,
        now=now,
        differences=differences(then, now),
    )
    if same or before is None or not replayed.turned:
        return replayed
    old = before()
    changes = changed(old, knowledge)
    return Replayed(**{**replayed.__dict__, "causes": causes(transcript, given, changes, old, knowledge), "changes": changes})


def causes(transcript: Transcript, given: Given, changes: Sequence[Change], old: Knowledge, new: Knowledge) -> tuple[Change, ...]:
    """The changes of which putting back one alone gives the old recommendation or verdict again."""
    if len(changes) > MOST_TRIED:
        return ()
    now = reconsidered(transcript.events, given.event_number, new)
    found = []
    for change in changes:
        mixed = _with(new, old, change)
        try:
            advice = reconsidered(transcript.events, given.event_number, mixed)
        except (ValueError, KeyError, IndexError, StopIteration):
            continue  # the entry cannot stand alone in the new knowledge base
        turned_back = advice.recommended == given.recommended != now.recommended
        if turned_back or advice.verdict == given.verdict != now.verdict:
            found.append(change)
    return tuple(found)


def _with(new: Knowledge, old: Knowledge, change: Change) -> Knowledge:
    """The new knowledge base with one entry as it was; entries keep their place, since order is an option's number."""
    shelf = dict(getattr(new, change.shelf))
    before = getattr(old, change.shelf).get(change.id)
    if before is None:
        del shelf[change.id]
    else:
        shelf[change.id] = before
    return new.model_copy(update={change.shelf: shelf, "version": f"{new.version}-{change.shelf}-{change.id}"})
