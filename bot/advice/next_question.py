"""Which question next: the one that is expected to settle the winner most, safety first; and when to stop.

Expected entropy of the winner after each open question, read off one sample of worlds: H_q = Σ_l p_l H(winner | level l).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.advice.changes import influential
from bot.advice.proof import proved
from bot.advice.scores import Robustness, robustness, standings, stated_vetoes, unanimous
from bot.advice.sheet import Sheet, at_level
from bot.advice.tables import Floats, tables
from knowledge.model import Knowledge


@dataclass(frozen=True)
class Outlook:
    """What asking on can still do."""

    questions: tuple[str, ...]  # those worth asking, best first
    leader: str
    first: float  # probability that the leader is first
    tied: tuple[str, ...]  # options with a real chance of being first
    settled: bool  # proved: no answer still open can change the advice


def outlook(knowledge: Knowledge, sheet: Sheet, open_questions: Sequence[str]) -> Outlook:
    """The questions worth asking of those open, in the order to ask them; none when the advice is proved."""
    n = int(knowledge.decision["question_worlds"].value)
    r = robustness(knowledge, sheet, n)
    options = list(knowledge.options)
    best = int(r.first.argmax())
    tied = tuple(options[o] for o in np.argsort(-r.first) if r.first[o] >= 0.05)
    acting = [id for id in open_questions if id in influential(knowledge)]
    settled = not acting or (unanimous(knowledge, sheet) and proved(knowledge, sheet))
    if settled:
        return Outlook((), options[best], float(r.first[best]), tied, True)
    left = entropies(knowledge, r, acting)
    barred = {id for id in acting if _may_bar(knowledge, sheet, id)}
    ordered = sorted(acting, key=lambda id: (id != "priorities", id not in barred, left.get(id, 0.0)))
    return Outlook(tuple(ordered), options[best], float(r.first[best]), tied, False)


def consequences(knowledge: Knowledge, sheet: Sheet, id: str) -> tuple[tuple[str, str], ...]:
    """What each answer to a question would make the leader: (level, option) pairs; empty where it acts on nothing."""
    question = knowledge.questions[id]
    if not question.levels or id not in influential(knowledge):
        return ()
    options = list(knowledge.options)
    _, *after = standings(knowledge, sheet, [(id, at_level(question, level)) for level in range(len(question.levels))])
    return tuple((level, options[then.leader]) for level, then in zip(question.levels, after, strict=True))


def entropies(knowledge: Knowledge, r: Robustness, questions: Sequence[str]) -> dict[str, float]:
    """Expected entropy (bits) of the winner after learning each question; unknown questions with levels only."""
    n = len(r.value)
    winner = np.eye(len(knowledge.options))[r.value.argmax(axis=1)]
    found = {}
    for id in questions:
        if id not in r.level:
            continue
        answers = np.eye(len(knowledge.questions[id].levels) + 1)[np.broadcast_to(r.level[id], n)]
        joint = answers.T @ winner / n
        found[id] = float((joint.sum(axis=1) * _entropy(joint)).sum())
    return found


def _entropy(joint: Floats) -> Floats:
    totals = joint.sum(axis=1, keepdims=True)
    p = np.divide(joint, totals, out=np.zeros_like(joint), where=totals > 0)
    return np.asarray(-(p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(axis=1))


def _may_bar(knowledge: Knowledge, sheet: Sheet, id: str) -> bool:
    """Whether a safety question could still veto an option that is in."""
    table = tables(knowledge).vetoes.get(id)
    return bool(
        knowledge.questions[id].safety and table is not None and (table.any(axis=0) & ~stated_vetoes(knowledge, sheet)).any()
    )
