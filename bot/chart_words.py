"""What pictures, bars and memo say with numbers: points, chances, findings, and the whole picture in words."""

from __future__ import annotations

from typing import Any

from bot.advice.advice import Advice, Cost, OptionAdvice, Percentiles, TornadoBar
from bot.advice.sums import money_text
from bot.answers import number
from knowledge.model import Knowledge, Language

BREAK_EVEN = (
    "sum_break_even_error",
    "sum_break_even_accuracy",
    "sum_dominated",
    "sum_payback",
    "sum_payback_soon",
    "sum_no_payback",
)
MOST_BREAK_EVEN = 4
MOST_BARS = 6
OUT = -1.0
"""The lead of an option that a veto removes."""
NOTHING = 0.0005


def points(value: float | None, digits: int = 0) -> str:
    """A value on the scale of 0 to 100."""
    return f"{100 * (value or 0):.{digits}f}"


def share(first: float, words: Language) -> str:
    """A probability in whole per cents; never a rounded certainty."""
    if 0.995 <= first < 1 or 0 < first < 0.005:
        return f"{words.sentences['over_99' if first > 0.5 else 'under_1']} %"
    return f"{100 * first:.0f} %"


def ranked(advice: Advice) -> list[OptionAdvice]:
    """The options still in, best first."""
    return [option for option in advice.options if option.rank is not None]


def digits(advice: Advice) -> int:
    """Decimals with which scores and leads are written: one where whole points would put the first three level."""
    shown = [points(option.value) for option in ranked(advice)[:3]]
    return 0 if len(set(shown)) == len(shown) else 1


def standing(advice: Advice, words: Language) -> str:
    """The finding of the table: how the first three score."""
    if advice.recommended is None:
        return words.sentences["chart_open"]
    first, *rivals = ranked(advice)[:3]
    others = [f"{words.options[rival.id].short} {points(rival.value, digits(advice))}" for rival in rivals]
    return words.sentences["chart_compare" if others else "chart_alone"].format(
        leader=words.options[first.id].short,
        value=points(first.value, digits(advice)),
        others=words.sentences["and"].join(others),
    )


def turning_point(advice: Advice, words: Language) -> str:
    """The finding of the lower half: the nearest turn that is known, else the unknown that could bring one."""
    if advice.recommended and advice.flips:
        return advice.flips[0].text
    return advice.find_out[0].text if advice.find_out else words.sentences["chart_firm"]


def moving(advice: Advice) -> list[TornadoBar]:
    """The answers that move the lead most: the one that the finding speaks of, those that can turn the advice, and then by how
    far they move it."""
    told = [each.question for each in (advice.flips if advice.recommended and advice.flips else advice.find_out)[:1]]
    felt = [bar for bar in advice.tornado if bar.high - bar.low > NOTHING]
    return sorted(felt, key=lambda bar: (bar.question not in told, bar.low >= 0, bar.low - bar.high))[:MOST_BARS]


def lead_now(advice: Advice) -> float:
    """How far the leader is ahead of the option that scores second; 1 where it is alone."""
    values = [option.value or 0 for option in ranked(advice)]
    return values[0] - values[1] if len(values) > 1 else 1.0


def lead_told(advice: Advice, lead: float) -> str:
    """Points of lead with their sign (a minus that aligns), so rounded that the present lead is the difference of the scores as
    they are written."""
    places, now = digits(advice), lead_now(advice)
    slack = 0.0
    if now < 1:
        first, second = (float(points(option.value, places)) for option in ranked(advice)[:2])
        slack = first - second - 100 * now
    told = f"{100 * lead + slack:+.{places}f}"
    return told.replace("-", "−") if float(told) else "0"


def answer_told(question: str, written: Any, words: Language) -> str:
    """An answer in a word or two, for the end of a bar; empty where the question is open."""
    match written:
        case None:
            return ""
        case str():
            choice = words.questions[question].choices.get(written)
            return choice.label if choice else written
        case float() | int():
            return number(float(f"{written:.3g}"))
        case [first, *_]:
            return words.sentences["chart_ranked_first"].format(
                criterion=words.criteria[first if isinstance(first, str) else first[0]].short
            )
        case _:
            return words.sentences["unknown_value_not_applicable"]


