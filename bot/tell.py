"""Values as people read them: the views that templates are filled with. Words come from the knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.advice.advice import Advice, OptionAdvice, Reason, SourceLine
from bot.agenda import pending
from bot.answers import Answer, Money, Value, number, rounded
from bot.case import Case, effective, set_aside
from bot.effects import AskConflict, Confirm, Explain, Note, OfferStrike, WhatIf
from bot.markup import Safe, escape
from bot.understand.reading import Fact
from knowledge.model import Knowledge, Language, Question, QuestionWords, Term

View = dict[str, object]

MOST_CITED = 4
"""Ids shown after a statement; the advice as JSON and its list of sources have them all."""


def one_off(answers: Mapping[str, Answer]) -> bool:
    """Whether the work is a job with an end: its volume is then the whole of it."""
    return "demand" in answers and answers["demand"].value == "one_off"


def value(id: str, told: Value | None, knowledge: Knowledge, language: str, *, once: bool = False) -> str:
    """A value in words: a label, a number with its unit (`once` that of a one-off job), an amount, an order, or the text."""
    words = knowledge.words(language)
    match told:
        case None:
            return ""
        case Money(amount=amount, currency=currency):
            return f"{number(rounded(amount))} {currency} {words.questions[id].unit}"
        case float() if knowledge.questions[id].type == "percent":  # 99.9975 % is not 100 %
            return f"{number(told)} {words.questions[id].unit_of(once=once, amount=told)}"
        case float():
            return f"{number(rounded(told))} {words.questions[id].unit_of(once=once, amount=told)}"
        case str():
            choice = words.questions[id].choices.get(told)
            return choice.label if choice else told
        case tuple():
            return ", ".join(" = ".join(words.criteria[item].short.lower() for item in tier) for tier in told)


def answered(id: str, answer: Answer, knowledge: Knowledge, language: str, *, once: bool = False) -> str:
    """An answer in words, ways of not knowing kept apart."""
    if answer.status == "given":
        return value(id, answer.value, knowledge, language, once=once)
    return knowledge.words(language).sentences[f"unknown_value_{answer.status}"]


def names(ids: Iterable[str], words: Language) -> str:
    """Question names, comma separated."""
    return ", ".join(words.questions[id].name for id in ids if id in words.questions)


def quick(question: Question, picked: float, words: Language) -> str:
    """The label of a quick pick."""
    del words
    return f"{number(picked)} %" if question.type == "percent" else number(picked)


def question(id: str, case: Case, knowledge: Knowledge) -> QuestionWords:
    """The words of a question."""
    return knowledge.words(case.language).questions[id]


def retention(days: int | None, case: Case, knowledge: Knowledge) -> str:
    """How long things are kept."""
    sentences = knowledge.words(case.language).sentences
    return sentences["retention_days"].format(days=days) if days else sentences["retention_forever"]


def understood(effect: Confirm, case: Case, knowledge: Knowledge) -> View:
    """What was taken from free text, with the words it came from and what it would replace."""
    words = knowledge.words(case.language)
    demand = [fact.value for fact in effect.facts if fact.question == "demand"]
    before = one_off(case.answers)
    once = demand == ["one_off"] if demand else before

    def row(fact: Fact) -> View:
        earlier = case.answers.get(fact.question)
        replaces = answered(fact.question, earlier, knowledge, case.language, once=before) if earlier else ""
        told = value(fact.question, fact.value, knowledge, case.language, once=once)
        return {
            "name": words.questions[fact.question].name,
            "value": told,
            "said": fact.said,
            "unsure": fact.unsure,
            "replaces": replaces if replaces != told else "",
        }

    doubts = [{"name": words.questions[doubt.question].name, "said": doubt.said} for doubt in effect.doubts]
    return {"facts": [row(fact) for fact in effect.facts], "doubts": doubts}


def rows(ids: Iterable[str], answers: Mapping[str, Answer], knowledge: Knowledge, language: str) -> list[View]:
    """Answers as lines: name, value, unsure."""
    words, once = knowledge.words(language), one_off(answers)
    return [
        {
            "name": words.questions[id].name,
            "value": answered(id, answers[id], knowledge, language, once=once),
            "unsure": answers[id].unsure,
        }
        for id in ids
        if id in answers
    ]


def conflict(effect: AskConflict, case: Case, knowledge: Knowledge) -> View:
    """Two answers that hardly go together."""
    text = knowledge.words(case.language).rules[effect.conflict].text
    return {"text": text, "answers": rows(effect.questions, case.answers, knowledge, case.language)}


def private(effect: OfferStrike, case: Case, knowledge: Knowledge) -> View:
    """What kinds of private data were written."""
    sentences = knowledge.words(case.language).sentences
    return {"kinds": [sentences[f"private_{kind}"] for kind in effect.kinds]}


def summary(case: Case, knowledge: Knowledge) -> View:
    """Everything that counts, what was left out, and what is set aside."""
    words = knowledge.words(case.language)
    return {
        "answers": rows(knowledge.questions, effective(knowledge, case.answers), knowledge, case.language),
        "skipped": names((id for id in knowledge.questions if id in case.skipped), words),
        "aside": names(sorted(set_aside(knowledge, case.answers)), words),
    }


def explanation(effect: Explain, case: Case, knowledge: Knowledge) -> View:
    """Why a question is asked, which options are still in the running, and what each answer would do."""
    words = knowledge.words(case.language)
    tied = ", ".join(words.options[option].name for option in effect.tied) if len(effect.tied) > 1 else ""
    labels = {id: choice.label for id, choice in words.questions[effect.question].choices.items()}
    bands = knowledge.questions[effect.question].bands
    labels |= {band.id: f"{number(band.typical)} {words.questions[effect.question].unit}" for band in bands}
    could = [
        words.sentences["could_become"].format(level=labels[level], option=words.options[option].short)
        for level, option in effect.could
    ]
    turning = len({option for _, option in effect.could}) > 1
    return {"words": words.questions[effect.question], "tied": tied, "could": could if turning else []}


def accepted(id: str, knowledge: Knowledge, language: str) -> str:
    """What a question takes, in words for people."""
    words, asked = knowledge.words(language), knowledge.questions[id]
    match asked.type:
        case "choice":
            return words.sentences["accepted_choice"].format(
                choices=", ".join(c.label for c in words.questions[id].choices.values())
            )
        case "ranking":
            return words.sentences["accepted_ranking"].format(
                items=", ".join(words.criteria[c].short.lower() for c in asked.items)
            )
        case "text":
            return words.sentences["accepted_text"]
        case "money":
            return words.sentences["accepted_money"]
        case "number" | "percent":
            return words.sentences["accepted_number"].format(unit=words.questions[id].unit)


def help_with(id: str | None, case: Case, knowledge: Knowledge) -> View:
    """Help with a question, or with what else is asked; in general where nothing is."""
    if id is None or id not in knowledge.questions:
        asked = knowledge.words(case.language).sentences.get(f"help_{pending(case, knowledge).kind}", "")
        return {"words": None, "accepted": "", "asked": asked}
    return {"words": question(id, case, knowledge), "accepted": accepted(id, knowledge, case.language), "asked": ""}


def definition(id: str, case: Case, knowledge: Knowledge) -> View:
    """A glossary entry with its sources."""
    term: Term = knowledge.words(case.language).glossary[id]
    return {"term": term, "cite": cite(term.basis, None, knowledge, case.language)}


def note(effect: Note, case: Case, knowledge: Knowledge) -> str:
    """A remark, with the names and values it speaks of."""
    words = knowledge.words(case.language)
    known = effect.question if effect.question in words.questions else None
    key = f"note_{effect.kind}"
    match effect.kind:
        case "not_understood" if known is None or case.restarting or case.exposed or case.proposed is not None:
            key = "note_not_understood_free" if pending(case, knowledge).kind == "nothing" else "note_not_understood_yes_no"
        case "late" if known is None:
            key = "note_late_general"
        case "upgraded" if effect.questions:
            key = "note_upgraded_unfit"
        case _:
            pass
    told = ""
    if known is not None and effect.kind in ("answered", "changed", "stands"):
        once = one_off(case.answers)
        told = answered(known, case.answers[known], knowledge, case.language, once=once) if known in case.answers else ""
        told += words.sentences["not_sure"] if known in case.answers and case.answers[known].unsure else ""
    sentence = words.sentences[key].format(
        name=words.questions[known].name if known else "",
        names=names(effect.questions, words),
        value=told,
        accepted=accepted(known, knowledge, case.language) if known and effect.kind == "not_understood" else "",
    )
    return f"{sentence} {words.sentences['note_offer_skip']}" if effect.offer_skip else sentence


def cite(claims: Iterable[str], assumption: str | None, knowledge: Knowledge, language: str) -> str:
    """The ids that a statement rests on with the year of each source, or that it is an assumption."""
    ids = list(claims)
    found = [f"{id}, {knowledge.dated(id)}" for id in ids[:MOST_CITED]] + ["…"] * (len(ids) > MOST_CITED)
    if not found:
        label = knowledge.words(language).sentences["cite_assumption"]
        return f"({label}: {assumption})" if assumption else f"({label})"
    return f"({'; '.join(found)})"


def _reason(reason: Reason, knowledge: Knowledge, language: str) -> View:
    words = knowledge.words(language)
    favours = words.options[reason.favours].name if reason.favours else ""
    favours = favours[:1].upper() + favours[1:]
    return {
        "text": reason.text,
        "favours": "" if reason.text.startswith(favours) else favours,
        "cite": cite((*reason.claims, *reason.evidence), reason.assumption, knowledge, language),
    }


def advice(told: Advice, changed: Sequence[str], case: Case, knowledge: Knowledge) -> View:
    """Everything the card and its follow-up show."""
    language = case.language
    words = knowledge.words(language)

    def reasons(many: Iterable[Reason]) -> list[View]:
        return [_reason(reason, knowledge, language) for reason in many]

    timed = any(answer.question == "minutes" and answer.status == "given" for answer in told.answers)
    excluded = [
        {
            "name": words.options[option.id].short,
            "text": option.excluded.text,
            "cite": cite((*option.excluded.claims, *option.excluded.evidence), option.excluded.assumption, knowledge, language),
        }
        for option in told.options
        if option.excluded
    ]
    split = [
        {
            "part": words.sentences[f"split_part_{part.part}"],
            "option": words.options[part.option].short,
            "why": part.why,
            "cite": cite((*part.claims, *part.evidence), None, knowledge, language),
        }
        for part in (told.split.parts if told.split else ())
    ]
    provider = told.provider
    automation = told.automation
    return {
        "advice": told,
        "changed": names(changed, words),
        "reasons": reasons(told.reasons[:5]),
        "against": reasons(told.against[:3]),
        "flips": told.flips[:6],
        "excluded": excluded,
        "split": split,
        "automation_cite": cite((*automation.claims, *automation.evidence), None, knowledge, language) if automation else "",
        "provider": {
            "stress": reasons(provider.stress),
            "concede": reasons(provider.concede),
            "client_right": reasons(provider.client_right),
        }
        if provider
        else {},
        "safeguards": reasons(told.safeguards),
        "sums": reasons(told.sums),
        "table": [cost_row(option, words, language) for option in told.options if option.cost and not option.excluded and timed],
        "sources": [Safe(source_line(source)) for source in told.sources],
        "receipt": told.answers_digest[:19],
        "provider_lead": _provider_lead(told, words),
    }


def _provider_lead(told: Advice, words: Language) -> str:
    """By how much the provider's best offer is ahead of, or behind, the client's best crowd option."""
    provider = told.provider
    if provider is None or provider.best_crowd is None:
        return ""
    side = words.sentences["provider_ahead" if provider.lead >= 0 else "provider_behind"]
    offer, crowd = words.options[provider.best_offer].name, words.options[provider.best_crowd].name
    return words.sentences["provider_lead"].format(offer=offer, crowd=crowd, lead=f"{abs(100 * provider.lead):.0f}", side=side)


def source_line(source: SourceLine) -> str:
    """A source as Markdown, its title a link where it has an address; addresses come from the knowledge base alone."""
    title = f"[{escape(source.title)}](<{source.url}>)" if source.url.startswith("http") else escape(source.title)
    return f"{source.id}: {title}, {escape(source.publisher)} ({escape(source.dated)})"


def cost_row(option: OptionAdvice, words: Language, language: str) -> str:
    """One option's price, accuracy and chance of being first, in a line."""
    from bot.advice.sums import money_text
    from bot.chart_words import share

    cost = option.cost
    if cost is None or cost.per_item is None or cost.currency is None:
        return words.options[option.id].short
    low, mid, high = (money_text(amount, cost.currency, language) for amount in cost.per_item)
    accuracy, first = f"{100 * cost.accuracy[1]:.1f}", share(option.first, words)
    errors = ""
    if cost.with_errors is not None:
        amount = money_text(cost.with_errors[1], cost.currency, language)
        errors = words.sentences["cost_row_errors"].format(amount=amount) if amount != mid else ""
    return words.sentences["cost_row"].format(
        option=words.options[option.id].short, per_item=mid, low=low, high=high, errors=errors, accuracy=accuracy, first=first
    )


