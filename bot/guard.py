"""Card, identity and contact data in what a person wrote: where it is, and the text without it. Pure.

Precision before recall: volumes, money, shares, dates, versions and part numbers are none. A number counts by its checksum, by a
form that quantities do not have, or by the words before it; those words are `private.yaml` of the language. Formats: ISO/IEC
7812 with the Luhn digit (cards), ISO 13616 with its check digits (IBAN), the rules of the Social Security Administration (SSN),
E.164 and the North American Numbering Plan (telephone). Patterns are bounded: time is proportional to the length of a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from knowledge.model import PrivateWords

Kind = Literal["card", "iban", "identity", "email", "phone"]
MARK = "[erased]"
VEIL = "\u2022"
"""Stands for each character of private data while the rest of a text is read; it is part of no word, number or sign."""


class Private(NamedTuple):
    """Private data at `text[start:end]`."""

    kind: Kind
    start: int
    end: int


_BEFORE, _AFTER = r"(?<![\w.,/+@#-])", r"(?![\w%@]|[.,/-]\w)"
_CARD = re.compile(
    rf"{_BEFORE}(?:\d{{4}}([ -]?)\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{1,3}})?|\d{{4}}([ -]?)\d{{6}}\2\d{{4,5}}){_AFTER}", re.ASCII
)
_ISSUERS = (
    ("4", "4", (16, 19)), ("51", "55", (16,)), ("2221", "2720", (16,)), ("34", "34", (15,)), ("37", "37", (15,)),
    ("36", "36", (14,)), ("38", "39", (14,)), ("300", "305", (14,)), ("6011", "6011", (16, 19)), ("644", "659", (16, 19)),
    ("3528", "3589", (16, 17, 18, 19)), ("62", "62", (16, 17, 18, 19)), ("2200", "2204", (16,)),
    ("5018", "5018", (16, 19)), ("5020", "5020", (16, 19)), ("5038", "5038", (16, 19)), ("6304", "6304", (16, 19)),
    ("6759", "6763", (16, 19)),
)  # fmt: skip
"""First and last prefix of each scheme, and how many digits its numbers have."""
_IBAN = re.compile(rf"{_BEFORE}[A-Za-z]{{2}}\d{{2}}(?: ?[A-Za-z0-9]{{4}}){{2,7}}(?: ?[A-Za-z0-9]{{1,3}})?(?!\w)", re.ASCII)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_SSN = re.compile(rf"{_BEFORE}(?!000|666|9)\d{{3}}-(?!00)\d{{2}}-(?!0000)\d{{4}}{_AFTER}", re.ASCII)
_EMAIL = re.compile(
    r"(?<![\w.+%@-])[\w+%](?:[\w.+%'-]{0,62}[\w+%-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![\w@-])"
)
_NANP = re.compile(
    rf"{_BEFORE}(?:1([ .-]))?(?:\([2-9]\d\d\)[ -]?[2-9]\d\d[ .-]\d{{4}}|[2-9]\d\d([.-])[2-9]\d\d\2\d{{4}}){_AFTER}", re.ASCII
)
_ABROAD = re.compile(rf"{_BEFORE}\+[1-9](?:[ .()-]{{0,2}}\d){{7,14}}{_AFTER}", re.ASCII)
_MOBILE = re.compile(rf"{_BEFORE}07\d{{3}} ?\d{{6}}{_AFTER}", re.ASCII)
_NUMBER = r"(?P<number>\(?\d(?:[ ./()-]{0,2}\d){6,14})"
_DOCUMENT = r"(?P<number>(?:[A-Z]{1,3}[ -]?)?\d[A-Z0-9]{0,14}(?:[ -]\d[A-Z0-9]{0,8}){0,5}(?: [A-Z])?)"
_DIGIT_GAPS = re.compile(r"[^0-9]")


def found(text: str, words: PrivateWords) -> tuple[Private, ...]:
    """The private data in a text, in order, none overlapping another."""
    plain = _ascii_digits(text)
    if not any(each.isdigit() or each == "@" for each in plain):
        return ()
    kept: list[Private] = []
    for each in _every(plain, _lexicon(words)):
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return tuple(sorted(kept, key=lambda each: each.start))


def secrets(text: str, words: PrivateWords) -> tuple[str, ...]:
    """The private data itself, the longest first."""
    return tuple(sorted({text[each.start : each.end] for each in found(text, words)}, key=lambda each: (-len(each), each)))


def veiled(text: str, private: Sequence[Private]) -> str:
    """The text with private data covered; every other character keeps its place."""
    for each in private:
        text = text[: each.start] + VEIL * (each.end - each.start) + text[each.end :]
    return text


def without(text: str, private: Sequence[str]) -> str:
    """The text with a mark wherever one of these words stands."""
    for each in private:
        text = text.replace(each, MARK)
    return text


class _Lexicon(NamedTuple):
    """The words of a language as patterns."""

    identity: re.Pattern[str]
    phone: re.Pattern[str]
    catalogued: re.Pattern[str]
    counted: re.Pattern[str]


@lru_cache(maxsize=8)
def _lexicon(words: PrivateWords) -> _Lexicon:
    between = rf"(?P<announced>(?:[ .:#=-]{{1,3}}(?:{_any(words.numbered)})){{1,3}})?[ .:#=]{{0,3}}"
    by = rf"(?:[ .:#=-]{{1,3}}(?:{_any(words.catalogued_by)})){{0,2}}[ .:#=-]{{0,3}}"
    return _Lexicon(
        re.compile(rf"(?<!\w)(?:{_any(words.identity)}){between}(?<!\w){_DOCUMENT}{_AFTER}", re.IGNORECASE | re.ASCII),
        re.compile(rf"(?<!\w)(?:{_any(words.phone)}){between}(?<!\w){_NUMBER}{_AFTER}", re.IGNORECASE | re.ASCII),
        re.compile(rf"(?<!\w)(?:{_any(words.catalogued)}){by}$", re.IGNORECASE),
        re.compile(rf"\s{{0,2}}(?:%|(?:{_any(words.counted)})(?!\w))", re.IGNORECASE),
    )


def _any(many: Sequence[str]) -> str:
    return "|".join(re.escape(each).replace(r"\ ", " {1,3}") for each in sorted(many, key=len, reverse=True)) or "(?!)"


def _every(text: str, words: _Lexicon) -> Iterator[Private]:
    """Candidates, the surest first."""
    for at in _EMAIL.finditer(text):
        yield Private("email", at.start(), at.end())
    for at in _IBAN.finditer(text):
        length = _iban(at[0])
        if length:
            yield Private("iban", at.start(), at.start() + length)
    for at in _CARD.finditer(text):
        if _card(_DIGIT_GAPS.sub("", at[0])) and not _named(text, at, words):
            yield Private("card", at.start(), at.end())
    for at in words.identity.finditer(text):
        if _identifies(text, at, words):
            yield Private("identity", at.start("number"), at.end("number"))
    for at in _SSN.finditer(text):
        if not _named(text, at, words):
            yield Private("identity", at.start(), at.end())
    for pattern in (_ABROAD, _NANP, _MOBILE):
        for at in pattern.finditer(text):
            if not (_round(at[0].lstrip("+")) or _named(text, at, words) or _counts(text, at.end(), words)):
                yield Private("phone", at.start(), at.end())
    for at in words.phone.finditer(text):
        if not _round(at["number"]) and not _counts(text, at.end(), words):
            yield Private("phone", at.start("number"), at.end("number"))


def _ascii_digits(text: str) -> str:
    """The same length, with plain digits, spaces, hyphens and "@" for their many forms."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else _plain(each) for each in text)


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(character):
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _:
            return {"＠": "@", "＋": "+", "．": "."}.get(character, character)


