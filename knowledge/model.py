"""What the knowledge base is made of. Every value is frozen; ids are the keys of the YAML mappings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

QUALITIES = ("primary", "secondary", "interested")


class Entry(BaseModel):
    """One thing with an id; unknown keys are refused so that a slip of the pen is found at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str


# --- facts -----------------------------------------------------------------------------------------------------------


class Source(Entry):
    """Where a fact was read. `dated` keeps the source's own vagueness ("c. 2011", "n.d."); `year` is for sorting."""

    title: str
    publisher: str
    year: int | None
    dated: str
    url: str
    quality: Literal["primary", "secondary", "interested"]


class Claim(Entry):
    """One statement of the article, in our own words."""

    section: str
    kind: Literal["estimate", "judgement", "example", "recommendation", "definition", "description", "report", "prediction"]
    attributed: str
    options: tuple[str, ...]
    direction: str
    statement: str
    figure: str | None = None
    baseline: str | None = None
    conditions: str
    caution: str | None = None
    evidence: tuple[str, ...] = ()
    source: str
    year: int
    unused: str | None = Field(None, description="why no rule, parameter, safeguard or section rests on this claim")


class Evidence(Entry):
    """A dated finding beside the article that supports, contradicts, conditions or dates its claims."""

    topic: str
    statement: str
    figures: str | None
    population: str
    year: int | None
    dated: str
    stance: str
    claims: tuple[str, ...]
    confidence: str
    source: str


class Derived(Entry):
    """Arithmetic or inference of our own from claims and evidence."""

    statement: str
    inputs: tuple[str, ...]
    status: str
    year: int


class Dispute(Entry):
    """A place where the article is dated or contested, and what the evidence says."""

    topic: str
    finding: str
    claims: tuple[str, ...]
    evidence: tuple[str, ...]


class Omission(Entry):
    """A consideration the article leaves out, and what we use instead."""

    statement: str
    basis: tuple[str, ...]


class Precedent(Entry):
    """What happened when a named organisation sourced a process in one of these ways."""

    organisation: str
    process: str
    dated: str
    model: str
    options: tuple[str, ...]
    outcome: Literal["success", "failure", "mixed"]
    happened: str
    lesson: str
    confidence: str
    sources: tuple[str, ...]


class Topic(Entry):
    """What answers one kind of question: ids of facts, best first. `notes` are arithmetic, disputes and omissions."""

    claims: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    precedents: tuple[str, ...] = ()
    case: bool = Field(False, description="about one organisation: even faint words of a question must fit")
    left_out: bool = Field(False, description="the article says nothing of it: that is told before claims beside it")
    sides: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def facts(self) -> tuple[str, ...]:
        """All of them."""
        return self.claims + self.evidence + self.notes + self.precedents


# --- the interview ---------------------------------------------------------------------------------------------------

ECONOMIC = ("volume", "minutes", "months", "demand", "skill", "accuracy", "error_impact", "checkable", "residency")
"""Questions that meet in the economics, so that their effects on cost are not additive."""

QuestionType = Literal["text", "choice", "number", "percent", "money", "ranking"]
When = dict[str, tuple[str, ...]]


