"""One step of a conversation: an event in, the new case and what to say out. Pure; never raises on what a person sent.

The table of reactions: an answer is stored, remarked on, and the next thing asked; a repair changes where we are but never
an answer; whatever cannot be used is said back. After every event the one pending thing is asked again, unless nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from bot.agenda import Pending, pending, stamp
from bot.answers import Answer, Refused, check
from bot.case import Case, Exposure, effective, fits, set_aside
from bot.effects import Ask, AskConflict, Confirm, Effect, Greet, Note, OfferStrike, Recommend, Strike, Summarise
from bot.events import (
    Act,
    Answered,
    CameLate,
    Confirmed,
    Event,
    Exposed,
    Heard,
    Missed,
    Proposed,
    Rejected,
    Requested,
    Started,
    Upgraded,
)
from bot.guard import secrets, without
from bot.repair import advice_for, repair
from knowledge.model import Knowledge


@dataclass(frozen=True)
class Step:
    """The case after an event, and the effects in the order to say them."""

    case: Case
    effects: tuple[Effect, ...]


def step(case: Case | None, event: Event, knowledge: Knowledge) -> Step:
    """React to one event. `case` is None before `Started` only."""
    match event:
        case Started():
            begun = begin(event)
            return Step(case=begun, effects=(Greet(), *(() if event.opening else prompt(begun, knowledge))))
        case Heard():
            if case is None:
                raise ValueError("the first event of a conversation is Started")
            return _heard(case, event, knowledge)
        case Upgraded():
            if case is None:
                raise ValueError("the first event of a conversation is Started")
            moved = case.model_copy(update={"knowledge": event.knowledge, "turn": case.turn + 1})
            unfit = tuple(id for id, answer in case.answers.items() if not fits(knowledge, id, answer))
            return Step(case=moved, effects=(Note(kind="upgraded", questions=unfit),))
        case _:
            assert_never(event)


def begin(event: Started) -> Case:
    """The case of a conversation that has just started."""
    return Case(
        conversation=event.conversation,
        language=event.language,
        knowledge=event.knowledge,
        order=event.order,
        starter=event.by,
        started_at=event.at,
    )


def fold(events: Iterable[Event], knowledge: Knowledge) -> Case | None:
    """The case after these events; None if there are none. What was said is not composed."""
    case: Case | None = None
    for event in events:
        match event:
            case Started():
                case = begin(event)
            case Upgraded() if case is not None:
                case = case.model_copy(update={"knowledge": event.knowledge, "turn": case.turn + 1})
            case Heard() if case is not None:
                case = _awake(case, event)
                for act in event.acts:
                    case, _ = _act(case, act, knowledge, quiet=True)
            case _:
                pass
    return case


def _heard(case: Case, event: Heard, knowledge: Knowledge) -> Step:
    before = set_aside(knowledge, case.answers)
    now = _awake(case, event)
    effects: list[Effect] = [Note(kind="resumed")] if case.status == "paused" and now.status == "open" else []
    silent = False
    for act in event.acts:
        now, said = _act(now, act, knowledge)
        effects += said
        silent = silent or isinstance(act, CameLate) or any(_waits_for_words(effect) for effect in said)
    after = set_aside(knowledge, now.answers)
    if after - before:
        effects.append(Note(kind="set_aside", questions=tuple(sorted(after - before))))
    if before - after - frozenset(_answered(event)):
        effects.append(Note(kind="brought_back", questions=tuple(sorted(before - after))))
    warned = any(isinstance(act, Exposed) for act in event.acts)
    if warned or (now.status == "open" and (now.exposed or not silent)):
        effects += prompt(now, knowledge, case)
    return Step(case=now, effects=tuple(effects))


def _waits_for_words(effect: Effect) -> bool:
    """Whether an effect leaves the next move to the person, so that nothing need be asked after it."""
    asks_which = isinstance(effect, Note) and effect.kind in ("which_wrong", "what_to_change")
    return asks_which or isinstance(effect, Summarise | Recommend)


def _awake(case: Case, event: Heard) -> Case:
    """The case as it hears something: a pause ends with the first message, though not with a late tap."""
    late = any(isinstance(act, CameLate) for act in event.acts)
    return case.model_copy(
        update={"turn": case.turn + 1, "status": "open" if case.status == "paused" and not late else case.status}
    )


def _answered(event: Heard) -> list[str]:
    return [act.question for act in event.acts if isinstance(act, Answered)]


def _act(case: Case, act: Act, knowledge: Knowledge, *, quiet: bool = False) -> tuple[Case, list[Effect]]:
    """The case after one act, and the remarks on it; `quiet` skips composing what is expensive."""
    match act:
        case Answered(question=id, answer=answer):
            return _answer(case, id, answer, knowledge, trusted=quiet)
        case Proposed():
            return case.model_copy(update={"proposed": act, "misses": 0}), []
        case Confirmed():
            return _confirm(case, knowledge)
        case Rejected(question=id):
            return _reject(case, id, knowledge)
        case Requested(request=request):
            return repair(case, request, knowledge, quiet=quiet)
        case Missed(hint=hint):
            missed = case.model_copy(update={"misses": case.misses + 1})
            id = pending(case, knowledge).question
            skippable = id is not None and missed.misses >= 2
            return missed, [Note(kind="not_understood", question=id, value=hint, offer_skip=skippable)]
        case CameLate(question=id):
            return case, [Note(kind="late", question=id)]
        case Exposed(kinds=kinds):
            return case.model_copy(update={"exposed": (*case.exposed, Exposure(event=case.turn, kinds=kinds))}), []
        case _:
            assert_never(act)


def _answer(case: Case, id: str, answer: Answer, knowledge: Knowledge, *, trusted: bool = False) -> tuple[Case, list[Effect]]:
    """Store an answer. A `trusted` one was accepted before, perhaps by another knowledge base, and is kept as it is."""
    question = knowledge.questions.get(id)
    if question is None and not trusted:
        return case, [Note(kind="late", question=id)]
    if answer.status == "given" and question is not None and not trusted:
        try:
            value = check(question, answer.value, knowledge.words(case.language))
            answer = answer if value is answer.value else answer.model_copy(update={"value": value})
        except Refused:
            missed = case.model_copy(update={"misses": case.misses + 1})
            return missed, [Note(kind="not_understood", question=id, offer_skip=missed.misses >= 2)]
    earlier = case.answers.get(id)
    again = case.postponed | {id} if earlier is not None and earlier.status == "later" else case.postponed - {id}
    settled = case.model_copy(
        update={
            "answers": {**case.answers, id: answer},
            "trail": (*(other for other in case.trail if other != id), id),
            "skipped": case.skipped - {id},
            "postponed": again,
            **(case.onward() if case.focus == id else {}),
            "proposed": _without(case.proposed, id),
            "noted": frozenset(c for c in case.noted if c in knowledge.conflicts and id not in knowledge.conflicts[c].when),
            "misses": 0,
        }
    )
    if question is None or question.type == "text":
        return settled, []
    changed = earlier is not None and earlier.status == "given" and earlier != answer
    return settled, [Note(kind="changed" if changed else "answered", question=id, value=answer.value)]


def _without(proposed: Proposed | None, id: str) -> Proposed | None:
    """What is still to be confirmed once a question has its answer: that answer is not overwritten by an earlier reading."""
    if proposed is None:
        return None
    facts = tuple(fact for fact in proposed.facts if fact.question != id)
    doubts = tuple(doubt for doubt in proposed.doubts if doubt.question != id)
    return Proposed(facts=facts, doubts=doubts) if facts else None


def _confirm(case: Case, knowledge: Knowledge) -> tuple[Case, list[Effect]]:
    waiting = pending(case, knowledge)
    match waiting.kind:
        case "private":
            return _struck(case, knowledge), [Strike(events=tuple(exposure.event for exposure in case.exposed))]
        case "facts" if case.proposed is not None:
            return _take(case, case.proposed, frozenset(), knowledge), []
        case "restart":
            fresh = Case(
                conversation=case.conversation,
                language=case.language,
                knowledge=case.knowledge,
                order=case.order,
                starter=case.starter,
                started_at=case.started_at,
                turn=case.turn,
            )
            return fresh, [Note(kind="restarted")]
        case "conflict" if waiting.conflict is not None:
            return case.model_copy(update={"noted": case.noted | {waiting.conflict}}), []
        case "summary" | "nothing":
            return case.model_copy(update={"summarised": True, "advised": False}), []
        case _:
            return case, [Note(kind="not_understood", question=waiting.question)]


def _take(case: Case, proposed: Proposed, wrong: frozenset[str], knowledge: Knowledge) -> Case:
    """Confirmed facts become answers; later free text adds and never silently overwrites, so changes were shown first."""
    for fact in proposed.facts:
        if fact.question not in wrong:
            case, _ = _answer(case, fact.question, Answer(value=fact.value, unsure=fact.unsure), knowledge, trusted=True)
    return case.model_copy(update={"proposed": None})


def _struck(case: Case, knowledge: Knowledge) -> Case:
    """The case without private data in a person's own words; nothing else of it can hold any."""
    private = knowledge.words(case.language).private
    own = {
        id: answer.model_copy(update={"value": without(answer.value, secrets(answer.value, private))})
        for id, answer in case.answers.items()
        if isinstance(answer.value, str)
    }
    return case.model_copy(update={"exposed": (), "answers": {**case.answers, **own}})


