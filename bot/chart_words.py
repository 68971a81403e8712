"""What pictures, bars and memo say with numbers: points, chances, findings, and the whole picture in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.advice.advice import Advice, Cost, OptionAdvice, Percentiles, TornadoBar
from bot.advice.chances import percent
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
    """A probability in whole per cents; never a certainty."""
    return f"{percent(first, words)} %"


def ranked(advice: Advice) -> list[OptionAdvice]:
    """The options still in, best first."""
    return [option for option in advice.options if option.rank is not None]


def digits(advice: Advice) -> int:
    """Decimals with which scores are written: as those of their lead, where there is one."""
    return 1 if lead_now(advice) < 1 else 0


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
    """The answers that move the lead most: the one that the finding speaks of, then those that can turn the advice, then by how
    far they move it; facts of the work that are known and cannot be changed come last."""
    told = [each.question for each in (advice.flips if advice.recommended and advice.flips else advice.find_out)[:1]]
    sure = {each.question for each in advice.answers if each.status == "given" and not each.unsure}
    felt = [bar for bar in advice.tornado if bar.high - bar.low > NOTHING]

    def order(bar: TornadoBar) -> tuple[bool, bool, bool, float]:
        return bar.question not in told, bar.fixed and bar.question in sure, bar.low >= 0, bar.low - bar.high

    return sorted(felt, key=order)[:MOST_BARS]


def lead_now(advice: Advice) -> float:
    """How far the leader is ahead of the option that scores second; 1 where it is alone."""
    values = [option.value or 0 for option in ranked(advice)]
    return values[0] - values[1] if len(values) > 1 else 1.0


def lead_told(lead: float) -> str:
    """Points of lead with their sign, a minus that aligns; what is not nothing is not told as nothing."""
    told = f"{100 * lead:+.1f}" if abs(lead) >= 0.0005 else f"{100 * lead:+.1g}"
    return told.replace("-", "−") if lead else "0"


def answer_told(question: str, written: object, words: Language) -> str:
    """An answer in a word or two, for the end of a bar; empty where the question is open."""
    match written:
        case None:
            return ""
        case str():
            choice = words.questions[question].choices.get(written)
            return choice.label if choice else written
        case float() | int():
            return number(float(f"{written:.3g}") if written >= 100 else float(f"{written:.2g}"))
        case [str(first), *_] | [[str(first), *_], *_]:
            return words.sentences["chart_ranked_first"].format(criterion=words.criteria[first].short)
        case _:
            return words.sentences["unknown_value_not_applicable"]


def listing(names: Sequence[str], words: Language) -> str:
    """Names in a row: "A, B and C"."""
    return words.sentences["and"].join(filter(None, (", ".join(names[:-1]), names[-1])))


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


def target(advice: Advice) -> float | None:
    """The accuracy that was asked for, in per cent."""
    asked = [each.value for each in advice.answers if each.question == "accuracy" and each.status == "given"]
    return float(asked[0]) if asked and isinstance(asked[0], int | float) else None


def reaches(cost: Cost, advice: Advice) -> bool:
    """Whether an option is as accurate as was asked, at the middle of its range."""
    asked = target(advice)
    return asked is None or 100 * cost.accuracy[1] >= asked


def cheapest(advice: Advice, words: Language, language: str) -> str:
    """The finding: which option is cheapest for a correct item, of those that reach the accuracy asked for where some do, and
    what the leader costs."""
    rows = priced(advice)
    good = [each for each in rows if reaches(each[2], advice)]
    of = "_of" if good and len(good) < len(rows) else ""
    first, price, cost = (good or rows)[0]
    values = {"cheapest": words.options[first.id].short, "price": money(price[1], cost, language)}
    values["target"] = number(target(advice) or 0)
    leader = next((each for each in rows if each[0].id == advice.recommended), None)
    if leader is None:
        return words.sentences["chart_money_open"].format(**values)
    if leader[0] is first:
        return words.sentences[f"chart_money_leader{of}"].format(**values)
    values |= {"leader": words.options[leader[0].id].short, "more": money(leader[1][1], leader[2], language)}
    return words.sentences[f"chart_money_other{of}"].format(**values)


def about_money(advice: Advice, words: Language) -> str:
    """What is in the price of a correct item, and the accuracy asked for."""
    asked = target(advice)
    told = [words.sentences["chart_money_about"]]
    return " ".join([*told, words.sentences["chart_money_asked"].format(target=number(asked))] if asked is not None else told)


def spread(price: Percentiles, cost: Cost, advice: Advice, words: Language, language: str) -> str:
    """The range of a price and the share that is right, in words; `only` where it falls short of what was asked."""
    low, high = money(price[0], cost, language), money(price[2], cost, language)
    pattern = words.sentences["chart_money_range" if reaches(cost, advice) else "chart_money_short"]
    return pattern.format(low=low, high=high, accuracy=f"{100 * cost.accuracy[1]:.1f}")


def break_even(advice: Advice) -> list[str]:
    """Where the options break even, in sentences of the sums."""
    return [line.text for line in advice.sums if line.rule in BREAK_EVEN][:MOST_BREAK_EVEN]


def money(amount: float, cost: Cost, language: str) -> str:
    """An amount in the currency of a cost."""
    return money_text(amount, cost.currency or "USD", language)


def alt_options(advice: Advice, knowledge: Knowledge, language: str) -> str:
    """What the picture of the options shows, in words with the numbers: what matters most first, as some surfaces cut it."""
    words = knowledge.words(language)
    say, places = words.sentences, digits(advice)
    short = {option.id: words.options[option.id].short for option in advice.options}
    parts = [f"{advice.headline}. {advice.sure}", turning_point(advice, words)]
    for option in ranked(advice):
        values = {"rank": option.rank, "option": short[option.id], "first": share(option.first, words)}
        parts.append(say["chart_alt_option"].format(value=points(option.value, places), **values))
    if split := split_told(advice, words):
        parts.append(split)
    if lead_now(advice) < 1:
        parts += [_alt_bar(bar, words) for bar in moving(advice)]
    for option in advice.options:
        if option.excluded is not None:
            parts.append(say["chart_alt_out"].format(option=short[option.id], why=option.excluded.text))
    for option in ranked(advice):
        criteria = ", ".join(f"{words.criteria[c].short.lower()} {points(score)}" for c, score in option.criteria.items())
        parts.append(say["chart_alt_criteria"].format(option=short[option.id], criteria=criteria))
    return " ".join(parts)


def split_told(advice: Advice, words: Language) -> str:
    """The split that is better than the leader alone; empty if there is none."""
    return words.sentences["chart_split"].format(text=advice.split.text) if advice.split and advice.split.gain > 0 else ""


def _alt_bar(bar: TornadoBar, words: Language) -> str:
    low, high = (lead_told(lead) for lead in (bar.low, bar.high))
    low_at, high_at = (f" ({told})" if (told := answer_told(bar.question, at, words)) else "" for at in (bar.low_at, bar.high_at))
    pattern = "chart_alt_bar_out" if bar.low <= OUT else "chart_alt_bar"
    name = words.questions[bar.question].name
    return words.sentences[pattern].format(name=name, low=low + low_at, high=high + high_at, low_at=low_at)


def alt_money(advice: Advice, knowledge: Knowledge, language: str) -> str:
    """What the picture of the money shows, in words with the numbers."""
    words = knowledge.words(language)
    rows = [
        f"{words.options[option.id].short}: {money(price[1], cost, language)} ({spread(price, cost, advice, words, language)})"
        for option, price, cost in priced(advice)
    ]
    told = [f"{cheapest(advice, words, language)}. {'; '.join(rows)}.", *break_even(advice), about_money(advice, words)]
    return " ".join(told)
