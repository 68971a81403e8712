"""The classifier of choices: learned from what it says it was learned from, measured on what nothing was learned from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understand.classifier import MIDDLE, Classifier, Finding, Learned, classifier, features, sentences
from bot.understand.facts import read, understand
from bot.understand.lexicon import compiled
from bot.understand.tokens import read as cut
from bot.understand.words import words_of
from corpus.sentences import CORPUS, TESTS, UNSEEN, Labelled, digest, labelled, of_corpus, of_tests
from knowledge.load import packaged
from test_understand_facts import score, utterances

KNOWLEDGE = packaged()
WORDS = KNOWLEDGE.words("en")
LEARNED = Learned.model_validate(WORDS.classifier)


def test_it_was_learned_from_the_sentences_as_they_are() -> None:
    assert LEARNED.corpus == digest(), "the labelled sentences have changed: run corpus/learn.py"


def test_every_choice_of_every_choice_question_was_learned() -> None:
    choices = {f"{q.id}={value}" for q in KNOWLEDGE.questions.values() if q.type == "choice" for value in q.choices}
    assert set(LEARNED.classes) == choices
    assert len(LEARNED.bias) == len(LEARNED.classes)


def everything() -> Iterator[tuple[Path, Labelled]]:
    for path in (*sorted(CORPUS.glob("*.yaml")), *sorted(TESTS.glob("*.yaml")), *sorted(UNSEEN.glob("*.yaml"))):
        yield from ((path, each) for each in labelled(path))


def test_labels_are_answers_of_their_questions() -> None:
    wrong = [
        (path.name, each.text, id, value)
        for path, each in everything()
        for id, values in each.values.items()
        for value in values
        if value is not None and (question := KNOWLEDGE.questions[id]).type == "choice" and value not in question.choices
    ]
    assert wrong == []


def test_nothing_is_learned_from_a_sentence_that_it_is_measured_on() -> None:
    learned = {words_of(each.text, {}) for each in (*of_corpus(), *of_tests())}
    measured = [words_of(each.text, {}) for path, each in everything() if path.parent == UNSEEN]
    assert len(measured) >= 890
    assert learned.isdisjoint(measured)


@pytest.mark.parametrize(("name", "precision", "recall"), [("tuning", 0.965, 0.85), ("final", 0.96, 0.855)])
def test_strangers_sentences_keep_their_figures(name: str, precision: float, recall: float) -> None:
    result = score(utterances(f"unseen/{name}"))
    assert result.precision >= precision
    assert result.recall >= recall


@pytest.mark.parametrize("learned", [LEARNED, Learned.model_validate(WORDS.requested)])
def test_even_all_features_together_do_not_leave_the_lane_of_a_class(learned: Learned) -> None:
    most = [(bias, bias) for bias in learned.bias]
    for line in learned.weights.splitlines():
        for number, weight in (map(int, pair.split(":")) for pair in line.rpartition("|")[2].split()):
            low, high = most[number]
            most[number] = (low + min(weight, 0), high + max(weight, 0))
    assert all(low >= -MIDDLE and high < MIDDLE for low, high in most)


def small(weights: str, bias: int = -30) -> Classifier:
    return Classifier(Learned(corpus="", classes=("data=public", "data=personal"), bias=(bias, bias), weights=weights))


def test_words_their_beginnings_pairs_and_findings_add_up() -> None:
    judge = small("photo*|0:40\nno names|1:-20\nnames|1:60\nsays data=public|0:50\n")
    words = cut("Photographs without names. Photos, no names").words
    found = {
        (each.value, each.start, each.end): each.probability for each in judge.judge(words, [Finding("says data=public", 4)], 0.5)
    }
    assert found.keys() == {("public", 0, 3), ("personal", 0, 3), ("public", 3, 6), ("personal", 3, 6)}
    assert found["public", 0, 3] == pytest.approx(0.731, abs=1e-3)  # 40 - 30 tenths of log-odds
    assert found["public", 3, 6] == pytest.approx(0.9975, abs=1e-4)  # the finding adds 50
    assert found["personal", 3, 6] == pytest.approx(0.731, abs=1e-3)  # 60 - 20 - 30


def test_the_words_that_speak_for_a_value_are_named() -> None:
    judge = small("passport|1:50\nscans|1:20\nmany|1:-10\n")
    words = cut("there are many passport scans in it").words
    (judged,) = judge.judge(words, (), 0.5)
    start, end = judge.telling(judged, words)
    assert [word.norm for word in words[start:end]] == ["passport", "scans"]


def test_a_base_without_a_classifier_is_read_by_its_lexicon() -> None:
    older = WORDS.model_copy(update={"classifier": {}})
    assert classifier(older) is None
    reading = read("passport scans", compiled(WORDS), None, KNOWLEDGE.questions, WORDS)
    assert [(fact.question, fact.value) for fact in reading.facts] == [("data", "regulated")]


def test_several_sentences_together_make_a_value_likelier() -> None:
    text = "About 26,000 dental bills come in. It is health data."
    assert any(fact.question == "data" and fact.value == "regulated" for fact in understand(text, KNOWLEDGE).facts)


@given(st.text(max_size=300))
def test_sentences_cover_the_words_and_features_stay_inside(text: str) -> None:
    words = cut(text).words
    spans = list(sentences(words))
    assert [place for start, end in spans for place in range(start, end)] == list(range(len(words)))
    for start, end in spans:
        assert all(0 <= place < end - start for place in features(words[start:end]).values())


@given(st.text(max_size=200))
def test_what_is_said_stands_in_the_text(text: str) -> None:
    reading = understand(text, KNOWLEDGE)
    assert all(text[each.span[0] : each.span[1]] == each.said for each in (*reading.facts, *reading.doubts))
