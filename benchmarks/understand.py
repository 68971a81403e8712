"""How long reading a message takes: a sentence, a message of 4,000 characters, and what doubling the length does."""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path

import yaml

from bot.understand.facts import understand
from knowledge.load import Loader, packaged

UTTERANCES = Path(__file__).parent.parent / "tests" / "utterances"
LONG = 4_000
HOSTILE = ("need ", "no ", "1,", "a hundred and ", "not sure whether ", "cost and ", "5 a day ", "between ", "x", "(", "'")


def main() -> None:
    knowledge = packaged()

    def milliseconds(text: str, repeats: int = 5) -> float:
        """The fastest of some runs, so that what else the machine does counts for little."""
        best = float("inf")
        for _ in range(repeats):
            before = time.perf_counter()
            understand(text, knowledge)
            best = min(best, time.perf_counter() - before)
        return 1000 * best

    sentences = [
        text
        for name in ("development", "blind", "strangers", "traps")
        for text, _ in yaml.load((UTTERANCES / f"{name}.yaml").read_text("utf-8"), Loader)
    ]
    first = time.perf_counter()
    understand("warm-up", knowledge)
    print(f"compiling the lexicon        {1000 * (time.perf_counter() - first):8.2f} ms")
    # As the server does: else the collector walks the whole lexicon now and then, which looks like work that grows too fast.
    gc.collect()
    gc.freeze()
    times = sorted(milliseconds(sentence) for sentence in sentences)
    print(f"a sentence, median           {statistics.median(times):8.2f} ms   (at most 2)")
    print(f"a sentence, 95th percentile  {times[int(0.95 * len(times))]:8.2f} ms")
    whole = ". ".join(sentences * 3)
    print(f"4,000 characters             {milliseconds(whole[:LONG]):8.2f} ms   (at most 10)")
    print(f"doubling 20,000 characters   {milliseconds(whole[:40_000], 3) / milliseconds(whole[:20_000], 3):8.2f} times")
    worst = max(HOSTILE, key=lambda unit: milliseconds((unit * LONG)[:LONG], 1))
    small, large = ((worst * 40_000)[: size * 10_000] for size in (1, 2))
    print(f"hostile 4,000 ({worst!r:20}) {milliseconds((worst * LONG)[:LONG]):8.2f} ms")
    print(f"doubling it                  {milliseconds(large, 2) / milliseconds(small, 2):8.2f} times")


if __name__ == "__main__":
    main()
