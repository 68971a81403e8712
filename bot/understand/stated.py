"""What a message states or means: the answer to the open question, and facts that count only after a "yes"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.agenda import Pending, pending
from bot.answers import Answer, Value
from bot.case import Case
from bot.events import Act, Answered, Proposed
from bot.understand.choose import read_answer, unsure
from bot.understand.facts import understand
from bot.understand.intents import named_questions, names_choice
from bot.understand.reading import Doubt, Fact, Reading
from bot.understand.typed import amounts_in
from bot.understand.wording import wording
from knowledge.model import Knowledge, Language, Question

WORDS_OF_A_STATEMENT = 4
"""An answer shorter than this states nothing else, and no doubt in it is worth asking about."""


def answered(question: Question, value: Value, said: str, words: Language) -> Answered:
    """A value as the answer to its question, with the hedge it was given with."""
    return Answered(question=question.id, answer=Answer(value=value, unsure=question.type != "text" and unsure(said, words)))


def stated_in(said: str, case: Case, knowledge: Knowledge, apart_from: str | None) -> tuple[Act, ...]:
    """Facts in a statement, without those already known; the open question's own fact is an answer at once."""
    if apart_from is not None and short(said):
        return ()
    reading: Reading = understand(said, knowledge, case.language)
    opened = pending(case, knowledge).question
    facts = [fact for fact in reading.facts if fact.question not in (apart_from, opened) and not _known(fact, case)]
    doubts = tuple(doubt for doubt in reading.doubts if doubt.question not in (*case.answers, apart_from, opened))
    direct = next((fact for fact in reading.facts if fact.question == opened and apart_from is None), None)
    acts: list[Act] = []
    if direct is not None:
        acts.append(Answered(question=direct.question, answer=Answer(value=direct.value, unsure=direct.unsure)))
    if facts or (doubts and not acts and apart_from is None and not short(said)):
        acts.append(proposed(facts, doubts, case, {fact.question for fact in reading.facts}))
    return tuple(acts)


def meant(said: str, question: Question | None, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """What a reply means for the open choice where it does not state it: read as a doubt, or behind the name of the question.

    An amount that is a fact behind that name is an answer ("3 weeks"); all else is to be confirmed.
    """
    if question is None or question.type != "choice":
        return ()
    words = knowledge.words(case.language)
    name = words.questions[question.id].name
    stated, doubted = _values(said, question, case, knowledge)
    # A name that says something by itself would say it whatever stands behind it.
    alone = any(_values(f"{name}: {name}", question, case, knowledge))
    firm, guessed = ([], []) if alone else _values(f"{name}: {said}", question, case, knowledge)
    values = doubted or firm or guessed
    if stated or len(values) != 1:
        return ()
    if firm and amounts_in(said, wording(words)):
        return (answered(question, firm[0], said, words),)
    return offered(question.id, values[0], said, case)


def put_right(said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """A fact that waits for a "yes" put right: that of the question which is named, else the only one that the message fits."""
    facts, named = waiting_facts(case), named_questions(said, knowledge, case.language)
    return _only([id for id in facts if id in named or not named], said, case, knowledge)


def beside(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """A choice that is not asked for, to be confirmed, where only one question has it."""
    if not names_choice(said, knowledge, case.language):
        return ()
    others = [id for id, question in knowledge.questions.items() if question.type == "choice" and id != waiting.question]
    return _only(others, said, case, knowledge)


def _only(among: Iterable[str], said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """The message as a fact of the one question among these that it fits."""
    words = knowledge.words(case.language)
    fitting = [
        (id, value)
        for id in among
        for value in (read_answer(said, knowledge.questions[id], words), new_value(said, id, case, knowledge))
        if value is not None
    ]
    return offered(*fitting[0], said, case) if len({id for id, _ in fitting}) == 1 else ()


def _values(text: str, question: Question, case: Case, knowledge: Knowledge) -> tuple[list[Value], list[Value]]:
    """The values that a text states for a question, and those between which it leaves it open."""
    reading = understand(text, knowledge, case.language)
    stated = [fact.value for fact in reading.facts if fact.question == question.id]
    return stated, [value for doubt in reading.doubts if doubt.question == question.id for value in doubt.candidates]


def offered(question: str, value: Value, said: str, case: Case) -> tuple[Act, ...]:
    """The message as one fact to be confirmed, unless it is known."""
    fact = fact_of(question, value, said)
    return () if _known(fact, case) else (proposed([fact], (), case, {question}),)


def proposed(facts: Sequence[Fact], doubts: Sequence[Doubt], case: Case, said_now: Collection[str]) -> Proposed:
    """The facts of this message behind those that still wait for a "yes"; what is said again replaces what was said before."""
    waiting = case.proposed.facts if case.proposed is not None else ()
    kept = [fact for fact in waiting if fact.question not in said_now]
    open_ = [doubt for doubt in doubts if all(fact.question != doubt.question for fact in kept)]
    return Proposed(facts=(*kept, *facts), doubts=tuple(open_))


def fact_of(question: str, value: Value, said: str) -> Fact:
    """A fact that the whole message states."""
    return Fact(question=question, value=value, said=said, span=(0, len(said)))


def waiting_facts(case: Case) -> tuple[str, ...]:
    """The questions whose facts wait for a "yes"."""
    return tuple(fact.question for fact in case.proposed.facts) if case.proposed is not None else ()


def _known(fact: Fact, case: Case) -> bool:
    answer = case.answers.get(fact.question)
    return answer is not None and answer.value == fact.value


def short(said: str) -> bool:
    """Too short to state anything beside an answer."""
    return len(said.split()) < WORDS_OF_A_STATEMENT


def new_value(said: str, about: str, case: Case, knowledge: Knowledge) -> Value | None:
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
    return read_answer(said, question, words) if question.type in ("number", "percent", "money") else None
