"""`advisor review`: what it prints, refuses and needs."""

import json
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner
from review_site import ANN, Served

from adapters.cli import main
from adapters.cli_admin import doctor
from adapters.review.passwords import FEWEST_ROUNDS, fits, hashed


@pytest.fixture(autouse=True)
def _clean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("HOST", "PORT", "PASSWORD_HASH"):
        monkeypatch.delenv(f"ADVISOR_REVIEW_{name}", raising=False)


def test_the_link_that_is_printed_opens_the_pages_of_a_real_server_once(talks):
    served = Served(talks.path)
    try:
        with httpx.Client(follow_redirects=True, base_url=served.address) as browser:
            assert served.address.startswith("http://127.0.0.1:")
            assert "Photo tags for our web shop" in browser.get(served.link).text
            assert browser.get(f"/advisory/{talks.ann}").status_code == 200
        assert httpx.get(served.link).status_code == 403
        assert httpx.get(served.address, headers={"host": "evil.example"}).status_code == 421
    finally:
        served.close()
    assert served.process.returncode in (0, -15) and served.errors == []


def test_a_link_for_a_person_shows_what_that_person_may_see(talks):
    served = Served(talks.path, "--as", ANN)
    try:
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(served.link).text
            assert "Photo tags" in page and "Dictation" not in page and ANN in page
    finally:
        served.close()


def test_another_host_without_a_password_is_refused_before_anything_listens(talks, monkeypatch):
    monkeypatch.setenv("ADVISOR_REVIEW_HOST", "0.0.0.0")
    run = CliRunner().invoke(main, ["review", "--db", str(talks.path), "--no-browser"])
    assert run.exit_code == 2 and "ADVISOR_REVIEW_PASSWORD_HASH" in run.stderr and "--hash-password" in run.stderr


def test_another_host_with_a_password_listens_and_asks_for_it(talks, monkeypatch):
    served = Served(
        talks.path, ADVISOR_REVIEW_HOST="0.0.0.0", ADVISOR_REVIEW_PASSWORD_HASH=hashed("correct horse", FEWEST_ROUNDS),
        ADVISOR_REVIEWERS="slack:T1:URITA",
    )  # fmt: skip
    try:
        port = served.address.rpartition(":")[2]
        with httpx.Client(follow_redirects=True, base_url=f"http://127.0.0.1:{port}") as browser:
            assert 'type="password"' in browser.get("/").text
            entered = httpx.post(
                f"http://127.0.0.1:{port}/sign-in", data={"person": "slack:T1:URITA", "password": "correct horse"}
            )
            assert entered.status_code == 303 and "advisor_session" in entered.headers["set-cookie"]
    finally:
        served.close()


def test_a_port_that_is_taken_and_a_database_that_is_not_there_are_said(talks, monkeypatch, tmp_path):
    served = Served(talks.path)
    try:
        monkeypatch.setenv("ADVISOR_REVIEW_PORT", served.address.rpartition(":")[2])
        run = CliRunner().invoke(main, ["review", "--db", str(talks.path), "--no-browser"])
        assert run.exit_code == 1 and "ADVISOR_REVIEW_PORT" in run.stderr
    finally:
        served.close()
    run = CliRunner().invoke(main, ["review", "--db", str(tmp_path / "none.db")])
    assert run.exit_code == 1 and "does not exist" in run.stderr and not (tmp_path / "none.db").exists()


def test_a_password_is_asked_for_twice_and_its_hash_printed():
    run = CliRunner().invoke(main, ["review", "--hash-password"], input="correct horse battery\ncorrect horse battery\n")
    assert run.exit_code == 0 and fits("correct horse battery", run.stdout.strip().splitlines()[-1])
    short = CliRunner().invoke(main, ["review", "--hash-password"], input="short\nshort\n")
    assert short.exit_code == 2 and "12 to" in short.stderr


def test_without_the_extra_it_says_how_to_install_it(talks):
    code = (
        "import sys; sys.modules['datasette'] = None\n"
        "from adapters.cli import main\n"
        f"main(['review', '--db', {str(talks.path)!r}])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1 and 'pip install "sourcing-advisor[review]"' in run.stderr and "Traceback" not in run.stderr


def test_no_other_command_pays_for_it():
    code = (
        "import sys, adapters.cli, adapters.cli_chat, adapters.cli_transcripts, adapters.review.command\n"
        "print([name for name in ('datasette', 'uvicorn', 'adapters.review.app') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_doctor_says_whether_the_review_can_be_opened(talks, monkeypatch):
    said = json.loads(CliRunner().invoke(doctor, ["--json", "--db", str(talks.path)]).stdout)
    assert said["review"] == {"state": "ready", "address": "http://127.0.0.1:8484", "password": False}
    monkeypatch.setenv("ADVISOR_REVIEW_HOST", "0.0.0.0")
    run = CliRunner().invoke(doctor, ["--db", str(talks.path)])
    assert run.exit_code == 1 and "ADVISOR_REVIEW_PASSWORD_HASH" in run.output
