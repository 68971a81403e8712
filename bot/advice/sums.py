"""The sums behind the advice, in sentences: each with its figures and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bot.advice.advice import Cost, Percentiles, Reason
from bot.advice.capacity import combined_saving, newsvendor, service_level, staffing
from bot.advice.economics import CROWD, Costs, prices, setup_table
from bot.advice.reasons import cited
from bot.advice.scores import Robustness
from bot.advice.setups import SETUPS
from bot.advice.sheet import Sheet
from bot.advice.tables import Floats
from bot.advice.voting import break_even_error_cost, majority_ceiling
from bot.answers import number
from knowledge.model import Knowledge, Language

CALLS_WITHIN = 20.0
OPEN_HOURS = 8.0
WORKING_DAYS = 21
LARGEST_DESK = 200
"""Hours of contact an hour above which a queue no longer says anything about idle time."""


@dataclass(frozen=True)
class Purse:
    """Money: the price of an onshore item in every world, shape (N,)."""

    item: Floats
    currency: str
    own: bool  # from the asker's own hourly cost


def purse(knowledge: Knowledge, sheet: Sheet, r: Robustness) -> Purse:
    """The onshore item price from the in-house hourly cost, or from the default range (in US dollars)."""
    p = prices(knowledge, sheet, len(r.value)).parameter
    hours = r.number["minutes"] / 60
    if sheet.hourly is not None:
        return Purse(np.asarray(hours * sheet.hourly.amount / p["rate_in_house"]), sheet.hourly.currency, True)
    return Purse(np.asarray(hours * p["hour_at_default"]), "USD", False)


def percentiles(values: Floats) -> Percentiles:
    """5th, 50th and 95th percentile."""
    low, mid, high = np.percentile(values, [5, 50, 95]).tolist()
    return low, mid, high


def one_off(knowledge: Knowledge, r: Robustness) -> Floats:
    """1 in worlds where the volume is the whole job, shape (1,) or (N,)."""
    return np.asarray(r.level["demand"] == knowledge.questions["demand"].choices.index("one_off"), dtype=float)


def option_cost(knowledge: Knowledge, r: Robustness, money: Purse, option: int, baseline: int) -> Cost:
    """The money of one option. Totals are discounted yearly; payback compares running prices with staying in-house."""
    costs, n = r.costs, len(r.value)
    item = np.broadcast_to((costs.price + costs.setup)[:, option], n) * money.item
    whole = one_off(knowledge, r)
    months = np.broadcast_to(r.number["months"], n)
    monthly = np.broadcast_to(r.number["volume"] / np.where(whole > 0, r.number["months"], 1.0), n)
    annuity = _annuity(knowledge.decision["discount_rate"].value, months)
    running = (costs.price[:, option] + costs.errors[:, option]) * money.item * monthly
    set_up = costs.setup[:, option] * money.item * monthly * months
    saved = (costs.price[:, baseline] - costs.price[:, option]) * money.item * monthly
    once, gain = float(np.median(set_up)), float(np.median(saved))
    return Cost(
        per_item=percentiles(item),
        per_correct=percentiles(item / costs.accuracy[:, option]),
        per_month=percentiles(item * monthly),
        errors_per_item=percentiles(np.broadcast_to(costs.errors[:, option], n) * money.item),
        total=percentiles(set_up + running * annuity),
        currency=money.currency,
        accuracy=percentiles(costs.accuracy[:, option]),
        payback_months=once / gain if option != baseline and gain > 0 else None,
        with_errors=percentiles(costs.total[:, option] * money.item),
    )


def _annuity(rate: float, months: Floats) -> Floats:
    """Σ_{m=1..M} (1+r)^(−m/12): what M monthly payments of one are worth today."""
    q = (1 + rate) ** (-1 / 12)
    return np.asarray(q * (1 - q**months) / (1 - q))


def money_text(amount: float, currency: str, language: str) -> str:
    """An amount as people read it, with no more digits than the model deserves."""
    from babel.numbers import format_currency

    digits = 2 if abs(amount) >= 0.1 else 3 if abs(amount) >= 0.01 else 4
    pattern, shown = ("¤#,##0", float(f"{amount:.2g}")) if abs(amount) >= 100 else ("¤#,##0." + "0" * digits, amount)
    told = format_currency(shown, currency, pattern, locale=language, currency_digits=False)
    return told.replace(currency, f"{currency}\N{NO-BREAK SPACE}", 1)  # a code, not a sign, keeps its distance


def sums(knowledge: Knowledge, sheet: Sheet, r: Robustness, money: Purse, order: list[int], language: str) -> tuple[Reason, ...]:
    """Every sum that says something about this case."""
    words = knowledge.words(language)
    found: list[Reason] = []
    for line in (
        *_work(knowledge, sheet, r, words),
        *_article(knowledge, sheet),
        *_crowd(knowledge, sheet, r, words),
        *_short_of_target(knowledge, sheet, r, order, words),
        *_capacity(knowledge, sheet, r),
        *_errors(knowledge, sheet, r, money, order, language),
        *_horizon(knowledge, sheet, r, money, order, language),
    ):
        claims, evidence = cited(knowledge, line.basis)
        assumed = None if line.basis else words.sentences["unnamed_assumption"]
        found.append(
            Reason(
                text=words.sentences[line.pattern].format(**line.values),
                criterion="cost",
                claims=claims,
                evidence=evidence,
                assumption=assumed,
                rule=line.pattern,
                option=line.option,
            )
        )
    return tuple(found)


class Line(NamedTuple):
    """A sum before it is worded: its sentence, the facts it rests on, its figures, and whose figures they are."""

    pattern: str
    basis: tuple[str, ...]
    values: Mapping[str, object]
    option: str | None = None


def _short(value: float) -> str:
    return number(float(f"{value:.2g}")) if value < 100 else number(float(f"{value:.3g}"))


def _work(knowledge: Knowledge, sheet: Sheet, r: Robustness, words: Language) -> Iterator[Line]:
    if not {"volume", "minutes"} <= set(sheet.known):
        return
    items, minutes = sheet.known["volume"].number or 0.0, sheet.known["minutes"].number or 0.0
    job = one_off(knowledge, r).mean() > 0.5
    hours = items * minutes / 60
    stated = sheet.known.get("months")
    months = (stated.number or 1.0) if job and stated else 1.0
    seats = hours / months / knowledge.decision["seat_hours"].value
    values = {"items": _short(items), "minutes": _short(minutes), "hours": _short(hours), "seats": _short(seats)}
    yield Line("sum_work", (), {**values, "period": words.sentences["period_job" if job else "period_month"]})


def _article(knowledge: Knowledge, sheet: Sheet) -> Iterator[Line]:
    """The article's three figures on their own baselines, and what three votes make of the first."""
    if {"crowd_saving_domestic", "crowd_saving_abroad", "on_demand_saving"} & set(sheet.figures):
        return
    home, demand = knowledge.parameters["crowd_saving_domestic"], knowledge.parameters["on_demand_saving"]
    abroad = knowledge.parameters["crowd_saving_abroad"]
    rate = (home.low + home.high) / 2
    values = {
        "rate": f"{100 * rate:.0f}",
        "left": f"{100 * (1 - rate):.0f}",
        "idle": f"{100 * demand.low:.0f}–{100 * demand.high:.0f}",
        "total": _per_cent(combined_saving(rate, demand.low), combined_saving(rate, demand.high)),
        "abroad": _per_cent(combined_saving(abroad.low, demand.low), combined_saving(abroad.high, demand.high)),
    }
    yield Line("sum_article", ("C17", "C18", "C19", "D04", "E002"), values)
    if "residency" in sheet.known:
        single = 1 - rate
        told = {"single": f"{single:.2f}", "triple": f"{3 * single:.2f}"}
        yield Line("sum_three_votes", ("D01", "D07", "E020"), told)


