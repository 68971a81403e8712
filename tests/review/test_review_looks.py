"""The style sheet: contrast of every pair of colours in light and dark, its size, and that all of it is our own."""

import re
from importlib import resources

import pytest

CSS = (resources.files("templates") / "review" / "assets" / "review.css").read_text("utf-8")
TEXT = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "own"), ("quiet", "paper"), ("quiet", "sheet"), ("quiet", "own"),
    ("link", "paper"), ("link", "sheet"), ("link", "own"), ("on-button", "button"), ("on-mark", "mark"), ("on-chip", "chip"),
    ("on-good", "good"), ("on-fair", "fair"), ("on-close", "close"), ("on-bad", "bad"), ("on-danger", "danger"),
]  # fmt: skip
SHAPES = [("edge", "sheet"), ("edge", "paper"), ("link", "paper"), ("fill", "rail"), ("fill", "sheet"), ("link", "own")]
"""Borders of fields, focus outlines and bars, which need 3 to 1."""


def palette(theme):
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.S)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found | (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark)) if theme == "dark" else {})


def luminance(colour):
    def linear(part):
        share = int(part, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return sum(weight * linear(colour[at : at + 2]) for weight, at in ((0.2126, 1), (0.7152, 3), (0.0722, 5)))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in SHAPES])
def test_every_pair_of_colours_has_enough_contrast(theme, ink, ground, least):
    colours = palette(theme)
    assert contrast(colours[ink], colours[ground]) >= least, (ink, colours[ink], ground, colours[ground])


def test_every_colour_has_a_dark_twin_and_no_rule_names_a_colour_itself():
    assert set(palette("light")) == set(re.findall(r"--([a-z-]+): #", CSS.split("@media")[1]))
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.S).split("@media print")[0]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules)


def test_the_style_sheet_is_small_and_loads_nothing():
    assert len(CSS.splitlines()) < 300 and "@import" not in CSS and "url(" not in CSS
