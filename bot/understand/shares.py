"""What share of the items must be right: as accuracy, as an error rate, or as one in so many."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from bot.understand.amounts import Amount
from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood

# The words for right or wrong stand this near the number; "one error in a batch of 200" has this many between.
REACH, RATIO_REACH = 9, 5
# The least share that is an accuracy where nothing else says so.
TERSE = 95
# The least one where it is wanted, without a word for right or wrong.
DEMANDED = 90
# The least one that people say they are content with.
SETTLED = 60
# So many words such as "is plenty" behind an amount say that it is enough.
CONTENTED = 2
# What errors are counted out of.
ROUND = frozenset({20.0, 50.0, 100.0, 1000.0})
# A percentage that is an accuracy wherever it is no share of something.
EXACTING = 97
# Words such as "or bust" behind an amount.
CONTENT = 3


class Shares:
    """The accuracies of a text; `used` are the amounts they were made of."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.found: list[Found] = []
        self.used: set[int] = set()
        hits = longest(scene.group("accuracy"))
        marks = [hit for hit in hits if hit.cue.question in ("right", "wrong", "name")]
        self._starting = {hit.start: hit for hit in marks}
        self._ending = {hit.end: hit for hit in marks}
        self._names = {hit.end for hit in hits if hit.cue.question == "name"}
        self._settling = {hit.end for hit in scene.group("accuracy") if hit.cue.question == "settles"}
        self._errors = sorted((hit.end, hit.cue.question == "wrong") for hit in marks)
        self._percentages = any(amount.kind == "percent" for amount in scene.amounts)
        self._blocked = self._others(hits)
        for index, amount in enumerate(scene.amounts):
            if index in self.used or index in scene.revised or scene.scope.moods[amount.start] is not Mood.STATED or amount.rough:
                continue
            self._read(index, amount)

    def _others(self, hits: Sequence[Hit]) -> set[int]:
        """The clauses whose shares are no requirement: what is checked, what is reached so far, and what is so today."""
        words = self._scene.text.words
        said: dict[str, set[int]] = {}
        for hit in hits:
            clause = words[hit.start].clause
            said.setdefault(hit.cue.question, set()).add(clause)
            # "We get 90 % right, that's not good enough": it tells of the clause before
            if hit.cue.question in ("not_enough", "will_do") and self._scene.opens(hit.start):
                said[hit.cue.question].add(clause - 1)
        none: set[int] = set()
        today = said.get("today", none) - said.get("asked_for", none)
        reached = (said.get("so_far", none) | today) - said.get("will_do", none)
        return reached | said.get("checked", none) | said.get("not_enough", none)

    def _read(self, index: int, amount: Amount) -> None:
        scene, start, end = self._scene, amount.start, amount.end
        right: bool | None
        if amount.kind == "percent" and scene.has(end, "discounted") and not scene.has(end + 1, "lasting"):
            return
        if amount.kind == "percent":
            mark = self._nearest(start, end)
            share = amount.value
            if mark is None and (old := next((old for old, new in scene.revised.items() if new == index), None)) is not None:
                mark = self._nearest(scene.amounts[old].start, scene.amounts[old].end)  # "95 % right, no, 98 %"
            if mark is None and (self._terse(amount) or self._demanded(amount)):
                self.used.add(index)
                self.found.append(Found("accuracy", (share,), start, end))
                return
        elif amount.kind == "count" and (other := self._ratio(index, amount)) is not None:
            end = other.end
            share = 100 * amount.value / other.value
            mark = self._nearest(start, end)
            if mark is None and not self._most(other, share) and not self._again(amount, share):
                return
            right = mark.cue.question != "wrong" if mark else share > 50
            self._found(index, start, end, share if right else 100 - share, right, mark)
            return
        elif amount.kind == "count" and (self._named(amount) or self._bettered(amount)):
            mark, share = None, amount.value
        else:
            return
        right = mark.cue.question != "wrong" if mark else amount.kind == "count"
        if mark is not None or right:
            self._found(index, start, end, share if right else 100 - share, right, mark)

    def _found(self, index: int, start: int, end: int, value: float, right: bool, mark: Hit | None) -> None:
        """Enter an accuracy, save one that nobody asks for."""
        amounts = self._scene.amounts
        self.used.update(each for each in (index, index + 1) if each < len(amounts) and amounts[each].start < end)
        if not 50 <= value <= 100 or (not right and value < 50):
            return
        firm = self._scene.text.words[start].clause not in self._blocked
        if mark is not None:
            start, end = min(start, mark.start), max(end, mark.end)
        # Rounding away what floats add: 100 - 0.1
        self.found.append(Found("accuracy", (round(value, 6),), start, end, firm))

    def _most(self, other: Amount, share: float) -> bool:
        """ "98 of 100 must fit": nearly all of a round number."""
        return other.value in ROUND and DEMANDED <= share < 100

    def _again(self, amount: Amount, share: float) -> bool:
        """ "1 wrong in 20 now, 1 in 100 would be fine": a second rate of errors, without its word."""
        before = bisect_right(self._errors, (amount.start, True))
        return share <= 100 - DEMANDED and before > 0 and self._errors[before - 1][1]

    def _terse(self, amount: Amount) -> bool:
        """ "20k forms, 3 minutes each, 99.5 %, HIPAA": a percentage alone between pauses, among other figures."""
        if not TERSE <= amount.value < 100 or len(self._scene.amounts) <= 2:
            return False
        scene = self._scene
        starts = amount.start > 0 and not scene.same_clause(amount.start - 1, amount.start)
        return starts and self._ends(amount)

    def _demanded(self, amount: Amount) -> bool:
        """ "Needs 99.5 %": what is wanted of it and nothing more."""
        scene = self._scene
        if scene.scope.negated(amount.start):
            return False
        if self._settled(amount) or self._exacting(amount):
            return True
        if not DEMANDED <= amount.value < 100 or not self._ends(amount):
            return False
        opens = amount.start == 0 or not scene.same_clause(amount.start - 1, amount.start)
        if opens:  # "95 % is plenty"
            return scene.has(amount.end, "contented") and scene.same_clause(amount.end - 1, amount.end)
        return scene.has(amount.start - 1, "demanding")

    def _exacting(self, amount: Amount) -> bool:
        """ "The archive fines us under 98 %": so high a share, and of nothing, is of what is right."""
        scene, end = self._scene, amount.end
        told = self._ends(amount) or scene.has(end, "and") or scene.has(end, "or")
        return told and EXACTING <= amount.value < 100

    def _settled(self, amount: Amount) -> bool:
        """ "We can live with 85 %", "80 % is plenty for a rough sort": what one is content with, save a share of something."""
        scene = self._scene
        if not SETTLED <= amount.value <= 100 or scene.has(amount.end, "of"):
            return False
        before = amount.start - 1
        while before > 0 and (scene.has(before, "roughly") or scene.has(before, "article")) and before + 1 not in self._settling:
            before -= 1
        if before >= 0 and before + 1 in self._settling and scene.same_clause(before, amount.start):
            return True
        end = amount.end
        opens = amount.start == 0 or not scene.same_clause(amount.start - 1, amount.start)
        while end < len(scene.text.words) and scene.same_clause(end - 1, end) and scene.has(end, "contented"):
            end += 1
        return opens and end - amount.end >= CONTENTED

    def _bettered(self, amount: Amount) -> bool:
        """ "99.9 or better", "the auditor says 99.5 or no deal": no count of anything."""
        scene = self._scene
        part = DEMANDED <= amount.value < 100 and amount.value != int(amount.value)
        said = self._ends(amount) or scene.has(amount.end, "or") or scene.has(amount.end, "and")
        least = SETTLED if self._percentages else DEMANDED
        return (part and said) or (least <= amount.value < 100 and self._settled(amount))

    def _ends(self, amount: Amount) -> bool:
        """Whether its clause ends behind an amount, but for "or bust", "would do" and the like."""
        scene, end = self._scene, amount.end
        while end < len(scene.text.words) and end < amount.end + CONTENT and scene.has(end, "contented"):
            end += 1
        return end == len(scene.text.words) or not scene.same_clause(end - 1, end)

    def _ratio(self, index: int, amount: Amount) -> Amount | None:
        """The 200 of "one error in 200"."""
        scene = self._scene
        if index + 1 == len(scene.amounts):
            return None
        other = scene.amounts[index + 1]
        if other.kind != "count" or other.start - amount.end > RATIO_REACH or not amount.value < other.value:
            return None
        between = range(amount.end, other.start)
        linked = any(scene.has(place, "ratio") for place in between) or scene.text.words[other.start].gap == "/"
        return other if linked and scene.same_clause(amount.start, other.start) else None

    def _named(self, amount: Amount) -> bool:
        """ "Accuracy 95", without a per cent sign."""
        if not 50 <= amount.value <= 100:
            return False
        scene = self._scene
        if not self._ends(amount) and not scene.has(amount.end, "and"):
            return False
        for place in range(amount.start, max(amount.start - 4, 0), -1):
            if place < amount.start and not scene.leads_on(place):
                return False
            if place in self._names:
                return True
        return False

    def _nearest(self, start: int, end: int) -> Hit | None:
        """The word for right or wrong in the same clause that stands nearest; one inside the amount counts first."""
        inside = next((self._starting[place] for place in range(start, end) if place in self._starting), None)
        if inside is not None:
            return inside
        for distance in range(REACH + 1):
            after, before = self._starting.get(end + distance), self._ending.get(start - distance)
            if after is not None and self._scene.same_clause(after.start, start):
                return after
            if before is not None and self._before(before, start):
                return before
        return None

    def _before(self, hit: Hit, start: int) -> bool:
        """Same clause, or "accuracy: 95 %"."""
        return self._scene.same_clause(hit.start, start) or (hit.end == start and self._scene.leads_on(hit.end - 1))
