"""Giving different steps of the process to different options, where that beats every single option or lifts a veto."""

from __future__ import annotations

from dataclasses import replace

from bot.advice.advice import Split, SplitPart
from bot.advice.reasons import cited
from bot.advice.scores import Standing, standing
from bot.advice.sheet import Known, Sheet
from knowledge.model import Knowledge


def split(knowledge: Knowledge, sheet: Sheet, now: Standing, language: str) -> Split | None:
    """A split by masking first, else one by separating the simple steps, else none."""
    return _masked(knowledge, sheet, now, language) or _simple_steps(knowledge, sheet, now, language)


def _masked(knowledge: Knowledge, sheet: Sheet, now: Standing, language: str) -> Split | None:
    """Take out identifiers and secrets in-house, then choose again as if the rest were all that is seen."""
    masked = _after_masking(knowledge, sheet)
    if masked is None:
        return None
    options = list(knowledge.options)
    then = standing(knowledge, masked)
    opened = [o for o in then.order if now.excluded[o]]
    gain = float(then.value[then.leader] - now.value[now.leader]) - knowledge.decision["split_gain"].value
    if gain <= 0 and not opened:
        return None
    work = then.leader if gain > 0 and then.leader != now.leader else (opened or [then.leader])[0]
    if options[work] == "in_house":
        return None
    gain = float(then.value[work] - now.value[now.leader]) - knowledge.decision["split_gain"].value
    steps = {
        "prepare": "in_house",
        "deidentify": "in_house",
        "do": options[work],
        "check": "in_house",
        "adjudicate": _referee(now, options, work),
    }
    return _told(knowledge, {**steps, "decide": "in_house"}, "split_masked", options[work], options[now.leader], gain, language)


def _after_masking(knowledge: Knowledge, sheet: Sheet) -> Sheet | None:
    """The sheet as the workers would see it; None where nothing can be masked."""
    fact = sheet.known.get("deidentify")
    answer = knowledge.questions["deidentify"]
    if fact is None or fact.level >= len(answer.levels):
        return None
    changed = dict(sheet.known)
    for id, moves in knowledge.split["split_deidentify"].leaves.get(answer.levels[fact.level], {}).items():
        levels = knowledge.questions[id].levels
        seen = sheet.known.get(id)
        if seen is not None and seen.level < len(levels) and levels[seen.level] in moves:
            changed[id] = Known(levels.index(moves[levels[seen.level]]), None, seen.unsure)
    return replace(sheet, known=changed) if changed != dict(sheet.known) else None


def _simple_steps(knowledge: Knowledge, sheet: Sheet, now: Standing, language: str) -> Split | None:
    """Where only part of the work can be cut up: the part that can is judged on its own, half and half with the rest."""
    q = knowledge.questions["divisible"]
    fact = sheet.known.get("divisible")
    if fact is None or fact.level != q.levels.index("partly"):
        return None
    options = list(knowledge.options)
    cut = standing(knowledge, sheet.having("divisible", Known(q.levels.index("yes"))))
    rest = standing(knowledge, sheet.having("divisible", Known(q.levels.index("no"))))
    together = float(cut.value[cut.leader] + rest.value[rest.leader]) / 2
    gain = together - float(now.value[now.leader]) - knowledge.decision["split_gain"].value
    if gain <= 0 or cut.leader == rest.leader:
        return None
    work, kept = options[cut.leader], options[rest.leader]
    steps = {"prepare": kept, "do": work, "check": kept, "decide": kept}
    return _told(knowledge, steps, "split_simple", work, kept, gain, language)


def _referee(now: Standing, options: list[str], work: int) -> str:
    """Who settles disagreements: the best option for the unmasked work that is not the crowd itself."""
    return next(options[o] for o in now.order if o != work and not options[o].startswith("crowd"))


def _told(knowledge: Knowledge, steps: dict[str, str], pattern: str, work: str, leader: str, gain: float, language: str) -> Split:
    words = knowledge.words(language)
    parts = []
    for rule in knowledge.split.values():
        if rule.role in steps:
            claims, evidence = cited(knowledge, rule.basis)
            parts.append(
                SplitPart(
                    part=rule.role, option=steps[rule.role], why=words.rules[rule.id].text, claims=claims, evidence=evidence
                )
            )
    lead = words.sentences[pattern].format(option=words.options[work].name, leader=words.options[leader].name)
    weighed = words.sentences["split_gain" if gain > 0 else "split_loss"]
    told = weighed.format(gain=max(1, round(abs(gain) * 100)), leader=words.options[leader].name)
    residual = words.sentences["split_residual" if "deidentify" in steps else "split_rest"]
    return Split(parts=tuple(parts), text=f"{lead} {told}", gain=gain, residual=residual)
