"""Prints how requests are recognised: the tuned half of the phrases, then the blind half."""

from __future__ import annotations

import runpy
from pathlib import Path

if __name__ == "__main__":
    tests = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "test_understand_requests.py"))
    for half in ("DEVELOPMENT", "BLIND"):
        print(f"{half.lower()} half\n{tests['confusion'](tests[half])}\n")
