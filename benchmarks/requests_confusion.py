"""Prints how requests are recognised: of the phrases written with, then of messages that nothing was learned from."""

from __future__ import annotations

import runpy
from pathlib import Path

if __name__ == "__main__":
    tests = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "test_understand_requests.py"))
    for half in ("DEVELOPMENT", "BLIND", "STRANGERS", "UNSEEN"):
        print(f"{half.lower()}\n{tests['confusion'](tests[half])}\n")
