"""How long a question to the base takes, and building its index. Targets: 5 ms a question, median and 95th percentile.

Run: python -m benchmarks.ask
"""

from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import yaml

from bot.understand.subject import answer
from bot.understand.topics import TopicIndex
from knowledge.load import packaged

QUESTIONS = Path(__file__).parent.parent / "tests" / "questions"
ROUNDS = 10


def milliseconds(text: str) -> float:
    """Time of one answer."""
    start = perf_counter()
    answer(text, packaged())
    return 1000 * (perf_counter() - start)


def main() -> None:
    """Print the figures."""
    base = packaged()
    start = perf_counter()
    TopicIndex(base, "en")
    print(f"index built in {1000 * (perf_counter() - start):.0f} ms")
    asked = [each["ask"] for each in yaml.safe_load((QUESTIONS / "asked.yaml").read_text("utf-8"))]
    declined = yaml.safe_load((QUESTIONS / "declined.yaml").read_text("utf-8"))
    answer(asked[0], base)
    times = [milliseconds(text) for _ in range(ROUNDS) for text in (*asked, *declined)]
    print(f"{len(times)} questions: median {median(times):.2f} ms, 95th percentile {quantiles(times, n=20)[-1]:.2f} ms")
    for length in (500, 4000):
        text = " ".join(asked)[:length]
        print(f"{length:,} characters: {median(milliseconds(text) for _ in range(50)):.2f} ms")
        words = " ".join(f"unheard{i}" for i in range(length))[:length]
        print(f"{length:,} characters of unknown words: {median(milliseconds(words) for _ in range(50)):.2f} ms")


if __name__ == "__main__":
    main()
