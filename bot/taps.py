"""What a button carries, and what a tap on it does. At most 64 bytes, the narrowest limit of the platforms.

Tokens: `a:question:choice` an answer, `n:question:number` a quick number, `s:question:status`, `k:question:item,item` the
order so far, `y:stamp` and `x:stamp[:question]` yes and no to what is pending, `r:kind[:about]` a request.
"""

from __future__ import annotations

from bot.agenda import pending, stamp
from bot.answers import STATUSES, Answer, Refused, check
from bot.case import Case
from bot.events import Act, Answered, CameLate, Confirmed, Missed, Rejected, Requested
from bot.understand.reading import REQUEST_KINDS, Request
from knowledge.model import Knowledge, Question

LONGEST = 64


def answer_token(question: str, choice: str) -> str:
    """A choice of a question."""
    return f"a:{question}:{choice}"


def number_token(question: str, number: float) -> str:
    """A quick pick for a number."""
    return f"n:{question}:{number:g}"


def status_token(question: str, status: str) -> str:
    """Don't know, not applicable, later."""
    return f"s:{question}:{status}"


def ranking_token(question: Question, so_far: tuple[str, ...]) -> str:
    """The order tapped so far, as the items' places in the question."""
    return f"k:{question.id}:{','.join(str(question.items.index(item)) for item in so_far)}"


def request_token(kind: str, about: str | None = None) -> str:
    """A request from the closed list."""
    return f"r:{kind}:{about}" if about else f"r:{kind}"


def ranked_so_far(token: str, knowledge: Knowledge) -> tuple[str, ...] | None:
    """The order in an unfinished ranking tap; None for any other token."""
    match token.split(":"):
        case ["k", question, places] if question in knowledge.questions:
            items = knowledge.questions[question].items
            order = [items[int(place)] for place in places.split(",") if place.isdigit() and int(place) < len(items)]
            return tuple(dict.fromkeys(order))
        case _:
            return None


def tap(token: str, case: Case, knowledge: Knowledge) -> Act:
    """What a tap does. A token that cannot be read, or whose moment has passed, changes nothing."""
    waiting = pending(case, knowledge)
    match token.split(":"):
        case ["a", question, choice]:
            return _answer(question, choice, waiting.question, knowledge)
        case ["n", question, number]:
            return _answer(question, _number(number), waiting.question, knowledge)
        case ["k", question, _]:
            order = ranked_so_far(token, knowledge) or ()
            return _answer(question, tuple((item,) for item in order), waiting.question, knowledge)
        case ["s", question, status] if status in STATUSES:
            if question != waiting.question:
                return CameLate(question=question)
            return Answered(question=question, answer=Answer(status=next(each for each in STATUSES if each == status)))
        case ["y", mark]:
            return Confirmed() if mark == stamp(case, waiting) else CameLate(question=waiting.question or "")
        case ["x", mark, *about]:
            if mark != stamp(case, waiting):
                return CameLate(question=waiting.question or "")
            return Rejected(question=about[0] if about and about[0] in knowledge.questions else None)
        case ["r", kind, *about] if kind in REQUEST_KINDS:
            return Requested(
                request=Request(kind=next(each for each in REQUEST_KINDS if each == kind), about=about[0] if about else None)
            )
        case _:
            return Missed()


def _answer(
    id: str, value: str | float | tuple[tuple[str, ...], ...] | None, open_question: str | None, knowledge: Knowledge
) -> Act:
    question = knowledge.questions.get(id)
    if question is None or value is None:
        return Missed()
    if id != open_question:
        return CameLate(question=id)
    try:
        return Answered(question=id, answer=Answer(value=check(question, value, knowledge.words("en"))))
    except Refused:
        return Missed()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
