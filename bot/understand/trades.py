"""What somebody would put up with for something else: "rather late than leaked", "pay more for fewer errors"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.answers import Ranking
from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood

# Before the name of an item: what it is to do without it. "A leak" is the loss of security, "late" that of flexibility.
LOSS = "no_"
# There are only so many other items to bear the loss of.
MOST_BORNE = 2


class _Sign(NamedTuple):
    """A word of a trade: an item, its loss, or a word that joins them."""

    mark: str
    hit: Hit

    @property
    def item(self) -> str:
        return self.mark.removeprefix(LOSS)


def trades(scene: Scene, items: Sequence[str]) -> Iterator[Found]:
    """The orders of two that a choice between losses or gains states; each is told within one sentence."""
    signs = _signs(scene, items)
    for place in range(len(signs) - 2):
        first, join, second = signs[place : place + 3]
        if not scene.same_sentence(first.hit.start, second.hit.start) or first.item == second.item:
            continue
        before = signs[place - 1] if place and scene.same_sentence(signs[place - 1].hit.start, first.hit.start) else None
        order = _order(before.mark if before else "", first, join.mark, second, items)
        start = before.hit.start if before else first.hit.start
        if join.mark == "bears_only" and order:
            order = (*order[:-1], (*order[-1], *_also_borne(scene, signs, place + 2, order)))
        if order and scene.scope.moods[start] is Mood.STATED:
            yield Found("priorities", (order,), start, second.hit.end)


def _order(opening: str, first: _Sign, join: str, second: _Sign, items: Sequence[str]) -> Ranking:
    """The order that four signs state; empty where they state none.

    "Rather a loss than a loss" puts the second first, "rather a gain than a gain" the first; a loss that is borne or a
    gain that is given up for something puts that before it; a loss that is fatal goes before one that is borne.
    """
    ahead, behind = (first.item,), (second.item,)
    gains = first.mark in items, second.mark in items
    match opening, join, gains:
        case "rather", "than", (False, False):
            return behind, ahead
        case "rather", "than", (True, True):
            return ahead, behind
        case (("bears" | "rather"), "for", (False, True)):
            return behind, ahead
        case _, "for", (False, True) if first.mark == LOSS + "cost":
            return behind, ahead
        case "bears", "but_not", (False, False):
            return behind, ahead
        case _, "bears_only", (False, False):
            return ahead, behind
        case "gives_up", "for", (True, True):
            return behind, ahead
        case "keeps", "for", (True, True):
            return ahead, behind
    return ()


def _also_borne(scene: Scene, signs: Sequence[_Sign], place: int, order: Ranking) -> Iterator[str]:
    """What else a clause can bear beside the loss at a place: "I can live with slow and dear"."""
    named = {item for tier in order for item in tier}
    for sign in signs[place + 1 : place + 1 + MOST_BORNE]:
        if not sign.mark.startswith(LOSS) or sign.item in named or not scene.same_clause(signs[place].hit.start, sign.hit.start):
            return
        named.add(sign.item)
        yield sign.item


def _signs(scene: Scene, items: Sequence[str]) -> list[_Sign]:
    """The words of trades and the terms of orders, in the order of the text."""
    terms = (hit for hit in scene.group("ranking") if hit.cue.question in items)
    signs: list[_Sign] = []
    for hit in longest([*scene.group("trades"), *terms]):
        # "A leak would kill us, we can live with a delay"
        if signs and signs[-1].mark == "fatal" and hit.cue.question == "bears":
            signs[-1] = _Sign("bears_only", hit)
        elif not signs or hit.start >= signs[-1].hit.end:
            signs.append(_Sign(hit.cue.question, hit))
    return signs
