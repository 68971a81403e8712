"""From an advice to a picture: laid out as a scene, drawn by one SVG template, turned into PNG with the bundled font.

The same advice gives the same bytes. Takes about a tenth of a second; where others wait, `bot/drawing.py` draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import ceil
from typing import Literal

from jinja2 import Environment, StrictUndefined, Template

from bot.advice.advice import Advice
from bot.chart_money import money_scene
from bot.chart_options import options_scene
from bot.chart_words import alt_money, alt_options, cheapest, has_money
from bot.scene import WIDTH
from bot.speak import Which as Which
from knowledge.model import Knowledge

Theme = Literal["light", "dark"]


class NoPicture(Exception):
    """There is nothing to draw: an advice whose prices are not known has no picture of the money."""


@dataclass(frozen=True)
class Drawing:
    """`title` is the finding in a line; `alt` says in words, with the numbers, what the picture shows."""

    title: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Picture(Drawing):
    """A drawing with its PNG."""

    png: bytes


def pictures(advice: Advice) -> tuple[Which, ...]:
    """What can be drawn of an advice."""
    return ("options", "money") if has_money(advice) else ("options",)


def draw(advice: Advice, knowledge: Knowledge, language: str = "en", which: Which = "options", theme: Theme = "light") -> Picture:
    """One picture of an advice, 1,000 px wide. Raises NoPicture, or ValueError when the SVG cannot be rendered."""
    from bot.raster import png

    drawing = lay_out(advice, knowledge, language, which, theme)
    return Picture(drawing.title, drawing.alt, drawing.svg, png(drawing.svg))


def lay_out(advice: Advice, knowledge: Knowledge, language: str, which: Which = "options", theme: Theme = "light") -> Drawing:
    """A picture before it is rendered; takes a few milliseconds. Raises NoPicture."""
    words = knowledge.words(language)
    if which not in pictures(advice):
        raise NoPicture("the handling time of an item is not known, so there are no prices to draw")
    scene = options_scene(advice, words) if which == "options" else money_scene(advice, words, language)
    title = advice.headline if which == "options" else cheapest(advice, words, language)
    told = alt(advice, knowledge, language, which)
    svg = _template().render(scene=scene, theme=theme, title=title, alt=told, width=int(WIDTH), height=ceil(scene.height))
    return Drawing(title, told, svg)


def alt(advice: Advice, knowledge: Knowledge, language: str = "en", which: Which = "options") -> str:
    """What a picture shows, in words with the numbers, for those who do not see it."""
    return (alt_options if which == "options" else alt_money)(advice, knowledge, language)


@cache
def _template() -> Template:
    source = (resources.files("templates") / "chart.svg.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["at"] = lambda number: f"{number:.1f}".rstrip("0").rstrip(".")
    return environment.from_string(source)
