"""What a request does: most are passed on, but "yes", "no", "don't know" and a change with its value are acts of their own."""

from __future__ import annotations

from bot.agenda import Pending
from bot.answers import Answer, Status
from bot.case import Case, given
from bot.events import Act, Answered, Confirmed, Rejected, Requested
from bot.understand.intents import drops, named_questions
from bot.understand.multiples import multiple
from bot.understand.reading import Request
from bot.understand.stated import new_value, offered, stated_in, waiting_facts
from bot.understand.wording import wording
from knowledge.model import Knowledge


def carry_out(asked: Request, said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """A request, where "yes", "no", "don't know" and a change with its value in it are acts of their own."""
    question = waiting.question
    match asked.kind:
        case "yes" if waiting.kind in ("private", "facts", "restart", "conflict", "summary"):
            return (Confirmed(),)
        case "no" if waiting.kind in ("private", "facts", "restart", "conflict", "summary"):
            return (Rejected(),)
        case "yes" | "no" if question is not None and asked.kind in knowledge.questions[question].choices:
            return offered(question, asked.kind, said, case) or (Requested(request=asked),)  # "no, they do"
        case "cancel" if drops(said, knowledge, case.language) and (waiting.kind == "restart" or _under_way(case, waiting)):
            dropped = Request(kind="cancel", about=_under_way(case, waiting))
            return (Rejected() if waiting.kind == "restart" else Requested(request=dropped),)
        case "what_if" if asked.value is None:
            return (Requested(request=_worked_out(asked, said, case, waiting, knowledge)),)
        case "dont_know" | "not_applicable" | "later" if (asked.about or question) in knowledge.questions:
            return (_unknown(asked, question or "", asked.kind, case),)
        case "change" if (
            waiting.kind == "facts"
            and asked.about is not None
            and asked.value is None
            and not new_value(said, asked.about, case, knowledge)
        ):
            return (Rejected(question=asked.about),)
        case "change" if asked.about is None and waiting.kind == "facts" and (stated := stated_in(said, case, knowledge, None)):
            return stated  # "sorry, I meant 500 a month"
        case "change":
            about = asked.about or (case.trail[-1] if case.trail else None)
            if about is None:
                return (Requested(request=asked),)
            value = asked.value if asked.value is not None else new_value(said, about, case, knowledge)
            if value is not None:
                return (Answered(question=about, answer=Answer(value=value)),)
            return (Requested(request=asked),)  # which answer, where none was named, is asked
        case _:
            return (Requested(request=asked),)


def _unknown(asked: Request, open_question: str, status: Status, case: Case) -> Act:
    """ "Don't know" and the like as the answer. One that was given is not taken back before its question is named."""
    if asked.about is None and given(case.answers, open_question) is not None:
        return Requested(request=asked)
    return Answered(question=asked.about or open_question, answer=Answer(status=status))


def _under_way(case: Case, waiting: Pending) -> str | None:
    """What "never mind" is about: a change begun (gone back to, or waiting for a "yes"), and after an advice the last answer."""
    last = case.trail[-1:] if waiting.kind == "nothing" else ()
    return next((id for id in (case.focus, *waiting_facts(case), *last) if id is not None), None)


def _worked_out(asked: Request, said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> Request:
    """A supposition with the value that follows from an answer: of the question it names, else of the open or the last one."""
    named = named_questions(said, knowledge, case.language)
    about = named or tuple(id for id in (waiting.question, *case.trail[-1:]) if id is not None)
    if len(named) > 1:
        return asked
    for id in about:
        before, times = given(case.answers, id), multiple(said, wording(knowledge.words(case.language)))
        value = before * times if isinstance(before, float) and times is not None else new_value(said, id, case, knowledge)
        if value is not None:
            return Request(kind="what_if", about=id, value=value)
    return asked