def _per_cent(low: float, high: float) -> str:
    return f"{100 * low:.1f}".removesuffix(".0") + "–" + f"{100 * high:.1f}".removesuffix(".0")


def _crowd(knowledge: Knowledge, sheet: Sheet, r: Robustness, words: Language) -> Iterator[Line]:
    """The crowd set-up that was chosen, as a buyer has to at central prices, and whether it reaches the target there; its
    accuracy is the middle of the range, as everywhere else."""
    if not {"accuracy", "skill"} <= set(sheet.known):
        return
    centre, drawn = prices(knowledge, sheet), prices(knowledge, sheet, len(r.value))
    level, target = {id: array[:1] for id, array in r.level.items()}, sheet.known["accuracy"].number or 0.0
    for option in CROWD:
        _, accuracy = setup_table(knowledge, drawn, option, r.level)
        chosen = r.costs.usual(option)
        central = float(setup_table(knowledge, centre, option, level)[1][chosen].mean())
        skill = knowledge.questions["skill"].levels[min(sheet.known["skill"].level, 2)]
        yielded = centre.crowd[option, skill]
        values: dict[str, object] = {
            "option": _capital(words.options[option].name),
            "target": number(target),
            "setup": words.sentences[f"setup_{SETUPS[chosen].id}"],
            "votes": f"{float(yielded.votes[chosen].mean()):.1f}",
            "gold": f"{100 * float(centre.parameter['gold_share'].mean()):.0f}",
            "accuracy": f"{100 * float(np.median(accuracy[chosen])):.1f}",
        }
        if central >= target / 100 - 1e-9:
            yield Line("sum_setup", ("E023", "E043"), values, option)
        else:
            worker = float(yielded.accuracy[0].mean())
            ceiling = float(majority_ceiling(worker, float(centre.parameter["error_correlation"].mean())))
            told = {**values, "worker": f"{100 * worker:.0f}", "ceiling": f"{100 * ceiling:.1f}"}
            yield Line("sum_no_setup", ("E023", "E021"), told, option)


