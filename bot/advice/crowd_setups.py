"""The ways to organise crowd work that are open to a case: what an item costs with each, and how much comes out right."""

from __future__ import annotations

import numpy as np

from bot.advice.advice import SetupAdvice
from bot.advice.economics import CROWD, prices, setup_table
from bot.advice.scores import Robustness
from bot.advice.setups import SETUPS
from bot.advice.sheet import Sheet
from bot.advice.sums import Purse
from knowledge.model import Knowledge


def crowd_setups(knowledge: Knowledge, facts: Sheet, r: Robustness, money: Purse, option: str) -> tuple[SetupAdvice, ...]:
    """The set-ups of a crowd option, cheapest first; none for a team, or while it is open what work the crowd would do."""
    if option not in CROWD or not {"accuracy", "skill"} <= set(facts.known):
        return ()
    n = len(r.value)
    price, accuracy = setup_table(knowledge, prices(knowledge, facts, n), option, r.level)
    once = r.costs.setup[:, list(knowledge.options).index(option)]
    shape = (len(SETUPS), n)
    items = np.percentile(np.broadcast_to((price + once) * money.item, shape), [5, 50, 95], axis=1).T.tolist()
    right = np.percentile(np.broadcast_to(accuracy, shape), [5, 50, 95], axis=1).T.tolist()
    chosen = r.costs.usual(option)
    expert = knowledge.questions["checkable"].choices.index("expert")
    judged_by_experts = bool((r.level["checkable"] == expert).mean() > 0.5)
    found = [
        SetupAdvice(id=setup.id, chosen=i == chosen, per_item=tuple(items[i]), accuracy=tuple(right[i]))
        for i, setup in enumerate(SETUPS)
        if i == chosen or not (setup.lay and judged_by_experts)
    ]
    return tuple(sorted(found, key=lambda each: each.per_item[1]))
