"""Choices that a text states in so many words: what the data is, where the work may go, who can do it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from bot.answers import Value
from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.together import together
from knowledge.model import Question

# What a proposal in the form of a question says all the same: "could we crowdsource the moderation of comments?"
PROPOSABLE = frozenset({"kind"})
# Stands between the items of an order in the lexicon.
OVER = " over "
# What says one of these does not also say what the work is: "a wrong label does no harm" is no labelling.
TELLING = frozenset(
    {
        "error_impact",
        "checkable",
        "divisible",
        "access",
        "recourse",
        "deidentify",
        "turnaround",
        "oversight",
        "residency",
        "perspective",
    }
)


def statements(scene: Scene, questions: Mapping[str, Question]) -> Iterator[Found]:
    """The choices of all questions; of those that only hint, where nothing stronger was found, all that were hinted."""
    by_question: dict[str, list[Hit]] = {}
    for group in ("states", "does", "suggests", "hints", "ignore"):
        for hit in scene.group(group):
            by_question.setdefault(hit.cue.question, []).append(hit)
    if "kind" in by_question:
        by_question["kind"] = _unspent(scene, by_question["kind"])
    settled: set[str] = set()
    for question, hits in by_question.items():
        if question in questions:
            for found in _strongest(scene, questions[question], hits):
                if found.firm:
                    settled.add(question)
                yield found
    yield from together(scene, settled)


def _unspent(scene: Scene, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that do not lie inside words that say something else."""
    spent = longest(hit for hit in scene.group("states") if hit.cue.question in TELLING)
    starts = [hit.start for hit in spent]
    # Of hits none of which lies in another the last to begin also reaches furthest.
    covering = ((hit, bisect_right(starts, hit.start)) for hit in hits)
    kept = [hit for hit, place in covering if hit.cue.group == "ignore" or not place or not hit.inside(spent[place - 1])]
    # "Each receipt can be done without the others": a bare noun where nothing is counted
    words = scene.text.words
    telling = {words[hit.start].clause for hit in spent} - {words[amount.start].clause for amount in scene.amounts}
    return [hit for hit in kept if hit.cue.group != "suggests" or words[hit.start].clause not in telling]


def _strongest(scene: Scene, question: Question, hits: Sequence[Hit]) -> Iterator[Found]:
    """The findings of the strongest group that has any."""
    found: dict[str, list[Found]] = {"states": [], "does": [], "suggests": [], "hints": []}
    # A hit that had to skip a negation counts where nothing plainer does.
    plain = longest(hit for hit in hits if not scene.scope.skips_negator(hit))
    taken = {place for hit in plain for place in range(hit.start, hit.end)}
    rest = (hit for hit in hits if scene.scope.skips_negator(hit) and taken.isdisjoint(range(hit.start, hit.end)))
    kept = sorted([*plain, *longest(rest)], key=lambda hit: hit.start)
    ignored = {place for hit in kept if hit.cue.group == "ignore" for place in range(hit.start, hit.end)}
    if question.id not in scene.compiled.lexicon.strictest:
        kept = _apart(kept)
    for hit in kept:
        group = hit.cue.group
        if ignored and not ignored.isdisjoint(range(hit.start, hit.end)):
            continue
        # "A wrong label? We redo it": what goes on behind a mere topic is said
        mood = scene.scope.moods[hit.start if scene.text.words[hit.start].clause not in scene.text.topics else hit.end - 1]
        if mood is Mood.ASKED or (mood is Mood.PROPOSED and question.id not in PROPOSABLE):
            continue
        if (negator := scene.scope.negator(hit)) is not None:
            values = scene.compiled.lexicon.negated.get(question.id, {}).get(hit.cue.value, ())
            if values and group != "hints":
                firm = len(values) == 1 and not scene.scope.open(hit.start)
                found[group if firm else "hints"].append(Found(question.id, values, negator, hit.end, firm))
            continue
        if question.id == "turnaround" and scene.has(hit.start, "weak_time") and not scene.scope.delivers(hit.start, hit.end):
            group = "hints"
        # "Half of it is public" leaves open what the rest is.
        mild = question.id in scene.compiled.lexicon.strictest and hit.cue.value == next(iter(question.choices))
        if scene.scope.open(hit.start) or (mild and scene.scope.partly(hit.start)):
            group = "hints"
        # An idiom ranks one item or several: "better late than wrong" is "quality over flexibility"
        ranked = tuple((item,) for item in hit.cue.value.split(OVER))
        value: Value = ranked if question.type == "ranking" else hit.cue.value
        found[group].append(Found(question.id, (value,), hit.start, hit.end, group != "hints"))
    yield from found["states"] or found["does"] or found["suggests"] or found["hints"]


def _apart(hits: list[Hit]) -> list[Hit]:
    """Of hits that share words the longer: "half of it can be cut into small tasks" is no "can be cut into small tasks"."""
    kept: list[Hit] = []
    for hit in hits:
        while kept and hit.start < kept[-1].end and hit.end - hit.start > kept[-1].end - kept[-1].start:
            kept.pop()
        if not kept or hit.start >= kept[-1].end or hit.end - hit.start == kept[-1].end - kept[-1].start:
            kept.append(hit)
    return kept
