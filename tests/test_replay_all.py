"""All past advices once more: quickly, in several processes, and with the result that one whole advice after another gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import replay_all
from bot.advice.gist import gist
from bot.advice.report import advise
from bot.answers import Answer, Money
from bot.archive import Archive, Filter
from bot.case import effective
from bot.replay import Replayed, turned
from bot.replay_all import compared
from talks import BASE, OPERATOR, Talks
from test_cases import CASES
from test_cases import answers as coded
from test_replay import PUBLIC, with_veto


def answer_to(question):
    """Any answer to a question, or a way of not knowing."""
    values = st.just(None)
    if question.choices:
        values = st.sampled_from(question.choices)
    elif question.type == "ranking":
        values = st.permutations(question.items).map(lambda order: tuple((item,) for item in order))
    elif question.type == "money":
        values = st.floats(1, 500).map(lambda amount: Money(amount=amount))
    elif question.type in ("number", "percent"):
        values = st.sampled_from([band.typical for band in question.bands] or [12.0])
    given_ = st.builds(Answer, value=values, unsure=st.booleans()) if question.type != "text" else st.nothing()
    return st.one_of(given_, st.sampled_from(["dont_know", "not_applicable", "later"]).map(lambda status: Answer(status=status)))


ANSWERS = st.fixed_dictionaries({}, optional={q.id: answer_to(q) for q in BASE.questions.values()})


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_the_gist_is_what_the_whole_advice_says(answers):
    answers = effective(BASE, answers)
    whole = advise(answers, BASE)
    assert gist(answers, BASE) == (whole.recommended, whole.verdict)


@pytest.mark.parametrize("id", CASES)
def test_the_gist_of_every_precedent_is_what_the_whole_advice_says(id):
    answers = coded(CASES[id]["answers"])
    whole = advise(answers, BASE)
    assert gist(answers, BASE) == (whole.recommended, whole.verdict)


@pytest.fixture
def talks(tmp_path):
    found = Talks(tmp_path / "a.db")
    found.advised("p1", **PUBLIC)
    found.advised("p2", person="slack:T:ann", data="regulated", access="yes")
    found.advised("p3", person="slack:T:ann", data="internal")
    found.send("p4", fresh=True)
    yield found
    found.close()


@pytest.fixture
def archive(talks):
    found = Archive(talks.path)
    yield found
    found.close()


def leader_of(archive):
    return next(each.recommended for each in archive.every(OPERATOR, Filter()) if each.recommended)


def test_nothing_differs_on_the_same_knowledge_and_not_by_a_byte(archive):
    for exact in (False, True):
        found = list(compared(archive, OPERATOR, Filter(), BASE, exact=exact))
        assert [each.summary.id for each in found] == ["case-0003", "case-0002", "case-0001"]
        assert [(each.advices, each.differing) for each in found] == [(1, ())] * 3


def test_what_differs_comes_with_its_cause(archive):
    today = with_veto(leader_of(archive))
    found = [each for one in compared(archive, OPERATOR, Filter(), today) for each in one.differing]
    assert found
    assert all(isinstance(each, Replayed) and each.turned for each in found)
    assert {cause.id for each in found for cause in each.causes} == {"veto_new"}


def test_several_processes_find_what_one_finds(archive, monkeypatch):
    today = with_veto(leader_of(archive))
    alone = list(compared(archive, OPERATOR, Filter(), today))
    monkeypatch.setattr(replay_all, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(replay_all, "AT_ONCE", 1)
    monkeypatch.setattr(replay_all.os, "cpu_count", lambda: 2)
    assert list(compared(archive, OPERATOR, Filter(), today)) == alone
    assert any(each.differing for each in alone)


def test_an_advice_that_was_tampered_with_is_not_the_same_bytes(talks, archive):
    with talks.store.transaction():
        talks.store.connection.execute("UPDATE advice SET advice = replace(advice, '\"clear\"', '\"close\"') || ' '")
    found = list(compared(archive, OPERATOR, Filter(), BASE, exact=True))
    assert all(len(each.differing) == 1 for each in found)


def test_every_transcript_that_is_replayed_is_on_record_once(talks, archive):
    list(compared(archive, OPERATOR, Filter(), BASE))
    rows = talks.store.connection.execute("SELECT conversation, did FROM access_audit ORDER BY id").fetchall()
    assert rows == [("case-0003", "replay"), ("case-0002", "replay")]


def test_an_answer_that_the_knowledge_no_longer_takes_is_looked_at_in_full(archive):
    whole = archive.whole(next(iter(archive.every(OPERATOR, Filter(status="advised")))))
    fewer = BASE.model_copy(update={"questions": {}, "version": "no-questions"})
    assert turned(whole, whole.advice[-1], fewer)
