"""The decision memo: an advice as one page that a manager can put on a table. For a provider, a brief for its client.

Everything in it comes from the advice; what is added is who should settle which assumption by when, what to ask providers,
and a pilot that can prove the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib import resources

from bot.advice.advice import Advice, Assumption, Exclusion, OptionAdvice, Reason, SourceLine, Stated
from bot.advice.reasons import stated
from bot.advice.report import listed
from bot.advice.sums import money_text
from bot.answers import number
from bot.chart_words import points, share
from bot.markup import Safe, escape
from bot.page import document
from bot.pilot_steps import OF_CROWDS, pilot_steps
from bot.speak import filled
from bot.tell import MOST_CITED, answered, cite, one_off, source_line
from knowledge.model import Knowledge, Language

View = dict[str, object]

REVIEW_DAYS = 182
"""Assumptions are looked at again after half a year: wages, fees and platforms change faster than contracts."""
MOST_REASONS, MOST_AGAINST, MOST_ASSUMPTIONS, MOST_ASKED = 4, 3, 10, 8
KEY_SUMS = (
    "sum_work", "sum_setup", "sum_no_setup", "sum_short", "sum_idle", "sum_break_even_error", "sum_dominated", "sum_horizon",
    "sum_payback", "sum_payback_soon", "sum_no_payback", "sum_shift",
)  # fmt: skip


def memo(advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str = "") -> str:
    """The memo in Markdown. `dated` is the day of the advice, `case` the id under which it is kept."""
    name = "client_brief" if advice.provider else "memo"
    return filled(name, language, _view(advice, knowledge, language, dated, case))


def memo_page(advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str = "") -> str:
    """The memo as a page of its own that prints on A4."""
    title = knowledge.words(language).sentences["memo_brief_title" if advice.provider else "memo_title"]
    return document(
        memo(advice, knowledge, language, dated, case),
        title,
        language,
        (resources.files("templates") / "memo.css").read_text("utf-8"),
    )


def _view(advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str) -> View:
    words = knowledge.words(language)
    asked = _asked(advice, knowledge, language)
    refused = [option for option in advice.options if option.id != advice.recommended]

    def reasons(many: Iterable[Reason]) -> list[View]:
        return [
            {"text": each.text, "cite": cite((*each.claims, *each.evidence), each.assumption, knowledge, language)}
            for each in many
        ]

    return {
        "advice": advice,
        "words": words.sentences,
        "dated": dated.isoformat(),
        "case": case,
        "process": next((str(a.value) for a in advice.answers if a.question == "process" and a.value), ""),
        "stated": _stated(advice.answers, knowledge, language),
        "unknown": ", ".join(words.questions[a.question].name for a in advice.answers if a.status in ("dont_know", "later")),
        "unasked": ", ".join(words.questions[a.question].name for a in advice.answers if a.status == "not_asked"),
        "reasons": reasons(advice.reasons[:MOST_REASONS]),
        "against": reasons(advice.against[:MOST_AGAINST]),
        "refused": [
            {"name": words.options[option.id].short, "why": _why(option, advice, knowledge, language)} for option in refused
        ],
        "prices": _prices(advice, words, language),
        "sums": [
            {"text": e.text, "cite": cite(ids, None, knowledge, language) if (ids := (*e.claims, *e.evidence)) else ""}
            for e in _sums(advice)
        ],
        "assumptions": [_assumption(each, knowledge, words, dated) for each in _bearing(advice, knowledge)],
        "safeguards": reasons(advice.safeguards),
        "asked": reasons(asked),
        "pilot": pilot_steps(advice, words),
        "split": [
            f"{words.sentences[f'split_part_{part.part}']} → {words.options[part.option].short}"
            for part in (advice.split.parts if advice.split else ())
        ],
        "provider": {
            role: reasons(getattr(advice.provider, role)) if advice.provider else []
            for role in ("stress", "concede", "client_right")
        },
        "sources": [Safe(f"{source_line(source)}: {', '.join(ids)}") for source, ids in _sources(advice, asked, knowledge)],
        "receipt": {"knowledge": advice.knowledge_version, "answers": advice.answers_digest},
    }


def _stated(answers: Iterable[Stated], knowledge: Knowledge, language: str) -> list[View]:
    """What the advice rests on, in the order of the questions."""
    words, told = knowledge.words(language), list(answers)
    once = one_off({each.question: each.answer for each in told if each.answer is not None})
    return [
        {
            "name": words.questions[each.question].name,
            "value": answered(each.question, each.answer, knowledge, language, once=once),
            "unsure": each.unsure,
        }
        for each in told
        if each.status == "given" and each.question != "process" and each.answer is not None
    ]


def _why(option: OptionAdvice, advice: Advice, knowledge: Knowledge, language: str) -> Safe:
    """Why an option was not advised: what rules it out, or where it falls behind the leader most."""
    words = knowledge.words(language)
    if option.excluded is not None:
        basis = cite((*option.excluded.claims, *option.excluded.evidence), option.excluded.assumption, knowledge, language)
        return Safe(f"{escape(option.excluded.text)} {escape(basis)}")
    leader = next((each for each in advice.options if each.rank == 1), option)
    if leader is option:
        stands = words.sentences["memo_stands"]
        return Safe(escape(stands.format(value=points(option.value), first=share(option.first, words))))
    behind = {c: advice.weights[c] * (leader.criteria[c] - score) for c, score in option.criteria.items()}
    worst = max(behind, key=lambda c: behind[c])
    return Safe(
        escape(
            words.sentences["memo_behind"].format(
                value=points(option.value),
                first=share(option.first, words),
                criterion=words.criteria[worst].name,
                score=points(option.criteria[worst]),
                leader=points(leader.criteria[worst]),
            )
        )
    )


def _prices(advice: Advice, words: Language, language: str) -> list[View]:
    """A line of the table of prices for every option still in; empty while handling time is unknown."""
    timed = any(each.question == "minutes" and each.status == "given" for each in advice.answers)
    found: list[View] = []
    for option in advice.options:
        cost = option.cost
        if option.rank is None or cost is None or cost.per_item is None or cost.per_month is None or not timed:
            continue
        item, month = (
            [money_text(amount, cost.currency or "USD", language) for amount in each] for each in (cost.per_item, cost.per_month)
        )
        right = [f"{100 * each:.1f}" for each in cost.accuracy]
        found.append(
            {
                "name": words.options[option.id].short,
                "item": item,
                "month": month,
                "right": right,
                "first": share(option.first, words),
            }
        )
    return found


def _bearing(advice: Advice, knowledge: Knowledge) -> list[Assumption]:
    """The figures that carry the first two options and are assumed, or the asker's own: those to settle."""
    ranked = [option.id for option in advice.options if option.rank in (1, 2)]
    levels = {each.question: each.value for each in advice.answers if each.status == "given" and isinstance(each.value, str)}

    def bears(each: Assumption) -> bool:
        parameter = knowledge.parameters.get(each.parameter)
        if parameter is None or each.basis:
            return False  # what was found in a source is listed with it
        used = all(levels.get(question, level[0]) in level for question, level in parameter.when.items())
        return used and (not parameter.options or not set(parameter.options).isdisjoint(ranked))

    return [each for each in advice.assumptions if bears(each)][:MOST_ASSUMPTIONS]