class Band(BaseModel):
    """A stretch of a numeric question, up to and including `upto`; `typical` stands for it in exact enumeration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    upto: float
    typical: float


class Question(Entry):
    """One question. `choices` (or `bands`) run from the mildest to the strictest where `ordered`."""

    type: QuestionType
    choices: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    ordered: bool = False
    prior: tuple[float, ...] = Field((), description="weights of the choices or bands while unknown; an assumption")
    least: float | None = None
    most: float | None = None
    above: bool = Field(False, description="`least` itself is refused")
    unit: str | None = None
    quick: tuple[float, ...] = ()
    longest: int | None = None
    items: tuple[str, ...] = Field((), description="what a ranking ranks")
    descriptive: str | None = Field(None, description="why the answer need not change any advice")
    actionable: bool = Field(False, description="the asker can change the fact itself, not only the answer")
    safety: bool = False
    asked: Literal["first", "by_need", "last"] = "by_need"
    applies_if: When = Field(default_factory=dict, description="any of these answers, or not yet known")

    @property
    def levels(self) -> tuple[str, ...]:
        """The distinguishable answers: choices, or band ids."""
        return self.choices or tuple(band.id for band in self.bands)

    def band(self, value: float) -> Band:
        """The band that a number falls into."""
        return next((band for band in self.bands if value <= band.upto), self.bands[-1])


# --- rules -----------------------------------------------------------------------------------------------------------


class Option(Entry):
    """A way to source the work. `cost_basis` are the facts that statements about its price rest on."""

    group: Literal["in_house", "bpo", "crowd"]
    cost_basis: tuple[str, ...]


class Criterion(Entry):
    """A measure of an option. `ranked` criteria are ranked by people; the others are placed by an answer."""

    ranked: bool
    start: float = Field(0.5, ge=0, le=1, description="value of every option before any effect")
    basis: tuple[str, ...]


class Rule(Entry):
    """Anything that acts on advice and therefore must rest on something: ids of facts, or a worded assumption."""

    basis: tuple[str, ...] = ()


class Effect(Rule):
    """While all of `when` holds, each option's value on `criterion` moves by its number (0-1 scale)."""

    when: When = Field(default_factory=dict)
    criterion: str
    options: dict[str, float]


class Veto(Rule):
    """While all of `when` holds, `removes` cannot be advised."""

    when: When
    removes: tuple[str, ...]


class Parameter(Rule):
    """A number of the economics, uniform between `low` and `high`; figures of one's own lie between `least` and `most`."""

    low: float
    high: float
    least: float
    most: float
    unit: str
    year: int
    family: str = Field(description="the parameter a person would name; members differ by option or answer")
    owner: Literal["procurement", "operations", "finance", "quality"] = Field(
        "procurement", description="who in a buying company can find the figure out"
    )
    options: tuple[str, ...] = Field((), description="the options whose cost it enters; none means all")
    when: When = Field(default_factory=dict, description="the answers for which it is used; none means all")


class Safeguard(Rule):
    """What to do if one of `options` is chosen (while `when` holds)."""

    options: tuple[str, ...]
    when: When = Field(default_factory=dict)


class TenderQuestion(Rule):
    """What to ask providers while the answer to `question` is weak."""

    question: str


class Placement(Rule):
    """Where an answer puts a criterion that people do not rank themselves."""

    question: str
    criterion: str
    places: dict[str, Literal["second", "joins_last", "last"]]


class Conflict(Rule):
    """Answers that hardly go together. Advice is given all the same, with the warning."""

    when: When


class SplitStep(Rule):
    """A step of a process that may go to an option of its own, and what remains of an answer after it (level -> level)."""

    leaves: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict)
    role: Literal["prepare", "deidentify", "do", "check", "adjudicate", "decide"]


class Automation(Rule):
    """Where software may do the work: flagged, never scored."""

    when: When


class ProviderPoint(Rule):
    """Advice to a BPO provider whose client considers microlabor."""

    role: Literal["stress", "concede", "client_right"]
    when: When = Field(default_factory=dict)


SETTINGS = (
    "clear_from", "likely_from", "abstain_below", "abstain_known_below", "answer_now_from", "worlds", "question_worlds",
    "expectation_worlds", "seed", "cost_best", "cost_worst", "unsure_keeps", "unsure_factor", "swing_keeps", "veto_loss",
    "discount_rate", "seat_hours", "split_gain",
)  # fmt: skip
"""The settings that the decision model needs."""


class Decision(Entry):
    """A threshold or setting of the decision model."""

    value: float
    basis: tuple[str, ...] = ()


# --- words, per language ----------------------------------------------------------------------------------------------


