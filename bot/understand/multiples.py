"""How many times as much a supposition makes of an answer: "doubles", "half of it", "ten times", "20 % less"."""

from __future__ import annotations

from bot.understand.typed import amounts_in
from bot.understand.wording import Wording


def multiple(text: str, wording: Wording) -> float | None:
    """The factor that the text names; None where it names none, or could mean two."""
    said, words = wording.said.multiples, wording.words(text)
    factors = {factor for factor, names in said.words.items() if not set(names).isdisjoint(words)}
    for amount in amounts_in(text, wording):
        if amount.kind == "count" and not set(said.times).isdisjoint(words):
            factors.add(amount.value)
        elif amount.kind == "percent" and (sign := _sign(words, said.more, said.less)):
            factors.add(1 + sign * amount.value / 100)
    return factors.pop() if len(factors) == 1 and min(factors) > 0 else None


def _sign(words: tuple[str, ...], more: tuple[str, ...], less: tuple[str, ...]) -> int:
    """1 where there is more of it, -1 where there is less, 0 where that is not said."""
    return (not set(more).isdisjoint(words)) - (not set(less).isdisjoint(words))
