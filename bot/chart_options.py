"""The picture of an advice: options ranked with their criteria, what is ruled out, and which answers would turn it."""

from __future__ import annotations

from collections.abc import Callable

from bot.advice.advice import Advice, OptionAdvice, TornadoBar
from bot.chart_frame import BODY, HEAD, SMALL, TINY, foot, heading, label
from bot.chart_words import (
    OUT,
    answer_told,
    digits,
    lead_now,
    lead_told,
    listing,
    moving,
    points,
    ranked,
    share,
    split_told,
    standing,
    turning_point,
)
from bot.lettering import fitted, width
from bot.scene import EDGE, WIDTH, Box, Rule, Scene, Text
from knowledge.model import Language

NAME_FROM, SCORE_AT, CHANCE_FROM, CHANCE_ROOM, CELLS_FROM = EDGE + 28, 306.0, 328.0, 88.0, 428.0
ROW, CELL, STEPS = 58.0, (WIDTH - EDGE - CELLS_FROM) / 6, 8
PLOT_FROM, PLOT_TO, BAR, BAR_ROW = 472.0, 742.0, 28.0, 52.0
AND = " · "
"""Between an answer and the lead that it brings."""


def options_scene(advice: Advice, words: Language) -> Scene:
    """Lay the picture out."""
    scene = Scene()
    heading(scene, advice.headline, advice.sure)
    _table(scene, advice, words)
    _ruled_out(scene, advice, words)
    _turning(scene, advice, words)
    foot(scene, advice, words)
    return scene


def _table(scene: Scene, advice: Advice, words: Language) -> None:
    scene.space(20)
    scene.paragraph(standing(advice, words), HEAD, bold=True)
    top = scene.y + 36
    scene.texts.append(Text(SCORE_AT, top + 22, words.sentences["chart_score"], TINY, tone="muted", anchor="end"))
    for i, part in enumerate(words.sentences["chart_first"].split("|")):
        scene.texts.append(Text(CHANCE_FROM, top + 22 * i, part, TINY, tone="muted"))
    for i, (criterion, weight) in enumerate(advice.weights.items()):
        middle = CELLS_FROM + CELL * (i + 0.5)
        scene.texts.append(Text(middle, top, words.criteria[criterion].short, TINY - 2, True, anchor="middle"))
        counts = words.sentences["chart_counts"].format(weight=f"{100 * weight:.0f}")
        scene.texts.append(Text(middle, top + 22, counts, TINY, tone="muted", anchor="middle"))
    scene.y = top + 34
    for option in ranked(advice):
        _row(scene, advice, option, words)
    scene.space(4)
    scene.paragraph(words.sentences["chart_note"], TINY, tone="muted")
    if split := split_told(advice, words):
        scene.space(14)
        scene.paragraph(split, BODY, bold=True)


def _row(scene: Scene, advice: Advice, option: OptionAdvice, words: Language) -> None:
    line, leads = scene.y + ROW / 2 + 8, option.id == advice.recommended
    scene.texts.append(Text(EDGE, line, str(option.rank), BODY, leads))
    name = fitted(words.options[option.id].short, BODY, SCORE_AT - NAME_FROM - 56, leads)
    scene.texts.append(Text(NAME_FROM, line, name, BODY, leads))
    scene.texts.append(Text(SCORE_AT, line, points(option.value, digits(advice)), BODY, leads, anchor="end"))
    scene.texts.append(Text(CHANCE_FROM, line - 5, share(option.first, words), SMALL - 2, leads))
    scene.boxes.append(Box(CHANCE_FROM, line + 4, CHANCE_ROOM, 9, "step0", 3))
    if option.first > 0:
        scene.boxes.append(Box(CHANCE_FROM, line + 4, max(CHANCE_ROOM * option.first, 2), 9, "accent" if leads else "plain", 3))
    for i, score in enumerate(option.criteria.values()):
        step = min(int(score * STEPS), STEPS - 1)
        scene.boxes.append(Box(CELLS_FROM + CELL * i + 3, scene.y + 5, CELL - 6, ROW - 10, f"step{step}"))
        scene.texts.append(Text(CELLS_FROM + CELL * (i + 0.5), line, points(score), SMALL, False, f"on-step{step}", "middle"))
    scene.space(ROW)


