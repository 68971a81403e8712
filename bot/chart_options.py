"""The picture of an advice: options ranked with their criteria, what is ruled out, and which answers would turn it."""

from __future__ import annotations

from collections.abc import Callable

from bot.advice.advice import Advice, OptionAdvice, TornadoBar
from bot.lettering import fitted, width
from bot.scene import EDGE, WIDTH, Box, Rule, Scene, Text
from knowledge.model import Language

TITLE, HEAD, BODY, SMALL, TINY = 36.0, 25.0, 21.0, 18.0, 16.0
ROW, CELL = 54.0, 83.0
SCORE_AT, BAR_FROM, BAR_ROOM, CELLS_FROM = 268.0, 288.0, 78.0, 462.0
PLOT_FROM, PLOT_ROOM, BAR = 330.0, 560.0, 26.0
MOST_BARS = 6
OUT = -1.0
"""The lead of an option that a veto removes."""
NOTHING = 0.0005


def options_scene(advice: Advice, words: Language) -> Scene:
    """Lay the picture out."""
    scene = Scene()
    scene.paragraph(advice.headline, TITLE, bold=True, most=3)
    scene.space(12)
    scene.paragraph(advice.sure, BODY, tone="muted", most=3)
    _table(scene, advice, words)
    _ruled_out(scene, advice, words)
    _turning(scene, advice, words)
    scene.space(22)
    receipt = {"version": advice.knowledge_version, "digest": advice.answers_digest[7:19]}
    scene.paragraph(words.sentences["chart_foot"].format(**receipt), TINY, tone="muted")
    return scene


def share(first: float, words: Language) -> str:
    """A probability in whole per cents; never a rounded certainty."""
    if 0.995 <= first < 1 or 0 < first < 0.005:
        return f"{words.sentences['over_99' if first > 0.5 else 'under_1']} %"
    return f"{100 * first:.0f} %"


def standing(advice: Advice, words: Language) -> str:
    """The finding of the table: how the first three score."""
    if advice.recommended is None:
        return words.sentences["chart_open"]
    first, *rivals = [option for option in advice.options if option.rank is not None]
    shown = [first, *rivals[:2]]
    digits = 0 if len({points(option.value) for option in shown}) == len(shown) else 1  # nobody is ahead by nothing
    scores = [points(option.value, digits) for option in shown]
    others = [f"{words.options[rival.id].short} {score}" for rival, score in zip(shown[1:], scores[1:], strict=True)]
    return words.sentences["chart_compare" if others else "chart_alone"].format(
        leader=words.options[first.id].short, value=scores[0], others=words.sentences["and"].join(others)
    )


def turning_point(advice: Advice, words: Language) -> str:
    """The finding of the lower half: the nearest turn that is known, else the unknown that could bring one."""
    if advice.recommended and advice.flips:
        return advice.flips[0].text
    return advice.find_out[0].text if advice.find_out else words.sentences["chart_firm"]


def points(value: float | None, digits: int = 0) -> str:
    """A value on the scale of 0 to 100."""
    return f"{100 * (value or 0):.{digits}f}"


def _table(scene: Scene, advice: Advice, words: Language) -> None:
    scene.space(20)
    scene.paragraph(standing(advice, words), HEAD, bold=True)
    top = scene.y + 34
    scene.texts.append(Text(SCORE_AT, top, words.sentences["chart_score"], TINY, tone="muted", anchor="end"))
    scene.texts.append(Text(BAR_FROM, top, words.sentences["chart_first"], TINY, tone="muted"))
    for i, (criterion, weight) in enumerate(advice.weights.items()):
        middle = CELLS_FROM + CELL * (i + 0.5)
        scene.texts.append(Text(middle, top, words.criteria[criterion].short, TINY - 1, True, anchor="middle"))
        counts = words.sentences["chart_counts"].format(weight=f"{100 * weight:.0f}")
        scene.texts.append(Text(middle, top + 20, counts, TINY - 1, tone="muted", anchor="middle"))
    scene.y = top + 32
    for option in advice.options:
        if option.rank is not None:
            _row(scene, option, words, leads=option.id == advice.recommended)
    scene.space(4)
    scene.paragraph(words.sentences["chart_note"], TINY, tone="muted")


