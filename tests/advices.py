"""Advices of every kind that the knowledge base can produce: the examples, the precedents, and a drawn crowd of answer sets."""

import random
from functools import cache
from pathlib import Path

import yaml

from bot.advice.report import advise
from bot.answer_file import read, read_file
from bot.answers import Answer
from knowledge.load import packaged

ROOT = Path(__file__).parent
SEED = 20120402
DRAWN = 60


@cache
def examples():
    """The three advices of docs/examples, by name."""
    files = sorted((ROOT.parent / "docs" / "examples").glob("*.yaml"))
    return {file.stem: advise(read_file(file, packaged()).answers, packaged()) for file in files}


@cache
def precedents():
    """The advice on each precedent of tests/cases.yaml, by id."""
    cases = yaml.safe_load((ROOT / "cases.yaml").read_text("utf-8"))
    filled = {id: read(yaml.safe_dump({"answers": case["answers"]}), id, packaged()) for id, case in cases.items()}
    return {id: advise(each.answers, packaged()) for id, each in filled.items()}


@cache
def drawn():
    """Advices on answer sets drawn with a fixed seed: from nothing known to everything, mild and strict, buyer and provider."""
    dice = random.Random(SEED)
    return {f"drawn {number}": advise(_answers(dice), packaged()) for number in range(DRAWN)}


def every():
    """All of them."""
    return {**examples(), **precedents(), **drawn()}


def _answers(dice):
    known, strict = dice.random(), dice.choice([0.0, 0.5, 1.0])
    found = {}
    for id, question in packaged().questions.items():
        if dice.random() > known or not (question.levels or question.type == "ranking"):
            continue
        if question.type == "ranking":
            items = dice.sample(question.items, len(question.items))
            found[id] = Answer(value=tuple((item,) for item in items[: dice.randint(1, 4)]))
        elif dice.random() < 0.1:
            found[id] = Answer(status=dice.choice(["dont_know", "later"]))
        else:
            at = -1 if dice.random() < strict * 0.5 else dice.randrange(len(question.levels))
            value = question.choices[at] if question.choices else question.bands[at].typical
            found[id] = Answer(value=value, unsure=dice.random() < 0.2)
    return found
