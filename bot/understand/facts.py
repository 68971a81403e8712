"""Facts that a free text states about a process: values for questions, each with the words that say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.answers import Money, Refused, Value, check
from bot.understand.amounts import amounts
from bot.understand.classifier import Classifier, classifier
from bot.understand.durations import Durations
from bot.understand.found import Found, Scene
from bot.understand.lexicon import Compiled, compiled
from bot.understand.likelihood import LEAST, evidence, likely
from bot.understand.periods import Periods
from bot.understand.ranking import rankings
from bot.understand.reading import Doubt, Fact, Reading, Span
from bot.understand.scope import Scope
from bot.understand.shares import Shares
from bot.understand.statements import PROPOSABLE, statements
from bot.understand.trades import trades
from bot.understand.volumes import Work, volumes
from bot.understand.wages import Wages
from knowledge.model import Knowledge, Language, Question

# Two figures this close say the same: "70 a week, about 300 a month". The later one is kept, as the more exact.
SAME = 0.15
# How many readings a doubt offers at most.
MOST_CANDIDATES = 4


def understand(text: str, knowledge: Knowledge, language: str = "en") -> Reading:
    """What a text states, in its own order. Pure, linear in the text's length, and never an exception."""
    words = knowledge.words(language)
    return read(text, compiled(words), classifier(words), knowledge.questions, words)


def read(text: str, lexicon: Compiled, learned: Classifier | None, questions: Mapping[str, Question], words: Language) -> Reading:
    """`understand` from its parts; without a classifier the lexicon has the last word."""
    scene = scan(text, lexicon)
    if not scene.text.words:
        return Reading()
    found = found_in(scene, questions, words)
    settled = {id: _settled(scene, questions[id], each) for id, each in found.items()}
    if learned is not None:
        settled = _judged(scene, learned, questions, found, settled)
    return Reading(
        facts=tuple(sorted((each for each in settled.values() if isinstance(each, Fact)), key=lambda fact: fact.span)),
        doubts=tuple(sorted((each for each in settled.values() if isinstance(each, Doubt)), key=lambda doubt: doubt.span)),
    )


def scan(text: str, lexicon: Compiled) -> Scene:
    """A text with what the lexicon knows of its words."""
    cut = lexicon.read(text)
    hits = lexicon.hits(cut.words)
    return Scene(cut, lexicon, amounts(cut, lexicon), hits, Scope(cut, lexicon, hits))


def found_in(scene: Scene, questions: Mapping[str, Question], words: Language) -> dict[str, list[Found]]:
    """What the lexicon finds, by question; what may not be a value of it is left out and leaves the rest a guess."""
    found: dict[str, list[Found]] = {}
    for each in _all(scene, questions):
        question = questions[each.question]
        # What the work is does not change with the time that is spoken of.
        if each.firm and each.question not in PROPOSABLE and scene.leaves_open(each.start, each.end):
            each = replace(each, firm=False)
        valid = tuple(value for value in each.values if _taken(question, value, words))
        if valid == each.values:
            found.setdefault(each.question, []).append(each)
        elif valid:
            found.setdefault(each.question, []).append(replace(each, values=valid, firm=False))
    return found


def _judged(
    scene: Scene,
    learned: Classifier,
    questions: Mapping[str, Question],
    found: Mapping[str, Sequence[Found]],
    settled: Mapping[str, Fact | Doubt],
) -> dict[str, Fact | Doubt]:
    """What the classifier makes of it. What it does not hold for stated, though not for unlikely, is still asked about."""
    judgements = list(learned.judge(scene.text.words, evidence(found), LEAST))
    possible = {(each.question, each.value) for each in judgements}
    judged: dict[str, list[Found]] = {}
    for each in likely(scene, learned, judgements, found):
        if each.question in questions:
            judged.setdefault(each.question, []).append(each)
    for question in learned.questions & found.keys():
        for each in found[question]:
            left_open = len(each.values) > 1 or scene.scope.guessed(each.start, each.end)
            if left_open or (question, each.values[0]) in possible:
                judged.setdefault(question, []).append(replace(each, firm=False))
    contradictory = {id for id, each in settled.items() if isinstance(each, Doubt) and any(one.firm for one in found[id])}
    as_found = {id: each for id, each in settled.items() if id not in learned.questions or id in contradictory}
    return {id: _settled(scene, questions[id], each) for id, each in judged.items()} | as_found


