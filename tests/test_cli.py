"""The `advisor` command as its users run it: exit codes, what goes to stdout and to stderr, and nothing stored by accident."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from adapters.cli import main

GOOD = """answers:
  kind: tagging
  volume: 200000
  minutes: 0.5
  data: public
  accuracy: {value: 95, unsure: true}
  hourly_cost: {value: 28, currency: USD}
  divisible: {status: dont_know}
  distressing: no
  access: false
  priorities: [cost, [quality, flexibility], security]
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("ADVISOR_DB", str(tmp_path / "advisor.db"))
    monkeypatch.chdir(tmp_path)

    def invoke(*args, text=None):
        if text is not None:
            (tmp_path / "answers.yaml").write_text(text, "utf-8")
        return CliRunner().invoke(main, [str(arg) for arg in args])

    return invoke


def test_advise_prints_the_contracts_json(run):
    result = run("advise", "answers.yaml", "--json", text=GOOD)
    assert result.exit_code == 0
    advice = json.loads(result.stdout)
    assert {
        "recommended",
        "verdict",
        "options",
        "reasons",
        "against",
        "flips",
        "find_out",
        "split",
        "safeguards",
        "automation",
    } <= set(advice)
    assert {"provider", "contradictions", "assumptions", "sources", "knowledge_version", "answers_digest"} <= set(advice)
    assert {answer["question"]: answer["status"] for answer in advice["answers"]}["divisible"] == "dont_know"
    assert {answer["question"]: answer["value"] for answer in advice["answers"]}["access"] == "no"
    assert advice["options"][0]["rank"] == 1
    assert advice["options"][0]["cost"]["currency"] == "USD"
    known = {source["id"] for source in advice["sources"]}
    assert known
    assert all(set(flip) >= {"question", "from", "to", "then", "veto", "text"} for flip in advice["flips"])


def test_advise_stores_nothing(run, tmp_path):
    assert run("advise", "answers.yaml", text=GOOD).exit_code == 0
    assert not (tmp_path / "advisor.db").exists()


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_advise_in_every_form_says_the_same(run, form):
    shown = run("advise", "answers.yaml", "--format", form, text=GOOD).stdout
    assert "The strongest case against" in shown
    assert "microlabor through a managing vendor" in shown


def test_what_if_changes_a_copy(run):
    now = json.loads(run("advise", "answers.yaml", "--json", text=GOOD).stdout)
    then = json.loads(run("advise", "answers.yaml", "--json", "--what-if", "data=regulated", "--what-if", "volume=500").stdout)
    direct = next(option for option in then["options"] if option["id"] == "crowd_direct")
    assert direct["excluded"]["rule"] == "veto_regulated"
    assert now["answers_digest"] != then["answers_digest"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answers:\n  kind: taging\n", "answers.yaml:2: kind: 'taging' is not one of data_entry, tagging"),
        ("answers:\n  volume: -3\n", "answers.yaml:2: volume: -3 is not a number above 0"),
        ("answers:\n  volume: .nan\n", "answers.yaml:2: volume: nan is not a number"),
        ("answers:\n  volume: .inf\n", "answers.yaml:2: volume: inf is not a number"),
        ("answers:\n  accuracy: 101\n", "answers.yaml:2: accuracy: 101 is not a number from 50 to 100"),
        ("answers:\n  bogus: 1\n", "answers.yaml:2: unknown question 'bogus'; expected one of process"),
        ("answers:\n  data: {status: nope}\n", "answers.yaml:2: data: status 'nope' is not one of dont_know"),
        ("answers:\n  data: {value: public, status: later}\n", "exclude each other"),
        ("answers:\n  hourly_cost: {value: 3, currency: XXY}\n", "'XXY' is not an ISO 4217 currency"),
        ("answers:\n  volume: {value: 3, unit: items}\n", "volume: unknown field 'unit'; expected status, unsure, value"),
        ("answers:\n  priorities: [cost, cost]\n", "each at most once"),
        ("answers:\n  priorities: [price]\n", "is not an order of cost, quality, security, flexibility"),
        ("answers:\n  data: public\n  data: internal\n", "answers.yaml:3: 'data' is given twice; keep one"),
        ("answers: [1, 2]\n", "'answers' must be a mapping of ids to values"),
        ("", "is empty; expected 'answers:'"),
        ("just words", "expected a mapping with 'answers:'"),
        ("answers:\n  kind: [unclosed\n", "cannot be read as YAML or JSON"),
        ("other: 1\n", "unknown section 'other'"),
        ("answers: {}\nparameters:\n  rate_offshore: 0.3\n", "a figure of your own needs source and date"),
        ("answers: {}\nparameters:\n  rate_moon: {value: 1, source: s, date: d}\n", "unknown parameter 'rate_moon'"),
        ("answers: {}\nswing: {cost: 120}\n", "cost: 120.0 is not a number of points from 0 to 100"),
    ],
)
def test_a_wrong_answer_file_is_refused_with_file_line_id_and_what_is_accepted(run, text, said):
    result = run("advise", "answers.yaml", "--json", text=text)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr


def test_all_problems_of_a_file_are_listed_at_once(run):
    result = run("advise", "answers.yaml", text="answers:\n  kind: x\n  volume: -1\n  bogus: 2\n")
    assert len(result.stderr.strip().splitlines()) == 3


