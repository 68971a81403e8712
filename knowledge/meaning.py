"""What a knowledge base must mean: each examination yields (file, key path, what is wrong; what to do) on one aspect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from knowledge import model
from knowledge.model import ECONOMIC, SETTINGS, Knowledge, Question, Rule, When

RULES = ("effects", "vetoes", "safeguards", "placements", "conflicts", "split", "automation", "provider", "tender")
PERCENT = re.compile(r"\d\s?%")
TINY = 1e-9

Finding = tuple[str, tuple[str, ...], str]


def _facts(k: Knowledge) -> Iterator[Finding]:
    ids: dict[str, str] = {}
    for shelf in ("claims", "evidence", "derived", "disputes", "omissions", "precedents"):
        for id in getattr(k, shelf):
            if id in ids:
                yield f"{shelf}.yaml", (id,), f"the id is used in {ids[id]}.yaml too; facts share one name space, choose another"
            ids[id] = shelf
    for claim in k.claims.values():
        yield from _known(k.sources, "claims.yaml", claim.id, "source", (claim.source,), "sources.yaml")
        yield from _known(k.evidence, "claims.yaml", claim.id, "evidence", claim.evidence, "evidence.yaml")
        yield from _known(k.options, "claims.yaml", claim.id, "options", claim.options, "options.yaml")
        if claim.figure and PERCENT.search(claim.figure) and not claim.baseline:
            yield "claims.yaml", (claim.id, "figure"), f"the figure {claim.figure} has no baseline; say what it is a share of"
    for evidence in k.evidence.values():
        yield from _known(k.sources, "evidence.yaml", evidence.id, "source", (evidence.source,), "sources.yaml")
        yield from _known(k.claims, "evidence.yaml", evidence.id, "claims", evidence.claims, "claims.yaml")
    for derived in k.derived.values():
        yield from _known(ids, "derived.yaml", derived.id, "inputs", derived.inputs, "the fact files")
    for dispute in k.disputes.values():
        yield from _known(ids, "disputes.yaml", dispute.id, "claims", (*dispute.claims, *dispute.evidence), "the fact files")
    for omission in k.omissions.values():
        yield from _known(ids, "omissions.yaml", omission.id, "basis", omission.basis, "the fact files")
    for topic in k.topics.values():
        yield from _known(ids, "topics.yaml", topic.id, "claims", topic.facts, "the fact files")
        for side, facts in topic.sides.items():
            yield from _known(ids, "topics.yaml", topic.id, f"sides.{side}", facts, "the fact files")
    for precedent in k.precedents.values():
        yield from _known(k.sources, "precedents.yaml", precedent.id, "sources", precedent.sources, "sources.yaml")
        yield from _known(k.options, "precedents.yaml", precedent.id, "options", precedent.options, "options.yaml")
    for source in k.sources.values():
        if not source.dated.strip():
            yield "sources.yaml", (source.id,), "has no date; add `dated`, n.d. if the source gives none"
        if not source.title.strip() or not source.url.strip():
            yield "sources.yaml", (source.id,), "has no title or url; add where it can be found"


def _known(there: Mapping[str, object], file: str, id: str, name: str, ids: tuple[str, ...], where: str) -> Iterator[Finding]:
    for each in ids:
        if each not in there:
            yield file, (id, name), f"names {each}, which is not in {where}; add it or correct the id"


def _rules(k: Knowledge) -> Iterator[Finding]:
    for shelf in RULES:
        for rule in getattr(k, shelf).values():
            file = f"{shelf}.yaml"
            yield from _based(k, file, rule, {lang: words.rules for lang, words in k.languages.items()})
            if hasattr(rule, "when"):
                yield from _when(k, file, rule.id, rule.when)
    for parameter in k.parameters.values():
        yield from _based(k, "parameters.yaml", parameter, {lang: words.parameters for lang, words in k.languages.items()})
    for guard in k.safeguards.values():
        yield from _known(k.options, "safeguards.yaml", guard.id, "options", guard.options, "options.yaml")
    for tender in k.tender.values():
        yield from _known(k.questions, "tender.yaml", tender.id, "question", (tender.question,), "questions.yaml")
    for parameter in k.parameters.values():
        yield from _known(k.options, "parameters.yaml", parameter.id, "options", parameter.options, "options.yaml")
        yield from _when(k, "parameters.yaml", parameter.id, parameter.when)
    for placement in k.placements.values():
        levels = k.questions[placement.question].levels if placement.question in k.questions else ()
        if set(placement.places) != set(levels):
            yield "placements.yaml", (placement.id, "places"), f"must place every answer; expected {', '.join(levels)}"


def _based(k: Knowledge, file: str, rule: Rule, words: Mapping[str, Mapping[str, model.RuleWords]]) -> Iterator[Finding]:
    yield from _exist(k, file, rule.id, "basis", rule.basis)
    for language, shelf in words.items():
        told = shelf.get(rule.id)
        if told is None:
            yield file, (rule.id,), f"has no words in language {language}; add them to {language}/"
        elif not rule.basis and not told.assumption:
            yield file, (rule.id,), "rests on nothing; name claims or evidence in `basis`, or word an `assumption`"


def _when(k: Knowledge, file: str, id: str, when: When) -> Iterator[Finding]:
    for question, levels in when.items():
        if question not in k.questions:
            yield file, (id, "when"), f"asks about {question}, which is no question; expected one of {', '.join(k.questions)}"
            continue
        known = k.questions[question].levels
        for level in levels:
            if level not in known:
                yield (
                    file,
                    (id, "when", question),
                    f"can never fire: {question} has no answer {level}; expected {', '.join(known)}",
                )
        if not levels:
            yield file, (id, "when", question), "can never fire: it names no answer; list at least one"


def _effects(k: Knowledge) -> Iterator[Finding]:
    """Nothing may leave the 0-1 scale: the worst answers of all questions together, per option and criterion."""
    for effect in k.effects.values():
        yield from _known(k.options, "effects.yaml", effect.id, "options", tuple(effect.options), "options.yaml")
        if effect.criterion not in k.criteria:
            yield (
                "effects.yaml",
                (effect.id, "criterion"),
                f"{effect.criterion} is no criterion; expected {', '.join(k.criteria)}",
            )
        if effect.criterion == "cost":
            yield (
                "effects.yaml",
                (effect.id, "criterion"),
                "cost comes from the economics, not from opinion; change a parameter instead",
            )
        if len(effect.when) > 1:
            yield (
                "effects.yaml",
                (effect.id, "when"),
                "looks at several questions, which breaks additivity; split it into one effect a question",
            )
    for criterion in k.criteria.values():
        for option in k.options:
            yield from _range(k, criterion.id, option, criterion.start)


def _range(k: Knowledge, criterion: str, option: str, start: float) -> Iterator[Finding]:
    swings: dict[str, dict[str, float]] = {}
    fixed, culprits = start, []
    for effect in k.effects.values():
        if effect.criterion != criterion or option not in effect.options:
            continue
        culprits.append(effect.id)
        if not effect.when:
            fixed += effect.options[option]
        for question, levels in effect.when.items():
            for level in levels:
                table = swings.setdefault(question, {})
                table[level] = table.get(level, 0.0) + effect.options[option]
    low = fixed + sum(min(0.0, *table.values()) for table in swings.values())
    high = fixed + sum(max(0.0, *table.values()) for table in swings.values())
    if culprits and (low < -TINY or high > 1 + TINY):
        told = f"{option} on {criterion} can reach {low:.2f} to {high:.2f}, outside 0 to 1"
        yield "effects.yaml", (culprits[-1],), f"{told}; make some of {', '.join(culprits)} smaller"


def _vetoes(k: Knowledge) -> Iterator[Finding]:
    removed: dict[tuple[str, str], dict[str, str]] = {}
    for veto in k.vetoes.values():
        yield from _known(k.options, "vetoes.yaml", veto.id, "removes", veto.removes, "options.yaml")
        if len(veto.when) != 1:
            yield "vetoes.yaml", (veto.id, "when"), "must look at exactly one question, so that the proof of advice stays exact"
        if "in_house" in veto.removes:
            yield (
                "vetoes.yaml",
                (veto.id, "removes"),
                "removes in_house, after which nothing may be left; remove other options only",
            )
        for question, levels in veto.when.items():
            covered = [[removed.get((question, level), {}).get(option) for option in veto.removes] for level in levels]
            if covered and all(all(each) for each in covered):
                yield "vetoes.yaml", (veto.id,), f"is always shadowed by {covered[0][0]}; remove it or widen it"
            for level in levels:
                for option in veto.removes:
                    removed.setdefault((question, level), {}).setdefault(option, veto.id)
    yield from _softening(k, removed)


def _softening(k: Knowledge, removed: Mapping[tuple[str, str], Mapping[str, str]]) -> Iterator[Finding]:
    """In an ordered question a stricter answer may not take a veto back."""
    for question in k.questions.values():
        if not question.ordered:
            continue
        before: dict[str, str] = {}
        for level in question.levels:
            now = removed.get((question.id, level), {})
            for option, veto in before.items():
                if option not in now:
                    text = f"contradicts the order of {question.id}: {option} is removed at a milder answer but not at {level}"
                    yield "vetoes.yaml", (veto, "when", question.id), f"{text}; add {level}"
            before = {**before, **now}


def _questions(k: Knowledge) -> Iterator[Finding]:
    used = {q for shelf in ("effects", "vetoes") for rule in getattr(k, shelf).values() for q in rule.when}
    used |= {placement.question for placement in k.placements.values()} | set(ECONOMIC) | {"priorities"}
    used |= {"deidentify"} if any(step.leaves for step in k.split.values()) else set()
    for question in k.questions.values():
        if question.id not in used and not question.descriptive:
            yield (
                "questions.yaml",
                (question.id,),
                "can change no advice; give it an effect, or say in `descriptive` why it is asked",
            )
        if len(question.prior) != len(question.levels):
            yield "questions.yaml", (question.id, "prior"), f"needs one weight for each of {', '.join(question.levels)}"
        yield from _when(k, "questions.yaml", question.id, question.applies_if)
        for language, words in k.languages.items():
            yield from _question_words(question, language, words.questions.get(question.id))


def _question_words(question: Question, language: str, words: model.QuestionWords | None) -> Iterator[Finding]:
    file = f"{language}/questions.yaml"
    if words is None:
        yield file, (question.id,), "has no words; add name, ask, why, help and example"
        return
    for choice in question.choices:
        if choice not in words.choices:
            yield file, (question.id, "choices"), f"the choice {choice} has no wording; add a label and what it means"
    for choice in words.choices:
        if choice not in question.choices:
            yield file, (question.id, "choices", choice), "is no choice of the question; remove it or add it to questions.yaml"


def _settings(k: Knowledge) -> Iterator[Finding]:
    for id in SETTINGS:
        if id not in k.decision:
            yield "decision.yaml", (id,), "the decision model needs this setting; add it with a value"
    for id in k.decision:
        if id not in SETTINGS:
            yield "decision.yaml", (id,), f"is no setting of the decision model; expected one of {', '.join(SETTINGS)}"
    for parameter in k.parameters.values():
        if not parameter.least <= parameter.low <= parameter.high <= parameter.most:
            limits = f"{parameter.least:g} <= low <= high <= {parameter.most:g}"
            yield "parameters.yaml", (parameter.id, "low"), f"{parameter.low:g} to {parameter.high:g} breaks {limits}; correct it"


def _reach(k: Knowledge) -> Iterator[Finding]:
    """Rules that name nothing, are overtaken by an earlier one, or compare a question with itself."""
    for guard in k.safeguards.values():
        if not guard.options:
            yield "safeguards.yaml", (guard.id, "options"), "can never be shown: it names no option; list at least one"
    for conflict in k.conflicts.values():
        if len(conflict.when) < 2:
            yield "conflicts.yaml", (conflict.id, "when"), "compares nothing: name at least two questions"
    earlier: list[model.Automation] = []
    for rule in k.automation.values():
        for before in earlier:
            if all(question in rule.when and set(rule.when[question]) <= set(levels) for question, levels in before.when.items()):
                yield "automation.yaml", (rule.id,), f"is always shadowed by {before.id}, which comes first; move or widen it"
        earlier.append(rule)
    for step in k.split.values():
        for answer, moves in step.leaves.items():
            for question, levels in moves.items():
                known = k.questions[question].levels if question in k.questions else ()
                for level in (*levels, *levels.values()):
                    if level not in known:
                        text = f"{question} has no answer {level}; expected {', '.join(known)}"
                        yield "split.yaml", (step.id, "leaves", answer), text
    for source in k.sources.values():
        if source.year is not None and str(source.year) not in source.dated and "n.d." not in source.dated:
            yield "sources.yaml", (source.id, "year"), f"year {source.year} is not in its date {source.dated!r}; make them agree"
    for evidence in k.evidence.values():
        if not evidence.dated.strip():
            yield "evidence.yaml", (evidence.id, "dated"), "has no date; add `dated`, n.d. if the source gives none"


def _numbers(k: Knowledge) -> Iterator[Finding]:
    for question in k.questions.values():
        edges = [band.upto for band in question.bands]
        if edges != sorted(set(edges)):
            yield "questions.yaml", (question.id, "bands"), "the bands are not in rising order; sort them"
        for low, band in zip([question.least or 0.0, *edges], question.bands, strict=False):
            if not low <= band.typical <= band.upto:
                text = f"typical {band.typical:g} of {band.id} lies outside its band {low:g} to {band.upto:g}; move it"
                yield "questions.yaml", (question.id, "bands"), text
        for number in question.quick:
            if not (question.least or 0.0) <= number <= (question.most or number):
                yield "questions.yaml", (question.id, "quick"), f"the quick pick {number:g} is outside the limits; change it"


def _words(k: Knowledge) -> Iterator[Finding]:
    for option in k.options.values():
        yield from _exist(k, "options.yaml", option.id, "cost_basis", option.cost_basis)
    for criterion in k.criteria.values():
        yield from _exist(k, "criteria.yaml", criterion.id, "basis", criterion.basis)
    for language, words in k.languages.items():
        for shelf, things in (("options", k.options), ("criteria", k.criteria)):
            for id in things:
                if id not in getattr(words, shelf):
                    yield f"{language}/{shelf}.yaml", (id,), "has no words; add name, short and means"
        ours = {rule for shelf in RULES for rule in getattr(k, shelf)}
        for id in words.rules:
            if id not in ours:
                yield f"{language}/rules.yaml", (id,), "words a rule that does not exist; remove it or add the rule"
        for id, term in words.glossary.items():
            yield from _exist(k, f"{language}/glossary.yaml", id, "basis", term.basis)


def _read_as(k: Knowledge) -> Iterator[Finding]:
    """What free text is read as has to be an answer that there is."""
    for language, words in k.languages.items():
        for part in ("states", "does", "suggests", "hints"):
            for id, values in _mapping(words.lexicon.get(part)).items():
                for value in _mapping(values):
                    yield from _answer(k, f"{language}/lexicon.yaml", (part, id), id, str(value))
        classes = words.classifier.get("classes", [])
        for name in classes if isinstance(classes, list) else []:
            id, _, value = str(name).partition("=")
            yield from _answer(k, f"{language}/classifier.yaml", ("classes",), id, value)


def _mapping(node: object) -> Mapping[str, object]:
    return node if isinstance(node, dict) else {}


def _answer(k: Knowledge, file: str, path: tuple[str, ...], id: str, value: str) -> Iterator[Finding]:
    question = k.questions.get(id)
    if question is None:
        yield file, path, f"reads text as an answer to {id}, which is no question"
    elif question.type == "choice" and value not in question.choices:
        yield file, path, f"reads text as {id} {value}; expected one of {', '.join(question.choices)}"


def _exist(k: Knowledge, file: str, id: str, name: str, facts: tuple[str, ...]) -> Iterator[Finding]:
    for fact in facts:
        if k.fact(fact) is None:
            yield file, (id, name), f"rests on {fact}, which does not exist; correct the id or drop it"


def used_facts(k: Knowledge) -> dict[str, list[str]]:
    """Where each fact is used: fact id -> ids of rules, parameters and disputes that rest on it."""
    found: dict[str, list[str]] = {}
    for shelf in (*RULES, "parameters", "criteria"):
        for rule in getattr(k, shelf).values():
            for fact in rule.basis:
                found.setdefault(fact, []).append(rule.id)
    for option in k.options.values():
        for fact in option.cost_basis:
            found.setdefault(fact, []).append(option.id)
    for derived in k.derived.values():
        for fact in derived.inputs:
            found.setdefault(fact, []).append(derived.id)
    for dispute in k.disputes.values():
        for fact in (*dispute.claims, *dispute.evidence):
            found.setdefault(fact, []).append(dispute.id)
    for language, words in k.languages.items():
        for id, term in words.glossary.items():
            for fact in term.basis:
                found.setdefault(fact, []).append(f"{language}/{id}")
    return found


def _unused(k: Knowledge) -> Iterator[Finding]:
    used = used_facts(k)
    for claim in k.claims.values():
        if claim.id not in used and not claim.unused:
            yield "claims.yaml", (claim.id,), "nothing rests on this claim; use it in a rule, or say in `unused` why not"
        if claim.id in used and claim.unused:
            yield "claims.yaml", (claim.id, "unused"), f"is used by {', '.join(used[claim.id])}; drop `unused`"


EXAMINATIONS: tuple[Callable[[Knowledge], Iterator[Finding]], ...] = (
    _facts,
    _rules,
    _effects,
    _vetoes,
    _questions,
    _numbers,
    _settings,
    _reach,
    _words,
    _read_as,
    _unused,
)
