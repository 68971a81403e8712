"""What the sections of the decision memo show: the advice in values and words, chosen for a reader who decides.

Everything comes from the advice; what is added is who should settle which assumption by when, and what to ask providers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from bot.advice.advice import Advice, Assumption, Exclusion, OptionAdvice, Percentiles, Reason, SourceLine
from bot.advice.reasons import stated
from bot.advice.report import listed
from bot.advice.sums import money_text
from bot.advice.tables import tables
from bot.answers import number
from bot.chart_words import points, share
from bot.markup import Safe
from bot.pilot_steps import OF_CROWDS, pilot_steps, piloted
from bot.tell import MOST_CITED, answered, cite, one_off, source_line
from knowledge.model import Knowledge, Language

View = dict[str, object]

REVIEW_DAYS = 182
"""Assumptions are looked at again after half a year: wages, fees and platforms change faster than contracts."""
MOST_REASONS, MOST_AGAINST, MOST_ASSUMPTIONS, MOST_ASKED = 4, 3, 8, 8
KEY_SUMS = (
    "sum_work", "sum_setup", "sum_no_setup", "sum_short", "sum_idle", "sum_break_even_error", "sum_dominated", "sum_horizon",
    "sum_payback", "sum_payback_soon", "sum_no_payback", "sum_shift",
)  # fmt: skip
OPEN_SUMS = ("sum_work", "sum_short", "sum_idle")
"""Sums that say something while no option is advised."""
DIGEST = 19
"""Characters of the answers' digest that are printed, as everywhere; the advice as JSON has it whole."""


def memo_view(
    advice: Advice, knowledge: Knowledge, language: str, dated: date, case: str, shown: Collection[str]
) -> Mapping[str, object]:
    """The values of every section; the sources are those that the sections `shown` cite."""
    words = knowledge.words(language)
    said = _said(advice, knowledge, language)
    bearing = _bearing(advice, knowledge)
    return {
        "advice": advice,
        "dated": dated.isoformat(),
        "case": case,
        "process": next((str(a.value) for a in advice.answers if a.question == "process" and a.value), ""),
        "stated": _stated(advice, knowledge, language),
        "unknown": ", ".join(words.questions[a.question].name for a in advice.answers if a.status in ("dont_know", "later")),
        "unasked": ", ".join(words.questions[id].name for id in _unasked(advice, knowledge)),
        **{name: [_row(each, knowledge, language) for each in many] for name, many in said.items()},
        "standing": [
            _stands(option, advice, knowledge, language) for option in advice.options if option.id != advice.recommended
        ],
        "prices": _prices(advice, words, language),
        "assumptions": [_assumption(each, knowledge, words, dated) for each in bearing[:MOST_ASSUMPTIONS]],
        "weighed": any(each.effect for each in bearing),
        "more": max(0, len(bearing) - MOST_ASSUMPTIONS),
        "pilot": pilot_steps(advice, words, language),
        "piloted_split": piloted(advice) != advice.recommended,
        "split": _split(advice, words),
        "sources": [
            Safe(f"{source_line(source)}: {', '.join(ids)}")
            for source, ids in _sources([each for name in shown for each in said.get(_SAID.get(name, name), ())], knowledge)
        ],
        "receipt": {"knowledge": advice.knowledge_version, "answers": advice.answers_digest[:DIGEST]},
    }


_SAID = {"refused": "ruled_out", "stands": "ruled_out"}
"""Sections whose statements go by another name."""


def _said(advice: Advice, knowledge: Knowledge, language: str) -> dict[str, Sequence[Reason | Exclusion]]:
    """The statements that sections make with what they rest on, by section."""
    provider = advice.provider
    return {
        "why": advice.reasons[:MOST_REASONS] if advice.recommended else (),
        "ruled_out": [option.excluded for option in advice.options if option.excluded],
        "sums": _sums(advice),
        "dissent": advice.against[:MOST_AGAINST],
        "safeguards": advice.safeguards,
        "providers": _asked(advice, knowledge, language),
        "stress": provider.stress if provider else (),
        "concede": provider.concede if provider else (),
        "client_right": provider.client_right if provider else (),
    }


def _row(each: Reason | Exclusion, knowledge: Knowledge, language: str) -> View:
    """A statement with what it rests on and, where it is not the statement's own subject, the option that it speaks for."""
    ids = (*each.claims, *each.evidence)
    favours = each.favours if isinstance(each, Reason) else None
    name = knowledge.words(language).options[favours].name if favours else ""
    return {
        "text": each.text,
        "cite": cite(ids, each.assumption, knowledge, language),
        "sourced": bool(ids),
        "favours": "" if name and each.text.casefold().startswith(name.casefold()) else name,
    }


def _stated(advice: Advice, knowledge: Knowledge, language: str) -> list[View]:
    """What the advice rests on, in the order of the questions; the reader knows on which side of the table it sits."""
    words = knowledge.words(language)
    once = _once(advice)
    return [
        {
            "name": _capital(words.questions[each.question].name),
            "value": answered(each.question, each.answer, knowledge, language, once=once),
            "unsure": each.unsure,
        }
        for each in advice.answers
        if each.status == "given" and each.question not in ("process", "perspective") and each.answer is not None
    ]


def _unasked(advice: Advice, knowledge: Knowledge) -> list[str]:
    """The questions that were not put and whose answers were therefore all tried."""
    tried = {*tables(knowledge).questions, "priorities"}
    return [each.question for each in advice.answers if each.status == "not_asked" and each.question in tried]


