"""Patterns of words, and where they stand in a text.

A pattern is words with a space between them:
`a|b` either; `a|b?` either or nothing; `stem*` a word that starts so; `#` a number, in digits or a word;
`/h` a word behind a slash; `{name}` a phrase of that class; `;` the end of a clause;
`..` up to two words of the same clause; `...` up to five of the same sentence.
Matching walks a tree of all patterns at once, so its work at each word is bounded by the depth of the tree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from sys import intern
from typing import NamedTuple

from bot.understand.tokens import Word, normal
from bot.understand.tokens import read as cut

NEAR, FAR = 2, 5
END = ";"
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


_NO_STEPS: dict[str, list[Node]] = {}
_NO_PARTS: dict[str, Node] = {}
_NO_CUES: list[Cue] = []


class Tree:
    """Patterns that are matched together: all are added, then it is closed, then it reads."""

    def __init__(self, numbers: Collection[str] = ()) -> None:
        self._numbers = frozenset(numbers)
        self.root = Node()
        self.stems: set[str] = set()
        self.words: set[str] = set()
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._first: dict[str, Node] = {}

    def add(self, pattern: str, cue: Cue) -> None:
        """Enter a pattern. Raises ValueError for one that begins with a gap or nothing, or has an empty alternative."""
        nodes = [self.root]
        parts = pattern.split()
        # What comes last may be left out where it is a gap or optional, also at the end of a text.
        ends: list[Node] = []
        for place, part in enumerate(parts, 1):
            after = [self._part(node, part.removesuffix("?")) for node in nodes]
            if all(rest[0] == "." or rest.endswith("?") for rest in parts[place:]):
                ends += after
            nodes = nodes + after if part.endswith("?") else after
        if self.root in nodes or not ends or pattern.startswith(".."):
            raise ValueError(f"the pattern {pattern!r} does not begin with a word")
        for node in ends:
            node.cues.append(cue)

    def close(self) -> None:
        """Let go of what only adding patterns needs; most nodes end a pattern, and need no steps of their own either."""
        open_ = [self.root]
        while open_:
            node = open_.pop()
            open_ += node.parts.values()
            open_ += (gap for gap in (node.near, node.far) if gap is not None)
            node.parts = _NO_PARTS
            node.steps = node.steps or _NO_STEPS
            node.cues = node.cues or _NO_CUES

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
                elif step[0] not in "{#/;":
                    self.words.add(step)
        return end

    def spellings(self, word: Word) -> tuple[str, ...]:
        """The steps that a word takes."""
        known = self._spellings.get(word.norm)
        if known is None:
            norm = word.norm
            stems = (norm[:size] for size in range(SHORTEST_STEM, min(len(norm), LONGEST_STEM) + 1))
            known = (
                *([norm] if norm in self.words else []),
                *(["#"] if norm in self._numbers else []),
                *(stem + "*" for stem in stems if stem in self.stems),
            )
            if len(self._spellings) > 20_000:  # hostile text must not fill the memory
                self._spellings.clear()
            self._spellings[norm] = known
        if word.number is not None:
            known = (*known, "#")
        return (*known, "/" + word.norm) if word.gap == "/" else known

    def covers(self, word: Word) -> bool:
        """Whether a word is a number, or begins as a pattern has it, so that its spelling is not in doubt."""
        return any(step[-1] in "*#" for step in self.spellings(word))

    def hits(self, words: Sequence[Word], classes: Sequence[Sequence[tuple[str, int]]] = ()) -> list[Hit]:
        """Every cue in the text. `classes[i]` lists (class, end) of the class phrases that start at word i."""
        moves: list[list[tuple[str, int]]] = []
        for place, word in enumerate(words):
            steps = [(step, place + 1) for step in self.spellings(word)]
            moves.append([*steps, *classes[place]] if classes else steps)
        text = Ahead(words, moves)
        begins, known = self.root.steps, self._first
        found: list[Hit] = []
        for start, ways in enumerate(moves):
            for step, end in ways:
                if step in begins:
                    _walk(known.get(step) or self._begin(step), start, end, text, found)
        return found

    def _begin(self, step: str) -> Node:
        """All patterns that begin with a step as one node; most words begin many, and most patterns end at the second."""
        return self._first.setdefault(step, _merged(self.root.steps[step]))


class Ahead:
    """A text as its patterns see it: for each place the steps of its word, and where clauses and sentences change."""

    def __init__(self, words: Sequence[Word], moves: Sequence[Sequence[tuple[str, int]]]) -> None:
        self.moves = moves
        self.clauses = [word.clause for word in words]
        self.sentences = [word.sentence for word in words]
        self.steps = [tuple([step for step, _ in ways]) for ways in moves]
        self._within: dict[tuple[int, int], tuple[str, ...]] = {}

    def meets(self, node: Node, at: int, reach: int) -> bool:
        """Whether a pattern goes on with any word that a gap reaches; looked up once for each place and gap."""
        steps = self._within.get((at, reach))
        if steps is None:
            steps = self._within[at, reach] = tuple(chain.from_iterable(self.steps[at : at + reach + 1]))
        return not node.steps.keys().isdisjoint(steps)


State = tuple[Node, int, tuple[int, ...], bool]


def _walk(first: Node, start: int, end: int, text: Ahead, found: list[Hit]) -> None:
    """Follow the patterns that begin with words[start:end]."""
    moves, clauses, size = text.moves, text.clauses, len(text.moves)
    stack: list[State] = [(first, end, (), False)]
    while stack:
        node, at, skipped, free = stack.pop()
        for cue in node.cues:
            found.append(Hit(cue, start, at, skipped))
        steps = node.steps
        same = at < size and clauses[at] == clauses[at - 1]
        if not same and END in steps:
            stack += [(after, at, skipped, True) for after in steps[END]]
        if at == size:
            continue
        if node.near is not None:
            _pass_over(node.near, NEAR, at, skipped, text, stack)
        if node.far is not None:
            _pass_over(node.far, FAR, at, skipped, text, stack)
        if steps and (free or same):
            for step, place in moves[at]:
                if (nodes := steps.get(step)) is not None:
                    stack += [(after, place, skipped, False) for after in nodes]


def _pass_over(following: Node, reach: int, at: int, skipped: tuple[int, ...], text: Ahead, stack: list[State]) -> None:
    """Let a gap reach as far as it may, wherever what follows it goes on."""
    # Most gaps lead nowhere; that is seen at a look, for all the words that they may reach.
    if not (following.cues or text.meets(following, at, reach)):
        return
    bounds = text.clauses if reach == NEAR else text.sentences
    steps, same = following.steps, bounds[at - 1]
    for place in range(at, min(at + reach + 1, len(bounds))):
        if bounds[place] != same:
            break
        if following.cues:
            stack.append((following, place, (*skipped, *range(at, place)), True))
        elif not steps.keys().isdisjoint(text.steps[place]):
            passed = (*skipped, *range(at, place))
            for step, end in text.moves[place]:
                if (nodes := steps.get(step)) is not None:
                    stack += [(after, end, passed, False) for after in nodes]


def _merged(nodes: Sequence[Node]) -> Node:
    """One node for several, as far as their next steps."""
    if len(nodes) == 1:
        return nodes[0]
    merged = Node(cues=[cue for node in nodes for cue in node.cues])
    for node in nodes:
        for step, following in node.steps.items():
            merged.steps.setdefault(step, []).extend(following)
    nears = [node.near for node in nodes if node.near is not None]
    fars = [node.far for node in nodes if node.far is not None]
    merged.near, merged.far = (_merged(nears) if nears else None), (_merged(fars) if fars else None)
    return merged


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
        if choice[0] == "{" or choice in ("#", END):
            yield (choice,)
            continue
        stem = choice.endswith("*")
        steps = [intern(word.norm) for word in cut(choice.removesuffix("*")).words] or [normal(choice)]
        steps[-1] += "*" * stem
        # A slash in the pattern must be one in the text: "/h" is not "h".
        yield ("/" + steps[0], *steps[1:]) if choice[0] == "/" else tuple(steps)
