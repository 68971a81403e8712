"""What matters most: orders of cost, quality, security and flexibility as people put them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.answers import Ranking
from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood

# What a mark of rank is worth as a place in the order.
PLACES = {"first": 1.0, "second": 2.0, "third": 3.0, "fourth": 4.0, "last": 99.0}
# Marks that make a run of terms an order; "then" and "and" alone do not.
TRIGGERS = frozenset({*PLACES, "over", "under", "list", "equal", "denied", "reversed"})
WISHED = 2
# So many terms side by side, and nothing else in a sentence, are an order.
LISTED = 3
# So many fillers stand around an order that is all of a sentence.
AROUND = 8
# "Price, price, price" is an order, too.
STRESSED = 3
# Marks that say something between two others only.
SILENT = frozenset({"then", "and"})


@dataclass(slots=True)
class _Part:
    """The terms of one part of a list, with the mark of rank that stands in it."""

    terms: list[str] = field(default_factory=list)
    tied: bool = True
    place: float | None = None
    denied: bool = False
    equal: bool = False
    rest: bool = False
    closed: bool = False  # its mark of rank came after its terms: "cost first"


def rankings(scene: Scene, items: Sequence[str]) -> Iterator[Found]:
    """Every order that the text states; a mere wish ("cheap and quick") counts from two terms on."""
    words = scene.text.words
    spoken: dict[int, set[str]] = {}
    for hit in scene.group("ranking"):
        if hit.cue.question in items:
            spoken.setdefault(words[hit.start].sentence, set()).add(hit.cue.question)
    thens = {hit.end for hit in scene.group("ranking") if hit.cue.question == "then"}
    for run in _runs(scene):
        marks = {hit.cue.question for hit in run}
        terms = list(dict.fromkeys(hit.cue.question for hit in run if hit.cue.question in items))
        start, end = run[0].start, max(hit.end for hit in run)
        if not terms or scene.scope.moods[start] is not Mood.STATED:
            continue
        if not marks & TRIGGERS and not _is_list(scene, run, items):
            if "wish" in marks:
                kept = _wished(scene, run, items)
                if kept:
                    yield Found("priorities", ((kept,),), start, end, firm=len(kept) >= WISHED or len(kept) < len(terms))
            elif len(terms) == 1 and sum(hit.cue.question in terms for hit in run) >= STRESSED:
                yield Found("priorities", ((tuple(terms),),), start, end)
            continue
        order = _order(scene, run, items, marks)
        if order:
            # What a sentence names beside an order makes it a part of what is said; what is last, what the text names.
            whole = not _has_hole(scene, run, items) and not {*range(start - 1, start + 1)} & thens
            whole = whole and spoken[words[start].sentence] <= {*terms}
            if len(terms) == 1 and "last" in marks:
                whole = whole and set().union(*spoken.values()) == {*terms} and _fills(scene, run)
            yield Found("priorities", (order,), start, end, whole)


def _wished(scene: Scene, run: list[Hit], items: Sequence[str]) -> tuple[str, ...]:
    """The terms of a wish without those that are not wished: "I don't want it cheap, I want it right"."""
    kept: dict[str, None] = {}
    denied = False
    for hit in run:
        if hit.cue.question == "wish":
            denied = scene.scope.rejected(hit.start)
        elif hit.cue.question in items and not denied:
            kept[hit.cue.question] = None
    return tuple(kept)


def _is_list(scene: Scene, run: list[Hit], items: Sequence[str]) -> bool:
    """ "Quality, then price", or "price, quality, speed" where a sentence says nothing else."""
    terms = [hit for hit in run if hit.cue.question in items]
    between = {hit.cue.question for hit in run if terms[0].start < hit.start < terms[-1].start}
    different = len({hit.cue.question for hit in terms})
    if "then" in between:
        return different >= WISHED
    apart = all(not scene.same_clause(one.end - 1, other.start) for one, other in pairwise(terms))
    return different >= LISTED and "and" not in between and apart and _fills(scene, run)


def _fills(scene: Scene, run: list[Hit]) -> bool:
    """Whether a sentence holds nothing but a run and, around it, fillers and letters that number its terms."""
    words, sentence = scene.text.words, scene.text.words[run[0].start].sentence
    around = (*range(max(run[0].start - AROUND, 0), run[0].start), *range(run[-1].end, min(run[-1].end + AROUND, len(words))))
    beside = [place for place in around if words[place].sentence == sentence]
    return len(beside) < AROUND and all(scene.has(place, "filler") or len(words[place].norm) == 1 for place in beside)


def _has_hole(scene: Scene, run: list[Hit], items: Sequence[str]) -> bool:
    """Whether a place in the order is held by words that are no known term: "callers feel welcome first, then speed"."""
    named = [hit.cue.question for hit in run]
    if named[0] in ("over", "under", "second", "third") or named[-1] in ("over", "under"):
        before = run[0].start - 1
        return before >= 0 and scene.same_sentence(before, before + 1)
    if named[-1] in PLACES and named[-2:-1] == ["and"]:
        return True  # "rates, and a second person"
    if len({*named}) == WISHED and named[-1] == "first" and run[-1].end == run[-1].start + 1 and not scene.ends(run[-1].end):
        return scene.has(run[-1].start - 1, "the")  # "spend the first days"
    first = next((place for place, pair in enumerate(pairwise(named)) if pair == ("first", "then")), None)
    return first is not None and not any(name in items for name in named[:first])


def _runs(scene: Scene) -> Iterator[list[Hit]]:
    """Stretches of terms, marks of rank and fillers with no telling word between."""
    run: list[Hit] = []
    for hit in longest(scene.group("ranking")):
        if run and hit.start < run[-1].end:
            continue
        if run and not _continues(scene, run[-1], hit):
            yield from _trimmed(run)
            run = []
        run.append(hit)
    yield from _trimmed(run)


def _continues(scene: Scene, before: Hit, hit: Hit) -> bool:
    if not all(scene.has(place, "filler") for place in range(before.end, hit.start)):
        return False
    # A new sentence goes on with an order only as "Then quality." or "Least important: cost."
    return scene.same_sentence(before.start, hit.start) or hit.cue.question in ("then", "second", "third", "last")


def _trimmed(run: list[Hit]) -> Iterator[list[Hit]]:
    """A run without the words at its ends that say nothing."""
    telling = [place for place, hit in enumerate(run) if hit.cue.question not in SILENT]
    if telling:
        yield run[telling[0] : telling[-1] + 1]


def _order(scene: Scene, run: list[Hit], items: Sequence[str], marks: set[str]) -> Ranking:
    """The tiers of a run."""
    parts = _parts(scene, run, items, "list" in marks)
    if parts[-1].equal and not parts[-1].rest:
        tied = tuple(dict.fromkeys(hit.cue.question for hit in run if hit.cue.question in items))
        return (tied,) if len(tied) >= WISHED else ()
    denied = [part for part in parts if part.denied]
    named = {term for part in parts for term in part.terms}
    for part in parts:
        if part.rest and (part.equal or part.place == PLACES["last"]) and not part.terms and named:
            part.terms = [item for item in items if item not in named]
    parts = [part for part in parts if part.terms and not part.denied]
    if denied and not all(part.place in (None, 1.0) for part in parts):
        return ()
    if not marks & (TRIGGERS - {"over", "under"}) and sum(len(part.terms) for part in parts) < WISHED:
        return ()
    # A place that is named goes before the same one by turn: "price after quality, and security before both"
    placed = sorted(enumerate(parts), key=lambda each: (each[0] + 1.0, True) if each[1].place is None else (each[1].place, False))
    tiers: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for _, part in placed:
        terms = [term for term in dict.fromkeys(part.terms) if term not in seen]
        seen.update(terms)
        if terms:
            tiers.extend([tuple(terms)] if part.tied else [(term,) for term in terms])
    places = [part.place for part in parts]
    if places == [PLACES["last"]] and not denied and len(tiers) == 1:
        return (tuple(item for item in items if item not in tiers[0]), tiers[0])
    if len(tiers) == 1 and not denied and (places[0] or 1.0) > 1:
        return ()
    return tuple(reversed(tiers)) if "reversed" in marks else tuple(tiers)


def _parts(scene: Scene, run: list[Hit], items: Sequence[str], listed: bool) -> list[_Part]:
    """The run cut at commas and "then"; "X over Y" is an order inside a part, "Y less than X" its reverse."""
    parts = [_Part()]
    previous: Hit | None = None
    under = False
    ordered = run[-1].cue.question == "list"  # "cheap and flexible, in that order"
    for hit in run:
        mark = hit.cue.question
        cut = previous is not None and not scene.same_clause(previous.end - 1, hit.start)
        if (cut and (parts[-1].terms or parts[-1].denied)) or (mark == "then" and parts[-1].terms):
            colon = scene.text.words[hit.start].gap == ":"
            if not colon:
                parts.append(_Part())
        if mark in items:
            if under and parts[-1].terms:
                parts[-1].terms.insert(len(parts[-1].terms) - 1, mark)
                under = False
            else:
                parts[-1].terms.append(mark)
        elif mark in PLACES:
            # A second mark of rank opens a new part: "first security second price"
            if parts[-1].place is not None and parts[-1].terms and parts[-1].place != PLACES[mark]:
                parts.append(_Part())
            parts[-1].place, parts[-1].closed = PLACES[mark], bool(parts[-1].terms)
        elif mark in ("over", "under"):
            parts[-1].tied = False
            under = mark == "under"
        elif mark == "equal":
            parts[-1].equal = True
        elif mark == "denied":
            parts[-1].denied = True
        elif mark == "rest":
            parts[-1].rest = True
        elif mark == "and" and ((listed and len(parts) > 1) or ordered or parts[-1].closed) and parts[-1].terms:
            parts.append(_Part())
        previous = hit
    return parts
