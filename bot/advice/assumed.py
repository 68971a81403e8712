"""The figures that an advice takes for granted: their ranges, where they are from, and how much the lead hangs on each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.advice.advice import Assumption
from bot.advice.economics import prices
from bot.advice.scores import Robustness
from bot.advice.sheet import Sheet
from bot.advice.sums import Purse
from knowledge.model import Knowledge


def assumptions(
    knowledge: Knowledge, facts: Sheet, money: Purse, r: Robustness, order: Sequence[int], language: str
) -> tuple[Assumption, ...]:
    """Every parameter as it was taken, in the order of the knowledge base."""
    words = knowledge.words(language).parameters
    effects = _effects(knowledge, facts, r, order)
    listed = []
    for id, parameter in knowledge.parameters.items():
        if id == "hour_at_default" and money.own:
            continue
        own = facts.figures.get(id)
        source = own.source if own else ", ".join(parameter.basis) or "assumption"
        listed.append(
            Assumption(
                parameter=id,
                range=(own.low, own.high) if own else (parameter.low, parameter.high),
                unit=parameter.unit,
                source=source,
                dated=own.dated if own else str(parameter.year),
                basis=() if own else parameter.basis,
                text=words[id].text if own or not words[id].assumption else f"{words[id].text}: {words[id].assumption}",
                name=words[id].text,
                effect=effects.get(id, 0.0),
            )
        )
    return tuple(listed)


def _effects(knowledge: Knowledge, facts: Sheet, r: Robustness, order: Sequence[int]) -> dict[str, float]:
    """The squared correlation of each parameter with the lead over the runner-up, over the worlds in which neither is out."""
    if len(order) < 2:
        return {}
    both = np.isfinite(r.value[:, order[0]]) & np.isfinite(r.value[:, order[1]])
    lead = r.value[both, order[0]] - r.value[both, order[1]]
    if both.sum() < 3 or np.ptp(lead) == 0:
        return {}
    drawn = prices(knowledge, facts, len(r.value)).parameter
    spread = np.stack(list(drawn.values()))[:, both]
    spread = spread - spread.mean(axis=1, keepdims=True)
    lead = lead - lead.mean()
    size = (spread**2).sum(axis=1) * (lead @ lead)
    shared = np.divide((spread @ lead) ** 2, size, out=np.zeros(len(size)), where=size > 1e-12)
    return dict(zip(drawn, shared.round(4).tolist(), strict=True))
