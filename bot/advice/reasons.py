"""Why: the rules that fired, as statements with their sources, for the leader and against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bot.advice.advice import Automation, Contradiction, Exclusion, Reason
from bot.advice.sheet import Sheet
from bot.advice.tables import Floats, tables
from knowledge.model import Effect, Knowledge, Rule, When

NOTICEABLE = 0.004
"""Contributions to a lead below this are not worth a sentence."""


def cited(knowledge: Knowledge, basis: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A basis as claims and other facts; arithmetic, disputes and omissions bring along the claims they rest on."""
    ids = list(basis)
    claims = dict.fromkeys(id for id in ids if id in knowledge.claims)
    for id in ids:
        match knowledge.derived.get(id) or knowledge.disputes.get(id):
            case None:
                pass
            case found:
                inputs = found.inputs if hasattr(found, "inputs") else found.claims
                claims.update(dict.fromkeys(c for c in inputs if c in knowledge.claims))
    return tuple(claims), tuple(id for id in ids if id not in knowledge.claims)


def stated(knowledge: Knowledge, rule: Rule, language: str, **more: str | None) -> Reason:
    """A rule as a reason: its words and what it rests on."""
    words = knowledge.words(language).rules[rule.id]
    claims, evidence = cited(knowledge, rule.basis)
    return Reason(text=words.text, claims=claims, evidence=evidence, assumption=words.assumption, rule=rule.id, **more)


def holds(knowledge: Knowledge, when: When, sheet: Sheet) -> bool:
    """Whether every named question was answered with one of the levels."""
    return all(
        id in sheet.known
        and sheet.known[id].level < len(knowledge.questions[id].levels)
        and knowledge.questions[id].levels[sheet.known[id].level] in levels
        for id, levels in when.items()
    )


def weigh(
    knowledge: Knowledge, sheet: Sheet, weights: Floats, leader: int, rivals: Sequence[int], language: str
) -> list[tuple[float, Reason]]:
    """Each fired effect with its contribution to the leader's lead over the mean of the rivals, largest first."""
    t = tables(knowledge)
    found: list[tuple[float, Reason]] = []
    for effect in knowledge.effects.values():
        if not holds(knowledge, effect.when, sheet):
            continue
        gain = _gain(effect, t.options, leader, rivals) * float(weights[t.criteria.index(effect.criterion)])
        spoken_for = [leader] if gain > 0 else rivals
        if all(effect.options.get(t.options[o], 0.0) <= 0 for o in spoken_for):
            continue  # the statement would speak for an option that is neither
        found.append((gain, stated(knowledge, effect, language, criterion=effect.criterion, favours=t.options[leader])))
    return sorted(found, key=lambda each: -each[0])


def _gain(effect: Effect, options: Sequence[str], leader: int, rivals: Sequence[int]) -> float:
    others = [effect.options.get(options[rival], 0.0) for rival in rivals]
    return effect.options.get(options[leader], 0.0) - float(np.mean(others)) if others else 0.0


def for_and_against(
    knowledge: Knowledge,
    sheet: Sheet,
    weights: Floats,
    order: Sequence[int],
    costs: Mapping[int, tuple[float, Reason]],
    language: str,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Reasons for the leader against the field, and the strongest case against it: what speaks for each rival."""
    options = list(knowledge.options)
    leader, *rivals = order
    if not rivals:
        return tuple(reason for _, reason in weigh(knowledge, sheet, weights, leader, [leader], language)[:3]), ()
    field = weigh(knowledge, sheet, weights, leader, rivals, language)
    runner_up = weigh(knowledge, sheet, weights, leader, rivals[:1], language)
    good = [(gain, reason) for gain, reason in (*field, *runner_up) if gain > NOTICEABLE]
    bad: list[tuple[float, Reason]] = []
    for rival in rivals[:2]:
        for gain, reason in weigh(knowledge, sheet, weights, leader, [rival], language):
            if gain < -NOTICEABLE:
                bad.append((-gain, reason.model_copy(update={"favours": options[rival]})))
        if bad:
            break
    for gain, reason in costs.values():
        (good if reason.favours == options[leader] else bad).append((abs(gain), reason))
    return _apart(_distinct(good), _distinct(bad))


def _distinct(weighted: Iterable[tuple[float, Reason]]) -> dict[str, tuple[float, Reason]]:
    """The heaviest reasons, each rule and criterion-cost once, heaviest first."""
    found: dict[str, tuple[float, Reason]] = {}
    for gain, reason in sorted(weighted, key=lambda each: -each[0]):
        found.setdefault(reason.rule or f"{reason.criterion}", (gain, reason))
    return found


def _apart(
    good: Mapping[str, tuple[float, Reason]], bad: Mapping[str, tuple[float, Reason]]
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The two sides; a rule that speaks for the leader against some rivals and against it beside another stands where it weighs
    more, for nobody believes one sentence both ways."""
    both = {id for id in good.keys() & bad.keys() if good[id][1].rule is not None}
    ours = {id for id in both if good[id][0] >= bad[id][0]}
    reasons = [reason for id, (_, reason) in good.items() if id not in both - ours]
    against = [reason for id, (_, reason) in bad.items() if id not in ours]
    return tuple(reasons[:6]), tuple(against[:4])


def exclusions(knowledge: Knowledge, sheet: Sheet, language: str) -> dict[str, Exclusion]:
    """The options that stated answers veto, each with every rule that says so; the first one names it."""
    found: dict[str, Exclusion] = {}
    for veto in knowledge.vetoes.values():
        if holds(knowledge, veto.when, sheet):
            told = stated(knowledge, veto, language)
            this = Exclusion(rule=veto.id, text=told.text, claims=told.claims, evidence=told.evidence, assumption=told.assumption)
            for option in veto.removes:
                found[option] = _both(found[option], this) if option in found else this
    return found


def _both(first: Exclusion, second: Exclusion) -> Exclusion:
    """Two vetoes of one option, told together under the first rule."""
    return Exclusion(
        rule=first.rule,
        text=f"{first.text} {second.text}",
        claims=tuple(dict.fromkeys((*first.claims, *second.claims))),
        evidence=tuple(dict.fromkeys((*first.evidence, *second.evidence))),
        assumption=first.assumption or second.assumption,
    )


def safeguards(knowledge: Knowledge, sheet: Sheet, chosen: Iterable[str], language: str) -> tuple[Reason, ...]:
    """What to do if one of these options is chosen."""
    options = set(chosen)
    return tuple(
        stated(knowledge, guard, language)
        for guard in knowledge.safeguards.values()
        if options & set(guard.options) and holds(knowledge, guard.when, sheet)
    )


def contradictions(knowledge: Knowledge, sheet: Sheet, language: str) -> tuple[Contradiction, ...]:
    """Answers that hardly go together."""
    words = knowledge.words(language).rules
    return tuple(
        Contradiction(questions=tuple(conflict.when), text=words[conflict.id].text)
        for conflict in knowledge.conflicts.values()
        if holds(knowledge, conflict.when, sheet)
    )


def automation(knowledge: Knowledge, sheet: Sheet, language: str) -> Automation | None:
    """Where software may do the work, with its dated evidence."""
    for rule in knowledge.automation.values():
        if holds(knowledge, rule.when, sheet):
            reason = stated(knowledge, rule, language)
            return Automation(text=reason.text, claims=reason.claims, evidence=reason.evidence)
    return None
