"""How a probability counted over finitely many drawn worlds is told: in whole per cents, and never as a certainty."""

from __future__ import annotations

from knowledge.model import Language


def percent(share: float, words: Language) -> str:
    """Per cents without their sign: "38", "over 99", "under 1"."""
    if share >= 0.995 or share < 0.005:
        return words.sentences["over_99" if share > 0.5 else "under_1"]
    return f"{100 * share:.0f}"
