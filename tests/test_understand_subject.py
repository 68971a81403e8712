"""Questions about the subject are answered from the base, with sources and dates, or declined."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from bot.understand.subject import SubjectAnswer, answer
from bot.understand.topics import words_of
from knowledge.load import packaged
from knowledge.model import Evidence, Precedent

QUESTIONS = Path(__file__).parent / "questions"
BASE = packaged()


class Asked(BaseModel):
    """A question with the claims of which one must be cited, and evidence or precedents likewise."""

    ask: str
    any: tuple[str, ...]
    cites: tuple[str, ...] = ()


ASKED = TypeAdapter(list[Asked]).validate_python(yaml.safe_load((QUESTIONS / "asked.yaml").read_text("utf-8")))
STRANGERS = yaml.safe_load((QUESTIONS / "strangers.yaml").read_text("utf-8"))
UNSEEN = yaml.safe_load((QUESTIONS / "unseen.yaml").read_text("utf-8"))
DECLINED = TypeAdapter(list[str]).validate_python(yaml.safe_load((QUESTIONS / "declined.yaml").read_text("utf-8")))
ANSWERS = {asked.ask: answer(asked.ask, BASE) for asked in ASKED}


def hits(first: int) -> float:
    """The share of questions with a wanted claim among the first so many."""
    return sum(not set(asked.any).isdisjoint(ANSWERS[asked.ask].claims[:first]) for asked in ASKED) / len(ASKED)


def test_the_sets_are_as_large_as_asked_for_and_name_only_what_the_base_holds() -> None:
    assert len(ASKED) >= 90
    assert len(DECLINED) >= 300
    assert {id for asked in ASKED for id in asked.any} <= set(BASE.claims)
    assert {id for asked in ASKED for id in asked.cites} <= {*BASE.evidence, *BASE.precedents}


def test_a_wanted_claim_comes_first_or_among_the_first_three() -> None:
    assert hits(1) >= 0.93
    assert hits(3) >= 0.95


def first_facts(text: str, first: int) -> set[str]:
    """The first so many of each sort of fact that an answer cites."""
    given = answer(text, BASE)
    return {id for ids in (given.claims, given.evidence, given.precedents, given.notes) for id in ids[:first]}


def test_strangers_questions_get_a_fact_that_answers_them() -> None:
    asked = STRANGERS["asked"]
    assert sum(not first_facts(text, 1).isdisjoint(wanted) for text, wanted in asked) >= 0.90 * len(asked)
    assert sum(not first_facts(text, 3).isdisjoint(wanted) for text, wanted in asked) >= 0.95 * len(asked)


def test_strangers_questions_about_other_things_get_none() -> None:
    assert [text for text in STRANGERS["declined"] if not answer(text, BASE).declined] == []


def test_questions_that_nothing_was_learned_from_are_answered_or_declined() -> None:
    asked = UNSEEN["asked"]
    assert sum(not first_facts(text, 1).isdisjoint(wanted) for text, wanted in asked) >= 0.75 * len(asked)
    assert [text for text in UNSEEN["declined"] if not answer(text, BASE).declined] == []


@pytest.mark.parametrize("text", ["my card is lost", "how old are you?", "what is my name?", "can you stop?", "say my name"])
def test_one_word_that_many_subjects_share_gets_no_answer(text: str) -> None:
    assert answer(text, BASE).declined


def test_every_claim_of_the_article_is_wanted_by_some_question() -> None:
    assert {id for asked in ASKED for id in asked.any} == set(BASE.claims)


def test_questions_about_findings_and_cases_cite_them() -> None:
    asked = [each for each in ASKED if each.cites]
    cited = [{*ANSWERS[each.ask].evidence, *ANSWERS[each.ask].precedents} for each in asked]
    assert sum(not cites.isdisjoint(each.cites) for each, cites in zip(asked, cited, strict=True)) >= 0.95 * len(asked)


@pytest.mark.parametrize("text", DECLINED)
def test_what_the_base_does_not_hold_is_declined_with_topics_it_can_answer(text: str) -> None:
    declined = answer(text, BASE)
    assert declined.declined
    assert not (declined.claims or declined.evidence or declined.sources or declined.statements)
    assert declined.answer.startswith("I have nothing on that.")
    assert 1 <= len(declined.nearest) <= 3


@pytest.mark.parametrize("name", [words.name for words in words_of(BASE, "en").topics.values()])
def test_a_topic_named_in_a_refusal_is_one_line(name: str) -> None:
    assert name == name.strip()
    assert len(name) <= 50


@pytest.mark.parametrize("id", BASE.topics)
def test_each_topic_is_found_by_nearly_every_way_of_asking_it_lists(id: str) -> None:
    asks = words_of(BASE, "en").topics[id].asks
    wanted = BASE.topics[id]
    found = [not {*answer(ask, BASE).claims}.isdisjoint(wanted.claims) for ask in asks]
    assert sum(found) >= 0.7 * len(asks)


@pytest.mark.parametrize("id", words_of(BASE, "en").facts)
def test_a_fact_asked_for_alone_comes_first_of_its_sort(id: str) -> None:
    asks = words_of(BASE, "en").facts[id]
    assert sum(id in first_facts(ask, 1) for ask in asks) >= 0.7 * len(asks)


def test_there_are_many_ways_of_asking_for_each_topic_and_each_fact() -> None:
    words = words_of(BASE, "en")
    assert [id for id, topic in words.topics.items() if len(set(topic.asks)) < 15] == []
    assert [id for id, asks in words.facts.items() if len(set(asks)) < 5] == []
    assert {*BASE.claims, *BASE.derived, *BASE.disputes, *BASE.omissions} <= set(words.facts)


def test_the_text_tells_first_what_was_asked_for_alone() -> None:
    assert answer("what does prolific pay at least?", BASE).statements[0].fact == "E019"
    assert answer("how much cheaper is it?", BASE).statements[0].fact == "C17"


def test_of_the_facts_of_a_topic_the_one_that_says_most_of_the_question_comes_first() -> None:
    asked = "does outsourcing to a provider save against in-house if the complexity is medium?"
    assert BASE.topics["offshoring"].evidence[0] != "E122"
    assert answer("is outsourcing cheaper than in-house?", BASE).evidence[0] == BASE.topics["offshoring"].evidence[0]
    assert answer(asked, BASE).evidence[0] == "E122"


def test_a_word_of_other_subjects_speaks_against_a_question() -> None:
    assert not answer("how secure is a crowd?", BASE).declined
    assert answer("how secure is a castle?", BASE).declined
    assert answer("is the security of my password a matter of my bank?", BASE).declined


def test_words_of_other_subjects_are_in_no_way_of_asking() -> None:
    words = words_of(BASE, "en")
    asks = [ask for topic in words.topics.values() for ask in topic.asks] + [ask for asks in words.facts.values() for ask in asks]
    assert {word for ask in asks for word in ask.casefold().split()}.isdisjoint(words.elsewhere)


def test_a_question_in_the_very_words_of_a_way_of_asking_needs_no_second_telling_word() -> None:
    assert answer("what is the eu doing about platform work?", BASE).evidence[0] == "E099"


def check(given: SubjectAnswer) -> None:
    """What holds for every answer: each sentence restates a cited fact, and every cited fact has a source and a date."""
    cited = {*given.claims, *given.evidence, *given.notes, *given.precedents}
    beside = [statement for side in given.comparison for statement in side.statements]
    assert given.answer == " ".join(statement.text for statement in given.statements)
    assert 2 <= len(given.statements) <= 6
    for statement in (*given.statements, *beside):
        assert statement.fact in cited
        assert set(BASE.sources_of(statement.fact)) <= set(given.sources)
        assert dated(statement.text, statement.fact)
    assert cited and all(BASE.sources_of(id) for id in cited)
    assert set(given.sources) <= set(BASE.sources)


def dated(text: str, fact: str) -> bool:
    """Whether the words before the statement hold a year in parentheses, or say that the source gives none."""
    found = BASE.fact(fact)
    undated = (isinstance(found, Evidence) and found.year is None) or (isinstance(found, Precedent) and found.dated == "n.d.")
    parentheses = [part.partition(")")[0] for part in text.split("(")[1:]]
    return any((undated and part == "no date given") or part[:4].isdigit() or part[-4:].isdigit() for part in parentheses)


@pytest.mark.parametrize("given", [given for given in ANSWERS.values() if not given.declined])
def test_every_sentence_of_an_answer_restates_a_cited_fact_with_source_and_year(given: SubjectAnswer) -> None:
    check(given)


def test_topics_name_facts_of_the_base_and_have_words() -> None:
    topics = BASE.topics
    assert set(words_of(BASE, "en").topics) == set(topics)
    for topic in topics.values():
        assert topic.claims
        assert set(topic.claims) <= set(BASE.claims)
        assert set(topic.evidence) <= set(BASE.evidence)
        assert set(topic.notes) <= {*BASE.derived, *BASE.disputes, *BASE.omissions}
        assert set(topic.precedents) <= set(BASE.precedents)
        assert all(BASE.fact(id) for facts in topic.sides.values() for id in facts)


def test_broader_words_never_come_round_to_themselves() -> None:
    broader = words_of(BASE, "en").broader
    for word in broader:
        seen = [word]
        while seen[-1] in broader:
            seen.append(broader[seen[-1]])
            assert len(seen) <= len(broader)


def test_comparison_questions_put_the_options_side_by_side() -> None:
    compared = answer("how do BPO and crowd compare on quality?", BASE)
    assert {side.option for side in compared.comparison} == {"bpo", "crowd_direct", "crowd_vendor"}
    assert "C20" in compared.claims
    assert not answer("is the quality good?", BASE).comparison


def texts(given: SubjectAnswer, start: str) -> Sequence[str]:
    return [statement.text for statement in given.statements if statement.text.startswith(start)]


def test_an_answer_says_who_agrees_and_who_does_not() -> None:
    given = answer("how much cheaper is it?", BASE)
    assert given.claims[0] == "C17"
    assert texts(given, "In line with it, ")
    assert texts(given, "Against it, ")
    assert not texts(answer("did this ever go wrong?", BASE), "In line with it, ")


def test_cases_are_told_with_their_organisation() -> None:
    assert texts(answer("did this ever go wrong?", BASE), "iRobot (")
    assert answer("who has done it well?", BASE).precedents


def test_a_question_is_found_behind_other_sentences() -> None:
    assert answer("We tag 20k photos. The budget is tight! Is microlabor secure?", BASE).claims[0] == "C29"


def test_a_language_without_topics_is_answered_in_english() -> None:
    assert answer("is microlabor secure?", BASE, "xx") == answer("is microlabor secure?", BASE)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_gets_an_answer_or_a_refusal(text: str) -> None:
    given = answer(text, BASE)
    assert given.declined or check(given) is None


VOCABULARY = sorted({word for ask in ANSWERS for word in ask.split()})


@given(st.lists(st.sampled_from(VOCABULARY), max_size=25).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_mixture_of_its_words_gets_an_answer_or_a_refusal(text: str) -> None:
    given = answer(text, BASE)
    assert given.declined or check(given) is None


@pytest.mark.parametrize("piece", ["a", " ", "?", "? ", "é", "ab ", "secure ", "securre ", "1,", "\n", ". ", "x? "])
def test_twice_the_hostile_text_is_twice_the_work(piece: str) -> None:
    def work(length: int) -> int:
        """How many functions are called; counted, since time is not the same twice."""
        text, calls = (piece * length)[:length], 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            answer(text, BASE)
        finally:
            sys.setprofile(before)
        return calls

    work(100)  # what is compiled or remembered once
    assert work(40_000) <= 2.1 * work(20_000) + 500