def comparison(told: Advice, case: Case, knowledge: Knowledge) -> View:
    """The options side by side per criterion, with dominance."""
    words = knowledge.words(case.language)
    options = [
        {
            "name": words.options[option.id].short,
            "excluded": option.excluded is not None,
            "scores": ", ".join(f"{words.criteria[c].short.lower()} {100 * score:.0f}" for c, score in option.criteria.items()),
        }
        for option in told.options
    ]
    allowed = [option for option in told.options if option.excluded is None]
    dominance = [
        words.sentences["dominates"].format(a=words.options[a.id].short, b=words.options[b.id].short)
        for a in allowed
        for b in allowed
        if a is not b and all(a.criteria[c] >= b.criteria[c] for c in a.criteria)
    ]
    return {"options": options, "dominance": dominance}


def what_if(effect: WhatIf, case: Case, knowledge: Knowledge) -> View:
    """Two advices side by side."""
    words = knowledge.words(case.language)
    now, then = effect.now, effect.then
    names = {id: words.options[id].name for id in (now.recommended, then.recommended) if id}
    pair = {"now": names.get(now.recommended or "", ""), "then": names.get(then.recommended or "", "")}
    if now.recommended == then.recommended:
        line = words.sentences["what_if_same"]
    else:
        which = "other" if all(pair.values()) else "none" if pair["now"] else "some"  # an abstention names nobody
        line = words.sentences[f"what_if_{which}"].format(**pair)
    return {
        "name": words.questions[effect.question].name,
        "value": value(effect.question, effect.value, knowledge, case.language),
        "now": now,
        "then": then,
        "differences": [line[:1].upper() + line[1:]],
    }
