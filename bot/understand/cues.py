"""Patterns of words, and where they stand in a text.

A pattern is words with a space between them:
`a|b` either; `a|b?` either or nothing; `stem*` a word that starts so; `#` a number; `/h` a word behind a slash; `{name}` a phrase of that class;
`..` up to two words of the same clause; `...` up to five of the same sentence.
Matching walks a tree of all patterns at once, so its work at each word is bounded by the depth of the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.understand.tokens import Word, normal
from bot.understand.tokens import read as cut

NEAR, FAR = 2, 5
SHORTEST_STEM, LONGEST_STEM = 2, 14


class Cue(NamedTuple):
    """What a pattern means: `group` is the part of the lexicon it stands in."""

    group: str
    question: str
    value: str


class Hit(NamedTuple):
    """A cue at words[start:end]; `skipped` are the places that a gap of the pattern passed over."""

    cue: Cue
    start: int
    end: int
    skipped: tuple[int, ...]

    def inside(self, other: Hit) -> bool:
        """Another hit covers this one and more."""
        return other.start <= self.start and self.end <= other.end and other.end - other.start > self.end - self.start


@dataclass(slots=True)
class Node:
    """A place in the tree of patterns. `parts` are the parts of patterns that go on from here, so that they are shared."""

    steps: dict[str, list[Node]] = field(default_factory=dict)
    parts: dict[str, Node] = field(default_factory=dict)
    near: Node | None = None
    far: Node | None = None
    cues: list[Cue] = field(default_factory=list)


class Tree:
    """Patterns that are matched together."""

    def __init__(self) -> None:
        self.root = Node()
        self.stems: set[str] = set()
        self.words: set[str] = set()
        self._spellings: dict[str, tuple[str, ...]] = {}

    def add(self, pattern: str, cue: Cue) -> None:
        """Enter a pattern. Raises ValueError for one that begins with a gap or nothing, or has an empty alternative."""
        nodes = [self.root]
        for part in pattern.split():
            after = [self._part(node, part.removesuffix("?")) for node in nodes]
            nodes = nodes + after if part.endswith("?") else after
        if self.root in nodes or pattern.startswith(".."):
            raise ValueError(f"the pattern {pattern!r} does not begin with a word")
        for node in nodes:
            node.cues.append(cue)

    def _part(self, node: Node, part: str) -> Node:
        """The node behind a part; all alternatives lead to the same one."""
        if part == "..":
            node.near = node.near or Node()
            return node.near
        if part == "...":
            node.far = node.far or Node()
            return node.far
        if (known := node.parts.get(part)) is not None:
            return known
        end = node.parts[part] = Node()
        for steps in _alternatives(part):
            place = node
            for step in steps[:-1]:
                place = self._part(place, step)
            place.steps.setdefault(steps[-1], []).append(end)
            for step in steps:
                if step.endswith("*"):
                    self.stems.add(step[:-1])
                elif step[0] not in "{#/":
                    self.words.add(step)
        return end

    def spellings(self, word: Word) -> tuple[str, ...]:
        """The steps that a word takes."""
        known = self._spellings.get(word.norm)
        if known is None:
            norm = word.norm
            stems = (norm[:size] for size in range(SHORTEST_STEM, min(len(norm), LONGEST_STEM) + 1))
            known = (norm, *(stem + "*" for stem in stems if stem in self.stems))
            if len(self._spellings) > 20_000:  # hostile text must not fill the memory
                self._spellings.clear()
            self._spellings[norm] = known
        if word.number is not None:
            known = (*known, "#")
        return (*known, "/" + word.norm) if word.gap == "/" else known

    def hits(self, words: Sequence[Word], classes: Sequence[Sequence[tuple[str, int]]] = ()) -> list[Hit]:
        """Every cue in the text. `classes[i]` lists (class, end) of the class phrases that start at word i."""
        found: list[Hit] = []
        spelled = [self.spellings(word) for word in words]
        for start in range(len(words)):
            self._from(start, words, spelled, classes, found)
        return found

    def _from(
        self,
        start: int,
        words: Sequence[Word],
        spelled: Sequence[tuple[str, ...]],
        classes: Sequence[Sequence[tuple[str, int]]],
        found: list[Hit],
    ) -> None:
        stack: list[tuple[Node, int, tuple[int, ...], bool]] = [(self.root, start, (), True)]
        while stack:
            node, at, skipped, free = stack.pop()
            for cue in node.cues:
                found.append(Hit(cue, start, at, skipped))
            if node.near or node.far:
                self._gaps(node, at, skipped, words, stack)
            if at >= len(words) or not (free or words[at].clause == words[at - 1].clause):
                continue
            for step in spelled[at]:
                for following in node.steps.get(step, ()):
                    stack.append((following, at + 1, skipped, False))
            if classes:
                for name, end in classes[at]:
                    for following in node.steps.get(name, ()):
                        stack.append((following, end, skipped, False))

    @staticmethod
    def _gaps(
        node: Node,
        at: int,
        skipped: tuple[int, ...],
        words: Sequence[Word],
        stack: list[tuple[Node, int, tuple[int, ...], bool]],
    ) -> None:
        before = words[at - 1]
        for following, reach in ((node.near, NEAR), (node.far, FAR)):
            if following is None:
                continue
            for size in range(reach + 1):
                place = at + size
                if place >= len(words):
                    break
                word = words[place]
                if word.sentence != before.sentence or (reach == NEAR and word.clause != before.clause):
                    break
                stack.append((following, place, (*skipped, *range(at, place)), True))


def longest(hits: Iterable[Hit]) -> list[Hit]:
    """The hits that lie inside no other, in the order of the text; of equal ones the first."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        # Sorted so, only the widest hit so far can cover this one.
        if kept and hit.end <= kept[-1].end and hit.start >= kept[-1].start and hit.inside(kept[-1]):
            continue
        kept.append(hit)
    return kept


def _alternatives(part: str) -> Iterator[tuple[str, ...]]:
    """The steps of each alternative; a hyphen or apostrophe spells as the text's would."""
    for choice in part.split("|"):
        if not choice:
            raise ValueError(f"the part {part!r} of a pattern has an empty alternative")
        if choice[0] == "{" or choice == "#":
            yield (choice,)
            continue
        stem = choice.endswith("*")
        steps = [word.norm for word in cut(choice.removesuffix("*")).words] or [normal(choice)]
        steps[-1] += "*" * stem
        # A slash in the pattern must be one in the text: "/h" is not "h".
        yield ("/" + steps[0], *steps[1:]) if choice[0] == "/" else tuple(steps)
