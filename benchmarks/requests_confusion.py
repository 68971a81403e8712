"""Prints how requests are recognised: the tuned half of the phrases, the other half, then strangers' messages."""

from __future__ import annotations

import runpy
from pathlib import Path

if __name__ == "__main__":
    tests = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "test_understand_requests.py"))
    for half in ("DEVELOPMENT", "BLIND", "STRANGERS"):
        print(f"{half.lower()}\n{tests['confusion'](tests[half])}\n")