def has_money(advice: Advice) -> bool:
    """Whether there are prices to draw: those of items whose handling time is known."""
    timed = any(answer.question == "minutes" and answer.status == "given" for answer in advice.answers)
    return timed and bool(priced(advice))


def priced(advice: Advice) -> list[tuple[OptionAdvice, Percentiles, Cost]]:
    """The options that are not ruled out, cheapest correct item first."""
    found = [
        (option, option.cost.per_correct, option.cost)
        for option in ranked(advice)
        if option.cost is not None and option.cost.per_correct is not None
    ]
    return sorted(found, key=lambda each: each[1][1])


def cheapest(advice: Advice, words: Language, language: str) -> str:
    """The finding: which option is cheapest for a correct item, and what the leader costs."""
    rows = priced(advice)
    first, price, cost = rows[0]
    values = {"cheapest": words.options[first.id].short, "price": money(price[1], cost, language)}
    leader = next((each for each in rows if each[0].rank == 1), rows[0])
    if leader[0] is first:
        return words.sentences["chart_money_leader"].format(**values)
    values |= {"leader": words.options[leader[0].id].short, "more": money(leader[1][1], leader[2], language)}
    return words.sentences["chart_money_other"].format(**values)


def spread(price: Percentiles, cost: Cost, words: Language, language: str) -> str:
    """The range of a price and the share that is right, in words."""
    low, high = money(price[0], cost, language), money(price[2], cost, language)
    return words.sentences["chart_money_range"].format(low=low, high=high, accuracy=f"{100 * cost.accuracy[1]:.1f}")


def break_even(advice: Advice) -> list[str]:
    """Where the options break even, in sentences of the sums."""
    return [line.text for line in advice.sums if line.rule in BREAK_EVEN][:MOST_BREAK_EVEN]


def money(amount: float, cost: Cost, language: str) -> str:
    """An amount in the currency of a cost."""
    return money_text(amount, cost.currency or "USD", language)


def alt_options(advice: Advice, knowledge: Knowledge, language: str) -> str:
    """What the picture of the options shows, in words with the numbers."""
    words = knowledge.words(language)
    say = words.sentences
    parts = [f"{advice.headline}. {advice.sure}"]
    for option in advice.options:
        name = words.options[option.id].short
        if option.excluded is not None:
            parts.append(say["chart_alt_out"].format(option=name, why=option.excluded.text))
            continue
        criteria = ", ".join(f"{words.criteria[c].short.lower()} {points(score)}" for c, score in option.criteria.items())
        values = {"rank": option.rank, "option": name, "first": share(option.first, words)}
        parts.append(say["chart_alt_option"].format(criteria=criteria, value=points(option.value, digits(advice)), **values))
    parts.append(turning_point(advice, words))
    if lead_now(advice) < 1:
        parts += [_alt_bar(advice, bar, words) for bar in moving(advice)]
    return " ".join(parts)


def _alt_bar(advice: Advice, bar: TornadoBar, words: Language) -> str:
    low, high = (lead_told(advice, lead) for lead in (bar.low, bar.high))
    low_at, high_at = (f" ({told})" if (told := answer_told(bar.question, at, words)) else "" for at in (bar.low_at, bar.high_at))
    pattern = "chart_alt_bar_out" if bar.low <= OUT else "chart_alt_bar"
    name = words.questions[bar.question].name
    return words.sentences[pattern].format(name=name, low=low + low_at, high=high + high_at, low_at=low_at)


def alt_money(advice: Advice, knowledge: Knowledge, language: str) -> str:
    """What the picture of the money shows, in words with the numbers."""
    words = knowledge.words(language)
    rows = [
        f"{words.options[option.id].short}: {money(price[1], cost, language)} ({spread(price, cost, words, language)})"
        for option, price, cost in priced(advice)
    ]
    return " ".join([f"{cheapest(advice, words, language)}. {'; '.join(rows)}.", *break_even(advice)])
