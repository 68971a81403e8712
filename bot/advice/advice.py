"""The advice as a value: what every surface shows and what `--json` prints (the contract of the interview)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.answers import Answer, Money

Verdict = Literal["clear", "likely", "close", "abstain"]
Percentiles = tuple[float, float, float]


class Part(BaseModel):
    """Base of the parts of an advice."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Exclusion(Part):
    rule: str
    text: str
    claims: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    assumption: str | None = None


class Cost(Part):
    """5th, 50th and 95th percentiles. Money covers work, checking, management and set-up; `errors` come on top.

    `per_correct` is the price of an item over the share that is right: what one good item costs if bad ones are found and redone.
    """

    per_item: Percentiles | None
    per_correct: Percentiles | None = None
    per_month: Percentiles | None
    errors_per_item: Percentiles | None
    total: Percentiles | None
    currency: str | None
    accuracy: Percentiles
    payback_months: float | None
    with_errors: Percentiles | None = None  # an item and the errors that slip through, together


class SetupAdvice(Part):
    """A way to organise crowd work: `chosen` is the one that the option's cost and accuracy are about."""

    id: str
    chosen: bool
    per_item: Percentiles
    accuracy: Percentiles


class OptionAdvice(Part):
    """One option. `ranks` is the probability of each rank; `central_weights` the mean weights that put it first."""

    id: str
    rank: int | None
    value: float | None
    first: float
    excluded: Exclusion | None
    criteria: dict[str, float]
    ranks: tuple[float, ...]
    central_weights: dict[str, float] | None
    cost: Cost | None
    setups: tuple[SetupAdvice, ...] = ()


class Reason(Part):
    """A statement with what it rests on: claims, evidence, or a worded assumption."""

    text: str
    criterion: str | None = None
    favours: str | None = None
    claims: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    assumption: str | None = None
    rule: str | None = None
    option: str | None = None  # the option whose figures a sum states


class FlipAdvice(Part):
    question: str
    # The value as an answer file writes it: a choice, a number, or a ranking.
    from_: Any
    to: Any
    then: str
    veto: bool
    text: str


class FindOut(Part):
    question: str
    could_become: tuple[str, ...]
    could_exclude: tuple[str, ...]
    power: float
    text: str


class SplitPart(Part):
    part: str
    option: str
    why: str
    claims: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Split(Part):
    parts: tuple[SplitPart, ...]
    text: str
    gain: float
    residual: str | None


class Automation(Part):
    text: str
    claims: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class ProviderAdvice(Part):
    """For a provider whose client considers microlabor."""

    stress: tuple[Reason, ...]
    concede: tuple[Reason, ...]
    client_right: tuple[Reason, ...]
    best_offer: str
    best_crowd: str | None
    lead: float
    client_should_leave_if: tuple[str, ...]


class Contradiction(Part):
    questions: tuple[str, ...]
    text: str


class Assumption(Part):
    """A parameter as it was taken; `basis` names the facts that it was found in, none if it is assumed or the asker's own.

    `name` is what the figure is, without why it was taken so; `effect` the share of the lead's spread that goes with it.
    """

    parameter: str
    range: tuple[float, float]
    unit: str
    source: str
    dated: str
    text: str
    basis: tuple[str, ...] = ()
    name: str = ""
    effect: float = 0.0


class SourceLine(Part):
    id: str
    title: str
    publisher: str
    year: int | None
    dated: str
    url: str


class CriticalWeight(Part):
    criterion: str
    weight: float
    flips_at: float | None
    then: str | None


class TornadoBar(Part):
    """The lowest and highest lead of the leader over the answers to a question, and those answers as an answer file writes them;
    None stands for a question that is open as it is now."""

    question: str
    low: float
    high: float
    low_at: Any = None
    high_at: Any = None
    fixed: bool = False  # a fact of the work that nobody can change


class Stated(Part):
    """An answer as it entered the advice; `status` keeps apart the ways of not knowing."""

    question: str
    status: str
    value: Any = None
    unsure: bool = False

    @property
    def answer(self) -> Answer | None:
        """The answer as the interview has it; None if the question was not asked."""
        if self.status == "not_asked":
            return None
        match self.value:
            case {"value": amount, "currency": currency}:
                value: Any = Money(amount=amount, currency=currency)
            case list():
                value = tuple((tier,) if isinstance(tier, str) else tuple(tier) for tier in self.value)
            case plain:
                value = plain
        return Answer.model_validate({"status": self.status, "value": value, "unsure": self.unsure})


class Advice(Part):
    recommended: str | None
    verdict: Verdict
    headline: str
    sure: str
    options: tuple[OptionAdvice, ...]
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    flips: tuple[FlipAdvice, ...]
    find_out: tuple[FindOut, ...]
    split: Split | None
    safeguards: tuple[Reason, ...]
    sums: tuple[Reason, ...]
    automation: Automation | None
    provider: ProviderAdvice | None
    contradictions: tuple[Contradiction, ...]
    assumptions: tuple[Assumption, ...]
    weights: dict[str, float]
    critical_weights: tuple[CriticalWeight, ...]
    least_shift: float | None  # least mass of weight to move before the runner-up leads
    tornado: tuple[TornadoBar, ...]
    answers: tuple[Stated, ...]
    sources: tuple[SourceLine, ...]
    knowledge_version: str
    answers_digest: str

    def as_json(self) -> dict[str, Any]:
        """Plain data with the contract's names."""
        plain = self.model_dump(mode="json")
        for flip in plain["flips"]:
            flip["from"] = flip.pop("from_")
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Advice:
        """An advice from what `as_json` gave. Raises pydantic.ValidationError for anything else."""
        flips = [{**flip, "from_": flip["from"]} for flip in plain["flips"]]
        for flip in flips:
            del flip["from"]
        return cls.model_validate({**plain, "flips": flips})
