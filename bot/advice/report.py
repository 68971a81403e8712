"""The whole advice for a set of answers: one pure function from answers and knowledge to `Advice`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from bot.advice.advice import (
    Advice,
    CriticalWeight,
    OptionAdvice,
    ProviderAdvice,
    Reason,
    SourceLine,
    Stated,
    Verdict,
)
from bot.advice.assumed import assumptions
from bot.advice.chances import percent
from bot.advice.changes import Changes, changes, flips, tornado, unknowns
from bot.advice.crowd_setups import crowd_setups
from bot.advice.economics import cost_value
from bot.advice.reasons import automation, cited, contradictions, exclusions, for_and_against, holds, safeguards, stated
from bot.advice.scores import Robustness, Standing, robustness
from bot.advice.sheet import Figure, Sheet, sheet
from bot.advice.split import split
from bot.advice.sums import Purse, money_text, option_cost, purse, sums
from bot.advice.tables import Floats, tables
from bot.advice.turning import bar_told, find_out, firm, flip_told, split_to_find
from bot.advice.weights import central_weights, critical_weight, least_shift, rank_acceptability
from bot.advice.worlds import levels, rank_weights
from bot.answers import Answer, Money
from knowledge.model import Knowledge, Source

CORE = ("data", "volume", "priorities")
"""While all of these are unknown no advice is called clear or likely."""


def advise(
    answers: Mapping[str, Answer],
    knowledge: Knowledge,
    language: str = "en",
    figures: Mapping[str, Figure] | None = None,
    swing: Mapping[str, float] | None = None,
) -> Advice:
    """The advice for these answers. The same answers and knowledge give the same bytes."""
    facts = sheet(answers, knowledge, figures, swing)
    found = changes(knowledge, facts)
    r = robustness(knowledge, facts, int(knowledge.decision["worlds"].value))
    unknown = unknowns(knowledge, facts, found)
    firmness = verdict(knowledge, facts, found.now, r.first, lambda: bool(unknown))
    money = purse(knowledge, facts, r)
    weights = rank_weights(knowledge, facts, levels(knowledge, facts, 1)).mean(axis=0)
    order, options = _rivals_by_chance(found.now.order, r), list(knowledge.options)
    leader = options[order[0]]
    turning = firm(knowledge, facts, flips(knowledge, facts, found), bool(unknown))
    good, bad = for_and_against(
        knowledge, facts, weights, order, _cost_reasons(knowledge, facts, order, r, money, weights, language), language
    )
    divided = split(knowledge, facts, found.now, language)
    chosen = [leader, *(part.option for part in divided.parts if part.part == "do" and divided.gain > 0)] if divided else [leader]
    told = _headline(knowledge, firmness, order, r, language)
    parts = {
        "options": _options(knowledge, facts, found.now, r, money, language),
        "reasons": good,
        "against": bad,
        "split": divided,
        "safeguards": safeguards(knowledge, facts, chosen, language),
        "sums": (
            *sums(knowledge, facts, r, money, order, language),
            *_firmness(knowledge, found.now, r, weights, order, language),
        ),
        "automation": automation(knowledge, facts, language),
        "provider": _provider(knowledge, facts, found, language),
    }
    return Advice(
        recommended=None if firmness == "abstain" else leader,
        verdict=firmness,
        headline=told[0],
        sure=told[1],
        flips=tuple(flip_told(knowledge, facts, flip, leader, language) for flip in turning),
        find_out=(
            *(find_out(knowledge, each, language) for each in unknown),
            *split_to_find(knowledge, facts, found.now, language),
        ),
        contradictions=contradictions(knowledge, facts, language),
        assumptions=assumptions(knowledge, facts, money, r, order, language),
        weights={criterion: float(weight) for criterion, weight in zip(knowledge.criteria, weights, strict=True)},
        critical_weights=_critical(knowledge, found.now, r, weights),
        least_shift=least_shift(weights, r.criteria[:, order[0]] - r.criteria[:, order[1]]) if len(order) > 1 else None,
        tornado=tuple(bar_told(knowledge, facts, bar) for bar in tornado(found)),
        answers=tuple(_stated(id, answers.get(id)) for id in knowledge.questions),
        sources=_sources(knowledge, parts),
        knowledge_version=knowledge.version,
        answers_digest=digest(answers, figures, swing),
        **parts,
    )


def digest(
    answers: Mapping[str, Answer], figures: Mapping[str, Figure] | None = None, swing: Mapping[str, float] | None = None
) -> str:
    """SHA-256 over the answers (and figures of one's own) in canonical JSON: the receipt that `replay` checks."""
    plain: dict[str, Any] = {id: answer.model_dump(mode="json") for id, answer in sorted(answers.items())}
    if figures or swing:
        plain = {
            "answers": plain,
            "figures": {id: asdict(own) for id, own in (figures or {}).items()},
            "swing": dict(swing or {}),
        }
    return "sha256:" + hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verdict(knowledge: Knowledge, facts: Sheet, now: Standing, shares: Floats, unknown: Callable[[], bool]) -> Verdict:
    """How firm an advice is; `unknown` tells whether there is anything to find out that matters, and is not always asked."""
    settings, first = knowledge.decision, float(shares[now.leader])
    if float(shares.max()) < settings["abstain_below"].value and unknown():
        return "abstain"
    core_unknown = not facts.known.keys() & set(CORE) and facts.priorities is None
    if core_unknown or first < settings["likely_from"].value:
        return "abstain" if core_unknown and len(facts.known) < settings["abstain_known_below"].value and unknown() else "close"
    return "clear" if first >= settings["clear_from"].value else "likely"


def _rivals_by_chance(order: list[int], r: Robustness) -> list[int]:
    """The leader, then its rivals by how often they come first: the runner-up is the one that is likeliest to be better."""
    return [order[0], *sorted(order[1:], key=lambda o: -r.first[o])]


def _headline(knowledge: Knowledge, verdict: Verdict, order: list[int], r: Robustness, language: str) -> tuple[str, str]:
    words, options = knowledge.words(language), list(knowledge.options)
    second = order[1] if len(order) > 1 else order[0]
    values = {
        "leader": words.options[options[order[0]]].name,
        "runner_up": words.options[options[second]].name,
        "leader_capital": _capital(words.options[options[order[0]]].name),
        "runner_up_capital": _capital(words.options[options[second]].name),
        "first": percent(float(r.first[order[0]]), words),
        "second": percent(float(r.first[second]), words),
    }
    overtaken = bool(r.first[second] > r.first[order[0]])
    sure = {"close": "sure_undecided", "abstain": "sure_abstain_other"}.get(verdict, "") if overtaken else ""
    sure = sure or f"sure_{verdict}"
    return words.sentences[f"verdict_{verdict}"].format(**values), words.sentences[sure].format(**values)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _options(
    knowledge: Knowledge, facts: Sheet, now: Standing, r: Robustness, money: Purse, language: str
) -> tuple[OptionAdvice, ...]:
    out = exclusions(knowledge, facts, language)
    home = list(knowledge.options).index("in_house")
    ranks = rank_acceptability(r.value)
    central = central_weights(r.weights, r.value.argmax(axis=1), len(knowledge.options))
    listed = []
    for o, id in enumerate(knowledge.options):
        excluded = out.get(id)
        listed.append(
            OptionAdvice(
                id=id,
                rank=None if excluded else now.order.index(o) + 1,
                value=None if excluded else float(now.value[o]),
                first=float(r.first[o]),
                excluded=excluded,
                criteria={c: float(r.criteria[i, o]) for i, c in enumerate(knowledge.criteria)},
                ranks=tuple(ranks[o].tolist()) if not excluded else (),
                central_weights=dict(zip(knowledge.criteria, central[o].tolist(), strict=True)) if r.first[o] > 0 else None,
                cost=option_cost(knowledge, r, money, o, home),
                setups=crowd_setups(knowledge, facts, r, money, id),
            )
        )
    return tuple(sorted(listed, key=lambda option: option.rank or len(listed) + 1))


def _cost_reasons(
    knowledge: Knowledge, facts: Sheet, order: list[int], r: Robustness, money: Purse, weights: Floats, language: str
) -> dict[int, tuple[float, Reason]]:
    """The cost of the leader against its first rivals, as a reason for or against it."""
    words, options = knowledge.words(language), list(knowledge.options)
    leader, *rivals = order
    cheapest = min(rivals, key=lambda o: float(np.median(r.costs.total[:, o])), default=leader)
    scaled = cost_value(knowledge, r.costs.total).mean(axis=0)
    found = {}
    for rival in dict.fromkeys([*rivals[:1], cheapest] if rivals else []):
        gain = float((scaled[leader] - scaled[rival]) * weights[tables(knowledge).cost])
        name = words.options[options[rival]].name
        text = words.sentences["cost_reason" if gain > 0 else "cost_against"].format(
            leader=words.options[options[leader]].name,
            rival=name,
            rival_capital=name[:1].upper() + name[1:],
            leader_cost=_total(knowledge, facts, r, money, leader, language),
            rival_cost=_total(knowledge, facts, r, money, rival, language),
        )
        basis = dict.fromkeys(id for o in (leader, rival) for id in knowledge.options[options[o]].cost_basis)
        claims, evidence = cited(knowledge, basis)
        favours = options[leader if gain > 0 else rival]
        found[rival] = (gain, Reason(text=text, criterion="cost", favours=favours, claims=claims, evidence=evidence, rule=None))
    return found


def _total(knowledge: Knowledge, facts: Sheet, r: Robustness, money: Purse, option: int, language: str) -> str:
    """The median cost of an item: in money once the handling time is known, before that as a share of the onshore price."""
    if "minutes" not in facts.known:
        share = 100 * float(np.median(r.costs.total[:, option]))
        return knowledge.words(language).sentences["unit_price"].format(percent=f"{share:.0f}")
    return money_text(float(np.median(r.costs.total[:, option] * money.item)), money.currency, language)


def _critical(knowledge: Knowledge, now: Standing, r: Robustness, weights: Floats) -> tuple[CriticalWeight, ...]:
    """For each criterion, the weight nearest to today's at which a rival overtakes the leader."""
    options, leader = list(knowledge.options), now.leader
    found = []
    for i, criterion in enumerate(knowledge.criteria):
        flips_at: tuple[float, str] | None = None
        for rival in now.order[1:]:
            at = critical_weight(weights, r.criteria[:, leader] - r.criteria[:, rival], i)
            if at is not None and (flips_at is None or abs(at - weights[i]) < abs(flips_at[0] - weights[i])):
                flips_at = (float(at), options[rival])
        at, then = flips_at or (None, None)
        found.append(CriticalWeight(criterion=criterion, weight=float(weights[i]), flips_at=at, then=then))
    return tuple(found)


def _firmness(
    knowledge: Knowledge, now: Standing, r: Robustness, weights: Floats, order: list[int], language: str
) -> tuple[Reason, ...]:
    """How far the weights would have to move, in words: the least shift, and the nearest weight at which the advice turns."""
    if len(order) < 2:
        return ()
    words = knowledge.words(language)
    lines = []
    moved = least_shift(weights, r.criteria[:, order[0]] - r.criteria[:, order[1]])
    if moved is not None:
        rival = words.options[list(knowledge.options)[order[1]]].name
        lines.append(("sum_shift", {"shift": f"{max(1, round(100 * moved))}", "runner_up": rival}))
    near = [each for each in _critical(knowledge, now, r, weights) if each.flips_at is not None]
    if near:
        each = min(near, key=lambda critical: abs((critical.flips_at or 0) - critical.weight))
        values = {
            "criterion": words.criteria[each.criterion].name,
            "now": f"{100 * each.weight:.0f}",
            "at": f"{100 * (each.flips_at or 0):.0f}",
            "then": words.options[each.then or ""].name,
        }
        lines.append(("sum_critical", values))
    computed = words.sentences["unnamed_assumption"]
    return tuple(Reason(text=words.sentences[id].format(**values), assumption=computed, rule=id) for id, values in lines)


def _provider(knowledge: Knowledge, facts: Sheet, found: Changes, language: str) -> ProviderAdvice | None:
    if not holds(knowledge, {"perspective": ("provider",)}, facts):
        return None
    options = list(knowledge.options)
    points: dict[str, list[Reason]] = {"stress": [], "concede": [], "client_right": []}
    for point in knowledge.provider.values():
        if holds(knowledge, point.when, facts):
            points[point.role].append(stated(knowledge, point, language))
    crowd = [o for o in found.now.order if options[o].startswith("crowd")]
    offer = next((o for o in found.now.order if options[o].startswith("bpo")), options.index("bpo_onshore"))
    words = knowledge.words(language)
    leaving = [
        flip_told(knowledge, facts, flip, options[found.now.leader], language).text
        for flip in flips(knowledge, facts, found)
        if options[flip.then].startswith("crowd")
    ]
    if not leaving and options[found.now.leader].startswith("crowd"):
        leaving = [words.sentences["provider_already"].format(leader=words.options[options[found.now.leader]].name)]
    return ProviderAdvice(
        stress=tuple(points["stress"]),
        concede=tuple(points["concede"]),
        client_right=tuple(points["client_right"]),
        best_offer=options[offer],
        best_crowd=options[crowd[0]] if crowd else None,
        lead=float(found.now.value[offer] - found.now.value[crowd[0]]) if crowd else 1.0,
        client_should_leave_if=tuple(leaving),
    )


def _stated(id: str, answer: Answer | None) -> Stated:
    if answer is None:
        return Stated(question=id, status="not_asked")
    match answer.value:
        case Money() as money:
            value: Any = {"value": money.amount, "currency": money.currency}
        case tuple() as ranking:
            value = [tier[0] if len(tier) == 1 else list(tier) for tier in ranking]
        case plain:
            value = plain
    return Stated(question=id, status=answer.status, value=value, unsure=answer.unsure)


def _sources(knowledge: Knowledge, parts: Mapping[str, Any]) -> tuple[SourceLine, ...]:
    """The sources behind every claim and evidence that the advice names, in order of first mention."""
    ids = dict.fromkeys(source for fact in _facts(parts) for source in knowledge.sources_of(fact))
    return tuple(listed(knowledge.sources[id]) for id in ids)


def listed(s: Source) -> SourceLine:
    """A source as advice lists it."""
    return SourceLine(id=s.id, title=s.title, publisher=s.publisher, year=s.year, dated=s.dated, url=s.url)


def _facts(part: Any) -> list[str]:
    """Every claim and evidence id in a nest of parts."""
    match part:
        case None | str() | int() | float():
            return []
        case dict():
            return [id for each in part.values() for id in _facts(each)]
        case tuple() | list():
            return [id for each in part for id in _facts(each)]
        case _:
            own = [*getattr(part, "claims", ()), *getattr(part, "evidence", ())]
            return own + [
                id for name in type(part).model_fields if name not in ("claims", "evidence") for id in _facts(getattr(part, name))
            ]