def _short_of_target(knowledge: Knowledge, sheet: Sheet, r: Robustness, order: list[int], words: Language) -> Iterator[Line]:
    """The options that miss the accuracy asked for, teams among them."""
    target = sheet.known.get("accuracy")
    if target is None or target.number is None:
        return
    reached = np.median(r.costs.accuracy, axis=0)
    options = list(knowledge.options)
    short = [o for o in order if round(100 * float(reached[o]), 1) < target.number - 1e-9]
    if short:
        told = ", ".join(f"{words.options[options[o]].short} {100 * float(reached[o]):.1f} %" for o in short)
        yield Line("sum_short", (), {"target": number(target.number), "options": told})


def _capacity(knowledge: Knowledge, sheet: Sheet, r: Robustness) -> Iterator[Line]:
    if not {"volume", "minutes"} <= set(sheet.known) or one_off(knowledge, r).any():
        return
    hours = float((r.number["volume"] * r.number["minutes"]).mean()) / 60
    seat = knowledge.decision["seat_hours"].value
    smallest = prices(knowledge, sheet).parameter["minimum_seats"].item()
    if hours < smallest * seat:
        small = {"hours": _short(hours), "seats": _short(hours / seat), "smallest": _short(smallest)}
        yield Line("sum_small", ("E064", "E127"), small)
    demand = sheet.known.get("demand")
    names = knowledge.questions["demand"].levels
    if demand is not None and demand.level < len(names) and names[demand.level] in ("seasonal", "spiky"):
        idle = prices(knowledge, sheet).idle[names[demand.level]]
        spread = float(prices(knowledge, sheet).parameter[f"variation_{names[demand.level]}"].mean())
        overflow = float(prices(knowledge, sheet).parameter["overflow_price"].mean())
        commit = newsvendor(1, spread, overflow - 1, 1)
        values = {"premium": f"{100 * float(idle.mean()):.0f}", "commit": f"{100 * commit:.0f}"}
        yield Line("sum_idle", ("C19", "D06", "E064"), values)
    kind, turnaround = sheet.known.get("kind"), sheet.known.get("turnaround")
    live = kind is not None and kind.level == knowledge.questions["kind"].levels.index("customer_support")
    if live and turnaround is not None and turnaround.level == 0:
        load = hours / (WORKING_DAYS * OPEN_HOURS)
        if load > LARGEST_DESK:
            return
        handling = float(r.number["minutes"].mean()) * 60
        agents = staffing(load, handling, CALLS_WITHIN, 0.8)
        if agents > load:
            level = service_level(load, agents, handling, CALLS_WITHIN)
            values = {
                "agents": f"{agents}",
                "load": _short(load),
                "occupancy": f"{100 * load / agents:.0f}",
                "level": f"{100 * level:.0f}",
            }
            yield Line("sum_staffing", (), values)


