"""The decision model as a whole: what must hold for any set of answers."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.advice.changes import changes, flips, influential, unknowns
from bot.advice.report import advise, digest
from bot.advice.scores import robustness, standing, standings
from bot.advice.sheet import Figure, at_level, sheet
from bot.advice.sums import money_text
from bot.answers import Answer, Money, check
from knowledge.load import packaged

BASE = packaged()
WORDS = BASE.words("en")
OPTIONS = list(BASE.options)
LEVELED = {id: question for id, question in BASE.questions.items() if question.levels}


def value_of(question):
    if question.choices:
        return st.sampled_from(question.choices)
    return st.sampled_from([band.typical for band in question.bands])


def answer_of(question):
    return st.one_of(
        value_of(question).map(lambda value: Answer(value=value)),
        value_of(question).map(lambda value: Answer(value=value, unsure=True)),
        st.sampled_from([Answer(status="dont_know"), Answer(status="later")]),
    )


rankings = st.permutations(["cost", "quality", "security", "flexibility"]).flatmap(
    lambda order: st.integers(1, 4).map(lambda n: tuple((item,) for item in order[:n]))
)


@st.composite
def answer_sets(draw, complete=False):
    found = {}
    for id, question in LEVELED.items():
        if complete:
            found[id] = Answer(value=draw(value_of(question)))
        elif draw(st.booleans()):
            found[id] = draw(answer_of(question))
    if complete or draw(st.booleans()):
        found["priorities"] = Answer(value=draw(rankings))
    return found


FEW = settings(max_examples=25, deadline=None)


@FEW
@given(answer_sets())
def test_an_advice_is_whole_sourced_and_never_a_vetoed_option(answers):
    advice = advise(answers, BASE)
    listed = {option.id: option for option in advice.options}
    assert set(listed) == set(OPTIONS)
    assert (advice.recommended is None) == (advice.verdict == "abstain")
    if advice.recommended:
        assert listed[advice.recommended].excluded is None
        assert listed[advice.recommended].rank == 1
    else:
        assert advice.find_out
    assert math.isclose(sum(option.first for option in advice.options), 1, abs_tol=1e-9)
    assert all(option.first == 0 and option.value is None for option in advice.options if option.excluded)
    for reason in (*advice.reasons, *advice.against, *advice.safeguards, *advice.sums):
        assert reason.claims or reason.evidence or reason.assumption, reason.text
    for part in advice.split.parts if advice.split else ():
        assert part.claims or part.evidence
    known = {source.id for source in advice.sources}
    for option in advice.options:
        if option.excluded:
            assert option.excluded.claims or option.excluded.evidence or option.excluded.assumption
            assert {s for fact in option.excluded.claims for s in BASE.sources_of(fact)} <= known
    told = {id for id, answer in answers.items() if answer.status == "given"}
    if not told & {"data", "volume", "priorities"}:
        assert advice.verdict in ("close", "abstain")


@FEW
@given(answer_sets())
def test_the_same_answers_give_the_same_bytes_in_any_order(answers):
    first = json.dumps(advise(answers, BASE).as_json())
    again = json.dumps(advise(dict(reversed(answers.items())), BASE).as_json())
    assert first == again
    assert digest(answers) == digest(dict(reversed(answers.items())))


@FEW
@given(answer_sets())
def test_every_flip_and_every_unknown_is_what_happens_when_it_is_answered_so(answers):
    base_advice = advise(answers, BASE)
    for flip in base_advice.flips[:4]:
        value = (
            tuple((tier,) if isinstance(tier, str) else tuple(tier) for tier in flip.to) if isinstance(flip.to, list) else flip.to
        )
        changed = {**answers, flip.question: Answer(value=check(BASE.questions[flip.question], value, WORDS))}
        leader = OPTIONS[standing(BASE, sheet(changed, BASE)).leader]
        assert leader == flip.then


@settings(max_examples=8, deadline=None)
@given(answer_sets())
def test_every_unknown_that_can_turn_the_advice_is_named(answers):
    facts = sheet(answers, BASE)
    now = standing(BASE, facts)
    named = {each.question for each in unknowns(BASE, facts, changes(BASE, facts))}
    for id, question in LEVELED.items():
        if id in facts.known:
            continue
        for level in range(len(question.levels)):
            then = standing(BASE, facts.having(id, at_level(question, level)))
            if then.leader != now.leader or (then.excluded & ~now.excluded).any():
                assert id in named, (id, question.levels[level])


@FEW
@given(answer_sets(), st.sampled_from([id for id, q in LEVELED.items() if q.ordered]))
def test_a_stricter_answer_never_takes_a_veto_back(answers, id):
    question = LEVELED[id]
    out = [
        standing(
            BASE,
            sheet({**answers, id: Answer(value=question.choices[i] if question.choices else question.bands[i].typical)}, BASE),
        ).excluded
        for i in range(len(question.levels))
    ]
    for milder, stricter in itertools.pairwise(out):
        assert (stricter | ~milder).all()


@FEW
@given(answer_sets(complete=True))
def test_standings_of_changes_equal_standings_of_changed_sheets(answers):
    facts = sheet(answers, BASE)
    wanted = [(id, at_level(LEVELED[id], 0)) for id in influential(BASE) if id in LEVELED]
    for (id, to), standing_there in zip(wanted, standings(BASE, facts, wanted)[1:], strict=True):
        alone = standing(BASE, facts.having(id, to))
        np.testing.assert_allclose(alone.value, standing_there.value, atol=1e-12)
        assert (alone.excluded == standing_there.excluded).all()


@FEW
@given(answer_sets(complete=True))
def test_a_dominated_option_is_never_first(answers):
    r = robustness(BASE, sheet(answers, BASE), 512)
    values = r.value[np.isfinite(r.value).all(axis=1)] if np.isfinite(r.value).all(axis=1).any() else r.value
    for a in range(len(OPTIONS)):
        for b in range(len(OPTIONS)):
            if a != b and (values[:, a] > values[:, b]).all():
                assert r.first[b] == 0


def test_twice_the_hourly_cost_is_twice_every_amount_and_the_same_order():
    answers = {"volume": Answer(value=20000.0), "minutes": Answer(value=3.0), "hourly_cost": Answer(value=Money(amount=20))}
    once = advise(answers, BASE)
    twice = advise({**answers, "hourly_cost": Answer(value=Money(amount=40))}, BASE)
    for a, b in zip(once.options, twice.options, strict=True):
        assert (a.id, a.first) == (b.id, b.first)
        assert b.cost.per_item == pytest.approx([2 * amount for amount in a.cost.per_item])


def test_a_figure_of_ones_own_replaces_the_range_and_is_labelled():
    answers = {"volume": Answer(value=20000.0), "minutes": Answer(value=3.0)}
    own = {"rate_offshore": Figure(0.9, 0.9, "quote of 3 October", "2026-10-03")}
    with_quote, without = advise(answers, BASE, figures=own), advise(answers, BASE)
    cost = {
        advice: next(o for o in told.options if o.id == "bpo_offshore").cost.per_item[1]
        for advice, told in (("own", with_quote), ("ours", without))
    }
    assert cost["own"] > 2 * cost["ours"]
    line = next(a for a in with_quote.assumptions if a.parameter == "rate_offshore")
    assert (line.source, line.dated, line.range) == ("quote of 3 October", "2026-10-03", (0.9, 0.9))


def test_nothing_known_is_an_abstention_that_says_what_to_find_out():
    advice = advise({}, BASE)
    assert advice.verdict == "abstain"
    assert advice.recommended is None
    assert len(advice.find_out) >= 5


def test_masking_offers_a_split_that_lifts_the_veto():
    answers = {
        "data": Answer(value="personal"),
        "deidentify": Answer(value="yes"),
        "divisible": Answer(value="yes"),
        "volume": Answer(value=50000.0),
    }
    advice = advise(answers, BASE)
    assert {part.part for part in advice.split.parts} >= {"deidentify", "do", "check"}
    assert next(part for part in advice.split.parts if part.part == "deidentify").option == "in_house"
    assert advise({**answers, "deidentify": Answer(value="no")}, BASE).split is None


def test_a_provider_is_told_what_to_stress_to_concede_and_where_the_client_is_right():
    answers = {
        "perspective": Answer(value="provider"),
        "data": Answer(value="public"),
        "divisible": Answer(value="yes"),
        "checkable": Answer(value="objective"),
    }
    provider = advise(answers, BASE).provider
    assert provider.stress
    assert provider.concede
    assert provider.client_right
    assert "C37" in provider.stress[0].claims


def test_answers_that_contradict_each_other_are_advised_on_with_a_warning():
    answers = {"data": Answer(value="public"), "access": Answer(value="yes"), "kind": Answer(value="tagging")}
    advice = advise(answers, BASE)
    assert [contradiction.questions for contradiction in advice.contradictions] == [("data", "access")]


def test_flips_are_ordered_actionable_first_and_veto_flips_last():
    answers = {
        "data": Answer(value="public"),
        "volume": Answer(value=20000.0),
        "minutes": Answer(value=1.0),
        "priorities": Answer(value=(("cost",),)),
    }
    facts = sheet(answers, BASE)
    found = flips(BASE, facts, changes(BASE, facts))
    assert found == sorted(found, key=lambda flip: (flip.veto, not flip.actionable, flip.steps, -flip.lead))


def test_swing_points_replace_the_weights_of_the_ranking():
    answers = {"priorities": Answer(value=(("cost",),)), "data": Answer(value="public"), "volume": Answer(value=20000.0)}
    ranked, swung = advise(answers, BASE), advise(answers, BASE, swing={"security": 100, "quality": 50})
    expected = {"cost": 0, "quality": 1 / 3, "security": 2 / 3, "flexibility": 0, "recourse": 0, "effort": 0}
    assert swung.weights == pytest.approx(expected)
    assert ranked.weights["cost"] > ranked.weights["security"]


def test_ranks_are_probabilities_and_central_weights_add_up():
    advice = advise({"data": Answer(value="public"), "volume": Answer(value=20000.0)}, BASE)
    for option in advice.options:
        if option.excluded is None:
            assert sum(option.ranks) == pytest.approx(1)
            assert option.ranks[0] == pytest.approx(option.first)
        if option.central_weights:
            assert sum(option.central_weights.values()) == pytest.approx(1)


def test_no_combination_of_a_reduced_grid_advises_a_vetoed_option():
    """Every set of answers to the questions that veto, with each criterion first."""
    vetoing = ["data", "ip", "access", "residency", "divisible", "recourse", "distressing"]
    count = 0
    for first in ("cost", "quality", "security", "flexibility"):
        start = sheet({"priorities": Answer(value=((first,),))}, BASE)
        for levels in itertools.product(*(range(len(BASE.questions[id].levels)) for id in vetoing[:-1])):
            facts = start
            for id, level in zip(vetoing, levels, strict=False):
                facts = facts.having(id, at_level(BASE.questions[id], level))
            for then in standings(BASE, facts, [("distressing", at_level(BASE.questions["distressing"], 1))]):
                count += 1
                assert not then.excluded[then.leader]
                assert not then.excluded[OPTIONS.index("in_house")]
    assert count == 4 * 2 * 4 * 3 * 2 * 3 * 3 * 3


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [(5.24, "CHF", "CHF\N{NO-BREAK SPACE}5.24"), (0.052, "EUR", "€0.052"), (5430, "USD", "$5,400"), (3, "AUD", "A$3.00")],
)
def test_an_amount_has_no_more_digits_than_it_deserves_and_a_code_keeps_its_distance(amount, currency, told):
    assert money_text(amount, currency, "en") == told
