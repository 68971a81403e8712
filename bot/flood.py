"""How much one place or one person may say in a minute, so that nobody can keep the others waiting."""

from __future__ import annotations

MOST_IN_A_MINUTE = 100
"""Messages; of those beyond it only the first is answered, with the request to wait."""
MINUTES_KEPT = 10
"""What waited during an outage is worked off in turns, so that many minutes may be counted side by side."""


class Flood:
    """Counts deliveries by the minute they came in; one that is looked at twice counts once."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[str, dict[int, int]]] = {}

    def beyond(self, number: int, received_at: int, *sources: str) -> int:
        """How far beyond the limit a delivery is for the busiest of its sources: 1 for the first, 0 or less within it."""
        minute = received_at // 60_000
        counted = self._minutes.setdefault(minute, {})
        while len(self._minutes) > MINUTES_KEPT:
            del self._minutes[min(self._minutes)]
        places = []
        for source in sources:
            numbers = counted.setdefault(source, {})
            places.append(numbers.setdefault(number, len(numbers) + 1))
        return max(places) - MOST_IN_A_MINUTE