def _card(digits: str) -> bool:
    """Whether a scheme issues such numbers and the check digit is right."""
    issued = any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _ISSUERS)
    doubled = [int(each) if place % 2 == 0 else sum(divmod(2 * int(each), 10)) for place, each in enumerate(reversed(digits))]
    return issued and sum(doubled) % 10 == 0 and len(set(digits)) > 1


def _iban(candidate: str) -> int:
    """How many characters of a candidate are an IBAN with right check digits; 0 if none are."""
    wanted = _IBAN_LENGTHS.get(candidate[:2].upper(), 0)
    letters = ""
    for length, character in enumerate(candidate, start=1):
        letters += "" if character == " " else character.upper()
        if len(letters) == wanted:
            number = "".join(str(int(each, 36)) for each in letters[4:] + letters[:4])
            whole = length == len(candidate) or not candidate[length].isalnum()
            return length if whole and int(number) % 97 == 1 else 0
    return 0


def _named(text: str, at: re.Match[str], words: _Lexicon) -> bool:
    """Whether the words before say that this is the number of a thing."""
    return words.catalogued.search(text, max(at.start() - 40, 0), at.start()) is not None


def _counts(text: str, end: int, words: _Lexicon) -> bool:
    """Whether the words after say that something is counted."""
    return words.counted.match(text, end) is not None


def _round(number: str) -> bool:
    return number.isdigit() and number.endswith("000")


def _identifies(text: str, at: re.Match[str], words: _Lexicon) -> bool:
    """Whether what follows "passport" is its number: five digits at least, and not a quantity."""
    number = at["number"]
    digits = sum(each.isdigit() for each in number)
    announced = at["announced"] is not None or digits >= 7 or not number.isdigit()
    return digits >= 5 and announced and not _round(number) and not _counts(text, at.end(), words)