def test_missing_unreadable_and_binary_files_are_refused(run, tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    for name, said in (("nothere.yaml", "No such file"), (tmp_path, "Is a directory"), ("binary.yaml", "not UTF-8")):
        result = run("advise", name)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_any_subset_is_valid_and_an_abstention_is_a_result(run):
    result = run("advise", "answers.yaml", "--json", text="answers: {}\n")
    assert result.exit_code == 0
    advice = json.loads(result.stdout)
    assert (advice["verdict"], advice["recommended"]) == ("abstain", None)
    assert advice["find_out"]


def test_json_answer_files_work_too(run):
    assert run("advise", "answers.yaml", text='{"answers": {"data": "public", "access": true}}').exit_code == 0


def test_own_figures_and_swing_points_are_taken_from_the_file(run):
    text = (
        GOOD
        + "parameters:\n  rate_offshore: {value: [0.9, 1.0], source: quote, date: 2026-10-03}\nswing: {cost: 100, security: 50}\n"
    )
    advice = json.loads(run("advise", "answers.yaml", "--json", text=text).stdout)
    line = next(a for a in advice["assumptions"] if a["parameter"] == "rate_offshore")
    assert (line["range"], line["source"], line["dated"]) == ([0.9, 1.0], "quote", "2026-10-03")
    assert advice["weights"]["cost"] == pytest.approx(2 / 3)


def test_understand_shows_words_and_spans(run):
    text = "we tag 20k photos a month, everything is public"
    answers = json.loads(run("understand", text, "--json").stdout)["answers"]
    assert answers["volume"]["value"] == 20000
    for found in answers.values():
        start, end = found["span"]
        assert text[start:end] == found["said"]


def test_a_text_may_begin_with_a_dash(run):
    assert json.loads(run("understand", "-300 letters a month", "--json").stdout)["answers"]["volume"]["value"] == 300


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4,000 forms a week", "17,333 items"),
        ("a pilot of 42 days", "1.38 months"),
        ("we need 99.9975 % accuracy", "99.9975 per cent"),
    ],
)
def test_figures_are_rounded_where_they_are_shown(run, text, told):
    assert told in run("understand", text).stdout


def test_ask_cites_and_declines(run):
    answer = json.loads(run("ask", "how much cheaper is it?", "--json").stdout)
    assert "C17" in answer["claims"]
    assert answer["sources"][0]["year"] == 2012
    declined = json.loads(run("ask", "what is the weather tomorrow?", "--json").stdout)
    assert declined["declined"]
    assert declined["claims"] == []
    assert declined["nearest"]


def test_knowledge_show_prints_anything_with_its_sources(run):
    shown = run("knowledge", "show", "C17").stdout
    assert "60%" in shown
    assert "source S01" in shown
    assert run("knowledge", "show", "volume").exit_code == 0
    assert run("knowledge", "show", "nothing").exit_code == 2


def test_knowledge_diff_names_what_changed(run, tmp_path):
    from knowledge.load import packaged_files

    for name, text in packaged_files().items():
        path = tmp_path / "kb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            text.replace("rate_nearshore: {family: rate, low: 0.47", "rate_nearshore: {family: rate, low: 0.5"), "utf-8"
        )
    assert "changed parameters.rate_nearshore.low: 0.5 -> 0.47" in run("knowledge", "diff", tmp_path / "kb").stdout
    assert run("knowledge", "check", tmp_path / "kb").exit_code == 0


def test_a_wrong_setting_stops_the_start_naming_all_of_them(run, monkeypatch):
    monkeypatch.setenv("ADVISOR_LOG", "loud")
    monkeypatch.setenv("ADVISOR_HEALTH_PORT", "99999")
    result = run("chat")
    assert result.exit_code == 2
    assert "ADVISOR_LOG: got 'loud'" in result.stderr
    assert "ADVISOR_HEALTH_PORT: got '99999'" in result.stderr


def talk(tmp_path, typed, *args):
    command = [sys.executable, "-m", "adapters.cli", "chat", "--db", str(tmp_path / "chat.db"), *args]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_a_conversation_through_a_pipe_can_be_left_and_resumed(tmp_path):
    first = talk(tmp_path, "product photos\nbuyer\n")
    assert first.returncode == 3
    assert "What is the process?" in first.stdout
    assert "\x1b" not in first.stdout
    id = first.stderr.strip().rsplit(" ", 1)[1]
    assert f"advisor chat --resume {id}" in first.stderr
    second = talk(tmp_path, "summary\nadvise now\n", "--resume", id)
    assert "the process: product photos" in second.stdout
    assert second.returncode == 0


def test_chat_can_start_from_an_answer_file_and_end_in_json(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD, "utf-8")
    done = talk(tmp_path, "advise now\n", "--answers", str(tmp_path / "a.yaml"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["recommended"]
    assert "What is the process?" in done.stderr


def test_an_unknown_conversation_cannot_be_resumed(tmp_path):
    done = talk(tmp_path, "", "--resume", "nothere")
    assert done.returncode == 2
    assert "no conversation nothere" in done.stderr


def test_an_interrupt_keeps_the_draft_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "adapters.cli", "chat", "--db", str(tmp_path / "chat.db")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write("product photos\n")
    process.stdin.flush()
    shown = ""
    while "Are you buying" not in shown:
        shown += process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "Go on with: advisor chat --resume" in said
    assert "Traceback" not in said
