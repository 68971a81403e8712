"""`advisor transcripts` as it is typed: what each command prints, its exit codes, and who may see what."""

import json

import pytest
from click.testing import CliRunner

from adapters.cli import main
from bot.archive import Archive
from talks import BASE, OPERATOR, Talks
from test_replay import PUBLIC, spoken, with_veto


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file with an advised conversation of Ann's, one of the terminal's, and one just begun."""
    talks = Talks(tmp_path_factory.mktemp("cli") / "a.db")
    talks.advised("p1", person="slack:T:ann", words="Photo tags", volume={"status": "dont_know"})
    spoken(talks)
    talks.send("p3", fresh=True)
    talks.advised("p4", words="Claims \x1b[31mhandling\u202e", **PUBLIC)
    talks.close()
    return talks.path


@pytest.fixture
def run(file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADVISOR_REVIEWERS", "slack:T:boss")

    def call(*arguments, code=0):
        found = CliRunner().invoke(main, ["transcripts", *arguments, "--db", str(file)])
        assert found.exit_code == code, found.output + repr(found.exception)
        return found

    return call


def ids(found):
    return [each["id"] for each in json.loads(found.stdout)["transcripts"]]


def of(run, *filters):
    return ids(run("list", "--json", *filters))


def test_list_shows_the_newest_first_and_goes_on_where_it_ended(run):
    everything = of(run)
    first = json.loads(run("list", "--json", "--limit", "2").stdout)
    second = json.loads(run("list", "--json", "--limit", "2", "--after", first["after"]).stdout)
    assert [each["id"] for each in (*first["transcripts"], *second["transcripts"])] == everything
    assert second["after"] is None
    text = run("list", "--limit", "2")
    assert first["after"] in text.stderr
    assert len(text.stdout.splitlines()) == 2


def test_list_takes_filters_and_refuses_what_it_cannot_read(run):
    [anns] = of(run, "--platform", "console", "--person", "slack:T:ann")
    assert of(run, "--unknowns", "--kind", "tagging", "--status", "advised", "--since", "2023-11-14", "--until", "2023-11-14")
    assert of(run, "--since", "2030-01-01") == []
    assert anns in of(run, "--unreviewed")
    for wrong in (["--since", "soon"], ["--verdict", "good"], ["--after", "x"], ["--limit", "0"], ["--status", "done"]):
        assert run("list", *wrong, code=2).stderr


def test_show_tells_who_said_what_and_what_it_was_understood_as(run):
    [id] = of(run, "--person", "slack:T:ann")
    text = run("show", id).stdout
    assert "slack:T:ann, typed" in text
    assert "→ understood as: the process: Photo tags" in text
    assert "Reasons" in text or "No advice" in text or "Sources" in text
    found = json.loads(run("show", id, "--json").stdout)
    assert found["advice"][0]["advice"]["knowledge_version"] == BASE.version
    assert any(line["understood"] for line in found["conversation"])


def test_control_and_bidirectional_characters_are_not_printed(run):
    for arguments in (["list"], ["search", "handling"], ["show", of(run)[0]]):
        printed = run(*arguments).stdout
        assert not set(printed) & set("\x1b\x9b\u202e\u200f")


def test_search_marks_what_it_found(run):
    assert "Photo [tags]" in run("search", "tags").stdout
    found = json.loads(run("search", "photo", "TAGS", "--json").stdout)
    assert {tuple(each["found"]) for each in found} == {("Photo", "tags")}
    assert run("search", '" OR * NEAR(').stdout == ""
    assert "nothing was found" in run("search", "zebra").stderr


def test_another_person_sees_only_what_is_theirs(run):
    [anns] = of(run, "--person", "slack:T:ann")
    assert of(run, "--as", "slack:T:ann") == [anns]
    assert of(run, "--as", "slack:T:eve") == []
    assert len(of(run, "--as", "slack:T:boss")) == 4
    for command in (["show"], ["replay"], ["save-as-test"], ["export", "--out", "-"]):
        hidden, missing = (run(*command, id, "--as", "slack:T:eve", code=2).stderr for id in (anns, "nothing"))
        assert hidden.replace(anns, "nothing") == missing
    assert run("search", "photo", "--as", "slack:T:eve").stdout == ""
    assert run("outcome", anns, "--chosen", "none", "--happened", "x", "--as", "slack:T:eve", code=2)
    assert "reviewer" in run("review", anns, "--verdict", "right", "--by", "Eve", "--as", "slack:T:ann", code=2).stderr


def test_export_writes_one_file_each_and_never_over_one(run, tmp_path):
    one, two = of(run, "--status", "advised")[:2]
    run("export", one, two, "--format", "html", "--out", "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([f"{one}.html", f"{two}.html"])
    assert "is there already" in run("export", one, "--format", "html", "--out", "out", code=1).stderr
    run("export", "--status", "advised", "--format", "csv", "--out", "out")
    assert (tmp_path / "out" / "transcripts.csv").read_text().startswith("conversation,event,")
    assert run("export", one, "--kind", "tagging", "--out", "-", code=2).stderr


@pytest.mark.parametrize("form", ["md", "html", "json", "csv"])
def test_export_to_stdout_is_one_document(run, form):
    text = run("export", "--status", "advised", "--format", form, "--out", "-").stdout
    assert "Photo tags" in text or "Photo&#32;tags" in text
    if form == "json":
        assert len(json.loads(text)) == len(of(run, "--status", "advised"))
    if form == "html":
        assert text.count("<!doctype html>") == 1


def test_replay_is_identical_on_the_same_knowledge(run):
    [id] = of(run, "--person", "slack:T:ann")
    assert "identical, byte for byte" in run("replay", id).stdout
    assert all(each["identical"] for each in json.loads(run("replay", id, "--json").stdout))
    assert "0 of " in run("replay", "--all").stderr
    [begun] = of(run, "--status", "open", "--limit", "1")
    assert "no advice" in run("replay", begun, code=1).stderr
    for wrong in ([], [id, "--all"], [id, "--kind", "tagging"], [id, "--notify"]):
        run("replay", *wrong, code=2)


def test_replay_of_all_says_which_advices_would_differ_now_and_why(run, monkeypatch):
    id = of(run, "--person", "console:local:you", "--status", "advised")[0]
    leader = json.loads(run("show", id, "--json").stdout)["advice"][-1]["advice"]["options"][0]["id"]
    monkeypatch.setattr("adapters.cli_reading.knowledge_base", lambda: with_veto(leader))
    found = run("replay", "--all", "--person", "console:local:you")
    assert id in found.stdout
    assert "because vetoes.veto_new" in found.stdout
    shown = run("replay", id, "--today").stdout
    assert f"{leader}: excluded: (not there) -> veto_new" in shown
    whole = json.loads(run("replay", "--all", "--json").stdout)
    assert whole["differ"] >= 1
    assert any(each["causes"] for each in whole["advices"])


def test_review_and_outcome_are_kept_and_counted(run, file):
    [id] = of(run, "--person", "slack:T:ann")
    run("review", id, "--verdict", "wrong", "--note", "no volume", "--by", "Boss", "--flag", "--as", "slack:T:boss")
    recommended = json.loads(run("show", id, "--json").stdout)["recommended"] or "none"
    run("outcome", id, "--chosen", recommended, "--happened", "went well", "--as", "slack:T:ann")
    assert of(run, "--reviewed") == of(run, "--flagged") == of(run, "--outcome", recommended) == [id]
    text = run("show", id).stdout
    assert "Boss: wrong. no volume (flagged)" in text
    assert "chose " + recommended in text
    counts = json.loads(run("stats", "--json").stdout)
    assert counts["agreement"]["agreed"] == 1
    assert counts["reviews"] == {"wrong": 1}
    assert "advice followed: 1 of 1" in run("stats").stdout
    assert run("outcome", id, "--chosen", "magic", "--happened", "x", code=2).stderr
    archive = Archive(file)
    rows = archive.store.connection.execute("SELECT DISTINCT viewer FROM access_audit WHERE conversation = ?", (id,)).fetchall()
    archive.close()
    assert all(viewer.startswith("console:local:") for (viewer,) in rows)
    assert OPERATOR.name != ""


def test_save_as_test_writes_a_dialogue_once(run, tmp_path):
    [id] = [each for each in of(run) if "Tagging" in run("show", each).stdout and "odd" in run("show", each).stdout]
    assert run("save-as-test", id).stdout.startswith("# dialogue\n")
    run("save-as-test", id, "--out", str(tmp_path / "a.dialogue"))
    assert "> Photo tags\n" in (tmp_path / "a.dialogue").read_text()
    run("save-as-test", id, "--out", str(tmp_path / "a.dialogue"), code=1)


def test_a_missing_file_is_named_and_ends_with_1(tmp_path):
    found = CliRunner().invoke(main, ["transcripts", "list", "--db", str(tmp_path / "none.db")])
    assert found.exit_code == 1
    assert "none.db does not exist" in found.stderr
