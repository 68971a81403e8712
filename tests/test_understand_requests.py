"""Requests are recognised in natural wording, and never where a person answers or describes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import check
from bot.understand.choose import exact, read_answer
from bot.understand.classifier import Learned
from bot.understand.intents import request
from bot.understand.multiples import multiple
from bot.understand.phrasing import Malformed, Phrases
from bot.understand.reading import REQUEST_KINDS, Request
from bot.understand.wording import wording
from bot.understand.words import words_of
from corpus.sentences import digest_of_requests, of_requests
from knowledge.load import Loader, packaged

HERE = Path(__file__).parent
KNOWLEDGE = packaged()
WORDS = KNOWLEDGE.words("en")


class Phrase(NamedTuple):
    """A message and the request it makes, if any."""

    text: str
    kind: str | None
    about: str | None = None
    value: object = None

    def fits(self, made: Request | None) -> bool:
        """Kind, subject and value are right; a question about the subject carries its own words."""
        if made is None or self.kind is None:
            return made is None and self.kind is None
        about = self.text.strip() if self.kind == "subject" else self.about
        return made.kind == self.kind and made.about == about and self.value in (None, made.value)


def phrases(name: str) -> list[Phrase]:
    """The phrases of one file."""
    return [Phrase(*row) for row in yaml.load((HERE / "phrases" / name).read_text("utf-8"), Loader)]


def words(text: str) -> tuple[str, ...]:
    """The words of a message: case and signs apart, two messages with the same words are the same."""
    return words_of(text, {})


LEARNED_FROM = {words(text) for text, _ in of_requests()}


def not_learned(name: str) -> list[Phrase]:
    """The phrases of one file from which nothing was learned."""
    return [phrase for phrase in phrases(name) if words(phrase.text) not in LEARNED_FROM]


DEVELOPMENT, BLIND, STRANGERS = phrases("requests.yaml"), not_learned("requests_blind.yaml"), not_learned("strangers.yaml")
UNSEEN = not_learned("unseen.yaml")


def right(found: Sequence[Phrase]) -> float:
    """The share of messages whose kind of request is recognised, that they make none among the kinds."""
    kinds = [(phrase.kind, made.kind if (made := request(phrase.text, KNOWLEDGE)) else None) for phrase in found]
    return sum(meant == made for meant, made in kinds) / len(kinds)


# Sentences that state facts and are taken for requests all the same.
STILL_TAKEN = {
    "Bad dive-gas figures would drown a tourist; 400 log sheets a month",  # "bad figures" are what one wants to change
    "make it ninety-two, e no need perfect",  # a change, where an accuracy was given before
}


def utterances() -> Iterator[str]:
    """Sentences that state facts."""
    for file in sorted((HERE / "utterances").glob("*.yaml")):
        for text, facts, *_ in yaml.load(file.read_text("utf-8"), Loader):
            if any(not (isinstance(value, list) and None in value) for value in facts.values()):
                yield text


def confusion(found: Sequence[Phrase]) -> str:
    """Meant kinds against recognised kinds; only what went wrong is spelled out."""
    made = [(phrase, request(phrase.text, KNOWLEDGE)) for phrase in found]
    lines = [f"{'meant':<16}{'right':>6}{'of':>6}   taken for"]
    for kind in (*REQUEST_KINDS, None):
        rows = [(phrase, each) for phrase, each in made if phrase.kind == kind]
        wrong = Counter(each.kind if each else "nothing" for _, each in rows if (each.kind if each else None) != kind)
        taken = ", ".join(f"{other} {count}" for other, count in sorted(wrong.items()))
        lines.append(f"{kind or 'nothing':<16}{len(rows) - wrong.total():>6}{len(rows):>6}   {taken}")
    return "\n".join(lines)


@pytest.mark.parametrize("phrase", DEVELOPMENT, ids=lambda phrase: phrase.text)
def test_a_phrase_makes_the_request_it_is_meant_to_make(phrase: Phrase) -> None:
    made = request(phrase.text, KNOWLEDGE)
    assert phrase.fits(made), made


@pytest.mark.parametrize(("found", "fewest"), [(BLIND, 120), (STRANGERS, 150), (UNSEEN, 120)])
def test_what_is_measured_was_not_learned_from(found: Sequence[Phrase], fewest: int) -> None:
    assert len(found) >= fewest
    assert LEARNED_FROM.isdisjoint(words(phrase.text) for phrase in found)


def test_nineteen_of_twenty_phrases_that_were_held_back_are_recognised() -> None:
    print(confusion(BLIND))
    assert sum(phrase.fits(request(phrase.text, KNOWLEDGE)) for phrase in BLIND) / len(BLIND) >= 0.95


def test_nine_of_ten_messages_of_strangers_are_recognised() -> None:
    print(confusion(STRANGERS))
    assert right(STRANGERS) >= 0.93


def test_nine_of_ten_messages_of_somebody_new_are_recognised() -> None:
    print(confusion(UNSEEN))
    assert right(UNSEEN) >= 0.9
    assert [phrase.text for phrase in UNSEEN if phrase.kind is None and request(phrase.text, KNOWLEDGE) is not None] == []


@pytest.mark.parametrize(
    "text",
    ["not Austria", "not over there", "no one speaks Greek", "rather not in Chile", "not confidential", "we see later on that"],
)
def test_a_denial_a_place_or_a_choice_writes_no_answer(text: str) -> None:
    made = request(text, KNOWLEDGE, open_question="residency")
    assert made is None or made.kind not in ("dont_know", "not_applicable", "later", "skip")


def test_only_a_phrase_takes_a_given_answer_back() -> None:
    text = "haven't got a clue lah"
    assert request(text, KNOWLEDGE, open_question="volume") == Request(kind="dont_know")
    assert request(text, KNOWLEDGE, open_question="volume", settled=True) is None
    assert request("no idea", KNOWLEDGE, open_question="volume", settled=True) == Request(kind="dont_know")


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("it doubles", 2),
        ("ten times as much", 10),
        ("20 % less", 0.8),
        ("half of it", 0.5),
        ("it moves", None),
        ("halved or tripled", None),
    ],
)
def test_a_supposition_may_multiply_an_answer(text: str, factor: float | None) -> None:
    found = multiple(text, wording(WORDS))
    assert found == (factor if factor is None else pytest.approx(factor))


@pytest.mark.parametrize("id", [id for id, question in KNOWLEDGE.questions.items() if question.type != "text"])
def test_a_request_that_is_missed_is_no_answer_either(id: str) -> None:
    question = KNOWLEDGE.questions[id]
    missed = [
        phrase.text
        for phrase in STRANGERS
        if phrase.kind not in (None, "yes", "no") and request(phrase.text, KNOWLEDGE, open_question=id) is None
    ]
    assert [text for text in missed if read_answer(text, question, WORDS) is not None] == []


def test_what_would_end_an_interview_must_be_likelier_than_not() -> None:
    assert request("forget about cost for a moment", KNOWLEDGE) is None
    assert request("never mind, end the interview", KNOWLEDGE) == Request(kind="cancel")


def test_a_message_that_no_phrase_covers_is_judged_and_one_that_states_facts_is_none() -> None:
    assert request("hmm the hourly cost from before needs fixing", KNOWLEDGE) == Request(kind="change", about="hourly_cost")
    assert request("would you still say that if we had a team to manage it?", KNOWLEDGE) is not None
    assert request("summary writing for legal documents", KNOWLEDGE) is None
    assert request("all equally important", KNOWLEDGE, open_question="priorities") is None


def test_a_guess_is_no_request_and_neither_is_a_message_of_unknown_words() -> None:
    assert request("honestly couldn't tell you, 500 maybe", KNOWLEDGE, open_question="volume") is None
    assert request("honestly couldn't tell you mate", KNOWLEDGE, open_question="volume") == Request(kind="dont_know")
    assert request("qwfp again", KNOWLEDGE) is None


def test_a_likely_request_gives_way_to_a_choice_of_the_open_question() -> None:
    assert request("leave the personal stuff for later would you", KNOWLEDGE, open_question="data") is None


def test_a_description_is_no_question_about_the_subject() -> None:
    assert request("if this leaks I'm out of a job, everything else is negotiable", KNOWLEDGE) is None
    assert request("roughly how cheap are turkers", KNOWLEDGE) == Request(kind="subject", about="roughly how cheap are turkers")


def test_the_requests_were_learned_from_the_messages_as_they_are() -> None:
    assert Learned.model_validate(WORDS.requested).corpus == digest_of_requests(), (
        "the labelled messages have changed: run corpus/learn_requests.py"
    )


def test_every_kind_was_learned() -> None:
    assert {kind for _, kind in of_requests()} == {*REQUEST_KINDS, None} - {"yes", "no"}
    assert set(Learned.model_validate(WORDS.requested).classes) == {*REQUEST_KINDS, "none"} - {"yes", "no"}


def test_a_base_without_learned_requests_goes_by_its_phrases() -> None:
    older = KNOWLEDGE.model_copy(update={"version": "older", "languages": {"en": WORDS.model_copy(update={"requested": {}})}})
    assert request("start over", older) == Request(kind="restart")
    assert request("could do with an example", older) is None
    assert request("could do with an example", KNOWLEDGE) == Request(kind="help")


def test_no_answer_or_description_is_taken_for_a_request() -> None:
    taken = [
        phrase.text for phrase in (*DEVELOPMENT, *BLIND, *STRANGERS) if phrase.kind is None and request(phrase.text, KNOWLEDGE)
    ]
    assert taken == []


def test_no_sentence_that_states_facts_is_taken_for_a_request() -> None:
    taken = {text for text in utterances() if request(text, KNOWLEDGE) is not None}
    assert taken == STILL_TAKEN


@pytest.mark.parametrize("id", [id for id, question in KNOWLEDGE.questions.items() if question.type != "text"])
def test_only_yes_and_no_are_exact_answers_before_they_are_requests(id: str) -> None:
    question = KNOWLEDGE.questions[id]
    read = {
        phrase.text: exact(phrase.text, question, WORDS)
        for phrase in (*DEVELOPMENT, *BLIND)
        if phrase.kind is not None and exact(phrase.text, question, WORDS) is not None
    }
    plain = {phrase.text for phrase in (*DEVELOPMENT, *BLIND) if phrase.kind in ("yes", "no")}
    assert set(read) <= plain
    assert set(read.values()) <= set(question.choices)


def test_the_open_question_decides_what_a_bare_supposition_is_about() -> None:
    made = request("what if it were 500?", KNOWLEDGE, open_question="volume")
    assert made == Request(kind="what_if", about="volume", value=500.0)
    assert request("no idea, nobody has ever looked", KNOWLEDGE, open_question="volume") == Request(kind="dont_know")
    assert request("no idea, perhaps 500", KNOWLEDGE, open_question="volume") is None


@pytest.mark.parametrize("phrase", ["go (back", "go [back", "go back)", "(a|b] c"])
def test_a_phrase_with_unpaired_brackets_is_refused(phrase: str) -> None:
    with pytest.raises(Malformed):
        Phrases({}).add(phrase, "back")


def test_an_unknown_language_is_read_as_english() -> None:
    assert request("start over", KNOWLEDGE, "xx") == Request(kind="restart")


PIECES = st.sampled_from(
    [
        "change",
        "the volume",
        "to",
        "300",
        "what",
        "if",
        "why",
        "back",
        "skip",
        "no",
        "yes",
        "?",
        ",",
        "personal data",
        "an SLA",
        "it",
        "is",
        "not",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map(" ".join))


@given(text=TEXTS, open_question=st.sampled_from([None, *KNOWLEDGE.questions]))
def test_any_text_makes_a_request_about_known_things_or_none(text: str, open_question: str | None) -> None:
    made = request(text, KNOWLEDGE, open_question=open_question)
    if made is None:
        return
    known = {*KNOWLEDGE.questions, *WORDS.glossary, text.strip()}
    assert made.about is None or made.about in known
    if made.value is not None:
        assert made.about is not None
        assert check(KNOWLEDGE.questions[made.about], made.value, WORDS) == made.value


@pytest.mark.parametrize("text", ["back " * 1000, "what if " * 600, "why, " * 900, "?" * 4000, "no " * 2000, "per day or " * 400])
def test_long_texts_are_no_requests(text: str) -> None:
    made = request(text, KNOWLEDGE)
    assert made is None or made.kind == "help"
