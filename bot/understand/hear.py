"""What a typed message does: an answer, facts to confirm, a request, or nothing usable. Precision before recall.

Order: an exact answer to the open question, then a request from the closed list, then an answer in looser words, then facts
stated anywhere in the text. Of requests only "don't know", "does not apply", "later" and a change with its value write an
answer; what a person did not say of the open question in so many words counts only after a "yes".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.agenda import Pending, pending
from bot.answers import Answer, Status, Value
from bot.case import Case, given
from bot.events import Act, Answered, Confirmed, Exposed, Missed, Proposed, Rejected, Requested
from bot.guard import MARK, Private, found, veiled
from bot.markup import clean
from bot.understand.choose import exact, read_answer, unsure
from bot.understand.facts import understand
from bot.understand.intents import changes, drops, named_questions, names_choice, request
from bot.understand.multiples import multiple
from bot.understand.reading import Doubt, Fact, Reading, Request
from bot.understand.typed import amounts_in
from bot.understand.wording import wording
from knowledge.model import Knowledge, Language, Question

WORDS_OF_A_STATEMENT = 4
"""An answer shorter than this states nothing else, and no doubt in it is worth asking about."""


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
        return _carry_out(asked, said, case, waiting, knowledge)
    if question is not None and describing:
        return _described(question, said, case, knowledge)
    value = read_answer(said, question, words) if question is not None else None
    if question is not None and value is not None:
        return (_answered(question, value, said, words), *_stated(said, case, knowledge, question.id))
    meant, stated = _meant(said, question, case, knowledge), _stated(said, case, knowledge, None)
    return (
        (meant or stated if _short(said) else stated or meant)
        or _put_right(said, case, knowledge)
        or _beside(said, case, waiting, knowledge)
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
    acts = _carry_out(asked, said, case, waiting, knowledge) if asked is not None else (Missed(),)
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
        return (Rejected(question=named[0]),) if named[0] in _waiting_facts(case) else ()
    return (Requested(request=Request(kind="change", about=named[0])),)


def _several(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
    """Changes of several answers in one message: those with a value are answers, then the others are asked for in turn.

    While facts wait for a "yes", what is changed waits with them.
    """
    asked = changes(said, knowledge, case.language)
    valued = {id: value for id, value in asked.items() if value is not None}
    if waiting.kind == "facts" and valued:
        return (_proposed([_fact(id, value, said) for id, value in valued.items()], (), case, valued),)
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


def _waiting_facts(case: Case) -> tuple[str, ...]:
    """The questions whose facts wait for a "yes"."""
    return tuple(fact.question for fact in case.proposed.facts) if case.proposed is not None else ()


def _meant(said: str, question: Question | None, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
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
        return (_answered(question, firm[0], said, words),)
    return _offered(question.id, values[0], said, case)


def _values(text: str, question: Question, case: Case, knowledge: Knowledge) -> tuple[list[Value], list[Value]]:
    """The values that a text states for a question, and those between which it leaves it open."""
    reading = understand(text, knowledge, case.language)
    stated = [fact.value for fact in reading.facts if fact.question == question.id]
    return stated, [value for doubt in reading.doubts if doubt.question == question.id for value in doubt.candidates]


def _put_right(said: str, case: Case, knowledge: Knowledge) -> tuple[Act, ...]:
    """A fact that waits for a "yes" put right: that of the question which is named, else the only one that the message fits."""
    facts, named = _waiting_facts(case), named_questions(said, knowledge, case.language)
    return _only([id for id in facts if id in named or not named], said, case, knowledge)


def _beside(said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> tuple[Act, ...]:
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
        for value in (read_answer(said, knowledge.questions[id], words), _new(said, id, case, knowledge))
        if value is not None
    ]
    return _offered(*fitting[0], said, case) if len({id for id, _ in fitting}) == 1 else ()


def _offered(question: str, value: Value, said: str, case: Case) -> tuple[Act, ...]:
    """The message as one fact to be confirmed, unless it is known."""
    fact = _fact(question, value, said)
    return () if _known(fact, case) else (_proposed([fact], (), case, {question}),)


def _fact(question: str, value: Value, said: str) -> Fact:
    """A fact that the whole message states."""
    return Fact(question=question, value=value, said=said, span=(0, len(said)))


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


def _short(said: str) -> bool:
    """Too short to state anything beside an answer."""
    return len(said.split()) < WORDS_OF_A_STATEMENT


def _stated(said: str, case: Case, knowledge: Knowledge, answered: str | None) -> tuple[Act, ...]:
    """Facts in a statement, without those already known; the open question's own fact is an answer at once."""
    if answered is not None and _short(said):
        return ()
    reading: Reading = understand(said, knowledge, case.language)
    opened = pending(case, knowledge).question
    facts = [fact for fact in reading.facts if fact.question not in (answered, opened) and not _known(fact, case)]
    doubts = tuple(doubt for doubt in reading.doubts if doubt.question not in (*case.answers, answered, opened))
    direct = next((fact for fact in reading.facts if fact.question == opened and answered is None), None)
    acts: list[Act] = []
    if direct is not None:
        acts.append(Answered(question=direct.question, answer=Answer(value=direct.value, unsure=direct.unsure)))
    if facts or (doubts and not acts and answered is None and not _short(said)):
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
        case "yes" | "no" if question is not None and asked.kind in knowledge.questions[question].choices:
            return _offered(question, asked.kind, said, case) or (Requested(request=asked),)  # "no, they do"
        case "cancel" if drops(said, knowledge, case.language) and (waiting.kind == "restart" or _under_way(case)):
            dropped = Request(kind="cancel", about=_under_way(case))
            return (Rejected() if waiting.kind == "restart" else Requested(request=dropped),)
        case "what_if" if asked.value is None:
            return (Requested(request=_worked_out(asked, said, case, waiting, knowledge)),)
        case "dont_know" | "not_applicable" | "later" if (asked.about or question) in knowledge.questions:
            return (_unknown(asked, question or "", asked.kind, case),)
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


def _unknown(asked: Request, open_question: str, status: Status, case: Case) -> Act:
    """ "Don't know" and the like as the answer. One that was given is not taken back before its question is named."""
    if asked.about is None and given(case.answers, open_question) is not None:
        return Requested(request=asked)
    return Answered(question=asked.about or open_question, answer=Answer(status=status))


def _under_way(case: Case) -> str | None:
    """The question of a change that is begun: gone back to, or waiting for a "yes"."""
    return case.focus or next(iter(_waiting_facts(case)), None)


def _worked_out(asked: Request, said: str, case: Case, waiting: Pending, knowledge: Knowledge) -> Request:
    """A supposition with the value that follows from an answer: of the question it names, else of the open or the last one."""
    named = named_questions(said, knowledge, case.language)
    about = named or tuple(id for id in (waiting.question, *case.trail[-1:]) if id is not None)
    if len(named) > 1:
        return asked
    for id in about:
        before, times = given(case.answers, id), multiple(said, wording(knowledge.words(case.language)))
        value = before * times if isinstance(before, float) and times is not None else _new(said, id, case, knowledge)
        if value is not None:
            return Request(kind="what_if", about=id, value=value)
    return asked


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
    return read_answer(said, question, words) if question.type in ("number", "percent", "money") else None