def _errors(knowledge: Knowledge, sheet: Sheet, r: Robustness, money: Purse, order: list[int], language: str) -> Iterator[Line]:
    """Break-even error cost between the leader and the runner-up, at the medians that the table of prices shows; nothing is
    said of a difference that the table does not show."""
    if len(order) < 2 or not {"volume", "minutes"} <= set(sheet.known):
        return
    words = knowledge.words(language)
    options = list(knowledge.options)
    price, accuracy, errors = _medians(r.costs)
    cheap, dear = sorted(order[:2], key=lambda o: price[o])
    names = {"cheap": words.options[options[cheap]].name, "dear": words.options[options[dear]].name}
    unit = float(np.median(money.item))
    shown = [money_text(price[o] * unit, money.currency, language) for o in (cheap, dear)]
    better = round(accuracy[dear], 3) - round(accuracy[cheap], 3)
    if shown[0] == shown[1]:
        return
    limit = break_even_error_cost(price[cheap], price[dear], accuracy[cheap], accuracy[dear])
    error = errors[cheap] / max(1 - accuracy[cheap], 1e-9)
    if error > 0:
        needed = accuracy[dear] - (price[dear] - price[cheap]) / error
        if 0.5 < needed < 1:
            told = {"cheap": _capital(names["cheap"]), "dear": names["dear"], "needed": f"{100 * needed:.1f}"}
            yield Line("sum_break_even_accuracy", ("C38",), told)
    if limit is not None and better > 0:
        amount = money_text(limit * unit, money.currency, language)
        told = {"cheap": names["cheap"], "dear": _capital(names["dear"]), "amount": amount}
        yield Line("sum_break_even_error", (), told)
    elif better <= 0:
        yield Line("sum_dominated", (), {"cheap": _capital(names["cheap"]), "dear": names["dear"]})


def _medians(costs: Costs) -> tuple[list[float], list[float], list[float]]:
    price = np.median(costs.price + costs.setup, axis=0).tolist()
    return price, np.median(costs.accuracy, axis=0).tolist(), np.median(costs.errors, axis=0).tolist()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _horizon(knowledge: Knowledge, sheet: Sheet, r: Robustness, money: Purse, order: list[int], language: str) -> Iterator[Line]:
    """What everything comes to over the months, and when set-up pays back, for the leader and the runner-up."""
    if not {"volume", "minutes", "months"} <= set(sheet.known):
        return
    words, options = knowledge.words(language), list(knowledge.options)
    home, span = options.index("in_house"), sheet.known["months"].number or 0.0
    for id in (options[o] for o in order[:2]):
        cost = option_cost(knowledge, r, money, options.index(id), home)
        values = {"option": words.options[id].name, "months": number(span)}
        if cost.total is not None:
            low, mid, high = (money_text(amount, money.currency, language) for amount in cost.total)
            yield Line("sum_horizon", (), {**values, "total": mid, "low": low, "high": high}, id)
        if id == "in_house":
            continue
        if cost.payback_months is None or cost.payback_months > span:
            yield Line("sum_no_payback", (), values, id)
        elif cost.payback_months < 1:
            yield Line("sum_payback_soon", (), values, id)
        else:
            yield Line("sum_payback", (), {**values, "months": _short(cost.payback_months)}, id)
