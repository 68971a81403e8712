"""How fast Telegram lets a bot write: 1 message a second in a chat, 20 a minute in a group, 30 a second in all.

Edits count like messages; answers to taps do not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MINUTE_MS = 60_000
MOST_GROUPS = 10_000


@dataclass(frozen=True)
class Pacing:
    """Milliseconds between messages to one place and to all, and messages a minute in a group."""

    per_place_ms: int = 1_000
    overall_ms: int = 34
    per_group: int = 20


@dataclass
class Minute:
    """What was written to each group in the last minute. `now` is milliseconds of a clock that never goes back."""

    most: int
    _times: dict[int, deque[int]] = field(default_factory=dict)

    def wait(self, group: int, now: int) -> int:
        """Milliseconds until the group takes another message."""
        times = self._times.get(group)
        if times is None:
            return 0
        while times and times[0] <= now - MINUTE_MS:
            times.popleft()
        return max(times[0] + MINUTE_MS - now, 1) if len(times) >= self.most else 0

    def spend(self, group: int, now: int) -> None:
        """Count a message to a group."""
        if len(self._times) >= MOST_GROUPS:
            self._times = {id: times for id, times in self._times.items() if times and times[-1] > now - MINUTE_MS}
        self._times.setdefault(group, deque()).append(now)