def _split(advice: Advice, words: Language) -> str:
    """Who would do which part of the work; empty where there is nothing to split."""
    shares: dict[str, list[str]] = {}
    for part in advice.split.parts if advice.split else ():
        shares.setdefault(part.option, []).append(words.sentences[f"split_part_{part.part}"].lower())
    return "; ".join(f"{words.options[option].short}: {', '.join(parts)}" for option, parts in shares.items())


def _once(advice: Advice) -> bool:
    return one_off({each.question: each.answer for each in advice.answers if each.answer is not None})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stands(option: OptionAdvice, advice: Advice, knowledge: Knowledge, language: str) -> View:
    """Why an option was not advised: what rules it out, or where it falls behind the leader most."""
    words = knowledge.words(language)
    name = words.options[option.id].short
    if option.excluded is not None:
        return {**_row(option.excluded, knowledge, language), "name": name, "why": option.excluded.text}
    score = {"value": points(option.value), "first": share(option.first, words)}
    leader = next((each for each in advice.options if each.rank == 1), option)
    if leader is option:
        return {"name": name, "why": words.sentences["memo_stands"].format(**score), "cite": ""}
    behind = {c: advice.weights[c] * (leader.criteria[c] - score) for c, score in option.criteria.items()}
    worst = max(behind, key=lambda c: behind[c])
    why = words.sentences["memo_behind"].format(
        **score,
        criterion=words.criteria[worst].name,
        score=points(option.criteria[worst]),
        leader=points(leader.criteria[worst]),
    )
    return {"name": name, "why": why, "cite": ""}


def _prices(advice: Advice, words: Language, language: str) -> View:
    """The table of prices of the options still in; nothing while handling time is unknown."""
    given = {each.question: each.value for each in advice.answers if each.status == "given"}
    if "minutes" not in given:
        return {}
    rows: list[View] = []
    for option in advice.options:
        cost = option.cost
        if option.rank is None or cost is None or cost.per_item is None:
            continue
        currency = cost.currency or "USD"
        spent = tuple(each * float(given["volume"]) for each in cost.per_item) if _once(advice) and "volume" in given else None
        monthly = cost.per_month if "volume" in given else None
        rows.append(
            {
                "name": words.options[option.id].short,
                "advised": option.id == advice.recommended and not advice.provider,
                "item": _range(cost.per_item, currency, language),
                "errors": money_text(cost.with_errors[1], currency, language) if cost.with_errors else "",
                "spent": _range(spent or monthly, currency, language),
                "right": _percents(cost.accuracy),
                "first": share(option.first, words),
            }
        )
    if not rows:
        return {}
    return {
        "rows": rows,
        "once": _once(advice),
        "spent": "volume" in given,
        "errors": all(row["errors"] for row in rows),
    }


def _range(amounts: Sequence[float] | None, currency: str, language: str) -> str:
    """The middle of a range of money and, where they differ, its ends."""
    if amounts is None:
        return ""
    low, middle, high = (money_text(amount, currency, language) for amount in amounts)
    return f"{middle} ({low}–{high})" if low != high else middle


def _percents(shares: Percentiles) -> str:
    low, middle, high = (f"{100 * each:.1f}" for each in shares)
    return f"{middle} % ({low}–{high})" if low != high else f"{middle} %"


def _bearing(advice: Advice, knowledge: Knowledge) -> list[Assumption]:
    """The figures that carry the first two options and are assumed, or the asker's own: those to settle, weightiest first."""
    ranked = [option.id for option in advice.options if option.rank in (1, 2)]
    levels = {each.question: each.value for each in advice.answers if each.status == "given" and isinstance(each.value, str)}

    def bears(each: Assumption) -> bool:
        parameter = knowledge.parameters.get(each.parameter)
        if parameter is None or each.basis:
            return False  # what was found in a source is listed with it
        used = all(levels.get(question, level[0]) in level for question, level in parameter.when.items())
        return used and (not parameter.options or not set(parameter.options).isdisjoint(ranked))

    return sorted((each for each in advice.assumptions if bears(each)), key=lambda each: -each.effect)


def _assumption(each: Assumption, knowledge: Knowledge, words: Language, dated: date) -> View:
    low, high = (number(round(end, 4)) for end in each.range)
    return {
        "name": each.name or each.text,
        "range": f"{low}–{high}" if low != high else low,
        "unit": each.unit,
        "dated": each.dated,
        "owner": words.sentences[f"owner_{knowledge.parameters[each.parameter].owner}"],
        "review": (dated + timedelta(days=REVIEW_DAYS)).isoformat(),
    }


def _sums(advice: Advice) -> list[Reason]:
    """The sums that a decision needs: each kind once, for the leader; how a crowd would work only where one is in the running."""
    ranked = [option.id for option in advice.options if option.rank in (1, 2)]
    crowd = next((id for id in ranked if id.startswith("crowd")), None)
    wanted = KEY_SUMS if advice.recommended else OPEN_SUMS
    found: dict[str, Reason] = {}
    for each in advice.sums:
        subject = crowd if each.rule in OF_CROWDS else next(iter(ranked), None)
        if each.rule is not None and each.rule in wanted and subject is not None and each.option in (None, subject):
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


def _sources(said: Iterable[Reason | Exclusion], knowledge: Knowledge) -> list[tuple[SourceLine, list[str]]]:
    """The sources behind statements with the ids cited from each, in order of first mention."""
    found: dict[str, list[str]] = {}
    for fact in dict.fromkeys(fact for each in said for fact in (*each.claims, *each.evidence)[:MOST_CITED]):
        for source in knowledge.sources_of(fact)[:1]:
            found.setdefault(source, []).append(fact)
    return [(listed(knowledge.sources[source]), facts) for source, facts in found.items()]
