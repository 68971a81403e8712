"""Slips of the key: whether one word is another with a letter missing, doubled, wrong or swapped.

The first letter must be right: "unstable" is no slip for "stable", nor "irregular" for "regular".
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

ONE, TWO = 5, 10  # least letters of a word in which one slip, and two slips, are taken for slips


def slips(written: str, meant: str) -> int | None:
    """How many slips turn `meant` into `written`; None where they are too many for a word of that length."""
    if written == meant:
        return 0
    if not written or written[0] != meant[:1] or written.isdigit():
        return None
    if min(len(written), len(meant)) < ONE:
        return 1 if _swapped(written, meant) else None
    most = 2 if len(meant) >= TWO else 1
    distance = OSA.distance(written, meant, score_cutoff=most)
    return distance if distance <= most else None


def phrase_slips(written: Sequence[str], meant: Sequence[str]) -> int | None:
    """The slips in a whole phrase of as many words; None where a word is no slip of its counterpart."""
    if len(written) != len(meant):
        return None
    total = 0
    for one, other in zip(written, meant, strict=True):
        count = slips(one, other)
        if count is None:
            return None
        total += count
    return total


def _swapped(written: str, meant: str) -> bool:
    """Two neighbouring letters changed places, in a word too short for other slips to be told from other words."""
    return len(written) == len(meant) >= 4 and sorted(written) == sorted(meant) and OSA.distance(written, meant) == 1
