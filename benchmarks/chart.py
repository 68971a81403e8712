"""How long a picture takes, beside an empty picture of the same size: the floor that the renderer and PNG set; and for how long
a service that draws one cannot do anything else.

Run: python benchmarks/chart.py
"""

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from resvg_py import svg_to_bytes

from bot.advice.report import advise
from bot.answers import Answer
from bot.chart import draw
from bot.chart_options import options_scene
from bot.drawing import drawn
from bot.records import Conversation
from bot.speak import Message
from bot.store import Store
from knowledge.load import packaged, packaged_files

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


async def stalled(work):
    """The longest time for which the event loop did not turn while this was done, and how long it took, in seconds."""
    longest, begun = 0.0, time.perf_counter()
    going = asyncio.ensure_future(work)
    while not going.done():
        before = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - before)
    assert going.result() is not None
    return longest, time.perf_counter() - begun


def served(advice):
    """The same for a picture that a service sends: laid out in a thread, rendered by another process; medians."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "advisor.db")
        began = Conversation("c", "console", "t", "p", "console:t:u", 0, 0, "advised", "en", BASE.version, "{}")
        with store.transaction():
            store.keep_knowledge(BASE.version, packaged_files(), 0)
            store.begin(began)
            told = json.dumps(advice.as_json())
            store.advised("c", 1, 0, BASE.version, "", advice.recommended, advice.verdict, told)
        message = Message(name="picture", markdown="", picture=1)
        found = [asyncio.run(stalled(drawn(store, "c", message, BASE, "en"))) for _ in range(RUNS)]
        store.close()
    return [statistics.median(each) for each in zip(*found, strict=True)]


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
    stall, took = served(advice)
    print(f"in a service                 {1000 * took:7.1f} ms, for {1000 * stall:.1f} ms of them the service stands still")
    laid = median(lambda: options_scene(advice, BASE.words("en")))
    print(f"layout alone                 {1000 * laid:7.1f} ms")


if __name__ == "__main__":
    main()
