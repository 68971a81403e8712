"""Choices that are likely stated: the classifier's judgement of each sentence, with what the lexicon found in it as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from bot.understand.classifier import Classifier, Finding, Judgement
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.statements import PROPOSABLE

# From these probabilities on, a value is taken as stated, or as worth asking about. Chosen on sentences of strangers that nothing
# was learned from; docs/understanding.md has the curve.
STATED_FROM, GUESSED_FROM = 0.65, 0.3
# A quotation of so many words is still read.
QUOTED = 12
# What is less likely than this in a sentence adds nothing to others, and is not asked about.
LEAST = 0.05


def likely(
    scene: Scene, learned: Classifier, judgements: Iterable[Judgement], found: Mapping[str, Sequence[Found]]
) -> Iterator[Found]:
    """Of each sentence the likeliest value of each question; how likely each of them is in all sentences together."""
    likeliest: dict[tuple[str, int, str], Judgement] = {}
    for each in judgements:
        # Of a mixture all parts count, so that the strictest can.
        part = each.value if each.question in scene.compiled.lexicon.strictest else ""
        at = each.question, scene.text.words[each.start].sentence, part
        if at not in likeliest or likeliest[at].probability < each.probability:
            likeliest[at] = each
    by_value: dict[tuple[str, str], list[Judgement]] = {}
    for each in likeliest.values():
        by_value.setdefault((each.question, each.value), []).append(each)
    for (question, value), all_ in by_value.items():
        probability = 1 - prod(1 - each.probability for each in all_)
        if probability >= GUESSED_FROM:
            best = max(all_, key=lambda each: each.probability)
            where = _known(best, found) or _telling(scene, best, learned)
            if where is not None:
                guessed = question not in PROPOSABLE and scene.scope.guessed(*where)
                yield Found(question, (value,), *where, firm=probability >= STATED_FROM and not guessed)


def evidence(found: Mapping[str, Sequence[Found]]) -> list[Finding]:
    """What the classifier weighs together with the words of a text: what the lexicon says it states, or only hints at."""
    return [
        Finding(f"{'says' if each.firm else 'hints'} {question}={value}", each.start)
        for question, findings in found.items()
        for each in findings
        for value in each.values
        if isinstance(value, str)
    ]


def _known(judged: Judgement, found: Mapping[str, Sequence[Found]]) -> tuple[int, int] | None:
    """Where the lexicon finds the value in the sentence; it knows better than the classifier which words say so."""
    for known in found.get(judged.question, ()):
        if judged.value in known.values and judged.start <= known.start < judged.end:
            return known.start, known.end
    return None


def _telling(scene: Scene, judged: Judgement, learned: Classifier) -> tuple[int, int] | None:
    """The words that speak most for the value; None where they only ask."""
    start, end = learned.telling(judged, scene.text.words)
    mood = min(scene.scope.moods[start:end])
    asked = mood is Mood.ASKED or (mood is Mood.PROPOSED and judged.question not in PROPOSABLE)
    return None if asked else _whole(scene, start, end)


def _whole(scene: Scene, start: int, end: int) -> tuple[int, int]:
    """The clauses that the words stand in, where they are short enough to be quoted."""
    words = scene.text.words
    first, last = start, end
    while first and scene.same_clause(first - 1, start):
        first -= 1
    while last < len(words) and scene.same_clause(last, end - 1):
        last += 1
    return (first, last) if last - first <= QUOTED else (start, end)
