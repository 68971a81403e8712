"""How many items a month, or in all: counts with a period, totals over a stretch of time, totals of one-off work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from bot.understand.amounts import Amount
from bot.understand.batches import Batches
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import WORKING_HOURS, Period, Periods

# Smaller numbers before a noun are more often languages, fields or people than a job's items.
SMALLEST_TOTAL = 50
# Numbers from here on are no ages, years or rooms, even with no noun behind.
LARGE = 2_500
# A job of so many things is one that people tell of even where they do not say what is done to them.
LARGE_JOB = 500
# "We run the wages for 90 bakeries": so few may be those for whom it is done.
SMALL_JOB = 100
# Done once, a handful of things is a job, too.
SMALLEST_JOB = 10
# "One edition a week": nobody outsources so little, and it is rather something else that is told.
FEW = 4
# So many an hour are rather what one gets done than what comes in.
SLOW = 25
# Times in which a heap may come in at once.
SHORT = frozenset({"hour", "day", "every_day", "week", "fortnight"})
# The hours of a clock face, where a number stands behind "by" or "before".
CLOCK = 24
# "Over and over every week": so many words lead up to a period that stands apart.
PERIOD_LEAD = 4
# So many people, or so many places, are no longer those who do the work: "1,600 clinics each month".
FEW_STAFF, FEW_PLACES = 1_000, 10
# "300 sheets of every harvest": what recurs says so this near behind a number.
RECURS = 5
# "5,000 letters": nothing is said but what is counted.
BARE_NOUN = 2
# A round number in a list of its own: "letters, around six hundred, ...".
ROUND = 100
YEARS = (1900, 2100)
# Two guesses of one number are not further apart.
UNLIKE = 20
# "A clerk does 20 forms an hour": the worker stands this near before the number, or right behind the period.
WORKER_REACH = 5
WORKER_BEHIND = 4
# Who does the work stands this near before a rate of an hour.
DOER_REACH = 8
# What a worker's minute, hour and day hold in minutes.
PACED = {"minute": 1.0, "hour": 60.0, "day": 60.0 * WORKING_HOURS, "working_day": 60.0 * WORKING_HOURS}
# A total and its stretch of time have at most this many amounts between them.
NEIGHBOURS = 3


class Work(NamedTuple):
    """What the rest of a text says of the work: what it is, that it is done once, that it comes in bursts."""

    named: bool
    once: bool
    bursts: bool


def volumes(scene: Scene, periods: Periods, horizons: Mapping[int, float], used: Set[int], work: Work) -> Iterator[Found]:
    """`horizons` are months by the index of the amount that names them, for totals such as "60,000 over two years".

    `used` are amounts that mean something else.
    """
    totals: list[tuple[int, Amount]] = []
    counts: list[tuple[Amount, Period]] = []
    batches = Batches(scene, periods)
    swings = {pair: found for pair, found in _swings(scene, periods) if not used & {*pair}}
    used = used | batches.used | {index for pair in swings for index in pair}
    for index, amount in enumerate(scene.amounts):
        if amount.kind != "count" or index in periods.inside or index in used or index in scene.revised:
            continue
        # "An hour of one of our people" counts nothing, "two of us" people
        people = scene.has(amount.end, "of") and (amount.value == 1 or scene.has(amount.end + 1, "us"))
        clock = amount.value <= CLOCK and scene.has(amount.start - 1, "clock")
        if scene.scope.moods[amount.start] is Mood.ASKED or people or clock:
            continue
        period = periods.of.get(index) or _carried(scene, index, periods)
        if period is not None:
            counts.append((amount, period))
        elif _is_total(scene, amount, SMALLEST_JOB if work.once else SMALLEST_TOTAL) and not _is_sample(scene, amount):
            totals.append((index, amount))
    if not counts and len(totals) == 1 and (period := _apart(scene, totals[0][1], periods)) is not None:
        counts.append((totals.pop()[1], period))
    rates = [*batches.found, *swings.values(), *_rates(scene, counts, work, counted=bool(totals or batches.found))]
    yield from rates
    if not any(each.question == "volume" for each in rates):
        yield from _totals(scene, totals, horizons, work)


def _swings(scene: Scene, periods: Periods) -> Iterator[tuple[tuple[int, int], Found]]:
    """ "400 a month in summer, 90 otherwise": what lies between the busy and the quiet times."""
    counts = [index for index, amount in enumerate(scene.amounts) if amount.kind == "count" and index not in periods.inside]
    for one, other in pairwise(counts):
        first, second = scene.amounts[one], scene.amounts[other]
        period, same = periods.of.get(one), periods.of.get(other)
        if period is None or (same is not None and same.unit != period.unit):
            continue
        apart = scene.same_sentence(first.start, second.start) and not scene.same_clause(first.start, second.start)
        seasons = scene.scope.seasonal(first.start) and scene.scope.seasonal(second.start)
        bare = same is not None or scene.ends(second.end) or not scene.text.words[second.end].norm.endswith("s")
        if apart and seasons and bare and not (first.rough or second.rough):
            value = (first.value + second.value) / 2 * period.monthly
            yield (one, other), Found("volume", (value,), first.start, max(second.end, period.end))


def _apart(scene: Scene, total: Amount, periods: Periods) -> Period | None:
    """ "Sales tax rates for 13,000 towns, off their sites, quarterly": the one period of a text, in a part of its own."""
    if len(periods.free) != 1:
        return None
    period = periods.free[0]
    alone = scene.ends(period.end) and any(scene.opens(at) for at in range(max(period.start - PERIOD_LEAD, 0), period.start + 1))
    return period if alone and scene.same_sentence(total.start, period.start) else None


def _rates(scene: Scene, counts: list[tuple[Amount, Period]], work: Work, counted: bool) -> Iterator[Found]:
    """How many come in over a time, and how many one worker gets done in it."""
    longer = counted or any(period.unit not in PACED for _, period in counts)
    for amount, period in counts:
        if _counts_others(scene, amount, period):
            continue
        if (pace := _pace(scene, amount, period, longer)) is not None:
            yield pace
        elif not (_is_sample(scene, amount) or _is_pay(scene, amount, period)):
            start, end = min(amount.start, period.start), max(amount.end, period.end)
            scope = scene.scope
            firm = not (
                amount.rough
                or amount.value < FEW
                or (period.unit == "hour" and (longer or (amount.value < SLOW and not scope.all_hours)))
                or scope.at_peak(amount.start)
                or scope.narrowed(amount.start)
                or scope.no_work(amount.start)
                or _is_burst(scene, period, work)
            )
            yield Found("volume", (amount.value * period.monthly,), start, end, firm)


def _is_burst(scene: Scene, period: Period, work: Work) -> bool:
    """ "Then 9,000 in a week": so many come at once, and not every week."""
    near = scene.has(period.start, "near") or scene.has(period.start - 1, "near")
    return near and (work.bursts or period.unit in SHORT)


def _carried(scene: Scene, index: int, periods: Periods) -> Period | None:
    """ "It used to be 5k a month, now it's 8k": a bare number after one of the past is counted over the same time."""
    amount, old = scene.amounts[index], index - 1
    while old in periods.inside:
        old -= 1
    if old < 0 or old not in periods.of or not scene.same_sentence(scene.amounts[old].start, amount.start):
        return None
    ends = scene.ends(amount.end) or (scene.has(amount.end, "now") and scene.ends(amount.end + 1))
    past = scene.scope.guessed(scene.amounts[old].start, scene.amounts[old].end)
    # "My boss says 500 a month, I think 300"
    apart = not scene.same_clause(scene.amounts[old].start, amount.start)
    other = apart and scene.scope.believed(amount.start) and amount.value * UNLIKE > scene.amounts[old].value
    if not (ends and (past or other)) or scene.scope.guessed(amount.start, amount.end):
        return None
    return replace(periods.of[old], start=amount.end - 1, end=amount.end)


def _totals(scene: Scene, totals: list[tuple[int, Amount]], horizons: Mapping[int, float], work: Work) -> Iterator[Found]:
    """A total over the time that it is spread over, and otherwise as the one job that it is."""
    for index, amount in totals:
        near = range(max(index - NEIGHBOURS, 0), min(index + NEIGHBOURS + 1, len(scene.amounts)))
        over = next((each for each in near if each in horizons and _meet(scene, amount, scene.amounts[each])), None)
        if over is None and len(totals) == len(horizons) == 1:
            over = next(iter(horizons))
        if over is not None and not work.once:
            horizon = scene.amounts[over]
            start, end = min(amount.start, horizon.start), max(amount.end, horizon.end)
            yield Found("volume", (amount.value / horizons[over],), start, end, firm=not amount.rough)
        else:
            noun = amount.end < len(scene.text.words) and scene.same_clause(amount.end - 1, amount.end)
            job = len(totals) == 1 and _is_job(scene, amount, work) and not scene.scope.at_one_time(amount.start)
            firm = not amount.rough and (work.once or job)
            yield Found("volume", (amount.value,), amount.start, amount.end + noun, firm)


def _is_job(scene: Scene, amount: Amount, work: Work) -> bool:
    """Whether a lone total is what is to be done: the text says what the work is, or the number alone speaks of some."""
    said = len(scene.text.words) - (amount.end - amount.start)
    if work.bursts or said <= BARE_NOUN or scene.scope.no_work(amount.start) or scene.has(amount.start - 1, "means"):
        return False
    if amount.value < SMALL_JOB and scene.has(amount.start - 1, "recipients"):
        return False
    behind = range(amount.end, min(amount.end + RECURS, len(scene.text.words)))
    recurring = (place for place in behind if scene.has(place, "every") or (scene.per(place) and not scene.has(place, "article")))
    if any(scene.same_clause(amount.start, place) for place in recurring):
        return False  # "50,000 cards every Christmas": how many a month nobody said
    return work.named or (amount.value >= LARGE_JOB and not scene.has(amount.start, "article"))


def _meet(scene: Scene, total: Amount, horizon: Amount) -> bool:
    """A total and its stretch of time stand in one sentence, the total first or within the same clause."""
    return scene.same_sentence(total.start, horizon.start) and (
        total.start < horizon.start or scene.same_clause(total.start, horizon.start)
    )


def _is_total(scene: Scene, amount: Amount, least: float) -> bool:
    """A number of things: a noun follows that is neither people nor a measure."""
    words = scene.text.words
    if amount.value < least or _is_name(scene, amount) or _is_ratio(scene, amount):
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
    return not (scene.has(amount.end, "small_words") or any(_is_other(scene, amount.end + ahead) for ahead in (0, 1)))


def _is_other(scene: Scene, place: int) -> bool:
    """Whether a noun stands for no items, as far as it does not recur: people, places, measures."""
    return any(scene.has(place, name) for name in ("not_items", "staff", "measures"))


def _is_ratio(scene: Scene, amount: Amount) -> bool:
    """The 500 of "one in 500"."""
    return scene.has(amount.start - 1, "ratio") and amount.start - 1 in scene.amounts_to


def _is_name(scene: Scene, amount: Amount) -> bool:
    """ "In 1912", "the 2027 jubilee", "ISO 17100": a number that names a year or a rule counts nothing."""
    words, start = scene.text.words, amount.start
    bare = amount.end == start + 1 and scene.text.raw[words[start].start : words[start].end].isdecimal()
    if not bare or start == 0 or not scene.same_clause(start - 1, start):
        return False
    before = scene.text.raw[words[start - 1].start : words[start - 1].end]
    year = YEARS[0] <= amount.value <= YEARS[1] and (scene.has(start - 1, "year_before") or scene.has(start - 1, "the"))
    return year or (before.isupper() and len(before) > 1)


def _alone(scene: Scene, amount: Amount) -> bool:
    """ "Vaccination cards on paper, 1.1 million, must be entered": a large number between pauses, behind what it counts."""
    words, start = scene.text.words, amount.start
    while start and scene.has(start - 1, "roughly") and scene.same_clause(start - 1, start):
        start -= 1
    least = LARGE if start == amount.start else ROUND
    opens = start > 0 and not scene.same_clause(start - 1, start) and scene.same_sentence(start - 1, start)
    ends = amount.end == len(words) or not scene.same_clause(amount.end - 1, amount.end)
    return opens and ends and amount.value >= least and not scene.budgeted(amount.start)


def _counts_others(scene: Scene, amount: Amount, period: Period) -> bool:
    """What is counted are measures, the staff or a few places: "130 sitting days a year", "six clerks daily"."""
    places = [amount.end]
    if period.start == amount.end + 2 and not scene.has(amount.end, "small_words"):
        places.append(amount.end + 1)
    if any(scene.has(place, "measures") for place in places):
        return True
    others = any(scene.has(place, "staff") for place in places), any(scene.has(place, "not_items") for place in places)
    return (others[0] and amount.value < FEW_STAFF) or (others[1] and amount.value < FEW_PLACES)


def _is_sample(scene: Scene, amount: Amount) -> bool:
    """ "We check a sample of 50 each week" counts checks; so many that it is the work are none."""
    if amount.value >= LARGE_JOB:
        return False
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


def _pace(scene: Scene, amount: Amount, period: Period, counted: bool) -> Found | None:
    """What one person gets done in a minute, an hour or a day is a handling time, not a volume.

    `counted`: the text counts its items in another way, so that this can only be a pace.
    """
    if period.unit not in PACED:
        return None
    hourly = period.unit in ("hour", "minute") and not scene.scope.at_peak(amount.start)
    paid = scene.text.words[amount.start].clause in scene.pays
    named = counted and period.start != amount.end  # "14 captions an hour": a bare number may be money
    if not (_of_worker(scene, amount, period) or (hourly and not paid and (named or _of_doer(scene, amount, period)))):
        return None
    minutes = PACED[period.unit] / amount.value
    return Found("minutes", (minutes,), amount.start, max(amount.end, period.end), firm=not amount.rough)


def _of_worker(scene: Scene, amount: Amount, period: Period) -> bool:
    """Whether a rate is said to be that of one who works: "20 an hour is what one person manages"."""
    before = range(max(amount.start - WORKER_REACH, 0), amount.start + 1)
    behind = range(period.end, min(period.end + WORKER_BEHIND, len(scene.text.words)))
    return (
        # "Four an hour is a good pace"
        any(scene.has(place, "pace") and scene.same_clause(period.end - 1, place) for place in behind)
        or (
            scene.has(period.end, "lasting")
            and any(place in scene.scope.workers_from and scene.same_clause(period.end - 1, place) for place in behind)
        )
        or any(place in scene.scope.workers_from and scene.same_clause(place - 1, place) for place in (period.end, amount.end))
        or any(place in scene.scope.workers_to and scene.same_clause(place - 1, amount.start) for place in before)
    )


def _of_doer(scene: Scene, amount: Amount, period: Period) -> bool:
    """Whether those who work stand around a rate, with no word of what comes in: "my niece tags 100 an hour"."""
    around = range(max(amount.start - DOER_REACH, 0), min(period.end + WORKER_BEHIND, len(scene.text.words)))
    near = [place for place in around if scene.same_sentence(place, amount.start)]
    done = any(scene.has(place, "doer") or scene.has(place, "staff") or scene.has(place, "does") for place in near)
    return done and not any(scene.has(place, "incoming") for place in near)
