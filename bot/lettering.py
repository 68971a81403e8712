"""The bundled font, which has no kerning: how wide words are, and how they are broken or cut to fit."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

FAMILY = "Inter"
FILES = {False: "Inter-Regular.otf", True: "Inter-SemiBold.otf"}
NARROW = "\N{NO-BREAK SPACE}"
ASCENT, DESCENT = 0.97, 0.24
"""Height above and below the baseline, in shares of the size (the font's own metrics)."""


def font_file(bold: bool) -> Path:
    """Where a weight of the font lies. Raises FileNotFoundError if it does not: a renderer would silently draw no text."""
    with resources.as_file(resources.files("templates") / "fonts" / FILES[bold]) as path:
        if not path.is_file():
            raise FileNotFoundError(f"the font file {path} is missing; install the program again")
        return path


@cache
def _advances(bold: bool) -> tuple[dict[int, float], float]:
    """The advance of each character in shares of the size, and that of the box drawn for an unknown one."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # the library has no stubs

    with TTFont(font_file(bold), lazy=True) as font:
        units, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {code: widths[glyph][0] / units for code, glyph in font.getBestCmap().items()}, widths[".notdef"][0] / units


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in the unit of `size`."""
    advances, unknown = _advances(bold)
    return size * sum(advances.get(ord(each), unknown) for each in text)


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `room`."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1].rstrip()
    return text + "…"


def balanced(text: str, size: float, room: float, bold: bool = False, most: int | None = None) -> list[str]:
    """As `wrapped`, in lines of nearly the same length, so that no heading ends in a lonely word."""
    lines = wrapped(text, size, room, bold, most)
    low, high = room / 2, room
    while len(lines) > 1 and high - low > 1:
        narrower = wrapped(text, size, (low + high) / 2, bold, len(lines) + 1)
        low, high = (low, (low + high) / 2) if len(narrower) == len(lines) else ((low + high) / 2, high)
    return wrapped(text, size, high, bold, most)


def wrapped(text: str, size: float, room: float, bold: bool = False, most: int | None = None) -> list[str]:
    """The text in lines of at most `room`; with `most`, the last line is cut where more would follow."""
    lines: list[str] = []
    for word in text.replace(" %", NARROW + "%").split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, room, bold))
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [fitted(" ".join(lines[most - 1 :]), size, room, bold)]
    return lines
