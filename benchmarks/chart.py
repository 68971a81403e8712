"""How long a picture takes, beside an empty picture of the same size: the floor that the renderer and PNG set.

Run: python benchmarks/chart.py
"""

import statistics
import time

from resvg_py import svg_to_bytes

from bot.advice.report import advise
from bot.answers import Answer
from bot.chart import draw
from bot.chart_options import options_scene
from knowledge.load import packaged

RUNS = 25
BASE = packaged()
ANSWERS = {
    "kind": Answer(value="tagging"), "volume": Answer(value=2e5), "minutes": Answer(value=0.5), "data": Answer(value="personal"),
    "accuracy": Answer(value=95.0), "priorities": Answer(value=(("cost",), ("quality",), ("security",))),
}  # fmt: skip


def median(work):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    advice = advise(ANSWERS, BASE)
    start = time.perf_counter()
    picture = draw(advice, BASE)
    first = time.perf_counter() - start
    height = int.from_bytes(picture.png[20:24])
    empty = f'<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="{height}"><rect width="1000" height="{height}"/></svg>'
    floor = median(lambda: svg_to_bytes(svg_string=empty, skip_system_fonts=True))
    print(f"first picture                {1000 * first:7.1f} ms, 1000 x {height}, {len(picture.png) / 1000:.0f} kB")
    print(f"empty picture (floor)        {1000 * floor:7.1f} ms")
    for which in ("options", "money"):
        took = median(lambda: draw(advice, BASE, "en", which))
        print(f"{which:<28} {1000 * took:7.1f} ms = {took / floor:.1f} x the floor")
    laid = median(lambda: options_scene(advice, BASE.words("en")))
    print(f"layout alone                 {1000 * laid:7.1f} ms")


if __name__ == "__main__":
    main()
