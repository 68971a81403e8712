"""The picture of the money: what a correct item costs with each option, in ranges, and where the options break even."""

from __future__ import annotations

from bot.advice.advice import Advice, Cost, OptionAdvice, Percentiles
from bot.advice.sums import money_text
from bot.chart_options import BODY, HEAD, SMALL, TINY, TITLE
from bot.lettering import width
from bot.scene import EDGE, WIDTH, Box, Rule, Scene, Text
from knowledge.model import Language

NAME_ROOM, RIGHT = 200.0, 225.0
PLOT_FROM, PLOT_TO = EDGE + NAME_ROOM, WIDTH - EDGE - RIGHT
ROW, THICK, DOT = 62.0, 16.0, 12.0
BREAK_EVEN = (
    "sum_break_even_error",
    "sum_break_even_accuracy",
    "sum_dominated",
    "sum_payback",
    "sum_payback_soon",
    "sum_no_payback",
)


def has_money(advice: Advice) -> bool:
    """Whether there is anything to draw: prices of items whose handling time is known."""
    timed = any(answer.question == "minutes" and answer.status == "given" for answer in advice.answers)
    return timed and bool(priced(advice))


def priced(advice: Advice) -> list[tuple[OptionAdvice, Percentiles, Cost]]:
    """The options that are not ruled out, cheapest correct item first."""
    found = [
        (option, option.cost.per_correct, option.cost)
        for option in advice.options
        if option.rank is not None and option.cost is not None and option.cost.per_correct is not None
    ]
    return sorted(found, key=lambda each: each[1][1])


def money_scene(advice: Advice, words: Language, language: str) -> Scene:
    """Lay the picture out. Raises ValueError where `has_money` is false."""
    rows = priced(advice)
    if not rows:
        raise ValueError("this advice has no prices")
    scene = Scene()
    scene.paragraph(cheapest(advice, words, language), TITLE, bold=True, most=3)
    scene.space(12)
    scene.paragraph(words.sentences["chart_money_about"], BODY, tone="muted", most=3)
    _ranges(scene, rows, words, language)
    lines = break_even(advice)
    if lines:
        scene.space(20)
        scene.paragraph(words.sentences["chart_break_even"], HEAD, bold=True)
        scene.space(4)
    for line in lines:
        scene.paragraph(line, SMALL)
        scene.space(6)
    scene.space(18)
    receipt = {"version": advice.knowledge_version, "digest": advice.answers_digest[7:19]}
    scene.paragraph(words.sentences["chart_foot"].format(**receipt), TINY, tone="muted")
    return scene


def cheapest(advice: Advice, words: Language, language: str) -> str:
    """The finding: which option is cheapest for a correct item, and what the leader costs."""
    rows = priced(advice)
    first, price, cost = rows[0]
    values = {"cheapest": words.options[first.id].name, "price": money(price[1], cost, language)}
    leader = next((each for each in rows if each[0].rank == 1), rows[0])
    if leader[0] is first:
        return words.sentences["chart_money_leader"].format(**values)
    values |= {"leader": words.options[leader[0].id].name, "more": money(leader[1][1], leader[2], language)}
    return words.sentences["chart_money_other"].format(**values)


def _ranges(scene: Scene, rows: list[tuple[OptionAdvice, Percentiles, Cost]], words: Language, language: str) -> None:
    scene.space(52)
    top, most = scene.y, max(price[2] for _, price, _ in rows)

    def at(amount: float) -> float:
        return PLOT_FROM + (PLOT_TO - PLOT_FROM) * amount / most

    level = next((price[1] for option, price, _ in rows if option.rank == 1), rows[0][1][1])
    leader = next((option for option, _, _ in rows if option.rank == 1), rows[0][0])
    for option, price, cost in rows:
        middle, leads = scene.y + ROW / 2, option is leader
        low, mid, high = (at(amount) for amount in price)
        scene.texts.append(Text(EDGE, middle + 7, words.options[option.id].short, BODY, leads))
        scene.boxes.append(
            Box(
                min(low, mid - THICK / 2),
                middle - THICK / 2,
                max(high - low, THICK),
                THICK,
                "accent" if leads else "plain",
                THICK / 2,
            )
        )
        scene.boxes.append(Box(mid - DOT / 2, middle - DOT / 2, DOT, DOT, "paper", DOT / 2))
        scene.texts.append(Text(WIDTH - EDGE, middle - 3, money(price[1], cost, language), BODY, True, anchor="end"))
        told = spread(price, cost, words, language)
        scene.texts.append(Text(WIDTH - EDGE, middle + 18, told, TINY - 1, tone="muted", anchor="end"))
        scene.space(ROW)
    scene.rules.append(Rule(PLOT_FROM, top, PLOT_FROM, scene.y, "faint"))
    scene.rules.append(Rule(at(level), top - 6, at(level), scene.y, "turn", 2, dashed=True))
    label = words.sentences["chart_level"].format(leader=words.options[leader.id].short)
    half = width(label, TINY, True) / 2
    scene.texts.append(Text(max(at(level), PLOT_FROM + half), top - 16, label, TINY, True, "turn", "middle"))


def spread(price: Percentiles, cost: Cost, words: Language, language: str) -> str:
    """The range of a price and the share that is right, in words."""
    low, high = money(price[0], cost, language), money(price[2], cost, language)
    return words.sentences["chart_money_range"].format(low=low, high=high, accuracy=f"{100 * cost.accuracy[1]:.1f}")


def break_even(advice: Advice) -> list[str]:
    """Where the options break even, in sentences of the sums."""
    return [line.text for line in advice.sums if line.rule in BREAK_EVEN][:4]


def money(amount: float, cost: Cost, language: str) -> str:
    """An amount in the currency of a cost."""
    return money_text(amount, cost.currency or "USD", language)
