"""How many items a month, or in all: counts with a period, totals over a stretch of time, totals of one-off work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from bot.understand.amounts import Amount
from bot.understand.batches import Batches
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import WORKING_HOURS, Period, Periods

# Smaller numbers before a noun are more often languages, fields or people than a job's items.
SMALLEST_TOTAL = 50
# Numbers from here on are no ages, years or rooms, even with no noun behind.
LARGE = 2_500
# "A clerk does 20 forms an hour": the worker stands this near before the number, or right behind the period.
WORKER_REACH = 5
WORKER_BEHIND = 4
# A total and its stretch of time have at most this many amounts between them.
NEIGHBOURS = 3


def volumes(scene: Scene, periods: Periods, horizons: Mapping[int, float], used: Set[int], one_off: bool) -> Iterator[Found]:
    """`horizons` are months by the index of the amount that names them, for totals such as "60,000 over two years".

    `used` are amounts that mean something else.
    """
    totals: list[tuple[int, Amount]] = []
    batches = Batches(scene, periods)
    yield from batches.found
    for index, amount in enumerate(scene.amounts):
        if amount.kind != "count" or index in periods.inside or index in used or index in scene.revised or index in batches.used:
            continue
        # "An hour of one of our people" counts nothing, "two of us" people
        people = scene.has(amount.end, "of") and (amount.value == 1 or scene.has(amount.end + 1, "us"))
        if scene.scope.moods[amount.start] is Mood.ASKED or people:
            continue
        period = periods.of.get(index) or _carried(scene, index, periods)
        if period is None:
            if _is_total(scene, amount):
                totals.append((index, amount))
            continue
        if (pace := _pace(scene, amount, period)) is not None:
            yield pace
        elif not (_counts_others(scene, amount, period) or _is_sample(scene, amount) or _is_pay(scene, amount, period)):
            start, end = min(amount.start, period.start), max(amount.end, period.end)
            scope = scene.scope
            firm = not (
                amount.rough or scope.at_peak(amount.start) or scope.narrowed(amount.start) or scope.no_work(amount.start)
            )
            yield Found("volume", (amount.value * period.monthly,), start, end, firm)
    yield from _totals(scene, totals, horizons, one_off)


def _carried(scene: Scene, index: int, periods: Periods) -> Period | None:
    """ "It used to be 5k a month, now it's 8k": a bare number after one of the past is counted over the same time."""
    amount, old = scene.amounts[index], index - 1
    while old in periods.inside:
        old -= 1
    if old < 0 or old not in periods.of or not scene.same_sentence(scene.amounts[old].start, amount.start):
        return None
    ends = amount.end == len(scene.text.words) or not scene.same_clause(amount.end - 1, amount.end)
    past = scene.scope.guessed(scene.amounts[old].start, scene.amounts[old].end)
    if not (ends and past) or scene.scope.guessed(amount.start, amount.end):
        return None
    return replace(periods.of[old], start=amount.end - 1, end=amount.end)


def _totals(scene: Scene, totals: list[tuple[int, Amount]], horizons: Mapping[int, float], one_off: bool) -> Iterator[Found]:
    for index, amount in totals:
        near = range(max(index - NEIGHBOURS, 0), min(index + NEIGHBOURS + 1, len(scene.amounts)))
        over = next((each for each in near if each in horizons and _meet(scene, amount, scene.amounts[each])), None)
        if over is None and len(totals) == len(horizons) == 1:
            over = next(iter(horizons))
        if over is not None and not one_off:
            horizon = scene.amounts[over]
            start, end = min(amount.start, horizon.start), max(amount.end, horizon.end)
            yield Found("volume", (amount.value / horizons[over],), start, end, firm=not amount.rough)
        else:
            noun = amount.end < len(scene.text.words) and scene.same_clause(amount.end - 1, amount.end)
            yield Found("volume", (amount.value,), amount.start, amount.end + noun, firm=one_off and not amount.rough)


def _meet(scene: Scene, total: Amount, horizon: Amount) -> bool:
    """A total and its stretch of time stand in one sentence, the total first or within the same clause."""
    return scene.same_sentence(total.start, horizon.start) and (
        total.start < horizon.start or scene.same_clause(total.start, horizon.start)
    )


def _is_total(scene: Scene, amount: Amount) -> bool:
    """A number of things: a noun follows that is neither people nor a measure."""
    words = scene.text.words
    if amount.value < SMALLEST_TOTAL:
        return False
    if scene.has(amount.end, "altogether") or (scene.has(amount.end, "in") and scene.has(amount.end + 1, "altogether")):
        return True  # "forms, 12 thousand in total"
    if scene.has(amount.end, "of") and scene.has(amount.end + 1, "them"):
        return True  # "playbills, 2,700 of them"
    if _alone(scene, amount):
        return True
    if amount.end >= len(words):
        return False
    following = words[amount.end]
    if following.gap == "-":  # "a 40-person firm", "25-page files"
        return False
    if not scene.same_clause(amount.end - 1, amount.end) or not following.norm.isalpha():
        return False
    if scene.has(amount.end, "not_items") or scene.has(amount.end, "small_words") or scene.has(amount.end + 1, "not_items"):
        return False
    year = (
        1900 <= amount.value <= 2100 and words[amount.end - 1].number is not None and scene.has(amount.start - 1, "year_before")
    )
    return not year


def _alone(scene: Scene, amount: Amount) -> bool:
    """ "Vaccination cards on paper, 1.1 million, must be entered": a large number between pauses, behind what it counts."""
    words, start = scene.text.words, amount.start
    while start and scene.has(start - 1, "roughly") and scene.same_clause(start - 1, start):
        start -= 1
    opens = start > 0 and not scene.same_clause(start - 1, start) and scene.same_sentence(start - 1, start)
    ends = amount.end == len(words) or not scene.same_clause(amount.end - 1, amount.end)
    return opens and ends and amount.value >= LARGE and not scene.budgeted(amount.start)


def _counts_others(scene: Scene, amount: Amount, period: Period) -> bool:
    """What is counted are people, places or days: "130 sitting days a year"."""
    if scene.has(amount.end, "not_items"):
        return True
    return period.start == amount.end + 2 and scene.has(amount.end + 1, "not_items") and not scene.has(amount.end, "small_words")


def _is_sample(scene: Scene, amount: Amount) -> bool:
    """ "We check a sample of 50 each week" counts checks."""
    before = range(max(amount.start - WORKER_REACH, 0), amount.start + 1)
    return any(place in scene.checks_to and scene.same_clause(place - 1, amount.start) for place in before)


def _is_pay(scene: Scene, amount: Amount, period: Period) -> bool:
    """ "I charge 120 an hour", "3 FTEs, 60k a year each": nothing is counted where the clause speaks of pay."""
    words = scene.text.words
    if period.start != amount.end or period.end <= amount.end:
        return False
    if words[amount.start].clause in scene.pays or scene.budgeted(amount.start):
        return True
    return scene.has(period.end, "each") and scene.same_clause(period.end - 1, period.end)


def _pace(scene: Scene, amount: Amount, period: Period) -> Found | None:
    """What one person gets done in an hour or a day is a handling time, not a volume."""
    if period.unit not in ("hour", "day", "working_day"):
        return None
    before = range(max(amount.start - WORKER_REACH, 0), amount.start + 1)
    behind = range(period.end, min(period.end + WORKER_BEHIND, len(scene.text.words)))
    if not (
        # "Four an hour is a good pace"
        any(scene.has(place, "pace") and scene.same_clause(period.end - 1, place) for place in behind)
        # "20 an hour is what one person manages"
        or (
            scene.has(period.end, "lasting")
            and any(place in scene.scope.workers_from and scene.same_clause(period.end - 1, place) for place in behind)
        )
        or any(place in scene.scope.workers_from and scene.same_clause(place - 1, place) for place in (period.end, amount.end))
        or any(place in scene.scope.workers_to and scene.same_clause(place - 1, amount.start) for place in before)
    ):
        return None
    minutes = 60.0 * (1 if period.unit == "hour" else WORKING_HOURS) / amount.value
    return Found("minutes", (minutes,), amount.start, max(amount.end, period.end), firm=not amount.rough)