class Words(BaseModel):
    """Base of the word entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChoiceWords(Words):
    """`label` stands on a button (at most 20 characters), `means` explains it, `said` are ways people put it."""

    label: Annotated[str, Field(max_length=24)]
    means: str
    said: tuple[str, ...] = ()


class QuestionWords(Words):
    """Everything a person is told about one question."""

    name: str
    ask: str
    why: str
    help: str
    example: str
    choices: dict[str, ChoiceWords] = Field(default_factory=dict)
    said: tuple[str, ...] = ()
    unit: str = ""
    unit_once: str = ""  # of a one-off job, where that is another
    unit_one: str = ""  # of just one, where that is another

    def unit_of(self, *, once: bool, amount: float | None = None) -> str:
        """The unit of a number, of a standing process or of a one-off job."""
        if amount == 1 and self.unit_one:
            return self.unit_one
        return self.unit_once if once and self.unit_once else self.unit


class Named(Words):
    """Something with a name for sentences, a meaning, and other ways people put it."""

    name: str
    means: str
    said: tuple[str, ...] = ()


class ThingWords(Named):
    """An option or criterion; `short` fits a button or a chart."""

    short: str


class RuleWords(Words):
    """The statement a rule makes when it fires; `assumption` says why where no fact stands behind it."""

    text: str
    assumption: str | None = None


class Term(Named):
    """A glossary entry, and what it rests on where it states a fact."""

    basis: tuple[str, ...] = ()


class PrivateWords(Words):
    """Words that tell card, identity and contact data from quantities; see private.yaml."""

    identity: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    catalogued: tuple[str, ...] = ()
    catalogued_by: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    strike: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


class Language(BaseModel):
    """All words of one language. A base stored before `private`, `classifier` or `requested` were files has none of theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: dict[str, QuestionWords]
    options: dict[str, ThingWords]
    criteria: dict[str, ThingWords]
    rules: dict[str, RuleWords]
    parameters: dict[str, RuleWords]
    glossary: dict[str, Term]
    sentences: dict[str, str]
    lexicon: dict[str, object]
    requests: dict[str, object]
    topics: dict[str, object]
    private: PrivateWords = PrivateWords()
    classifier: dict[str, object] = {}
    requested: dict[str, object] = {}


Fact = Claim | Evidence | Derived | Dispute | Omission | Precedent


class Knowledge(BaseModel):
    """One version of the knowledge base, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    sources: dict[str, Source]
    claims: dict[str, Claim]
    evidence: dict[str, Evidence]
    derived: dict[str, Derived]
    disputes: dict[str, Dispute]
    omissions: dict[str, Omission]
    precedents: dict[str, Precedent]
    topics: dict[str, Topic]
    questions: dict[str, Question]
    options: dict[str, Option]
    criteria: dict[str, Criterion]
    effects: dict[str, Effect]
    vetoes: dict[str, Veto]
    parameters: dict[str, Parameter]
    safeguards: dict[str, Safeguard]
    placements: dict[str, Placement]
    conflicts: dict[str, Conflict]
    split: dict[str, SplitStep]
    automation: dict[str, Automation]
    provider: dict[str, ProviderPoint]
    tender: dict[str, TenderQuestion]
    decision: dict[str, Decision]
    languages: dict[str, Language]

    def __hash__(self) -> int:
        return hash(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Knowledge) and self.version == other.version

    def words(self, language: str) -> Language:
        """The words of a language; English where it is not there."""
        return self.languages.get(language) or self.languages["en"]

    def fact(self, id: str) -> Fact | None:
        """The claim, evidence, arithmetic, dispute, omission or precedent with this id."""
        for shelf in (self.claims, self.evidence, self.derived, self.disputes, self.omissions, self.precedents):
            if id in shelf:
                return shelf[id]
        return None

    def dated(self, id: str) -> str:
        """When a fact is from: its source's date, the year of our arithmetic, or the span of the years it draws on."""
        match self.fact(id):
            case Claim(year=year) | Derived(year=year):
                return str(year)
            case Evidence(dated=dated) | Precedent(dated=dated):
                return dated
            case _:
                known = (self.sources[source].year for source in self.sources_of(id))
                years = sorted(year for year in known if year is not None)
                return f"{years[0]}-{years[-1]}" if len(set(years)) > 1 else str(years[0]) if years else "n.d."

    def sources_of(self, id: str) -> tuple[str, ...]:
        """Ids of the sources behind a fact, first the nearest; empty for an unknown id."""
        match self.fact(id):
            case Claim(source=source) | Evidence(source=source):
                return (source,)
            case Precedent(sources=sources):
                return sources
            case Derived(inputs=inputs):
                ids = inputs
            case Dispute(claims=claims, evidence=evidence):
                ids = claims + evidence
            case Omission(basis=basis):
                ids = basis
            case None:
                return ()
        return tuple(dict.fromkeys(source for each in ids for source in self.sources_of(each)))
