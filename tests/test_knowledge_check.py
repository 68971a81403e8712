"""The linter finds every kind of fault, says where, and finds none in the knowledge base itself."""

from pathlib import Path

import pytest
import yaml

from knowledge.check import check
from knowledge.load import digest, load, packaged, packaged_files
from knowledge.meaning import used_facts

FAULTS = yaml.safe_load((Path(__file__).parent / "lint.yaml").read_text("utf-8"))


def test_the_knowledge_base_has_no_problems():
    assert [str(problem) for problem in check(packaged_files())] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["name"])
def test_a_fault_is_reported_where_it_is(fault):
    files = dict(packaged_files())
    assert fault["old"] in files[fault["file"]], "the fault no longer fits the knowledge base"
    files[fault["file"]] = files[fault["file"]].replace(fault["old"], fault["new"], 1)
    reported = [str(problem) for problem in check(files)]
    for expected in fault["expect"]:
        assert any(expected in line for line in reported), reported


def test_all_problems_are_reported_at_once():
    files = dict(packaged_files())
    files["vetoes.yaml"] = files["vetoes.yaml"].replace("basis: [C25, C27, C31]", "basis: []")
    files["effects.yaml"] = files["effects.yaml"].replace("when: {skill: [anyone]}", "when: {skill: [everyone]}")
    text = "\n".join(map(str, check(files)))
    assert "veto_recourse" in text
    assert "quality_anyone" in text


def test_a_figure_in_per_cent_needs_its_baseline():
    files = dict(packaged_files())
    claims = yaml.safe_load(files["claims.yaml"])
    claims["C17"].pop("baseline")
    files["claims.yaml"] = yaml.safe_dump(claims, allow_unicode=True)
    assert any("C17: the figure 60% has no baseline" in str(problem) for problem in check(files))


def test_the_version_is_a_digest_of_the_content():
    files = dict(packaged_files())
    assert digest(files) == packaged().version
    assert digest(dict(reversed(files.items()))) == packaged().version
    assert digest({**files, "options.yaml": files["options.yaml"] + "\n"}) != packaged().version


def test_every_claim_of_the_article_is_there_and_used_or_its_disuse_explained():
    base = packaged()
    assert list(base.claims) == [f"C{number:02d}" for number in range(1, 39)]
    used = used_facts(base)
    assert [id for id, claim in base.claims.items() if id not in used and not claim.unused] == []


def test_every_fact_has_a_source_and_a_date():
    base = packaged()
    for shelf in (base.claims, base.evidence, base.derived, base.disputes, base.omissions, base.precedents):
        for id in shelf:
            sources = base.sources_of(id)
            assert sources, id
            assert all(base.sources[source].dated for source in sources), id


def test_a_second_language_needs_data_only():
    files = dict(packaged_files())
    files |= {f"xx/{name.split('/')[1]}": text for name, text in files.items() if name.startswith("en/")}
    files["xx/questions.yaml"] = files["xx/questions.yaml"].replace("What is the process?", "Quis est processus?")
    assert check(files) == []
    assert load(files).words("xx").questions["process"].ask.startswith("Quis est processus?")
    assert load(files).words("nowhere").questions["process"].ask.startswith("What is the process?")


def test_labels_fit_the_narrowest_button():
    for words in packaged().languages.values():
        for question in words.questions.values():
            assert all(len(choice.label) <= 20 for choice in question.choices.values()), question.name
