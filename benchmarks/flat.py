"""Whether a turn costs the same however much is stored: one conversation and 100 at once, on each database, in one run.

    python benchmarks/flat.py EMPTY.db 100000.db 1000000.db [--seconds 5] [--rounds 3]

Databases come from `benchmarks/filled.py`; one that is not there is begun. Turns are added to them. The databases take turns, so
that a neighbour on the machine slows all of them; the best round of each counts, and only the ratio to the first is told.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from turns import Result, alone, ours


def best(paths: list[Path], open_: int, seconds: float, rounds: int) -> dict[Path, tuple[Result, float]]:
    """The round with the lowest median of each database, and its peak memory in MB."""
    found: dict[Path, tuple[Result, float]] = {}
    for _ in range(rounds):
        for path in paths:
            result, memory = alone(lambda path=path: ours(path, open_, seconds))
            if result is not None and (path not in found or result.p50 < found[path][0].p50):
                found[path] = result, memory
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{'':30} {'open':>5} {'turns/s':>8} {'p50 ms':>8} {'x first':>8} {'p99 ms':>8} {'MB':>5}")
    for open_ in (1, 100):
        found = best(arguments.databases, open_, arguments.seconds, arguments.rounds)
        first = found[arguments.databases[0]][0].p50
        for path, (result, memory) in found.items():
            print(
                f"{path.name:30} {open_:5} {result.turns:8.0f} {result.p50:8.3f} {result.p50 / first:8.2f} {result.p99:8.2f}"
                f" {memory:5.0f}"
            )


if __name__ == "__main__":
    main()
