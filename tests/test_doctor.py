"""The doctor says where each setting comes from, what is missing, how the database is, and what to do; and changes nothing."""

import json
import os
import socket
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from adapters.cli_admin import doctor, forget
from bot.checkup import held_by, wal_reset_bug
from bot.erasure import forget_person
from bot.locks import FileLock
from bot.records import Delivery
from bot.settings import Settings
from bot.store import Store
from test_erasure import ALICE, NOW, WORDS, converse

TOKEN = "xoxb-" + "1234567890-abcdefABCDEF"
BOT = "123456789:" + "A" * 35


@pytest.fixture(autouse=True)
def _clean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith(("ADVISOR_", "SLACK_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ADVISOR_DB", str(tmp_path / "advisor.db"))


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    yield opened
    opened.close()


def examined(*extra):
    run = CliRunner().invoke(doctor, ["--json", "--offline", *extra])
    return run.exit_code, json.loads(run.stdout), run


def test_all_right_is_exit_code_0_and_nothing_is_created(tmp_path):
    code, said, _ = examined()
    assert code == 0 and said["ok"] and not said["database"]["exists"]
    assert list(tmp_path.iterdir()) == []


def test_each_setting_is_shown_with_its_origin_and_secrets_only_as_set(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(f"SLACK_BOT_TOKEN={TOKEN}\nSLACK_APP_TOKEN=xapp-1-A-2-b\nADVISOR_LANG=de\n")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456789:" + "A" * 35)
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://user:pw@bot.example/unguessable")
    code, said, run = examined()
    by = {each["name"]: (each["shown"], each["origin"]) for each in said["settings"]}
    assert code == 0, run.output
    assert by["SLACK_BOT_TOKEN"] == ("set", ".env") and by["TELEGRAM_BOT_TOKEN"] == ("set", "environment")
    assert by["SLACK_SIGNING_SECRET"] == ("not set", "default") and by["ADVISOR_LANG"] == ("de", ".env")
    assert by["TELEGRAM_WEBHOOK_URL"] == ("https://bot.example/…", "environment")
    assert by["SLACK_MODE"] == ("socket", "default") and by["ADVISOR_HEALTH_PORT"] == ("8080", "default")
    text = CliRunner().invoke(doctor, ["--offline"]).output + run.output
    for secret in ("1234567890-abc", "xapp-1", "AAAA", "unguessable", "pw@"):
        assert secret not in text


def test_what_the_platform_itself_refuses_is_wrong(monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "not-a-token-at-all")
    code, said, run = examined()
    assert code == 1 and any("TELEGRAM_BOT_TOKEN" in each for each in said["wrong"])
    assert "not-a-token-at-all" not in run.output


def test_what_a_platform_lacks_is_named(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:x")
    monkeypatch.setenv("TELEGRAM_MODE", "carrier-pigeon")
    code, said, _ = examined()
    assert code == 1
    assert said["platforms"][0] == {"name": "slack", "state": "incomplete", "mode": "socket", "missing": ["SLACK_APP_TOKEN"]}
    assert "polling, webhook" in said["platforms"][1]["missing"][0]
    monkeypatch.setenv("SLACK_MODE", "http")
    assert examined()[1]["platforms"][0]["missing"] == ["SLACK_SIGNING_SECRET"]


def test_wrong_and_misspelt_settings_are_all_said(monkeypatch):
    monkeypatch.setenv("ADVISOR_HEALTH_PORT", "many")
    monkeypatch.setenv("ADVISOR_RETENTION_DAY", "30")
    code, said, _ = examined()
    assert code == 1 and any("ADVISOR_HEALTH_PORT: got 'many'" in each for each in said["wrong"])
    assert "ADVISOR_RETENTION_DAY is not a setting; did you mean ADVISOR_RETENTION_DAYS?" in said["wrong"]


def test_a_database_is_described(store):
    converse(store, "one", ALICE, WORDS)
    with store.transaction():
        store.put([Delivery("slack", "k", None, "p", "1", NOW, "{}"), Delivery("slack", "a", None, None, "1", NOW, "{}")])
    code, said, _ = examined()
    state = said["database"]
    assert code == 0 and state["mode"] == "0600" and state["journal"] == "wal" and state["quick_check"] == "ok"
    assert state["conversations"] == 1 and state["schema"].startswith("m0")
    assert state["backlog"] == {"slack": {"inbox aside": 1, "inbox new": 1, "outbox pending": 1}}
    assert any("kept aside" in note for note in said["notes"]) and any("no backup" in note for note in said["notes"])
    assert WORDS not in json.dumps(said)


def test_a_lock_is_shown_with_its_process_and_not_taken(store, tmp_path):
    lock = FileLock(tmp_path / "advisor.db.slack.lock")
    lock.acquire(0)
    assert examined()[1]["database"]["locks"] == {"advisor.db.slack.lock": f"process {os.getpid()}"}
    lock.close()
    assert held_by(lock.path) is None


@pytest.mark.parametrize(
    ("version", "bad"),
    [((3, 40, 1), 1), ((3, 44, 5), 1), ((3, 44, 6), 0), ((3, 45, 0), 1), ((3, 50, 6), 1), ((3, 50, 7), 0),
     ((3, 51, 2), 1), ((3, 51, 3), 0), ((3, 53, 0), 0)],
)  # fmt: skip
def test_the_wal_reset_bug_is_known_by_version(version, bad):
    assert wal_reset_bug(version) == bool(bad)


def test_what_is_wrong_with_a_database_comes_with_what_to_do(store, tmp_path):
    store.path.chmod(0o644)
    code, said, _ = examined()
    assert code == 1 and any("chmod 600" in each for each in said["wrong"])
    store.path.chmod(0o600)
    with store.transaction():
        store.connection.execute(
            "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('sourcing_advisor', 'm999_x', '')"
        )
    assert any("newer version" in each and "update" in each for each in examined()[1]["wrong"])


def test_a_file_that_is_no_database_or_another_programs_is_told_apart(tmp_path):
    (tmp_path / "text.db").write_text("not a database, but long enough to be read as a header of one " * 4)
    assert any("not an intact SQLite database" in each for each in examined("--db", str(tmp_path / "text.db"))[1]["wrong"])
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE t(x)")
    connection.close()
    (tmp_path / "other.db").chmod(0o600)
    assert any("not one of the advisor's" in each for each in examined("--db", str(tmp_path / "other.db"))[1]["wrong"])


def test_an_erasure_not_yet_repeated_is_wrong(store):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    with store.transaction():
        store.connection.execute("DELETE FROM tombstones")
    assert any("not repeated" in each for each in examined()[1]["wrong"])


def test_forget_from_the_command_line(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    db = ["--db", str(store.path)]
    run = CliRunner().invoke(forget, [*db, "--person", ALICE, "--dry-run"])
    assert run.exit_code == 0 and "Would erase" in run.output and "1 conversations" in run.output
    run = CliRunner().invoke(forget, [*db, "--person", ALICE, "--json"])
    assert run.exit_code == 0 and json.loads(run.stdout)["scrubbed"]
    run = CliRunner().invoke(forget, [*db, "--person", ALICE])
    assert run.exit_code == 1 and "nothing of" in run.stderr
    run = CliRunner().invoke(forget, [*db, "--older-than", "3"])
    assert run.exit_code == 0
    assert CliRunner().invoke(forget, [*db, "--person", "alice"]).exit_code == 2
    assert CliRunner().invoke(forget, db).exit_code == 2
    run = CliRunner().invoke(forget, ["--db", str(tmp_path / "none.db"), "--person", ALICE])
    assert run.exit_code == 1 and not (tmp_path / "none.db").exists()


# --- connections ---------------------------------------------------------------------------------------------------------


class Platforms(BaseHTTPRequestHandler):
    """Slack and Telegram, as far as `auth.test` and `getMe` go."""

    def do_POST(self):
        known = self.path == "/api/auth.test" and self.headers["Authorization"] == f"Bearer {TOKEN}"
        self._say({"ok": True, "user": "advisor", "team": "Acme"} if known else {"ok": False, "error": "invalid_auth"})

    def do_GET(self):
        known = self.path == f"/bot{BOT}/getMe"
        self._say({"ok": True, "result": {"username": "advisor_bot"}} if known else {"ok": False}, 200 if known else 401)

    def _say(self, what, status=200):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(what).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def platforms(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Platforms) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": "xapp-1-A-2-b", "SLACK_API_URL": f"{address}/api/",
            "TELEGRAM_BOT_TOKEN": BOT, "TELEGRAM_API_URL": address,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield address
        server.shutdown()
        thread.join()


def test_connections_are_tried_and_say_who_we_are(platforms):
    run = CliRunner().invoke(doctor, ["--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["connections"] == [
        {"name": "slack", "who": "advisor in Acme", "wrong": None},
        {"name": "telegram", "who": "@advisor_bot", "wrong": None},
    ]


def test_a_token_that_is_refused_and_a_platform_that_is_not_there_are_told_apart_without_the_token(platforms, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "987654321:" + "B" * 35)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong-secret")
    run = CliRunner().invoke(doctor, ["--json"])
    wrong = json.loads(run.stdout)["wrong"]
    assert run.exit_code == 1
    assert any("SLACK_BOT_TOKEN: slack refuses it (invalid_auth)" in each for each in wrong)
    assert any("TELEGRAM_BOT_TOKEN: telegram refuses it" in each for each in wrong)
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/")
    gone = CliRunner().invoke(doctor, [])
    assert "slack cannot be reached (ConnectionRefusedError)" in gone.output
    assert "telegram cannot be reached (ConnectionRefusedError)" in gone.output
    assert not any(secret in run.output + gone.output for secret in ("987654321", "B" * 35, "wrong-secret"))


@pytest.fixture
def taken():
    """A port on which something listens that is not ours."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_health_port_that_is_taken_is_wrong_if_it_was_set_and_else_only_noted(monkeypatch, taken):
    monkeypatch.setattr("adapters.connections.SECONDS", 0.2)
    monkeypatch.setattr(Settings.model_fields["advisor_health_port"], "default", taken)
    Settings.model_rebuild(force=True)
    try:
        code, said, _ = examined()
        assert code == 0 and any(f"127.0.0.1:{taken} is taken" in note for note in said["notes"])
        monkeypatch.setenv("ADVISOR_HEALTH_PORT", str(taken))
        code, said, _ = examined()
        assert code == 1 and any(each.startswith("ADVISOR_HEALTH_PORT") for each in said["wrong"])
    finally:
        monkeypatch.undo()
        Settings.model_rebuild(force=True)
