"""The precedents as acceptance tests: what the advisor would have said, against what happened."""

import itertools
from pathlib import Path

import pytest
import yaml

from bot.advice.report import advise
from bot.answers import Answer, check
from knowledge.load import packaged

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))
BASE = packaged()


def answers(raw):
    words = BASE.words("en")
    return {id: Answer(value=check(BASE.questions[id], value, words)) for id, value in raw.items()}


def test_every_precedent_is_coded():
    assert set(CASES) == set(BASE.precedents)


@pytest.mark.parametrize("id", CASES)
def test_the_advice_fits_what_happened(id):
    case = CASES[id]
    advice = advise(answers(case["answers"]), BASE)
    used = {advice.recommended} - {None}
    assert used <= set(case["acceptable"]), f"{advice.headline}; {[(o.id, o.value, o.first) for o in advice.options]}"
    assert advice.recommended is not None, advice.sure
    assert advice.recommended not in case.get("never", ())
    if "automation" in case:
        assert bool(advice.automation) == case["automation"]


def article(**stated):
    return advise(answers(stated), BASE)


SIMPLE = {
    "kind": "tagging", "volume": 20000, "minutes": 1, "data": "public", "divisible": "yes", "checkable": "objective",
    "skill": "anyone", "error_impact": "rework", "ip": "none", "access": "no", "residency": "anywhere", "distressing": "no",
    "accuracy": 90, "demand": "spiky", "months": 12, "turnaround": "days",
}  # fmt: skip


def test_small_public_repetitive_work_where_cost_comes_first_goes_to_a_crowd():
    assert article(**SIMPLE, recourse="unneeded", oversight="team", priorities=["cost"]).recommended in (
        "crowd_direct",
        "crowd_vendor",
    )


def test_with_a_team_and_cost_first_the_direct_crowd_can_win():
    stated = {**SIMPLE, "skill": "anyone", "accuracy": 85}
    rest = {"recourse": "unneeded", "oversight": "team", "priorities": ["flexibility", "cost"]}
    sizes = itertools.product((2, 12), (20000, 1000000), (0.5, 3))
    leaders = [article(**{**stated, **rest, "months": m, "volume": v, "minutes": t}) for m, v, t in sizes]
    assert all(advice.recommended in ("crowd_direct", "crowd_vendor") for advice in leaders)
    assert max(option.first for advice in leaders for option in advice.options if option.id == "crowd_direct") > 0.05


@pytest.mark.parametrize("first", ["quality", "security"])
def test_where_quality_or_security_comes_first_and_recourse_is_needed_a_provider_beats_a_crowd(first):
    stated = {
        **SIMPLE,
        "data": "internal",
        "demand": "steady",
        "months": 36,
        "checkable": "sampling",
        "error_impact": "costly",
        "skill": "trained",
    }
    advice = article(**stated, recourse="essential", oversight="none", priorities=[first])
    assert advice.recommended.startswith("bpo") or advice.recommended == "in_house"
    provider = max(option.value for option in advice.options if option.id.startswith("bpo") and option.value)
    crowd = max((option.value for option in advice.options if option.id.startswith("crowd") and option.value), default=0)
    assert provider > crowd


@pytest.mark.parametrize("sensitive", [{"data": "regulated"}, {"data": "personal"}, {"ip": "core"}, {"access": "yes"}])
def test_sensitive_work_never_goes_to_a_direct_crowd(sensitive):
    for priorities in (["cost"], ["flexibility"], ["security"]):
        advice = article(**{**SIMPLE, **sensitive}, priorities=priorities, recourse="unneeded", oversight="team")
        direct = next(option for option in advice.options if option.id == "crowd_direct")
        assert direct.excluded is not None
        assert direct.first == 0
        assert advice.recommended != "crowd_direct"


def test_a_vendor_softens_the_weaknesses_of_a_direct_crowd():
    advice = article(**SIMPLE, priorities=["cost"])
    direct, vendor = (next(option for option in advice.options if option.id == id) for id in ("crowd_direct", "crowd_vendor"))
    for criterion in ("quality", "security", "recourse", "effort"):
        assert vendor.criteria[criterion] > direct.criteria[criterion]


def test_later_evidence_that_disagrees_with_the_article_is_cited():
    advice = article(**SIMPLE, priorities=["cost"])
    cited = {id for reason in (*advice.reasons, *advice.against, *advice.safeguards, *advice.sums) for id in reason.evidence}
    assert cited & {"E020", "E040", "E041", "E080", "E010"}
