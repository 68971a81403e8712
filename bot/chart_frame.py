"""What both pictures have in common: sizes of text, the heading, labels of a plot, and the line at the foot."""

from __future__ import annotations

from bot.advice.advice import Advice
from bot.lettering import width
from bot.scene import EDGE, WIDTH, Scene, Text
from knowledge.model import Language

TITLE, HEAD, BODY, SMALL, TINY = 38.0, 28.0, 24.0, 21.0, 18.0
"""Sizes of text. On a phone the picture is shown at about two fifths: what carries the finding stays readable there."""


def heading(scene: Scene, title: str, under: str) -> None:
    """The finding, and a line or two that qualify it."""
    scene.paragraph(title, TITLE, bold=True, most=3)
    scene.space(12)
    scene.paragraph(under, BODY, tone="muted", most=4)


def label(x: float, y: float, text: str, tone: str) -> Text:
    """A label centred on a line of a plot, kept within the picture."""
    half = width(text, TINY, True) / 2
    return Text(min(max(x, EDGE + half), WIDTH - EDGE - half), y, text, TINY, True, tone, "middle")


def foot(scene: Scene, advice: Advice, words: Language) -> None:
    """Of what years the figures are, and the receipt."""
    scene.space(18)
    receipt = {"version": advice.knowledge_version, "digest": advice.answers_digest[7:19]}
    for line in words.sentences["chart_foot"].format(**receipt).split("|"):
        scene.paragraph(line, TINY, tone="muted")
