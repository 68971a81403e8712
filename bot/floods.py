"""Who sends more in a minute than a person can: at one place, or one person at many places.

A delivery is counted once in each minute's tally, however often it is decided on and in whatever order minutes come.
"""

from __future__ import annotations

from collections import OrderedDict

MOST_IN_A_MINUTE = 100
"""Messages at one place or of one person; beyond that only the first is answered, with the request to wait."""
TALLIES_REMEMBERED = 20_000
MINUTE_MS = 60_000


class Floods:
    """Tallies of the deliveries of each minute, by where or whom they come from; those used longest ago are forgotten."""

    def __init__(self) -> None:
        self._tallies: OrderedDict[tuple[str, int], dict[int, int]] = OrderedDict()

    def beyond(self, number: int, at: int, *sources: str) -> int:
        """How many more than allowed its sources had sent in its minute when this delivery came; 0 or less if none."""
        return max(self._place(number, (source, at // MINUTE_MS)) for source in sources) - MOST_IN_A_MINUTE

    def _place(self, number: int, tally: tuple[str, int]) -> int:
        """Which one of its minute a delivery is."""
        counted = self._tallies.setdefault(tally, {})
        self._tallies.move_to_end(tally)
        if len(self._tallies) > TALLIES_REMEMBERED:
            self._tallies.popitem(last=False)
        return counted.setdefault(number, len(counted) + 1)