def _all(scene: Scene, questions: Mapping[str, Question]) -> Iterator[Found]:
    """The findings of all readers; those of amounts take turns, since one amount means one thing."""
    stated = list(statements(scene, questions))
    yield from stated
    yield from rankings(scene, questions["priorities"].items)
    yield from trades(scene, questions["priorities"].items)
    shares, periods = Shares(scene), Periods(scene)
    wages, durations = Wages(scene, periods), Durations(scene, periods)
    for reader in (shares, wages, durations):
        yield from reader.found
    yield from volumes(scene, periods, durations.horizons, shares.used | wages.used, _work(stated))


def _work(stated: Sequence[Found]) -> Work:
    """What the statements of a text say of the work as a whole."""
    demand = {value for each in stated if each.question == "demand" and each.firm for value in each.values}
    kinds = any(each.question == "kind" for each in stated)
    return Work(named=kinds, once=demand == {"one_off"}, bursts="spiky" in demand)


def _taken(question: Question, value: Value, words: Language) -> bool:
    if isinstance(value, str):  # by far the most, and cheap to tell
        return value in question.choices
    try:
        check(question, value, words)
    except Refused:
        return False
    return True


def _settled(scene: Scene, question: Question, findings: Sequence[Found]) -> Fact | Doubt:
    """One value is a fact. Several are a doubt, save where the mildest would do harm: there the strictest holds, and a mild one
    with an exception is a doubt.
    """
    firm = [each for each in findings if each.firm]
    said = firm or findings
    values = list(dict.fromkeys(value for each in said for value in each.values))
    if firm and len(values) > 1:
        if question.id in scene.compiled.lexicon.strictest:
            values = [max(values, key=lambda value: question.choices.index(str(value)))]
        elif _close(question, values):
            values = values[-1:]
        elif question.type == "ranking":
            values = _fullest(values)
        elif (between := _halfway(scene, question, firm)) is not None:
            values, firm = list(between.values), [between]
    if _excepted(scene, question, values, firm):
        firm = []
    if firm and len(values) == 1:
        found = next(each for each in firm if each.values == tuple(values))
        start, end = _span(scene, found)
        return Fact(
            question=question.id,
            value=values[0],
            said=scene.text.raw[start:end],
            span=(start, end),
            unsure=scene.scope.unsure(found.start, found.end),
        )
    start, end = _span(scene, said[0])
    candidates = tuple(values[:MOST_CANDIDATES])
    return Doubt(question=question.id, candidates=candidates, said=scene.text.raw[start:end], span=(start, end))


def _excepted(scene: Scene, question: Question, values: Sequence[Value], firm: Sequence[Found]) -> bool:
    """Whether one of the milder values, which do harm where they do not hold of everything, is said not to."""
    milder = question.choices[: len(question.choices) // 2]
    harmful = question.id in scene.compiled.lexicon.strictest and not set(values).isdisjoint(milder)
    return harmful and any(scene.scope.excepted(each.start) for each in firm if set(each.values) <= set(values))


def _halfway(scene: Scene, question: Question, findings: Sequence[Found]) -> Found | None:
    """What lies between values that one sentence states and does not take back; None where nothing does."""
    words = scene.text.words
    if len({words[each.start].sentence for each in findings}) > 1 or scene.scope.corrects_to:
        return None
    said = {value for each in findings for value in each.values}
    for between, ends in scene.compiled.lexicon.halfway.get(question.id, {}).items():
        if said <= {between, *ends}:
            return replace(findings[0], values=(between,), end=max(each.end for each in findings))
    return None


def _fullest(values: list[Value]) -> list[Value]:
    """Orders of which one goes on where the others end, or holds the one thing that they name, are that one."""
    orders = sorted((value for value in values if isinstance(value, tuple)), key=len)
    *shorter, last = orders
    named = {item for tier in last for item in tier}
    part = all(last[: len(order)] == order or (len(order) == 1 and {*order[0]} <= named) for order in shorter)
    return [last] if part and len(last) > 1 else values


def _close(question: Question, values: Sequence[Value]) -> bool:
    """Whether figures are the same but for rounding; accuracies are as far apart as the errors that they allow."""
    figures = [value.amount if isinstance(value, Money) else value for value in values]
    if question.type == "percent":
        figures = [100 - figure if isinstance(figure, float) else figure for figure in figures]
    numbers = [figure for figure in figures if isinstance(figure, float)]
    currencies = {value.currency for value in values if isinstance(value, Money)}
    return len(numbers) == len(values) and len(currencies) <= 1 and max(numbers) - min(numbers) <= SAME * max(numbers)


def _span(scene: Scene, found: Found) -> Span:
    words = scene.text.words
    return words[found.start].start, words[found.end - 1].end
