"""Named places where a crash test kills the process. Nothing happens there unless ADVISOR_FAILPOINT is set at the start.

`ADVISOR_FAILPOINT=C4:3` kills the process, as a power cut would, the third time it passes `failpoint("C4")`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def _nothing(name: str) -> None:
    """A normal run."""


def armed(spec: str) -> Callable[[str], None]:
    """A function that kills this process at the n-th pass through one name; `spec` is `name` or `name:n`."""
    target, _, count = spec.partition(":")
    left = int(count or 1)

    def pass_through(name: str) -> None:
        nonlocal left
        if name == target:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return pass_through


_SPEC = os.environ.get("ADVISOR_FAILPOINT")
failpoint: Callable[[str], None] = armed(_SPEC) if _SPEC else _nothing