def _reject(case: Case, id: str | None, knowledge: Knowledge) -> tuple[Case, list[Effect]]:
    waiting = pending(case, knowledge)
    match waiting.kind:
        case "private":
            return case.model_copy(update={"exposed": ()}), [Note(kind="not_struck")]
        case "facts" if case.proposed is not None:
            facts = tuple(fact.question for fact in case.proposed.facts)
            if id is None and len(facts) > 1:
                return case, [Note(kind="which_wrong", questions=facts)]
            wrong = id or (facts[0] if facts else None)
            taken = _take(case, case.proposed, frozenset([wrong] if wrong else []), knowledge)
            return taken.model_copy(update={"focus": wrong}), []
        case "restart":
            return case.model_copy(update={"restarting": False}), [Note(kind="kept")]
        case "conflict" if waiting.conflict is not None:
            about = id or next(iter(knowledge.conflicts[waiting.conflict].when))
            return case.model_copy(update={"focus": about}), []
        case _:
            return case, [Note(kind="what_to_change", questions=tuple(case.answers))]


def prompt(case: Case, knowledge: Knowledge, before: Case | None = None) -> list[Effect]:
    """Ask the pending thing."""
    waiting: Pending = pending(case, knowledge)
    match waiting.kind:
        case "private":
            kinds = dict.fromkeys(kind for exposure in case.exposed for kind in exposure.kinds)
            return [OfferStrike(kinds=tuple(kinds), stamp=stamp(case, waiting))]
        case "question" if waiting.question is not None:
            again = case.focus is not None  # gone back to, so it has no place in the count
            number = 0 if again else len(effective(knowledge, case.answers)) + len(case.skipped) + 1
            return [
                Ask(
                    question=waiting.question,
                    number=number,
                    most=number + waiting.left - 1,
                    may_advise=waiting.sure,
                    offer_skip=case.misses >= 2,
                )
            ]
        case "facts" if case.proposed is not None:
            return [Confirm(facts=case.proposed.facts, doubts=case.proposed.doubts, stamp=stamp(case, waiting))]
        case "conflict" if waiting.conflict is not None:
            questions = tuple(knowledge.conflicts[waiting.conflict].when)
            return [AskConflict(conflict=waiting.conflict, questions=questions, stamp=stamp(case, waiting))]
        case "restart":
            return [Note(kind="restart_sure")]
        case "summary":
            return [Summarise(final=True, stamp=stamp(case, waiting))]
        case "nothing" if case.status == "open" and _advice_is_due(case, before):
            changed = tuple(id for id, answer in case.answers.items() if before is not None and before.answers.get(id) != answer)
            return [Recommend(advice=advice_for(case, knowledge), changed=changed if before and before.summarised else ())]
        case _:
            return []


def _advice_is_due(case: Case, before: Case | None) -> bool:
    return before is None or not before.summarised or before.answers != case.answers
