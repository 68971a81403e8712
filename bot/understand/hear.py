"""What a typed message does: an answer, facts to confirm, a request, or nothing usable. Precision before recall.

Order: an exact answer to the open question, then a request from the closed list, then an answer in looser words, then facts
stated anywhere in the text. A request can never write an answer; facts count only after a "yes".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.agenda import Pending, pending
from bot.answers import Answer, Value
from bot.case import Case
from bot.events import Act, Answered, Confirmed, Exposed, Missed, Proposed, Rejected, Requested
from bot.guard import MARK, Private, found, veiled
from bot.markup import clean
from bot.understand.choose import exact, read_answer, unsure
from bot.understand.facts import understand
from bot.understand.intents import request
from bot.understand.reading import Doubt, Fact, Reading, Request
from knowledge.model import Knowledge, Language, Question

WORDS_OF_A_STATEMENT = 4
"""Texts shorter than this answer the open question or nothing; only longer ones are searched for other facts."""


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
            return (_answered(question, value, said, words),)
    asked = request(said, knowledge, case.language, waiting.question)
    if asked is not None and not _describes_too(asked, said, question, case, knowledge):
        return _carry_out(asked, said, case, waiting, knowledge)
    if question is not None and question.type == "text":
        return _described(question, said, case, knowledge)
    if waiting.kind == "summary" or waiting.kind == "nothing":
        return _stated(said, case, knowledge, None) or _named(said, case, waiting, knowledge)
    if question is not None:
        value = read_answer(said, question, words)
        if value is not None:
            return (_answered(question, value, said, words), *_stated(said, case, knowledge, question.id))
    return _stated(said, case, knowledge, question.id if question else None) or _named(said, case, waiting, knowledge)


def _about_private(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """To strike out or to keep, or a request that writes no answer; anything else has to wait."""
    words = knowledge.words(case.language)
    told = " ".join(said.casefold().replace("’", "'").strip(" .!").split())
    if told in words.private.strike:
        return (Confirmed(),)
    if told in words.private.keep:
        return (Rejected(),)
    asked = request(said, knowledge, case.language)
    acts = _carry_out(asked, said, case, waiting, knowledge) if asked is not None else (Missed(),)
    return (Missed(),) if any(isinstance(act, Answered | Proposed) for act in acts) else acts


def _named(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """A message that only names a question goes there, as after "what would you like to change?"; else it is a miss."""
    told = said.casefold().removeprefix("the ").rstrip(".!")
    words = knowledge.words(case.language).questions
    named = [
        id for id in knowledge.questions if told in (id, words[id].name.casefold(), *(way.casefold() for way in words[id].said))
    ]
    if len(named) != 1:
        return (Missed(),)
    if waiting.kind == "facts":
        proposed = case.proposed.facts if case.proposed else ()
        return (Rejected(question=named[0]),) if any(fact.question == named[0] for fact in proposed) else (Missed(),)
    return (Requested(request=Request(kind="change", about=named[0])),)


def _describes_too(asked: Request, said: str, question: Question | None, case: Case, knowledge: Knowledge) -> bool:
    """Whether an opening puts a question but also states facts ("Should our receipts go to a crowd? 40k a month")."""
    opening = question is not None and question.type == "text"
    return opening and asked.kind == "subject" and bool(understand(said, knowledge, case.language).facts)


def _answered(question: Question, value: Value, said: str, words: Language) -> Answered:
    return Answered(question=question.id, answer=Answer(value=value, unsure=question.type != "text" and unsure(said, words)))


def _described(question: Question, said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """The opening: the whole text names the process, and what it states is shown before it counts."""
    longest = question.longest or len(said)
    value = said if len(said) <= longest else said[: longest - 1].rstrip() + "…"
    return (Answered(question=question.id, answer=Answer(value=value)), *_stated(said, case, knowledge, None))


def _stated(said: str, case: Case, knowledge: Knowledge, answered: str | None) -> tuple[Act, ...]:
    """Facts in a statement, without those already known; the open question's own fact is an answer at once."""
    if len(said.split()) < WORDS_OF_A_STATEMENT:
        return ()
    reading: Reading = understand(said, knowledge, case.language)
    facts = [fact for fact in reading.facts if fact.question != answered and not _known(fact, case)]
    doubts = tuple(doubt for doubt in reading.doubts if doubt.question not in case.answers and doubt.question != answered)
    opened = pending(case, knowledge).question
    direct = next((fact for fact in facts if fact.question == opened and answered is None), None)
    acts: list[Act] = []
    if direct is not None:
        facts.remove(direct)
        acts.append(Answered(question=direct.question, answer=Answer(value=direct.value, unsure=direct.unsure)))
    if facts or (doubts and not acts and answered is None):
        acts.append(_proposed(facts, doubts, case, {fact.question for fact in reading.facts}))
    return tuple(acts)


def _proposed(facts: Sequence[Fact], doubts: Sequence[Doubt], case: Case, said_now: Collection[str]) -> Proposed:
    """The facts of this message behind those that still wait for a "yes"; what is said again replaces what was said before."""
    waiting = case.proposed.facts if case.proposed is not None else ()
    kept = [fact for fact in waiting if fact.question not in said_now]
    open_ = [doubt for doubt in doubts if all(fact.question != doubt.question for fact in kept)]
    return Proposed(facts=(*kept, *facts), doubts=tuple(open_))


def _known(fact: Fact, case: Case) -> bool:
    answer = case.answers.get(fact.question)
    return answer is not None and answer.value == fact.value


def _carry_out(asked: Request, said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """A request, where "yes", "no", "don't know" and a change with its value in it are acts of their own."""
    question = waiting.question
    match asked.kind:
        case "yes" if waiting.kind in ("private", "facts", "restart", "conflict", "summary"):
            return (Confirmed(),)
        case "no" if waiting.kind in ("private", "facts", "restart", "conflict", "summary"):
            return (Rejected(),)
        case "dont_know" | "not_applicable" | "later" if (asked.about or question) in knowledge.questions:
            return (Answered(question=asked.about or question or "", answer=Answer(status=asked.kind)),)
        case "change" if (
            waiting.kind == "facts"
            and asked.about is not None
            and asked.value is None
            and not _new(said, asked.about, case, knowledge)
        ):
            return (Rejected(question=asked.about),)
        case "change" if asked.about is None and waiting.kind == "facts" and (stated := _stated(said, case, knowledge, None)):
            return stated  # "sorry, I meant 500 a month"
        case "change":
            about = asked.about or (case.trail[-1] if case.trail else None)
            if about is None:
                return (Requested(request=asked),)
            value = asked.value if asked.value is not None else _new(said, about, case, knowledge)
            if value is not None:
                return (Answered(question=about, answer=Answer(value=value)),)
            return (Requested(request=asked),)  # which answer, where none was named, is asked
        case _:
            return (Requested(request=asked),)


def _new(said: str, about: str, case: Case, knowledge: Knowledge) -> Value | None:
    """The value that a change names, if it names one."""
    fact = next((fact for fact in understand(said, knowledge, case.language).facts if fact.question == about), None)
    if fact is not None:
        return fact.value
    words = knowledge.words(case.language)
    question = knowledge.questions[about]
    for lead in (" to ", " is ", " was ", " were ", " be ", " been ", ": ", " = "):
        _, found, rest = said.rpartition(lead)
        if found and question.type != "text":
            value = read_answer(rest, question, words)
            if value is not None:
                return value
    return None
