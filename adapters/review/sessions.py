"""Who is signed in: one-time links, sessions, and how often a password may be tried. In memory: a restart signs everybody out."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.archive import Viewer

LINK_SECONDS, SESSION_SECONDS = 3600, 12 * 3600
MOST_SESSIONS = 1000
TRIES, TRIES_OF_ALL, TRY_SECONDS = 5, 50, 300
"""Wrong passwords within `TRY_SECONDS`: from one address, and from all together."""


@dataclass(frozen=True)
class _Admission:
    viewer: Viewer
    until: float


class Sessions:
    """Tokens are random, 256 bits; a link works once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._links: dict[str, _Admission] = {}
        self._open: dict[str, _Admission] = {}

    def link(self, viewer: Viewer) -> str:
        """A token that signs `viewer` in, once."""
        token = secrets.token_urlsafe(32)
        self._links[token] = _Admission(viewer, self._clock() + LINK_SECONDS)
        return token

    def redeem(self, token: str) -> str | None:
        """A new session for a link's token; None if it is unknown, used or too old."""
        found = self._links.pop(token, None)
        return self.begin(found.viewer) if found is not None and self._clock() < found.until else None

    def begin(self, viewer: Viewer) -> str:
        """A new session; its id is what the cookie carries, signed."""
        now = self._clock()
        self._open = {id: each for id, each in self._open.items() if now < each.until}
        while len(self._open) >= MOST_SESSIONS:
            self._open.pop(next(iter(self._open)))
        id = secrets.token_urlsafe(32)
        self._open[id] = _Admission(viewer, now + SESSION_SECONDS)
        return id

    def viewer(self, id: str) -> Viewer | None:
        """Whose session it is; None if it has ended."""
        found = self._open.get(id)
        return found.viewer if found is not None and self._clock() < found.until else None

    def end(self, id: str) -> None:
        """Sign out."""
        self._open.pop(id, None)


class Tries:
    """How often a password may be tried: every try counts until it turns out right, so that many at once are no way round."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self._lock = threading.Lock()

    def wait(self, address: str) -> int:
        """Count one more try. Returns 0, or how many seconds to wait, and then it was not counted."""
        with self._lock:
            now = self._clock()
            for each in (self._all, *self._made.values()):
                while each and each[0] <= now - TRY_SECONDS:
                    each.popleft()
            self._made = {key: each for key, each in self._made.items() if each}
            mine = self._made.get(address, deque())
            for each, most in ((mine, TRIES), (self._all, TRIES_OF_ALL)):
                if len(each) >= most:
                    return int(each[0] + TRY_SECONDS - now) + 1
            self._made.setdefault(address, deque()).append(now)
            self._all.append(now)
            return 0

    def right(self, address: str) -> None:
        """Forget the tries of an address: its password was right."""
        with self._lock:
            for _ in self._made.pop(address, ()):
                self._all.popleft()
