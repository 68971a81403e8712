"""Typed answers are read as people mean them, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import Money, Value, check
from bot.understand.choose import exact, read_answer, unsure
from knowledge.load import Loader, packaged

KNOWLEDGE = packaged()
WORDS = KNOWLEDGE.words("en")
QUESTIONS = KNOWLEDGE.questions
ANSWERS = yaml.load((Path(__file__).parent / "phrases" / "answers.yaml").read_text("utf-8"), Loader)


def meant(value: object) -> Value | None:
    """A value of answers.yaml as the program holds it."""
    match value:
        case {"amount": amount, "currency": currency}:
            return Money(amount=amount, currency=currency)
        case list():
            return tuple(tuple(tier) for tier in value)
        case _:
            return value


@pytest.mark.parametrize(
    ("id", "text", "value"), [(id, text, meant(value)) for id, rows in ANSWERS.items() for text, value in rows]
)
def test_an_answer_is_read_as_it_is_meant(id: str, text: str, value: Value | None) -> None:
    read = read_answer(text, QUESTIONS[id], WORDS)
    assert read == (pytest.approx(value) if isinstance(value, int | float) else value)


@pytest.mark.parametrize(
    ("id", "text", "value"),
    [
        ("turnaround", "a month or two", "weeks"), ("turnaround", "a day or two", "days"), ("turnaround", "in 3 days", "days"),
        ("turnaround", "12h", "hours"), ("turnaround", "in about 3 weeks", "weeks"), ("turnaround", "asap", "hours"),
        ("turnaround", "2", "days"), ("turnaround", "not 2 days", None), ("turnaround", "a couple of hours", "hours"),
        ("minutes", '45"', 0.75), ("minutes", "2′30″", 2.5), ("minutes", "7'", 7.0), ("minutes", '"about 40"', 40.0),
        ("minutes", "1'200", 1200.0), ("hourly_cost", "12 cents each", None), ("hourly_cost", "$3 per claim", None),
        ("hourly_cost", "$3 apiece", None), ("hourly_cost", "$30 an hour", Money(amount=30.0)),
    ],
)  # fmt: skip
def test_a_time_or_a_sum_is_read_by_its_unit(id: str, text: str, value: Value | None) -> None:
    assert read_answer(text, QUESTIONS[id], WORDS) == value
    assert exact(text, QUESTIONS[id], WORDS) in (value, None)


def names_of_choices() -> list[tuple[str, str, str]]:
    """(question, choice, name) for every id, label and synonym that names one choice of its question."""
    rows = []
    for id, words in WORDS.questions.items():
        named = [(choice, name) for choice, said in words.choices.items() for name in sorted({choice, said.label, *said.said})]
        spellings = [name.casefold() for _, name in named]
        rows += [(id, choice, name) for choice, name in named if spellings.count(name.casefold()) == 1]
    return rows


@pytest.mark.parametrize(("id", "choice", "name"), names_of_choices())
def test_every_name_of_a_choice_is_an_exact_answer(id: str, choice: str, name: str) -> None:
    assert exact(name, QUESTIONS[id], WORDS) == choice
    assert exact(f"  {name.upper()}. ", QUESTIONS[id], WORDS) == choice


@pytest.mark.parametrize("id", [id for id, question in QUESTIONS.items() if question.choices])
def test_numbers_letters_and_ordinals_follow_the_order_of_the_choices(id: str) -> None:
    question = QUESTIONS[id]
    ordinals = ("first", "second", "third", "fourth")
    for place, choice in enumerate(question.choices):
        for text in (str(place + 1), f"{place + 1})", f"option {place + 1}", f"option {chr(ord('a') + place)}"):
            assert exact(text, question, WORDS) == choice
        if place < len(ordinals):
            assert exact(f"the {ordinals[place]} one", question, WORDS) == choice
    assert read_answer(str(len(question.choices) + 1), question, WORDS) is None


@pytest.mark.parametrize(
    "text",
    ["I think steady", "not sure but 300", "maybe 20k", "probably no", "steady?", "20k, just guessing", "90 as far as I know"],
)
def test_a_hedge_makes_an_answer_unsure(text: str) -> None:
    assert unsure(text, WORDS)


@pytest.mark.parametrize("text", ["steady", "20k", "no", "about 300", "it must be personal", "", "definitely public"])
def test_a_plain_answer_is_sure(text: str) -> None:
    assert not unsure(text, WORDS)


def test_a_sentence_is_read_but_is_not_exact() -> None:
    assert read_answer("I'd say it's seasonal", QUESTIONS["demand"], WORDS) == "seasonal"
    assert exact("I'd say it's seasonal", QUESTIONS["demand"], WORDS) is None
    assert exact("change the volume to 300", QUESTIONS["volume"], WORDS) is None
    assert exact("We tag photos.", QUESTIONS["process"], WORDS) is None


PIECES = st.sampled_from(
    [
        "no",
        "yes",
        "not",
        "2",
        "-1",
        "1e9",
        "%",
        "$",
        "k",
        "per",
        "day",
        "steady",
        "or",
        "cost",
        ">",
        "=",
        ",",
        "and",
        "1/0",
        "first",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map(" ".join))


@given(text=TEXTS, id=st.sampled_from(sorted(QUESTIONS)))
def test_any_text_gives_a_value_that_its_question_takes_or_none(text: str, id: str) -> None:
    for read in (read_answer, exact):
        value = read(text, QUESTIONS[id], WORDS)
        assert value is None or check(QUESTIONS[id], value, WORDS) == value
    assert unsure(text, WORDS) in (True, False)


@pytest.mark.parametrize("id", sorted(QUESTIONS))
@pytest.mark.parametrize("text", ["1 " * 2000, "no " * 1500, "((((" * 1000, "1,1" * 1300, "a-" * 2000, "'" * 4000])
def test_long_and_odd_texts_are_no_answers(id: str, text: str) -> None:
    assert read_answer(text, QUESTIONS[id], WORDS) is None
