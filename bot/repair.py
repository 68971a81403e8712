"""The repair patterns: one closed list, the same on every platform. None of them can write an answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, assert_never

from bot.agenda import pending
from bot.answers import Answer, Refused, check
from bot.case import Case, effective, given
from bot.effects import About, Assure, Compare, Define, Effect, Explain, HelpWith, Inform, Note, Recommend, Summarise, WhatIf
from bot.understand.reading import Request
from knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.advice.advice import Advice

Outcome = tuple[Case, list[Effect]]


def repair(case: Case, request: Request, knowledge: Knowledge, *, quiet: bool = False) -> Outcome:
    """Carry out a request. `quiet` (while folding) leaves out what would have to be computed only to be said."""
    here = pending(case, knowledge).question
    match request.kind:
        case "back":
            return _back(case)
        case "change":
            return _change(case, request, knowledge)
        case "why":
            about = request.about or here
            if about is None and case.summarised:
                return case, [] if quiet else [Assure(advice=advice_for(case, knowledge))]
            if about is None:
                return case, [HelpWith(question=None)]
            return case, [] if quiet else [_explain(about, case, knowledge)]
        case "help":
            return case, [HelpWith(question=request.about or here)]
        case "about":
            return case, [About()]
        case "define":
            return case, [Define(term=request.about)] if request.about in knowledge.words(case.language).glossary else []
        case "skip":
            return _skip(case, request.about or here)
        case "dont_know" | "not_applicable" | "later":  # an answer of its own, save where there is one already; see `hear`
            return case, [Note(kind="not_understood" if here is None else "stands", question=here)]
        case "repeat":
            told = case.summarised and pending(case, knowledge).kind == "nothing"  # nothing is open: the advice is said again
            return case, [Recommend(advice=advice_for(case, knowledge))] if told and not quiet else []
        case "summary":
            return case, [Summarise(final=False, stamp="")]
        case "pause":
            return case.model_copy(update={"status": "paused"}), [Note(kind="paused")]
        case "resume":
            return case.model_copy(update={"status": "open"}), []
        case "restart":
            return case.model_copy(update={"restarting": True}), []
        case "cancel" if request.about is not None:
            kept = case.model_copy(update={"focus": None, "ahead": (), "proposed": None})
            return kept, _not_noted(case) or [Note(kind="kept")]
        case "cancel":
            return case.model_copy(update={"status": "cancelled"}), [Note(kind="cancelled")]
        case "compare":
            return case, [] if quiet else [Compare(advice=advice_for(case, knowledge))]
        case "what_if":
            return case, [] if quiet else _what_if(case, request, knowledge)
        case "advise":
            ready = case.model_copy(update={"summarised": True, "focus": None, "ahead": (), "proposed": None})
            again = [Recommend(advice=advice_for(case, knowledge))] if case.summarised and not quiet else []
            return ready, [*_not_noted(case), *again]
        case "yes" | "no":
            return case, [Note(kind="not_understood", question=here)]  # answers to what is pending; see `hear`
        case "subject":
            return case, [] if quiet else [Inform(text=_subject(request.about or "", case, knowledge))]
        case "history":
            return case, [Note(kind="history_hint")]
        case _:
            assert_never(request.kind)


def advice_for(case: Case, knowledge: Knowledge) -> Advice:
    """The advice for the answers that count now; computed once per set of answers."""
    return _advice(knowledge, tuple(sorted(effective(knowledge, case.answers).items())), case.language)


@lru_cache(maxsize=64)
def _advice(knowledge: Knowledge, answers: tuple[tuple[str, Answer], ...], language: str) -> Advice:
    from bot.advice.report import advise

    return advise(dict(answers), knowledge, language)


def _explain(id: str, case: Case, knowledge: Knowledge) -> Explain:
    """Why a question is asked; once enough is known to compare, also what its answers would do."""
    tied = pending(case, knowledge).tied
    if not tied:
        return Explain(question=id)
    from bot.advice.next_question import consequences
    from bot.advice.sheet import sheet

    return Explain(
        question=id, tied=tied, could=consequences(knowledge, sheet(effective(knowledge, case.answers), knowledge), id)
    )


def _back(case: Case) -> Outcome:
    """To the question answered last before the one we are at."""
    trail = case.trail
    if case.focus in trail:
        trail = trail[: trail.index(case.focus)]
    if not trail:
        return case, [Note(kind="nothing_before")]
    return _go_to(case, trail[-1])


def _change(case: Case, request: Request, knowledge: Knowledge) -> Outcome:
    if request.about is None or request.about not in knowledge.questions:
        return case, [Note(kind="what_to_change", questions=tuple(case.answers))]
    return _go_to(case, request.about, tuple(id for id in request.then if id in knowledge.questions))


def _go_to(case: Case, id: str, then: tuple[str, ...] = ()) -> Outcome:
    """At a question, with others to go to after it. Facts that wait for a "yes" are given up, and that is said."""
    gone = {"focus": id, "ahead": then, "proposed": None, "restarting": False, "misses": 0}
    return case.model_copy(update=gone), _not_noted(case)


def _not_noted(case: Case) -> list[Effect]:
    """The remark on facts that nobody said yes to."""
    waiting = tuple(fact.question for fact in case.proposed.facts) if case.proposed is not None else ()
    return [Note(kind="not_noted", questions=waiting)] if waiting else []


def _skip(case: Case, id: str | None) -> Outcome:
    if id is None:
        return case, [Note(kind="nothing_more")]
    left_out = case.model_copy(
        update={
            "skipped": case.skipped | {id} if id not in case.answers else case.skipped,
            "postponed": case.postponed | {id},
            "trail": (*(other for other in case.trail if other != id), id),
            **case.onward(),
            "misses": 0,
        }
    )
    return left_out, [Note(kind="stands" if given(case.answers, id) is not None else "skipped", question=id)]


def _what_if(case: Case, request: Request, knowledge: Knowledge) -> list[Effect]:
    """The advice on a copy with one answer changed; the case itself stays as it is."""
    question = knowledge.questions.get(request.about or "")
    if question is None or request.value is None:
        return [Note(kind="what_if_how", question=request.about)]
    try:
        value = check(question, request.value, knowledge.words(case.language))
    except Refused:
        return [Note(kind="what_if_how", question=question.id)]
    supposed: Mapping[str, Answer] = {**case.answers, question.id: Answer(value=value)}
    then = advice_for(case.model_copy(update={"answers": supposed}), knowledge)
    return [WhatIf(question=question.id, value=value, now=advice_for(case, knowledge), then=then)]


def _subject(text: str, case: Case, knowledge: Knowledge) -> str:
    from bot.understand.subject import answer

    return answer(text, knowledge, case.language).answer