def _assumption(each: Assumption, knowledge: Knowledge, words: Language, dated: date) -> View:
    low, high = (number(round(end, 4)) for end in each.range)
    return {
        "text": each.text.partition(":")[0],
        "range": f"{low}–{high}" if low != high else low,
        "unit": each.unit,
        "dated": each.dated,
        "owner": words.sentences[f"owner_{knowledge.parameters[each.parameter].owner}"],
        "review": (dated + timedelta(days=REVIEW_DAYS)).isoformat(),
    }


def _sums(advice: Advice) -> list[Reason]:
    """The sums that a decision needs: each kind once, for the leader; how a crowd would work only where one is in the running."""
    crowd = any(option.rank in (1, 2) and option.id.startswith("crowd") for option in advice.options)
    found: dict[str, Reason] = {}
    for each in advice.sums:
        if each.rule in KEY_SUMS and (crowd or each.rule not in OF_CROWDS):
            found.setdefault(each.rule, each)
    return list(found.values())


def _asked(advice: Advice, knowledge: Knowledge, language: str) -> list[Reason]:
    """What to ask providers: about what could turn the advice first, then what is not sure, then what is near a turn."""
    weak = [each.question for each in advice.find_out]
    weak += [each.question for each in advice.answers if each.status in ("dont_know", "later") or each.unsure]
    weak += [flip.question for flip in advice.flips]
    by_question = {tender.question: tender for tender in knowledge.tender.values()}
    found = [by_question[id] for id in dict.fromkeys(weak) if id in by_question]
    return [stated(knowledge, each, language) for each in found[:MOST_ASKED]]


def _sources(advice: Advice, asked: Iterable[Reason], knowledge: Knowledge) -> list[tuple[SourceLine, list[str]]]:
    """The sources behind what the memo says with the ids cited from each, in order of first mention."""
    said: list[Reason | Exclusion] = [*advice.reasons[:MOST_REASONS], *(o.excluded for o in advice.options if o.excluded)]
    said += [*_sums(advice), *advice.against[:MOST_AGAINST], *advice.safeguards, *asked]
    if advice.provider:
        said += [*advice.provider.stress, *advice.provider.concede, *advice.provider.client_right]
    found: dict[str, list[str]] = {}
    for fact in dict.fromkeys(fact for each in said for fact in (*each.claims, *each.evidence)[:MOST_CITED]):
        for source in knowledge.sources_of(fact)[:1]:
            found.setdefault(source, []).append(fact)
    return [(listed(knowledge.sources[source]), facts) for source, facts in found.items()]
