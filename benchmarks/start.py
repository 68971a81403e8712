"""Time to the first question of `advisor chat`, whole process, against a bare interpreter importing the same packages.

Run: python benchmarks/start.py [repeats]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGES = "click, jinja2, markdown_it, pydantic, pydantic_settings, rapidfuzz, sqlite_utils, structlog, yaml"


def seconds(command: list[str]) -> float:
    """Wall time of a process that reads an empty input."""
    start = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return time.perf_counter() - start


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "advisor.db")
        runs = {
            "advisor chat, to the first question": [sys.executable, "-m", "adapters.cli", "chat", "--db", database],
            "the same packages, imported": [sys.executable, "-c", f"import {PACKAGES}"],
            "numpy and pydantic, imported": [sys.executable, "-c", "import numpy, pydantic"],
            "a bare interpreter": [sys.executable, "-c", "pass"],
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeats):
            for name, command in runs.items():
                times[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    chat = medians["advisor chat, to the first question"]
    for name, median in medians.items():
        print(f"{name:40} {1000 * median:7.0f} ms   chat takes {chat / median:4.2f} times as long")


if __name__ == "__main__":
    main()
