"""A past advice once more: on the knowledge of its time the bytes must be the same; on another, what differs and why.

The why is found by putting entries of the old knowledge base back one at a time and advising again: an entry is a cause if
that alone brings the old recommendation, or the old verdict, back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.advice.advice import Advice
from bot.advice.gist import Gist, gist
from bot.archive import Archive, Transcript
from bot.case import Case, effective
from bot.difference import Change, Difference, changed, differences
from bot.effects import Recommend
from bot.engine import fold, step
from bot.events import Event
from bot.guard import MARK
from bot.records import Given
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


class Versions:
    """The knowledge bases of a database, each loaded once; `today` is the one in use."""

    def __init__(self, archive: Archive, today: Knowledge) -> None:
        self.archive, self.today = archive, today
        self._kept: dict[str, Knowledge] = {today.version: today}

    def of(self, version: str) -> Knowledge:
        """The knowledge base of a version. Raises CannotReplay."""
        if version not in self._kept:
            with self.archive.explained():
                files = self.archive.store.knowledge_files(version)
            self._kept[version] = knowledge_of(version, files)
        return self._kept[version]


def attempt(
    transcript: Transcript, given: Given, versions: Versions, *, on_today: bool = False, why: bool = False
) -> Replayed | str:
    """The advice again, on the knowledge of its time or on today's, or a sentence that says why it cannot be computed."""
    try:
        knowledge = versions.today if on_today else versions.of(given.knowledge)
        try:
            return replay(transcript, given, knowledge, (lambda: versions.of(given.knowledge)) if why else None)
        except CannotReplay:
            return replay(transcript, given, knowledge)
    except CannotReplay as error:
        return f"{transcript.summary.id}: {error}"
    except (KeyError, ValueError, IndexError) as error:
        return f"{transcript.summary.id}: its answers do not fit this knowledge base ({type(error).__name__}: {error})"


def turned(transcript: Transcript, given: Given, knowledge: Knowledge) -> bool:
    """Whether another option would be advised on this knowledge, or less or more firmly; also where that cannot be computed."""
    try:
        return _gist(transcript, given, knowledge) != (given.recommended, given.verdict)
    except (CannotReplay, KeyError, ValueError, IndexError):
        return True


def _gist(transcript: Transcript, given: Given, knowledge: Knowledge) -> Gist:
    return gist(effective(knowledge, _case(transcript.events, given.event_number, knowledge).answers), knowledge)


def _case(events: Sequence[Event], number: int, knowledge: Knowledge) -> Case:
    """The case after event `number`."""
    case = fold(events[: number + 1], knowledge)
    if case is None:
        raise CannotReplay("there are no events to replay")
    return case


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

    return advice_for(_case(events, number, knowledge), knowledge)


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
    now = _gist(transcript, given, new)
    found = []
    for change in changes:
        mixed = _with(new, old, change)
        try:
            advice = _gist(transcript, given, mixed)
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