def _ruled_out(scene: Scene, advice: Advice, words: Language) -> None:
    why: dict[str, list[str]] = {}
    for option in advice.options:
        if option.excluded is not None:
            why.setdefault(option.excluded.text, []).append(words.options[option.id].short)
    if not why:
        return
    scene.space(18)
    every = [name for names in why.values() for name in names]
    scene.paragraph(words.sentences["chart_ruled_out"].format(names=listing(every, words)), HEAD, bold=True, most=2)
    scene.space(4)
    for text, names in why.items():
        scene.paragraph(text if len(why) == 1 else f"{listing(names, words)}: {text}", SMALL)


def _turning(scene: Scene, advice: Advice, words: Language) -> None:
    scene.space(18)
    scene.paragraph(turning_point(advice, words), HEAD, bold=True, most=3)
    bars, now = moving(advice), lead_now(advice)
    if not bars or now >= 1:
        return
    lows = [bar.low for bar in bars if bar.low > OUT]
    least, most = min([0.0, now, *lows]), max(now, *(bar.high for bar in bars))
    reach = max(most - least, 0.02)

    def at(lead: float) -> float:
        return PLOT_FROM + (PLOT_TO - PLOT_FROM) * (max(lead, least) - least) / reach

    scene.space(40)
    top = scene.y
    second = words.options[ranked(advice)[1].id].short
    told = words.sentences["chart_lead"].format(rival=second, points=lead_told(now))
    scene.texts.append(label(at(now), top - 8, told, "ink"))
    once = any(each.question == "demand" and each.value == "one_off" for each in advice.answers)
    for bar in bars:
        _bar(scene, bar, at, words, once=once)
    scene.rules.append(Rule(at(0), top, at(0), scene.y, "turn", 3))
    scene.rules.append(Rule(at(now), top, at(now), scene.y, "ink", 2, dashed=True))
    scene.space(26)
    scene.texts.append(label(at(0), scene.y, words.sentences["chart_turn"], "turn"))
    scene.space(4)


def _bar(scene: Scene, bar: TornadoBar, at: Callable[[float], float], words: Language, *, once: bool) -> None:
    """A bar with the lead and the answer at each end."""
    middle, line = scene.y + BAR_ROW / 2, scene.y + BAR_ROW / 2 + 7
    asked = words.questions[bar.question]
    unit = asked.unit_of(once=once)
    name = fitted(asked.name[:1].upper() + asked.name[1:], SMALL, 240)
    scene.texts.append(Text(EDGE, line - 11 * bool(unit), name, SMALL))
    if unit:
        scene.texts.append(Text(EDGE, line + 11, fitted(unit, TINY - 1, 235), TINY - 1, tone="muted"))
    low, high, turn = at(bar.low), at(bar.high), at(0)
    if low < turn:
        scene.boxes.append(Box(low, middle - BAR / 2, min(high, turn) - low, BAR, "turned", 0))
    if high > turn:
        scene.boxes.append(Box(max(low, turn), middle - BAR / 2, high - max(low, turn), BAR, "accent", 0))
    least = words.sentences["chart_out"] if bar.low <= OUT else lead_told(bar.low)
    least = AND.join(part for part in (answer_told(bar.question, bar.low_at, words), least) if part)
    clear = low - turn >= width(least, TINY) + 16 or low <= turn  # else it would stand on the line at which the advice turns
    if not clear:
        scene.rules.append(Rule(turn - 4, middle, low, middle, "faint", 2))
    scene.texts.append(Text((low if clear else turn) - 8, line - 1, least, TINY, tone="muted", anchor="end"))
    most = AND.join(part for part in (lead_told(bar.high), answer_told(bar.question, bar.high_at, words)) if part)
    right = turn if turn - width(most, TINY) - 16 <= high < turn else high
    scene.texts.append(Text(right + 8, line - 1, most, TINY, tone="muted"))
    scene.space(BAR_ROW)
