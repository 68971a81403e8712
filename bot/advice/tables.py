"""The rules of a knowledge base as arrays: what each answer level does to each option.

Shapes: O options, C criteria, L levels of a question. Every table has one row more than the question has levels:
the last row is "not applicable" and does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.model import ECONOMIC, Knowledge, Question

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Tables:
    """Everything that scoring needs, compiled once per knowledge version."""

    options: tuple[str, ...]
    criteria: tuple[str, ...]
    questions: tuple[str, ...]  # those that act on values, in file order
    base: Floats  # (C, O)
    effects: dict[str, dict[int, Floats]]  # question -> criterion index -> (L + 1, O)
    vetoes: dict[str, Bools]  # question -> (L + 1, O): level removes option
    priors: dict[str, Floats]  # question -> (L,), sums to 1
    placements: dict[str, tuple[str, tuple[str, ...]]]  # question -> (criterion, place per level, last for "not applicable")

    @property
    def cost(self) -> int:
        """Index of the criterion that the economics fills."""
        return self.criteria.index("cost")


@lru_cache(maxsize=8)
def tables(knowledge: Knowledge) -> Tables:
    """Compile a knowledge base. It has passed the linter: effects and vetoes name one question at most."""
    options, criteria = tuple(knowledge.options), tuple(knowledge.criteria)
    leveled = {id: question for id, question in knowledge.questions.items() if question.levels}
    base = np.array([[criterion.start] * len(options) for criterion in knowledge.criteria.values()])
    effects: dict[str, dict[int, Floats]] = {}
    for effect in knowledge.effects.values():
        c = criteria.index(effect.criterion)
        delta = np.array([effect.options.get(option, 0.0) for option in options])
        if not effect.when:
            base[c] += delta
        for id, levels in effect.when.items():
            table = effects.setdefault(id, {}).setdefault(c, _zeros(leveled[id], len(options)))
            table[[leveled[id].levels.index(level) for level in levels]] += delta
    vetoes: dict[str, Bools] = {}
    for veto in knowledge.vetoes.values():
        for id, levels in veto.when.items():
            mask = vetoes.setdefault(id, _zeros(leveled[id], len(options)).astype(bool))
            for level in levels:
                mask[leveled[id].levels.index(level), [options.index(option) for option in veto.removes]] = True
    placements: dict[str, tuple[str, tuple[str, ...]]] = {
        placement.question: (
            placement.criterion,
            (*(placement.places[c] for c in leveled[placement.question].choices), "joins_last"),
        )
        for placement in knowledge.placements.values()
    }
    acting = tuple(id for id in leveled if id in {*effects, *vetoes, *placements, *ECONOMIC})
    priors = {id: np.array(leveled[id].prior) / sum(leveled[id].prior) for id in acting}
    return Tables(options, criteria, acting, base, effects, vetoes, priors, placements)


def _zeros(question: Question, options: int) -> Floats:
    return np.zeros((len(question.levels) + 1, options))
