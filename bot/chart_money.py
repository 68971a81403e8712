"""The picture of the money: what a correct item costs with each option, in ranges, and where the options break even."""

from __future__ import annotations

from bot.advice.advice import Advice, Cost, OptionAdvice, Percentiles
from bot.chart_frame import BODY, HEAD, SMALL, TINY, foot, heading, label
from bot.chart_words import about_money, break_even, cheapest, money, priced, reaches, spread
from bot.lettering import width
from bot.scene import EDGE, WIDTH, Box, Rule, Scene, Text
from knowledge.model import Language

PLOT_FROM = EDGE + 225
ROW, THICK, DOT = 66.0, 18.0, 12.0


def money_scene(advice: Advice, words: Language, language: str) -> Scene:
    """Lay the picture out. Raises ValueError where `has_money` is false."""
    rows = priced(advice)
    if not rows:
        raise ValueError("this advice has no prices")
    scene = Scene()
    heading(scene, cheapest(advice, words, language), about_money(advice, words))
    _ranges(scene, advice, rows, words, language)
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


def _ranges(
    scene: Scene, advice: Advice, rows: list[tuple[OptionAdvice, Percentiles, Cost]], words: Language, language: str
) -> None:
    scene.space(56 if advice.recommended else 24)
    top, most = scene.y, max(price[2] for _, price, _ in rows)
    told = {option.id: spread(price, cost, advice, words, language) for option, price, cost in rows}
    room = WIDTH - EDGE - max(width(each, TINY) for each in told.values()) - 24 - PLOT_FROM

    def at(amount: float) -> float:
        return PLOT_FROM + room * amount / most

    for option, price, cost in rows:
        middle, leads = scene.y + ROW / 2, option.id == advice.recommended
        low, mid, high = (at(amount) for amount in price)
        scene.texts.append(Text(EDGE, middle + 8, words.options[option.id].short, BODY, leads))
        long = max(high - low, THICK)
        left = min(low, mid - THICK / 2, at(most) - long)
        scene.boxes.append(Box(left, middle - THICK / 2, long, THICK, "accent" if leads else "plain", THICK / 2))
        scene.boxes.append(Box(min(mid, at(most) - THICK / 2) - DOT / 2, middle - DOT / 2, DOT, DOT, "paper", DOT / 2))
        scene.texts.append(Text(WIDTH - EDGE, middle - 3, money(price[1], cost, language), BODY, True, anchor="end"))
        tone = "muted" if reaches(cost, advice) else "turn"
        scene.texts.append(Text(WIDTH - EDGE, middle + 21, told[option.id], TINY, tone=tone, anchor="end"))
        scene.space(ROW)
    scene.rules.append(Rule(PLOT_FROM, top, PLOT_FROM, scene.y, "faint"))
    for option, price, _ in rows:
        if option.id == advice.recommended:
            scene.rules.append(Rule(at(price[1]), top - 6, at(price[1]), scene.y, "turn", 2, dashed=True))
            level = words.sentences["chart_level"].format(leader=words.options[option.id].short)
            scene.texts.append(label(at(price[1]), top - 16, level, "turn"))
    scene.texts.append(Text(PLOT_FROM, scene.y + 22, "0", TINY, tone="muted", anchor="middle"))
    scene.space(26)
