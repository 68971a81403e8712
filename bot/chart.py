"""From an advice to a picture: laid out as a scene, drawn by one SVG template, turned into PNG with the bundled font.

The same advice gives the same bytes. Takes some tens of milliseconds: call it in a thread where others wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import ceil
from typing import Literal

from jinja2 import Environment, StrictUndefined, Template

from bot.advice.advice import Advice
from bot.chart_money import break_even, cheapest, has_money, money, money_scene, priced, spread
from bot.chart_options import lead_now, moving, options_scene, points, share, turning_point
from bot.lettering import FAMILY, font_file
from bot.scene import WIDTH
from knowledge.model import Knowledge, Language

Which = Literal["options", "money"]
Theme = Literal["light", "dark"]


class NoPicture(Exception):
    """There is nothing to draw: an advice whose prices are not known has no picture of the money."""


@dataclass(frozen=True)
class Picture:
    """`title` is the finding in a line; `alt` says in words, with the numbers, what the picture shows."""

    title: str
    alt: str
    svg: str
    png: bytes


def pictures(advice: Advice) -> tuple[Which, ...]:
    """What can be drawn of an advice."""
    return ("options", "money") if has_money(advice) else ("options",)


def draw(advice: Advice, knowledge: Knowledge, language: str = "en", which: Which = "options", theme: Theme = "light") -> Picture:
    """One picture of an advice, 1,000 px wide. Raises NoPicture, or ValueError when the SVG cannot be rendered."""
    from resvg_py import svg_to_bytes

    words = knowledge.words(language)
    if which not in pictures(advice):
        raise NoPicture("the handling time of an item is not known, so there are no prices to draw")
    scene = options_scene(advice, words) if which == "options" else money_scene(advice, words, language)
    title = advice.headline if which == "options" else cheapest(advice, words, language)
    told = alt(advice, knowledge, language, which)
    svg = _template().render(scene=scene, theme=theme, title=title, alt=told, width=int(WIDTH), height=ceil(scene.height))
    png = svg_to_bytes(
        svg_string=svg,
        skip_system_fonts=True,
        font_files=[str(font_file(bold)) for bold in (False, True)],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    return Picture(title, told, svg, bytes(png))


def alt(advice: Advice, knowledge: Knowledge, language: str = "en", which: Which = "options") -> str:
    """What a picture shows, in words with the numbers, for those who do not see it."""
    words = knowledge.words(language)
    return _alt_options(advice, words) if which == "options" else _alt_money(advice, words, language)


def _alt_options(advice: Advice, words: Language) -> str:
    say = words.sentences
    parts = [f"{advice.headline}. {advice.sure}"]
    for option in advice.options:
        name = words.options[option.id].short
        if option.excluded is not None:
            parts.append(say["chart_alt_out"].format(option=name, why=option.excluded.text))
            continue
        criteria = ", ".join(f"{words.criteria[c].short.lower()} {points(score)}" for c, score in option.criteria.items())
        values = {"rank": option.rank, "option": name, "value": points(option.value), "first": share(option.first, words)}
        parts.append(say["chart_alt_option"].format(criteria=criteria, **values))
    parts.append(turning_point(advice, words))
    if lead_now(advice) < 1:
        for bar in moving(advice):
            low, high = (f"{100 * lead:.0f}" for lead in (bar.low, bar.high))
            pattern = "chart_alt_bar_out" if bar.low <= -1 else "chart_alt_bar"
            parts.append(say[pattern].format(name=words.questions[bar.question].name, low=low, high=high))
    return " ".join(parts)


def _alt_money(advice: Advice, words: Language, language: str) -> str:
    rows = [
        f"{words.options[option.id].short}: {money(price[1], cost, language)} ({spread(price, cost, words, language)})"
        for option, price, cost in priced(advice)
    ]
    return " ".join([f"{cheapest(advice, words, language)}. {'; '.join(rows)}.", *break_even(advice)])


@cache
def _template() -> Template:
    source = (resources.files("templates") / "chart.svg.j2").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["at"] = lambda number: f"{number:.1f}".rstrip("0").rstrip(".")
    return environment.from_string(source)
