"""A text as words and numbers with their places, cut into sentences and clauses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

# The alternatives and what they repeat are disjoint: there is nothing to go back to, the scan is linear.
TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’ʼ])*|\d+|[%‰=<>+&~≈$€£¥₹₽₩₺₫₴₦₱฿¢]")
GROUPING = frozenset(".,'’ \u00a0\u2009\u202f")
SPACES = frozenset("'’ \u00a0\u2009\u202f")
STOPS = frozenset(".!?…;\n")
PAUSES = frozenset(',:()[]{}–—|•*"“”')
# "CHF 88.-/hour": how whole prices are written where the sign stands before.
ROUND_PRICE = (".-", ".–", ".—")
# Longer runs of digits are references and keys, never amounts.
# "Any errors? We redo them": a question this short names a topic where a text goes on behind it.
TOPIC = 3
LONGEST_NUMBER = 15
LONGEST_WORD = 40


class Word(NamedTuple):
    """One word, number or sign. `norm` is how patterns spell it, `gap` what stood between it and the word before."""

    norm: str
    start: int
    end: int
    gap: str
    clause: int
    sentence: int
    number: float | None = None

    @property
    def glued(self) -> bool:
        """Nothing stands between this word and the one before."""
        return self.gap == ""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a text; `asked` holds the sentences that end in a question mark.

    `topics` holds the clauses that only name what the words after them are about: "Errors? We redo those".
    """

    raw: str
    words: tuple[Word, ...]
    asked: frozenset[int]
    topics: frozenset[int] = frozenset()


def normal(word: str) -> str:
    """The spelling that patterns and texts share: no case, apostrophes or accents."""
    word = word[:LONGEST_WORD].casefold()
    if not word.isascii():
        word = "".join(mark for mark in unicodedata.normalize("NFD", word) if not unicodedata.combining(mark))
        word = word.replace("’", "").replace("ʼ", "")
    return word.replace("'", "")


def numeral(text: str) -> float | None:
    """A written number in any convention of thousands and decimals; None where it is a date, a version or a list."""
    groups = re.split(r"\D", text)
    signs = [sign for sign in text if not sign.isdecimal()]
    if sum(map(len, groups)) > LONGEST_NUMBER:
        return None
    kinds = list(dict.fromkeys("'" if sign in SPACES else sign for sign in signs))
    whole = "".join(groups)
    match kinds:
        case []:
            return float(whole)
        case ["'"]:
            return float(whole)
        case [_] if len(signs) == 1:
            thousands = len(groups[1]) == 3 and len(groups[0]) <= 3 and groups[0] != "0"
            return float(whole) if thousands else float(f"{groups[0]}.{groups[1]}")
        case [_]:
            return float(whole) if _grouped(groups) else None
        case [_, _] if signs[-1] not in signs[:-1] and _grouped(groups[:-1]):
            return float(f"{''.join(groups[:-1])}.{groups[-1]}")
    return None


def read(text: str, abbreviations: frozenset[str] = frozenset()) -> Text:
    """Cut a text. A full stop after one of `abbreviations`, or after a single letter, ends no sentence."""
    words: list[Word] = []
    asked: set[int] = set()
    topics: set[int] = set()
    clause = sentence = end = opened = 0
    scan = [match.span() for match in TOKEN.finditer(text)]
    position = 0
    while position < len(scan):
        start, stop = scan[position]
        position += 1
        value: float | None = None
        if text[start].isdecimal():
            stop, position = _number_end(text, scan, position, stop)
            value = numeral(text[start:stop])
        gap = text[end:start]
        if words and words[-1].number is not None and gap[:2] in ROUND_PRICE:
            gap = gap[2:]
        if words:
            hard, soft = _breaks(gap, words[-1], text[start], abbreviations)
            if hard and gap == "? " and len(words) - opened <= TOPIC:
                topics.add(clause)
            elif hard:
                if "?" in gap:
                    asked.add(sentence)
                sentence += 1
                opened = len(words)
            clause += hard or soft
        words.append(Word(normal(text[start:stop]), start, stop, gap.strip(" ") or gap[:1], clause, sentence, value))
        end = stop
    if "?" in text[end:]:
        asked.add(sentence)
    return Text(text, tuple(words), frozenset(asked), frozenset(topics))


def _grouped(groups: list[str]) -> bool:
    """1,234,567 or the Indian 12,34,567."""
    first, *middle, last = groups if len(groups) > 1 else [*groups, "000"]
    sizes = {len(group) for group in middle}
    return 1 <= len(first) <= 3 and len(last) == 3 and (sizes <= {3} or sizes <= {2})


def _number_end(text: str, scan: list[tuple[int, int]], position: int, stop: int) -> tuple[int, int]:
    """Where a number ends whose first digits end at `stop`, and the next place to scan from."""
    first = stop - scan[position - 1][0]
    while position < len(scan):
        begin, finish = scan[position]
        sign = text[stop : stop + 1]
        if begin != stop + 1 or sign not in GROUPING or not text[begin].isdecimal():
            break
        # A space groups digits only as 12 000: up to three digits, then threes.
        if sign in SPACES and (first > 3 or finish - begin != 3):
            break
        stop, position = finish, position + 1
    return stop, position


def _breaks(gap: str, before: Word, following: str, abbreviations: frozenset[str]) -> tuple[bool, bool]:
    """Whether a sentence ends in the gap, and whether a clause does."""
    if gap in ("", " ", "-", "/"):
        return False, False
    signs = set(gap)
    stops = signs & STOPS
    if stops == {"."} and (gap == "." or before.norm in abbreviations or (len(before.norm) == 1 and not before.norm.isdecimal())):
        # "approx. 500", "e.g. photos": but "by Smith A. We need" starts anew
        stops = set() if not following.isupper() or gap == "." else stops
    # "1. security 2. quality"
    if gap == ". " and len(before.norm) == 1 and before.norm.isdigit() and following.islower():
        stops = set()
    dash = "-" in signs and gap.strip() == "-" and gap != "-"
    if before.number is not None and following.isdecimal() and gap.strip() in ("-", "–", "—"):
        return False, False
    return bool(stops), dash or bool(signs & PAUSES)
