"""The picture of the money: what a correct item costs with each option, in ranges, and where the options break even."""

from __future__ import annotations

from bot.advice.advice import Advice, Cost, OptionAdvice, Percentiles
from bot.chart_frame import BODY, HEAD, SMALL, TINY, foot, heading, label
from bot.chart_words import break_even, cheapest, money, priced, spread
from bot.scene import EDGE, WIDTH, Box, Rule, Scene, Text
from knowledge.model import Language

PLOT_FROM, PLOT_TO = EDGE + 225, WIDTH - EDGE - 265
ROW, THICK, DOT = 66.0, 18.0, 12.0


def money_scene(advice: Advice, words: Language, language: str) -> Scene:
    """Lay the picture out. Raises ValueError where `has_money` is false."""
    rows = priced(advice)
    if not rows:
        raise ValueError("this advice has no prices")
    scene = Scene()
    heading(scene, cheapest(advice, words, language), words.sentences["chart_money_about"])
    _ranges(scene, rows, words, language)
    lines = break_even(advice)
    if lines:
        scene.space(20)
        scene.paragraph(words.sentences["chart_break_even"], HEAD, bold=True)
        scene.space(4)
    for line in lines:
        scene.paragraph(line, SMALL)
        scene.space(6)
    foot(scene, advice, words)
    return scene


def _ranges(scene: Scene, rows: list[tuple[OptionAdvice, Percentiles, Cost]], words: Language, language: str) -> None:
    scene.space(56)
    top, most = scene.y, max(price[2] for _, price, _ in rows)

    def at(amount: float) -> float:
        return PLOT_FROM + (PLOT_TO - PLOT_FROM) * amount / most

    leader, level, _ = next((each for each in rows if each[0].rank == 1), rows[0])
    for option, price, cost in rows:
        middle, leads = scene.y + ROW / 2, option is leader
        low, mid, high = (at(amount) for amount in price)
        scene.texts.append(Text(EDGE, middle + 8, words.options[option.id].short, BODY, leads))
        left, long = min(low, mid - THICK / 2), max(high - low, THICK)
        scene.boxes.append(Box(left, middle - THICK / 2, long, THICK, "accent" if leads else "plain", THICK / 2))
        scene.boxes.append(Box(mid - DOT / 2, middle - DOT / 2, DOT, DOT, "paper", DOT / 2))
        scene.texts.append(Text(WIDTH - EDGE, middle - 3, money(price[1], cost, language), BODY, True, anchor="end"))
        told = spread(price, cost, words, language)
        scene.texts.append(Text(WIDTH - EDGE, middle + 21, told, TINY, tone="muted", anchor="end"))
        scene.space(ROW)
    scene.rules.append(Rule(PLOT_FROM, top, PLOT_FROM, scene.y, "faint"))
    scene.rules.append(Rule(at(level[1]), top - 6, at(level[1]), scene.y, "turn", 2, dashed=True))
    told = words.sentences["chart_level"].format(leader=words.options[leader.id].short)
    scene.texts.append(label(at(level[1]), top - 16, told, "turn"))
    scene.texts.append(Text(PLOT_FROM, scene.y + 22, "0", TINY, tone="muted", anchor="middle"))
    scene.space(26)
