"""Which question next, and the proof that nothing still open can change the advice."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.advice.changes import influential
from bot.advice.next_question import entropies, outlook
from bot.advice.proof import proved
from bot.advice.scores import robustness, standing
from bot.advice.sheet import Sheet, at_level
from knowledge.load import packaged

BASE = packaged()
LEVELED = [id for id in influential(BASE) if BASE.questions[id].levels]
SOME = settings(max_examples=25, deadline=None)


def levels(id):
    return range(len(BASE.questions[id].levels))


@st.composite
def nearly_complete(draw, unknown=3):
    """A sheet with priorities, and all but a few questions known."""
    left_open = draw(st.lists(st.sampled_from(LEVELED), min_size=1, max_size=unknown, unique=True))
    known = {id: at_level(BASE.questions[id], draw(st.sampled_from(levels(id)))) for id in LEVELED if id not in left_open}
    order = draw(st.permutations(["cost", "quality", "security", "flexibility"]))
    return Sheet(known, tuple((item,) for item in order)), left_open


def completions(sheet, left_open):
    for answers in itertools.product(*(levels(id) for id in left_open)):
        full = sheet
        for id, level in zip(left_open, answers, strict=True):
            full = full.having(id, at_level(BASE.questions[id], level))
        yield full


@SOME
@given(nearly_complete(unknown=2))
def test_the_proof_equals_exhaustive_enumeration(case):
    sheet, left_open = case
    leader = standing(BASE, sheet).leader
    always = all(
        standing(BASE, full).leader == leader and not standing(BASE, full).excluded[leader]
        for full in completions(sheet, left_open)
    )
    assert proved(BASE, sheet) == always


@SOME
@given(nearly_complete(), st.data())
def test_once_proved_always_proved(case, data):
    sheet, left_open = case
    if not proved(BASE, sheet):
        return
    id = data.draw(st.sampled_from(left_open))
    narrower = sheet.having(id, at_level(BASE.questions[id], data.draw(st.sampled_from(levels(id)))))
    assert proved(BASE, narrower)
    assert standing(BASE, narrower).leader == standing(BASE, sheet).leader


def test_everything_known_is_proved_and_nothing_known_is_not():
    known = {id: at_level(BASE.questions[id], 0) for id in LEVELED}
    assert proved(BASE, Sheet(known, (("cost",), ("quality",), ("security",), ("flexibility",))))
    assert not proved(BASE, Sheet())


def test_an_open_ranking_is_gone_through_order_by_order():
    known = {id: at_level(BASE.questions[id], 0) for id in LEVELED}
    sheet = Sheet(known)
    leaders = {
        standing(BASE, Sheet(known, tuple((item,) for item in order))).leader
        for order in itertools.permutations(["cost", "quality", "security", "flexibility"])
    }
    assert proved(BASE, sheet) == (len(leaders) == 1)


@SOME
@given(nearly_complete(unknown=8))
def test_learning_an_answer_never_adds_entropy_on_average(case):
    sheet, left_open = case
    r = robustness(BASE, sheet, 512)
    shares = r.first[r.first > 0]
    now = float(-(shares * np.log2(shares)).sum())
    for id, left in entropies(BASE, r, left_open).items():
        assert -1e-9 <= left <= now + 1e-9, id


@SOME
@given(nearly_complete(unknown=8))
def test_priorities_come_first_then_questions_that_could_still_bar_an_option(case):
    sheet, left_open = case
    found = outlook(BASE, Sheet(sheet.known), ["priorities", *left_open])
    if found.questions:
        assert found.questions[0] == "priorities"
    known = outlook(BASE, sheet, left_open)
    assert set(known.questions) <= set(left_open)
    assert known.settled == (not known.questions)


def test_a_settled_case_asks_nothing_more():
    known = {id: at_level(BASE.questions[id], 0) for id in LEVELED}
    found = outlook(BASE, Sheet(known, (("cost",), ("quality", "security", "flexibility"))), [])
    assert found.settled
    assert found.questions == ()


@pytest.mark.parametrize("worlds", [64, 1024])
def test_the_worlds_are_the_same_every_time(worlds):
    assert (robustness(BASE, Sheet(), worlds).first == robustness(BASE, Sheet(), worlds).first).all()
