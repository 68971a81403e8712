"""What a typed message does: an answer, facts to confirm, a request, or nothing usable. Precision before recall.

Order: an exact answer to the open question, then a request from the closed list, then an answer in looser words, then facts
stated anywhere in the text. Of requests only "don't know", "does not apply", "later" and a change with its value write an
answer; what a person did not say of the open question in so many words counts only after a "yes".
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.agenda import Pending, pending
from bot.answers import Answer
from bot.case import Case, given
from bot.events import Act, Answered, Confirmed, Exposed, Missed, Proposed, Rejected, Requested
from bot.guard import MARK, Private, found, veiled
from bot.markup import clean
from bot.understand.carry_out import carry_out
from bot.understand.choose import exact, read_answer
from bot.understand.facts import understand
from bot.understand.intents import changes, request
from bot.understand.reading import Request
from bot.understand.stated import answered, beside, fact_of, meant, proposed, put_right, short, stated_in, waiting_facts
from bot.understand.typed import amounts_in
from bot.understand.wording import wording
from knowledge.model import Knowledge, Question


def hear(text: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """The acts of one message. Never empty, never raises. Private data is covered first, so that nothing is read from it."""
    said = clean(text).strip()
    private = found(said, knowledge.words(case.language).private)
    if not private:
        return _hear(said, case, knowledge)
    covered = veiled(said, private)
    grown = len(said) + len(MARK) * len(private)  # at most, with marks in their place
    acts = (_uncovered(act, covered, said, grown, knowledge) for act in _hear(covered, case, knowledge))
    return (*acts, _exposed(private))


def exposed(texts: Iterable[str], case: Case, knowledge: Knowledge) -> tuple[Exposed, ...]:
    """The warning that answers filled in together deserve, if any."""
    words = knowledge.words(case.language).private
    private = [each for text in texts for each in found(text, words)]
    return (_exposed(private),) if private else ()


def _exposed(private: Iterable[Private]) -> Exposed:
    return Exposed(kinds=tuple(dict.fromkeys(each.kind for each in private)))


def _uncovered(act: Act, covered: str, said: str, grown: int, knowledge: Knowledge) -> Act:
    """Where the whole message is the answer, the words as they were said: they are kept unless they are struck out.

    They stay covered in an answer that marks in their place could make too long.
    """
    match act:
        case Answered(question=id, answer=Answer(value=value)) if value == covered and grown <= (
            knowledge.questions[id].longest or 0
        ):
            return act.model_copy(update={"answer": act.answer.model_copy(update={"value": said})})
        case _:
            return act


def _hear(said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    waiting = pending(case, knowledge)
    words = knowledge.words(case.language)
    question = knowledge.questions.get(waiting.question or "")
    if not said:
        return (Missed(),)
    if waiting.kind == "private":
        return _about_private(said, case, waiting, knowledge)
    if question is not None and question.type != "text":
        value = exact(said, question, words)
        if value is not None:
            return (answered(question, value, said, words),)
    describing = question is not None and question.type == "text"
    if not describing:
        acts = (
            _named(said, case, waiting, knowledge)
            or _several(said, case, waiting, knowledge)
            or _refigured(said, case, knowledge)
        )
        if acts:
            return acts
    settled = question is not None and given(case.answers, question.id) is not None
    asked = request(said, knowledge, case.language, waiting.question, settled=settled)
    if asked is not None and not _describes_too(asked, said, question, case, knowledge):
        return carry_out(asked, said, case, waiting, knowledge)
    if question is not None and describing:
        return _described(question, said, case, knowledge)
    value = read_answer(said, question, words) if question is not None else None
    if question is not None and value is not None:
        return (answered(question, value, said, words), *stated_in(said, case, knowledge, question.id))
    hinted, stated = meant(said, question, case, knowledge), stated_in(said, case, knowledge, None)
    return (
        (hinted or stated if short(said) else stated or hinted)
        or put_right(said, case, knowledge)
        or beside(said, case, waiting, knowledge)
        or (Missed(),)
    )


def _about_private(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """To strike out or to keep, or a request that writes no answer; anything else has to wait."""
    words = knowledge.words(case.language)
    told = " ".join(said.casefold().replace("’", "'").strip(" .!").split())
    if told in words.private.strike:
        return (Confirmed(),)
    if told in words.private.keep:
        return (Rejected(),)
    asked = request(said, knowledge, case.language)
    acts = carry_out(asked, said, case, waiting, knowledge) if asked is not None else (Missed(),)
    return (Missed(),) if any(isinstance(act, Answered | Proposed) for act in acts) else acts


def _named(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """A message that only names a question goes there, as after "what would you like to change?"."""
    told = said.casefold().removeprefix("the ").rstrip(".!")
    words = knowledge.words(case.language).questions
    named = [
        id for id in knowledge.questions if told in (id, words[id].name.casefold(), *(way.casefold() for way in words[id].said))
    ]
    if len(named) != 1:
        return ()
    if waiting.kind == "facts":
        return (Rejected(question=named[0]),) if named[0] in waiting_facts(case) else ()
    return (Requested(request=Request(kind="change", about=named[0])),)


def _several(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """Changes of several answers in one message: those with a value are answers, then the others are asked for in turn.

    While facts wait for a "yes", what is changed waits with them.
    """
    asked = changes(said, knowledge, case.language)
    valued = {id: value for id, value in asked.items() if value is not None}
    if waiting.kind == "facts" and valued:
        return (proposed([fact_of(id, value, said) for id, value in valued.items()], (), case, valued),)
    answered = [Answered(question=id, answer=Answer(value=value)) for id, value in valued.items()]
    open_ = [id for id in asked if id not in valued]
    return (*answered, *(Requested(request=Request(kind="change", about=id, then=tuple(open_[1:]))) for id in open_[:1]))


def _refigured(said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """Another figure in place of one that was given: "I said four minutes, not fifty"."""
    words = knowledge.words(case.language)
    figures = {amount.value for amount in amounts_in(said, wording(words))}
    if len(figures) != 2:
        return ()
    read = {id: read_answer(said, knowledge.questions[id], words) for id in case.answers if given(case.answers, id) in figures}
    return tuple(
        Answered(question=id, answer=Answer(value=value)) for id, value in read.items() if len(read) == 1 and value in figures
    )


def _describes_too(asked: Request, said: str, question: Question | None, case: Case, knowledge: Knowledge) -> bool:
    """Whether an opening puts a question but also states facts ("Should our receipts go to a crowd? 40k a month")."""
    opening = question is not None and question.type == "text"
    return opening and asked.kind == "subject" and bool(understand(said, knowledge, case.language).facts)


def _described(question: Question, said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """The opening: the whole text names the process, and what it states is shown before it counts."""
    longest = question.longest or len(said)
    value = said if len(said) <= longest else said[: longest - 1].rstrip() + "…"
    return (Answered(question=question.id, answer=Answer(value=value)), *stated_in(said, case, knowledge, None))