def _row(scene: Scene, option: OptionAdvice, words: Language, *, leads: bool) -> None:
    line = scene.y + ROW / 2 + 7
    tone = "accent" if leads else "plain"
    scene.texts.append(Text(EDGE, line, str(option.rank), BODY, leads))
    name = fitted(words.options[option.id].short, BODY, SCORE_AT - 110, leads)
    scene.texts.append(Text(EDGE + 30, line, name, BODY, leads))
    scene.texts.append(Text(SCORE_AT, line, points(option.value), BODY, leads, anchor="end"))
    long = BAR_ROOM * option.first
    scene.boxes.append(Box(BAR_FROM, scene.y + 15, max(long, 2), ROW - 30, tone))
    chance = share(option.first, words)
    scene.texts.append(Text(BAR_FROM + max(long, 2) + 8, line, chance, SMALL - 1, leads))
    for i, score in enumerate(option.criteria.values()):
        step = min(int(score * 5), 4)
        scene.boxes.append(Box(CELLS_FROM + CELL * i + 3, scene.y + 6, CELL - 6, ROW - 12, f"step{step}"))
        scene.texts.append(Text(CELLS_FROM + CELL * (i + 0.5), line, points(score), SMALL, False, f"on-step{step}", "middle"))
    scene.space(ROW)


def _ruled_out(scene: Scene, advice: Advice, words: Language) -> None:
    out = [option for option in advice.options if option.excluded is not None]
    if not out:
        return
    scene.space(18)
    names = words.sentences["and"].join(words.options[option.id].short for option in out)
    scene.paragraph(words.sentences["chart_ruled_out"].format(names=names), HEAD, bold=True, most=2)
    scene.space(4)
    for option in out:
        if option.excluded is not None:
            scene.paragraph(f"{words.options[option.id].short}: {option.excluded.text}", SMALL)


def moving(advice: Advice) -> list[TornadoBar]:
    """The answers that move the lead most: those that can turn the advice first, then by how far they move it."""
    felt = [bar for bar in advice.tornado if bar.high - bar.low > NOTHING]
    return sorted(felt, key=lambda bar: (bar.low >= 0, bar.low - bar.high))[:MOST_BARS]


def lead_now(advice: Advice) -> float:
    """How far the leader is ahead of the option that scores second; 1 where it is alone."""
    values = [option.value or 0 for option in advice.options if option.rank is not None]
    return values[0] - values[1] if len(values) > 1 else 1.0


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
        return PLOT_FROM + PLOT_ROOM * (max(lead, least) - least) / reach

    scene.space(36)
    top = scene.y
    scene.texts.append(_label(at(now), top - 8, words.sentences["chart_lead"].format(points=_signed(now)), "ink"))
    for bar in bars:
        _bar(scene, bar, at, words)
    scene.rules.append(Rule(at(0), top, at(0), scene.y, "turn", 3))
    scene.rules.append(Rule(at(now), top, at(now), scene.y, "ink", 2, dashed=True))
    scene.space(24)
    scene.texts.append(_label(at(0), scene.y, words.sentences["chart_turn"], "turn"))
    scene.space(4)


def _label(x: float, y: float, text: str, tone: str) -> Text:
    """A label centred on a line of the plot, kept within the picture."""
    half = width(text, TINY, True) / 2
    return Text(min(max(x, EDGE + half), WIDTH - EDGE - half), y, text, TINY, True, tone, "middle")


def _bar(scene: Scene, bar: TornadoBar, at: Callable[[float], float], words: Language) -> None:
    middle, line = scene.y + 20, scene.y + 27
    name = words.questions[bar.question].name
    scene.texts.append(Text(EDGE, line, fitted(name[:1].upper() + name[1:], SMALL, 200), SMALL))
    low, high, turn = at(bar.low), at(bar.high), at(0)
    if low < turn:
        scene.boxes.append(Box(low, middle - BAR / 2, min(high, turn) - low, BAR, "turned", 0))
    if high > turn:
        scene.boxes.append(Box(max(low, turn), middle - BAR / 2, high - max(low, turn), BAR, "accent", 0))
    least = words.sentences["chart_out"] if bar.low <= OUT else _signed(bar.low)
    room = width(least, TINY) + 16
    if low - turn >= room or low <= turn:
        scene.texts.append(Text(low - 8, line, least, TINY, tone="muted", anchor="end"))
    else:  # it would stand on the line at which the advice turns
        scene.texts.append(Text(turn - 8, line, least, TINY, tone="muted", anchor="end"))
    most, right = _signed(bar.high), max(high, turn if high >= turn - room else high)
    scene.texts.append(Text(right + 8, line, most, TINY, tone="muted"))
    scene.space(40)


def _signed(lead: float) -> str:
    """Points of lead with their sign; a minus that aligns."""
    told = f"{100 * lead:+.0f}" if abs(lead) >= 0.0095 else f"{100 * lead:+.1f}"
    return told.replace("-", "−") if float(told) else "0"
