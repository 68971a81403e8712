"""The pilot of the decision memo, in steps: what to pilot, on how many items, with which set-up, and when it has failed."""

from __future__ import annotations

from bot.advice.advice import Advice, Reason
from bot.advice.pilot import plan, shown
from bot.answers import number
from knowledge.model import Language

MOST_PILOTED = 5_000
"""Items that an organisation may have settled by experts for a pilot; an assumption."""
OF_CROWDS = ("sum_setup", "sum_no_setup")


def pilot_steps(advice: Advice, words: Language) -> list[str]:
    """The pilot in steps; a target that no affordable sample can show is said to be one."""
    say = words.sentences
    target = _number(advice, "accuracy")
    if target is None:
        return [say["pilot_no_target"]]
    practical = int(min(_number(advice, "volume") or MOST_PILOTED, MOST_PILOTED))
    options = _piloted(advice)
    setups = [line.text for line in advice.sums for id in options if line.rule in OF_CROWDS and _about(line, id, words)]
    steps = [say["pilot_of"].format(options=say["and"].join(words.options[id].name for id in options))]
    gold = say["pilot_gold_client" if advice.provider else "pilot_gold"]
    votes = say["pilot_votes_crowd"].format(setup=setups[0]) if setups else say["pilot_votes_team"]
    try:
        drawn = plan(target / 100)
    except ValueError:
        return [say["pilot_impossible"].format(target=number(target))]
    values = {"target": number(target), "items": number(drawn.items), "errors": drawn.errors, "few": number(drawn.few)}
    if drawn.items <= practical:
        told = say["pilot_sample"].format(**values), say["pilot_stop"].format(one_more=drawn.errors + 1)
        return [*steps, gold.format(items=number(drawn.items)), votes, *told]
    if drawn.few <= practical:
        return [*steps, gold.format(items=number(drawn.few)), votes, say["pilot_few"].format(**values), say["pilot_stop_first"]]
    most = {"most": number(practical), "shown": f"{100 * shown(practical):.2f}"}
    return [*steps, say["pilot_beyond"].format(target=number(target), **most)]


def _piloted(advice: Advice) -> list[str]:
    """The option to pilot: a provider's own offer, who does the work in a split, what is advised, or the first two."""
    if advice.provider:
        return [advice.provider.best_offer]
    if advice.split:
        return [part.option for part in advice.split.parts if part.part == "do"]
    return [option.id for option in advice.options if option.rank in (1, 2)] if not advice.recommended else [advice.recommended]


def _about(line: Reason, option: str, words: Language) -> bool:
    return line.text.casefold().startswith(words.options[option].name.casefold())


def _number(advice: Advice, question: str) -> float | None:
    stated = next((each for each in advice.answers if each.question == question and each.status == "given"), None)
    return float(stated.value) if stated is not None else None
