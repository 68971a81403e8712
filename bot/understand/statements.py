"""Choices that a text states in so many words: what the data is, where the work may go, who can do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.answers import Value
from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.scope import Mood
from knowledge.model import Question

# What a proposal in the form of a question says all the same: "could we crowdsource the moderation of comments?"
PROPOSABLE = frozenset({"kind"})


def statements(scene: Scene, questions: Mapping[str, Question]) -> Iterator[Found]:
    """The choices of all questions; of those that only hint, where nothing stronger was found, all that were hinted."""
    by_question: dict[str, list[Hit]] = {}
    for group in ("states", "suggests", "hints", "ignore"):
        for hit in scene.group(group):
            by_question.setdefault(hit.cue.question, []).append(hit)
    for question, hits in by_question.items():
        if question in questions:
            yield from _strongest(scene, questions[question], hits)


def _strongest(scene: Scene, question: Question, hits: Iterable[Hit]) -> Iterator[Found]:
    """The findings of the strongest group that has any."""
    found: dict[str, list[Found]] = {"states": [], "suggests": [], "hints": []}
    kept = longest(hits)
    ignored = {place for hit in kept if hit.cue.group == "ignore" for place in range(hit.start, hit.end)}
    for hit in kept:
        group = hit.cue.group
        if ignored and not ignored.isdisjoint(range(hit.start, hit.end)):
            continue
        mood = scene.scope.moods[hit.start]
        if mood is Mood.ASKED or (mood is Mood.PROPOSED and question.id not in PROPOSABLE):
            continue
        if (negator := scene.scope.negator(hit)) is not None:
            values = scene.compiled.lexicon.negated.get(question.id, {}).get(hit.cue.value, ())
            if values and group != "hints":
                firm = len(values) == 1 and not scene.scope.open(hit.start)
                found[group if firm else "hints"].append(Found(question.id, values, negator, hit.end, firm))
            continue
        if scene.scope.open(hit.start):
            group = "hints"
        value: Value = ((hit.cue.value,),) if question.type == "ranking" else hit.cue.value
        found[group].append(Found(question.id, (value,), hit.start, hit.end, group != "hints"))
    yield from found["states"] or found["suggests"] or found["hints"]
