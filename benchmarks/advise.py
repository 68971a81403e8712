"""Time of a whole advice, of the next question with its proof, and questions asked until enough is known.

Run: python benchmarks/advise.py [respondents]
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from bot.advice.changes import influential
from bot.advice.economics import prices
from bot.advice.next_question import outlook
from bot.advice.proof import proved
from bot.advice.report import advise
from bot.advice.scores import robustness, standing, unanimous
from bot.advice.sheet import Sheet, at_level
from bot.advice.tables import tables
from bot.advice.worlds import draws
from bot.answers import Answer, check
from knowledge.load import packaged
from knowledge.model import Knowledge

CASES = Path(__file__).parent.parent / "tests" / "cases.yaml"


def milliseconds(work: Callable[[], object], repeats: int = 30) -> tuple[float, float]:
    """Median and 95th percentile."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken), sorted(taken)[int(0.95 * len(taken))]


def respondents(knowledge: Knowledge, count: int, dont_know: float, seed: int) -> list[tuple[Sheet, set[str]]]:
    """Random complete answer sets by the priors, and the questions each cannot answer."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        facts = {}
        for id in tables(knowledge).questions:
            question = knowledge.questions[id]
            facts[id] = at_level(question, rng.choices(range(len(question.levels)), question.prior)[0])
        order = rng.sample(["cost", "quality", "security", "flexibility"], 4)
        unable = {id for id in influential(knowledge) if rng.random() < dont_know}
        found.append((Sheet(facts, tuple((item,) for item in order)), unable))
    return found


def asked(
    knowledge: Knowledge, truth: Sheet, unable: set[str], order: Callable[[Sheet, list[str]], list[str]]
) -> tuple[int, int, bool]:
    """Questions to a proof (or to the end), to P(first) of 95 %, and whether the leader then was the right one."""
    right = standing(knowledge, truth).leader
    sheet, left, count, enough, hit = Sheet(), list(influential(knowledge)), 0, 0, True
    while left:
        r = robustness(knowledge, sheet, 512)
        if not enough and r.first.max() >= 0.95:
            enough, hit = count, int(r.first.argmax()) == right
        if unanimous(knowledge, sheet) and proved(knowledge, sheet):
            break
        line = order(sheet, left)
        if not line:
            break
        id = line[0]
        left.remove(id)
        count += 1
        if id in unable:
            continue
        sheet = Sheet(sheet.known, truth.priorities) if id == "priorities" else sheet.having(id, truth.known[id])
    return count, enough or count, hit


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    base = packaged()
    start = time.perf_counter()
    tables(base), draws(base, 4096), draws(base, 1024), draws(base, 256), prices(base, Sheet(), 4096), prices(base, Sheet(), 1024)
    print(f"tables and draws at start: {time.perf_counter() - start:.2f} s")
    words = base.words("en")
    for id, case in yaml.safe_load(CASES.read_text("utf-8")).items():
        answers = {q: Answer(value=check(base.questions[q], value, words)) for q, value in case["answers"].items()}
        median, high = milliseconds(lambda answers=answers: advise(answers, base), 9)
        print(f"advise {id}: median {median:.0f} ms, p95 {high:.0f} ms")
    people = respondents(base, count, 0.0, 1)
    truth = people[0][0]
    half = Sheet(dict(list(truth.known.items())[: len(truth.known) // 2]), truth.priorities)
    for name, sheet in (("nothing known", Sheet()), ("half known", half)):
        left = [id for id in influential(base) if id not in sheet.known and not (id == "priorities" and sheet.priorities)]
        median, high = milliseconds(lambda sheet=sheet, left=left: outlook(base, sheet, left))
        print(f"next question, {name}: median {median:.1f} ms, p95 {high:.1f} ms")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    static = list(influential(base))
    orders: dict[str, Callable[[Sheet, list[str]], list[str]]] = {
        "adaptive": lambda sheet, left: list(outlook(base, sheet, left).questions),
        "file order": lambda _, left: [id for id in static if id in left],
        "random": lambda _, left: random.Random(len(left)).sample(left, len(left)),
    }
    for share in (0.0, 0.15):
        for name, order in orders.items():
            found = [asked(base, truth, unable, order) for truth, unable in respondents(base, count, share, 7)]
            proof, enough, hits = (statistics.mean(column) for column in zip(*found, strict=True))
            print(f"{share:.0%} don't know, {name:10}: to proof {proof:5.1f}, to 95 % {enough:5.1f} ({hits:.0%} right)")


if __name__ == "__main__":
    main()
