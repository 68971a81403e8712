"""Which option is advised and how firmly, without the reasons: what `advise` says of these two, at a fraction of its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.advice.advice import Verdict
from bot.advice.changes import any_unknown
from bot.advice.report import verdict
from bot.advice.scores import firsts, standing
from bot.advice.sheet import sheet
from bot.answers import Answer
from knowledge.model import Knowledge


class Gist(NamedTuple):
    """The `recommended` and `verdict` of an advice."""

    recommended: str | None
    verdict: Verdict


def gist(answers: Mapping[str, Answer], knowledge: Knowledge) -> Gist:
    """As `advise(answers, knowledge)` would say. What is not known is tried out only where the verdict hangs on it."""
    facts = sheet(answers, knowledge)
    now = standing(knowledge, facts)
    shares = firsts(knowledge, facts, int(knowledge.decision["worlds"].value))
    told = verdict(knowledge, facts, now, shares, lambda: any_unknown(knowledge, facts))
    return Gist(None if told == "abstain" else list(knowledge.options)[now.leader], told)
