"""The pilot of the decision memo, in steps: what to pilot, on how many items, with which set-up, and when it has failed.

How likely the work is to pass is told before anybody pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.advice.advice import Advice, Percentiles
from bot.advice.pilot import RIGHTLY_PASSED, Plan, plan, shown
from bot.advice.sums import money_text
from bot.answers import number
from bot.chart_words import share
from knowledge.model import Language

MOST_PILOTED = 5_000
"""Items that an organisation may have settled by experts for a pilot; an assumption."""
OF_CROWDS = ("sum_setup", "sum_no_setup")
DOUBTFUL = 0.5
"""A pilot that is likelier to fail than to pass is not recommended without a word."""


@dataclass(frozen=True)
class Work:
    """Work as it could be piloted: the share expected to be right and, for a crowd, how it is organised and at which price."""

    accuracy: Percentiles
    setup: str | None = None
    per_item: float | None = None

    @property
    def right(self) -> float:
        """The share expected to be right, as it is printed: a figure must not hang on digits that nobody sees."""
        return round(self.accuracy[1], 3)


def pilot_steps(advice: Advice, words: Language, language: str) -> Mapping[str, object]:
    """The pilot in steps, and what to be careful about; a target that no affordable sample can show is said to be one."""
    say = words.sentences
    target, option = _number(advice, "accuracy"), piloted(advice)
    if target is None or option is None:
        return _pilot([say["pilot_no_target"]])
    try:
        usual = plan(target / 100)
    except ValueError:
        return _pilot([say["pilot_impossible"].format(target=number(target))])
    practical = int(min(_number(advice, "volume") or MOST_PILOTED, MOST_PILOTED))
    drawn, work = _drawn(usual, _ways(advice, option), practical)
    of = say["pilot_of_offer" if advice.provider else "pilot_of"].format(option=words.options[option].name)
    if drawn is None:
        most = {"most": number(practical), "shown": f"{100 * shown(practical):.2f}"}
        return _pilot([of, say["pilot_beyond"].format(target=number(target), **most)])
    passing = drawn.passing(work.right)
    low, middle, high = (f"{100 * each:.1f}" for each in work.accuracy)
    values = {
        "option_capital": _capital(words.options[option].name),
        "target": number(target),
        "items": number(drawn.items),
        "errors": drawn.errors,
        "one_more": _ordinal(drawn.errors + 1),
        "good": _percent(drawn.good),
        "usual": number(usual.items),
        "middle": middle,
        "range": f" ({low}–{high})" if low != high else "",
        "chance": share(passing, words),
    }
    gold = say["pilot_gold_client" if advice.provider else "pilot_gold"]
    told = ("pilot_few", "pilot_stop_first") if drawn.errors == 0 else ("pilot_sample", "pilot_stop")
    steps = [
        of,
        gold.format(**values),
        _organised(advice, option, work, words, language),
        *(say[id].format(**values) for id in told),
    ]
    if passing < DOUBTFUL:
        return _pilot(steps, say["pilot_doubtful"].format(**values))
    return _pilot([*steps, say["pilot_expected"].format(**values)])


def piloted(advice: Advice) -> str | None:
    """The option to pilot: a provider's own offer, who does the work in a split that gains, or what is advised."""
    if advice.provider:
        return advice.provider.best_offer
    if advice.recommended and advice.split and advice.split.gain > 0:
        return next((part.option for part in advice.split.parts if part.part == "do"), advice.recommended)
    return advice.recommended


def _drawn(usual: Plan, ways: list[Work], practical: int) -> tuple[Plan | None, Work]:
    """The plan and the way of working to pilot.

    The way that the advice counts with comes first, on the usual sample, or on a larger one where it lies near the target; then
    a dearer way that passes the usual sample; else what is practical, likely to pass or not.
    """
    counted = ways[0]
    fits = usual.items <= practical
    if fits and usual.passing(counted.right) >= RIGHTLY_PASSED:
        return usual, counted
    if fits and (larger := _larger(usual, counted, practical)) is not None:
        return larger, counted
    smaller = usual if fits else usual.small if usual.few <= practical else None
    if smaller is None:
        return None, counted
    return smaller, next((way for way in ways if smaller.passing(way.right) >= RIGHTLY_PASSED), counted)


def _larger(usual: Plan, work: Work, practical: int) -> Plan | None:
    """A sample that tells work this near to the target from work that misses it; None where that takes too many items."""
    try:
        return plan(usual.target, good=work.right, most=practical)
    except ValueError:
        return None


def _ways(advice: Advice, id: str) -> list[Work]:
    """The ways in which an option could do the work: the one that its price and accuracy are about, then the others by price."""
    option = next(each for each in advice.options if each.id == id)
    found = [Work(each.accuracy, each.id, each.per_item[1]) for each in sorted(option.setups, key=lambda each: not each.chosen)]
    return found or [Work(option.cost.accuracy if option.cost else (0.0, 0.0, 0.0))]


def _organised(advice: Advice, option: str, work: Work, words: Language, language: str) -> str:
    """How the work is to be done while it is piloted."""
    say = words.sentences
    if not option.startswith("crowd"):
        return say["pilot_votes_team"]
    if work.setup is None or work.per_item is None:
        return say["pilot_votes_crowd"]
    if _number(advice, "minutes") is None:
        setup = say["pilot_setup_unpriced"].format(setup=say[f"setup_{work.setup}"])
        return f"{say['pilot_votes_crowd']} {setup}"
    counted, *_ = _ways(advice, option)
    cost = next(each.cost for each in advice.options if each.id == option)
    currency = (cost.currency if cost else None) or "USD"
    setup = say["pilot_setup" if work == counted else "pilot_setup_dearer"].format(
        setup=say[f"setup_{work.setup}"],
        price=money_text(work.per_item, currency, language),
        counted=money_text(counted.per_item or 0.0, currency, language),
        right=f"{100 * counted.right:.1f}",
    )
    return f"{say['pilot_votes_crowd']} {setup}"


def _pilot(steps: list[str], careful: str = "") -> Mapping[str, object]:
    return {"steps": steps, "careful": careful}


def _percent(accuracy: float) -> str:
    """An accuracy in per cent, with as many decimals as tell it from the target."""
    return number(round(100 * accuracy, 2))


def _ordinal(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(advice: Advice, question: str) -> float | None:
    stated = next((each for each in advice.answers if each.question == question and each.status == "given"), None)
    return float(stated.value) if stated is not None else None
