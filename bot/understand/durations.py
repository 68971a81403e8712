"""What a stretch of time stands for: minutes an item takes, months the work goes on, how soon it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from bot.understand.amounts import DAYS, MINUTES, MONTHS, Amount
from bot.understand.cues import Hit
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import Periods

# A word that gives a duration its role stands this near before or after it.
BEFORE, AFTER = 4, 2
# Who gets something done is named at most so many words before the time that it takes.
DOER = 9
# "24 hours, no exceptions": a time to wait.
DAY = 24
# So many hours of something are recordings, not the time that one item takes.
LONG = 8
# A pilot is told in days, too, from so many on; a part of a text that is a time tells of the work from so many months on.
LONG_PILOT, SHORTEST_PART = 30, 1.0
# Words that only lead up to a time: "about", "it's", "then".
LEADS = ("roughly", "hedged", "lead_in")
# Days and weeks are whole months where they are so near to them.
NEARLY = 0.05
# Minutes that are told without a word of what they are; longer ones are those of meetings or tapes.
LONGEST_NOTE = 480
# Words such as "to pick up" stand this near a time of waiting.
AROUND = 3
# Nobody works longer on one item, in days.
LONGEST_ITEM = 2
# Nobody waits so many months for one result.
LONGEST_WAIT = 3.0
# Work that is to be finished within less than so many months is a single delivery.
SHORTEST_PROJECT = 2.0
# "Nine months, maybe ten, I think": so many words beside a time are still an answer and no more.
BARE_REST = 4


class Durations:
    """The durations of a text with their roles. `horizons` are months by amount, for the totals of `volumes`."""

    def __init__(self, scene: Scene, periods: Periods) -> None:
        self._scene = scene
        self.found: list[Found] = []
        self.horizons: dict[int, float] = {}
        self._before: dict[int, list[Hit]] = {}
        for hit in scene.group("before"):
            self._before.setdefault(hit.end, []).append(hit)
        self._after = {hit.start: hit for hit in _shortest_first(scene.group("after"))}
        self._counts_items = any(amount.kind == "count" and index in periods.of for index, amount in enumerate(scene.amounts))
        self._counted = {
            scene.text.words[amount.start].sentence
            for index, amount in enumerate(scene.amounts)
            if amount.kind == "count" and index not in periods.of and amount.value >= 50
        }
        # "2.3 million lines to type off. We want it finished in 18 months": the one total of a text is what is to be done
        self._project = not self._counts_items and len(self._counted) == 1
        # The times in seconds and minutes that hold now
        self._moments = {
            amount.start
            for index, amount in enumerate(scene.amounts)
            if amount.kind == "time" and amount.unit in ("second", "minute") and index not in scene.revised
            if not scene.scope.guessed(amount.start, amount.end)
        }
        frequencies = {place for period in periods.free for place in range(period.start + 1, period.end)}
        for index, amount in enumerate(scene.amounts):
            if self._clocked(amount):
                self.found.append(Found("minutes", (amount.value,), amount.start, amount.end, firm=not amount.rough))
            if amount.kind != "time" or index in periods.inside or index in periods.of or index in scene.revised:
                continue
            if amount.start in frequencies:
                continue  # "twice a day"
            if scene.scope.moods[amount.start] is not Mood.ASKED:
                self.found.extend(self._read(index, amount))
        branches = [each for one, other in pairwise(scene.amounts) if (each := self._branches(one, other)) is not None]
        covered = {place for each in branches for place in range(each.start, each.end)}
        self.found = [each for each in self.found if each.question != "minutes" or each.start not in covered] + branches

    def _branches(self, one: Amount, other: Amount) -> Found | None:
        """ "Half an hour if the scan is good, otherwise a full hour": what lies between."""
        scene = self._scene
        begin = scene.run_before(other.start, "roughly", "branching", "and")
        conditional = scene.has(one.end, "condition") or scene.has(other.end, "condition")
        branched = any(scene.has(at, "branching") for at in range(begin, other.start)) or scene.has(other.end, "condition")
        brief = one.kind == other.kind == "time" and {one.unit, other.unit} <= {"second", "minute", "hour"}
        opens = scene.opens(scene.run_before(one.start, *LEADS)) and scene.opens(begin)
        told = scene.same_sentence(one.start, other.start) and scene.scope.moods[one.start] is not Mood.ASKED
        if not (brief and conditional and branched and opens and told):
            return None
        minutes = (one.value * MINUTES[one.unit] + other.value * MINUTES[other.unit]) / 2
        return Found("minutes", (minutes,), one.start, other.end, firm=not (one.rough or other.rough))

    def _read(self, index: int, amount: Amount) -> Iterator[Found]:
        role, start, end = self._role(amount)
        months = self._months(amount)
        if role == "given":
            # "500 thousand pages, we have 2 years"
            role = "horizon" if months is not None and months >= SHORTEST_PROJECT and self._with_total(amount) else "unrelated"
        if role == "turnaround" and self._scene.has(amount.start - 1, "in") and self._does(amount):
            role = "minutes"
        if role == "turnaround" and start == amount.start and self._briefly(amount, end):
            role = "minutes"
        if self._whole(index, amount):
            role = self._answers(amount) or role
        due = role == "turnaround" or (role == "horizon" and self._deadline(amount) and not self._with_total(amount))
        if due and months is not None and months >= LONGEST_WAIT and self._of_project(amount):
            role = "months"
        if role in ("horizon", "past") and months is not None and months >= 1 and self._with_total(amount):
            self.horizons[index] = months
            if role == "horizon":
                yield Found("months", (months,), start, end, firm=not amount.rough)
            return
        if role == "minutes" and self._stretch(amount):
            return
        match role:
            case "minutes" if MINUTES[amount.unit] <= MINUTES["day"]:
                # "Closing takes us eleven days" is the time of a whole job; "a full day each" that of an item
                firm = not amount.rough and (amount.unit != "day" or (amount.value <= LONGEST_ITEM and end > amount.end))
                yield Found("minutes", (amount.value * MINUTES[amount.unit],), start, end, firm and not self._plays(amount))
            case "months" if months is not None and (amount.unit != "day" or amount.value >= LONG_PILOT):
                firm = not amount.rough and (start + 1 < amount.start or self._engaged(amount, start))
                yield Found("months", (months,), start, end, firm)
            case "horizon" if months is not None and months >= 1 and not self._deadline(amount):
                yield Found("months", (months,), start, end, firm=not amount.rough)
            case "turnaround" | "horizon" if self._scene.scope.moods[amount.start] is Mood.STATED:
                # "In 20 minutes" alone is a time of anything; "within" and the like set a term
                firm = not self._scene.has(amount.start - 1, "in") or self._scene.scope.delivers(start, end)
                yield Found("turnaround", (wait(amount),), start, end, firm)
            case "" if months is not None and months >= 1 and self._with_total(amount) and self._alone(index, amount):
                self.horizons[index] = months
                yield Found("months", (months,), start, end, firm=not amount.rough)
            case "" if months is not None and (self._runs(amount) or self._apart(amount)):
                if self._counted:
                    self.horizons[index] = months
                yield Found("months", (months,), start, end, firm=not amount.rough)
            case "" if amount.unit in ("second", "minute") or (amount.unit == "hour" and self._noted(amount)):
                firm = not amount.rough and self._noted(amount)
                yield Found("minutes", (amount.value * MINUTES[amount.unit],), start, end, firm)

    @staticmethod
    def _months(amount: Amount) -> float | None:
        """A time in months; ninety days and thirteen weeks are three."""
        months = amount.within(MONTHS)
        return round(months) * 1.0 if months is not None and 0 < abs(months - round(months)) <= NEARLY else months

    def _fittest(self, hits: list[Hit], amount: Amount) -> Hit:
        """The longest of the words that lead up to a duration; "in 6 months" is a deadline but for a total."""
        start = min(hit.start for hit in hits)
        longest = [hit for hit in hits if hit.start == start]
        months = amount.within(MONTHS)
        if amount.unit in ("second", "minute") and (own := [hit for hit in longest if hit.cue.question == "minutes"]):
            return own[0]
        wanted = "horizon" if months is not None and months >= 1 and self._with_total(amount) else "turnaround"
        fitting = [hit for hit in longest if hit.cue.question != "minutes" or MINUTES[amount.unit] <= MINUTES["day"]]
        return next((hit for hit in fitting if hit.cue.question == wanted), (fitting or longest)[0])

    def _clocked(self, amount: Amount) -> bool:
        """ "AHT is 7.5": what is always told in minutes needs no unit."""
        scene = self._scene
        before = range(max(amount.start - 3, 0), amount.start)
        named = any(scene.has(at, "clocked") and scene.same_clause(at, amount.start) for at in before)
        ends = amount.end == len(scene.text.words) or not scene.same_clause(amount.end - 1, amount.end)
        return amount.kind == "count" and named and ends and scene.scope.moods[amount.start] is not Mood.ASKED

    def _with_total(self, amount: Amount) -> bool:
        if self._scene.text.words[amount.start].sentence in self._counted:
            return True
        return self._project and (amount.within(MONTHS) or 0.0) >= SHORTEST_PROJECT

    def _does(self, amount: Amount) -> bool:
        """ "A clerk matches one in 3 minutes": somebody gets something done, and it is no answer that is waited for."""
        scene, words = self._scene, self._scene.text.words
        clause = words[amount.start].clause
        before = range(max(amount.start - DOER, 0), amount.start)
        norms = [place for place in before if words[place].clause == clause]
        return (
            amount.unit in ("second", "minute")
            and any(scene.has(place, "doer") for place in norms)
            and not any(scene.has(place, "replies") for place in norms)
        )

    def _whole(self, index: int, amount: Amount) -> bool:
        """Whether a text opens with no more than a time, as an answer would: "nine months, maybe ten", "a year, then we stop"."""
        scene, words = self._scene, self._scene.text.words
        if index and amount.start != self._scene.amounts[0].start:
            return False
        rest = [at for at in range(min(amount.end + BARE_REST, len(words))) if not amount.start <= at < amount.end]
        ends = next((at for at in range(amount.end, len(words)) if not scene.same_clause(at - 1, at)), len(words))
        bare = all(scene.has(at, "roughly") or scene.has(at, "hedged") for at in rest if at < ends)
        if not bare or len(rest) > BARE_REST or ends - amount.end > BARE_REST or len(scene.amounts) > 2:
            return False
        return ends == len(words) or amount.unit == "second" or scene.has(ends, "follows")

    @staticmethod
    def _answers(amount: Amount) -> str:
        """The role of a time that stands alone; hours and weeks could be either."""
        if amount.unit == "hour" and amount.value < 1:
            return "minutes"
        if amount.unit == "hour" and amount.value >= DAY:
            return "turnaround"
        roles = {"second": "minutes", "minute": "minutes", "day": "turnaround", "month": "months", "year": "months"}
        return roles.get(amount.unit, "")

    def _alone(self, index: int, amount: Amount) -> bool:
        """ "3 crore records, two years": the end of a terse note."""
        scene, end = self._scene, amount.end
        before = scene.amounts[max(index - 1, 0)]
        near = before.kind == "count" and before.value >= 50 and 0 < amount.start - before.end <= BEFORE
        return near and not scene.same_clause(amount.start - 1, amount.start) and end == len(scene.text.words)

    def _runs(self, amount: Amount) -> bool:
        """ "The project runs until the merger, some seven months": the end of a sentence that tells how long it goes on."""
        scene, words = self._scene, self._scene.text.words
        begin = amount.start
        while (
            begin and (scene.has(begin - 1, "roughly") or scene.has(begin - 1, "hedged")) and scene.same_clause(begin - 1, begin)
        ):
            begin -= 1
        bare = begin and not scene.same_clause(begin - 1, begin) and scene.same_sentence(begin - 1, begin)
        ends = amount.end == len(words) or not scene.same_clause(amount.end - 1, amount.end)
        before = range(max(begin - DOER, 0), begin)
        return bool(bare and ends) and any(scene.has(at, "lasts") and scene.same_sentence(at, begin) for at in before)

    def _engaged(self, amount: Amount, start: int) -> bool:
        """Whether a bare "for two years" is how long the work is wanted: somebody wants it, or the part says no more."""
        scene, words = self._scene, self._scene.text.words
        if start == amount.start or not scene.has(start, "near"):
            return True
        before = range(max(start - DOER, 0), start)
        wanted = any((scene.has(at, "wanting") or scene.has(at, "lasts")) and scene.same_clause(at, start) for at in before)
        begin = scene.run_before(start, *LEADS)
        return wanted or scene.opens(begin) or (words[begin - 1].number is not None and scene.opens(begin - 1))

    def _apart(self, amount: Amount) -> bool:
        """ "11,000 sheets, 18 months, a GIS operator": a time too long to be waited for, in a part of its own."""
        scene, words, begin = self._scene, self._scene.text.words, amount.start
        shut = words[amount.end - 1].gap == "-"  # "a 5-year backlog"
        if shut or (amount.within(MONTHS) or 0.0) < SHORTEST_PART or amount.unit == "day":
            return False
        begin, end = scene.run_before(begin, *LEADS), amount.end
        while end < amount.end + BARE_REST and not scene.ends(end) and (scene.has(end, "hedged") or scene.has(end, "lasts")):
            end += 1
        opens, ends = scene.opens(begin), scene.ends(end) or scene.has(end, "condition")
        sentence = range(max(begin - DOER, 0), min(end + BEFORE, len(words)))
        return opens and ends and not any(scene.has(at, "schooling") and scene.same_sentence(at, amount.start) for at in sentence)

    def _of_project(self, amount: Amount) -> bool:
        """ "The backlog must be gone in 9 months": so long goes the work on, nobody waits for it."""
        scene = self._scene
        return any(
            scene.has(at, "lasts") and scene.same_sentence(at, amount.start)
            for at in range(max(amount.start - DOER, 0), amount.start)
        )

    def _noted(self, amount: Amount) -> bool:
        """ "40 emails a day, 3 mins", "Two minutes if it's legible": the only moment of a text, at the start of a part.

        An hour does so where its part holds nothing else, and items are counted.
        """
        scene = self._scene
        shut = scene.text.words[amount.end - 1].gap == "-"  # "30-second epochs"
        if shut or not scene.opens(scene.run_before(amount.start, *LEADS)):
            return False
        if amount.unit == "hour":
            return scene.ends(amount.end) and amount.value <= LONG and bool(self._counts_items or self._counted)
        brief = amount.value * MINUTES[amount.unit] <= LONGEST_NOTE
        return brief and self._moments <= {amount.start} and not self._replied(amount)

    def _replied(self, amount: Amount) -> bool:
        """Whether somebody waits so long: "30 seconds to pick up", "ETA to reply: 45 min"."""
        scene = self._scene
        before = range(max(amount.start - AROUND, 0), amount.start)
        behind = range(amount.end, min(amount.end + AROUND, len(scene.text.words)))
        return any(scene.has(place, "replies") and scene.same_sentence(place, amount.start) for place in before) or any(
            scene.has(place, "replies") and scene.same_clause(place, amount.start) for place in behind
        )

    def _reaches(self, hit: Hit, amount: Amount) -> bool:
        """A lone preposition must stand right before a time: "nobody in the house has a minute" sets no term."""
        if hit.end - hit.start > 1 or not self._scene.has(hit.start, "near"):
            return True
        return all(self._scene.has(at, "roughly") or self._scene.has(at, "article") for at in range(hit.end, amount.start))

    def _briefly(self, amount: Amount, end: int) -> bool:
        """ "Twenty seconds max per photo": the time that one takes, where nobody waits for anything."""
        return amount.unit in ("second", "minute") and not self._scene.scope.delivers(amount.start, end)

    def _plays(self, amount: Amount) -> bool:
        """ "Product videos, thirty seconds each": so long they play, and how long one works on them is not said."""
        scene, before = self._scene, range(max(amount.start - BEFORE, 0), amount.start + 1)
        begin = next((at for at in reversed(before) if scene.opens(at)), 0)
        return begin > 0 and scene.has(begin - 1, "played") and scene.same_sentence(begin - 1, begin)

    def _stretch(self, amount: Amount) -> bool:
        """ "I need 60 hours of meetings written up": what is counted in hours takes none."""
        return amount.unit == "hour" and amount.value > LONG and self._scene.has(amount.end, "of")

    def _per_the(self, place: int) -> bool:
        """ "4,5 minutes the bill": as in other languages, at the end of a clause."""
        words = self._scene.text.words
        ends = place + 2 == len(words) or (place + 2 < len(words) and not self._scene.same_clause(place + 1, place + 2))
        return ends and self._scene.same_clause(place, place + 1) and words[place + 1].number is None

    def _deadline(self, amount: Amount) -> bool:
        """ "In" and "within" a time set a deadline; "over" and "during" a stretch."""
        return self._scene.has(amount.start - 1, "deadline") or self._scene.has(amount.start - 2, "deadline")

    def _role(self, amount: Amount) -> tuple[str, int, int]:
        """The role with the words that say so: what follows at once, then what leads up to it."""
        scene, words = self._scene, self._scene.text.words
        for place in range(amount.end, min(amount.end + AFTER + 1, len(words))):
            if not scene.same_clause(place - 1, place) or scene.has(place, "and"):
                break
            promised = self._after.get(place + 2)
            if place == amount.end and scene.per(place) and promised is not None and promised.cue.question == "turnaround":
                return "turnaround", amount.start, promised.end  # "five days per case is what we promise"
            if (hit := self._after.get(place)) is not None:
                return self._termed(amount, hit.cue.question) or (hit.cue.question, amount.start, hit.end)
            if place == amount.end and scene.has(place, "the") and self._per_the(place):
                return "minutes", amount.start, place + 2
            if place == amount.end and scene.per(place):
                end = place + (1 if words[place].gap == "/" else 2)
                if end <= len(words):
                    return self._termed(amount, "minutes") or ("minutes", amount.start, end)
        return self._role_before(amount) or ("", amount.start, amount.end)

    def _termed(self, amount: Amount, role: str) -> tuple[str, int, int] | None:
        """ "A deadline of 3 days per case", "answered in four hours per letter": nobody works that long on one."""
        long = amount.unit in ("day", "week") or (amount.unit == "hour" and self._scene.has(amount.start - 1, "near"))
        before = self._role_before(amount) if role == "minutes" and long else None
        return before if before is not None and before[0] == "turnaround" else None

    def _role_before(self, amount: Amount) -> tuple[str, int, int] | None:
        """The role that the words before a time give it."""
        scene = self._scene
        for place in range(amount.start, max(amount.start - BEFORE - 1, -1), -1):
            if place < amount.start and not scene.leads_on(place):
                break
            hits = [hit for hit in self._before.get(place, ()) if self._reaches(hit, amount)]
            if hits and scene.leads_on(place - 1):
                hit = self._fittest(hits, amount)
                return hit.cue.question, hit.start, amount.end
        return None


def wait(amount: Amount) -> str:
    """The choice of `turnaround` for a time of waiting."""
    days = amount.value * DAYS[amount.unit]
    return "hours" if days < 1 else "days" if days < 7 else "weeks"


def _shortest_first(hits: list[Hit]) -> list[Hit]:
    """So that of several at one place the longest is kept."""
    return sorted(hits, key=lambda hit: hit.end - hit.start)
