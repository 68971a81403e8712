"""Settings come from the environment or `.env`; all that is wrong is said at once, and no secret with it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import main
from bot.settings import HOME, Settings, SettingsError, is_secret, load_settings


@pytest.fixture(autouse=True)
def _empty(tmp_path, monkeypatch):
    import os

    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith(("ADVISOR_", "SLACK_", "TELEGRAM_")):
            monkeypatch.delenv(name)


def test_without_any_setting_everything_has_a_default():
    found = load_settings()
    assert (found.advisor_db, found.advisor_lang, found.advisor_retention_days) == (HOME, "en", None)
    assert (found.advisor_health_host, found.advisor_health_port) == ("127.0.0.1", 8080)


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ADVISOR_LANG=de\nADVISOR_RETENTION_DAYS=30\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("ADVISOR_LANG", "fr")
    assert (load_settings().advisor_lang, load_settings().advisor_retention_days) == ("fr", 30)


def test_an_empty_value_is_the_default(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert load_settings().advisor_db == HOME


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("ADVISOR_DB", "~/a.db")
    assert load_settings().advisor_db == Path.home() / "a.db"


def test_reviewers_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("ADVISOR_REVIEWERS", " slack:T1:U1, slack:T1:U2 ,")
    assert load_settings().advisor_reviewers == ("slack:T1:U1", "slack:T1:U2")


def test_everything_wrong_is_said_at_once_with_what_it_got_and_what_it_takes(monkeypatch):
    monkeypatch.setenv("ADVISOR_RETENTION_DAYS", "soon")
    monkeypatch.setenv("ADVISOR_HEALTH_PORT", "70000")
    monkeypatch.setenv("ADVISOR_THREAD_ANSWERS", "nobody")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    for part in ("ADVISOR_RETENTION_DAYS: got 'soon'", "65535", "'starter' or 'everyone'"):
        assert part in text


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"ADVISOR_LANG=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env: not UTF-8"):
        load_settings()


def test_a_file_that_is_no_text_ends_the_service_with_words(tmp_path):
    (tmp_path / ".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe\n")
    run = CliRunner().invoke(main, ["run"])
    assert run.exit_code == 2 and isinstance(run.exception, SystemExit)
    assert ".env: not UTF-8" in run.stderr


def test_the_value_of_a_secret_is_never_quoted(monkeypatch):
    from bot.settings import _got

    assert _got(("slack_bot_token",), "xoxb-1-2-3") == _got((), {"a": "xoxb-1"}) == "got a value that is not shown"
    assert is_secret("TELEGRAM_WEBHOOK_SECRET") and is_secret("advisor_review_password_hash") and not is_secret("ADVISOR_DB")
