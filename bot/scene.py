"""A picture as values: texts, boxes and lines, laid out from the top. `templates/chart.svg.j2` draws them in a theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.lettering import ASCENT, DESCENT, balanced, width

WIDTH = 1000.0
EDGE = 40.0
LINE = 1.32
"""Distance of baselines, in shares of the size."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Text:
    """One line of text; `y` is its baseline, `tone` a colour of the theme."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    tone: str = "ink"
    anchor: Anchor = "start"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        wide = width(self.text, self.size, self.bold)
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, self.y - ASCENT * self.size * 0.8, left + wide, self.y + DESCENT * self.size * 0.8


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    radius: float = 4.0


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: str = "faint"
    thick: float = 2.0
    dashed: bool = False


@dataclass
class Scene:
    """What is drawn, and how far down it reaches."""

    texts: list[Text] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    y: float = 0.7 * EDGE

    @property
    def height(self) -> float:
        """The height of the whole picture."""
        return self.y + EDGE

    def paragraph(
        self,
        text: str,
        size: float,
        *,
        x: float = EDGE,
        room: float = WIDTH - 2 * EDGE,
        bold: bool = False,
        tone: str = "ink",
        most: int | None = None,
    ) -> None:
        """Lines of text below what is there, all of nearly the same length."""
        for line in balanced(text, size, room, bold, most):
            self.y += size * LINE
            self.texts.append(Text(x, self.y, line, size, bold, tone))

    def space(self, height: float) -> None:
        """Go down."""
        self.y += height
