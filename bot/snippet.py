"""The words of a query in a text: found whatever their case and accents, marked, and cut to what stands around the first."""

from __future__ import annotations

import re
import unicodedata

from bot.markup import clean

AROUND = 90
"""Characters before the first hit; three times as many are shown in all."""
OPEN, CLOSE = "\x02", "\x03"
"""Around each hit in a marked text; text from people cannot hold them."""


def pattern(word: str) -> re.Pattern[str]:
    """A word of the query in a folded text, as the index takes it: letters and digits, whatever stands between them."""
    parts = re.findall(r"[^\W_]+", folded(word))
    return re.compile(rf"(?<![^\W_]){'[^a-z0-9]{1,3}'.join(map(re.escape, parts))}(?![^\W_])")


def folded(text: str) -> str:
    """Without case and accents, every character in its place."""
    return text.lower() if text.isascii() else text.translate(_PLAIN)


class _Plain(dict[int, str]):
    """Each character without case and accent, found when it first occurs."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = unicodedata.normalize("NFKD", chr(code)).lower()[:1] or chr(code)
        return plain


_PLAIN = _Plain()


def pieces(marked: str) -> tuple[str, ...]:
    """A marked text around its first hit, as pieces that alternate between plain text and words found."""
    first = marked.find(OPEN)
    start = max(first - AROUND, 0)
    if start:
        start = marked.find(" ", start, first) + 1 or start
    found: list[str] = []
    for i, piece in enumerate(_cut(marked, start).split(OPEN)):
        hit, _, rest = piece.partition(CLOSE) if i else ("", "", piece)
        found += [hit, rest] if i else [rest]
    return tuple(" ".join(clean(piece).split("\n")) for piece in found)


def _cut(marked: str, start: int) -> str:
    """So much of a marked text as is shown; the marks are no characters of it."""
    end, room = start, 3 * AROUND
    while room and end < len(marked):
        taken = marked[end : end + room]
        end += len(taken)
        room = taken.count(OPEN) + taken.count(CLOSE)
    return ("…" if start else "") + marked[start:end] + ("…" if marked[end:].strip(CLOSE) else "")


def marked(text: str, terms: list[re.Pattern[str]]) -> str | None:
    """The text with its hits marked; None if none are found in it as it is written."""
    spans = sorted(span for term in terms for found in term.finditer(folded(text)) if (span := found.span()))
    made, end = "", 0
    for start, stop in spans:
        if start >= end:
            made += f"{text[end:start]}{OPEN}{text[start:stop]}{CLOSE}"
            end = stop
    return made + text[end:] if spans else None
