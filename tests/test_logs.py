"""No token and no word of a person reaches a log, by whatever way."""

import ast
import io
import json
import logging
from pathlib import Path

import httpx
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from bot import logs
from bot.logs import configure, redact
from bot.store_errors import StoreError

ROOT = Path(__file__).parent.parent
TELEGRAM = "123456789:" + "AAFakeTokenForTests_0123456789-abcdef"
TOKENS = [
    TELEGRAM,
    TELEGRAM.replace(":", "%3A"),
    "xoxb-1234567890-0987654321-AbCdEfGhIjKl",
    "xoxp-1234-5678-abcdef",
    "xoxe.xoxp-1-Mi0yLTExMTExMTEx",
    "xapp-1-A0123-456-abcdef0123456789",
]

WORDS = "zebrafish photographs"


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    logs._known.clear()


@pytest.fixture(params=TOKENS)
def token(request):
    return request.param


def bare(token):
    return token.partition(":")[2] or token.partition("%3A")[2] or token


def test_a_token_never_appears_in_a_line_an_argument_or_a_nested_value(token, capsys):
    configure("debug")
    logging.getLogger("x").info("calling %s", f"https://api.example/bot{token}/sendMessage")
    structlog.get_logger().info(f"start {token}", url=token, nested={"headers": [f"Bearer {token}"], token: 1})
    structlog.get_logger().info("object", it=type("Client", (), {"__repr__": lambda _: f"<Client {token}>"})())
    err = capsys.readouterr().err
    assert bare(token) not in err and err.count("[token]") >= 4


def test_a_token_never_appears_in_a_traceback_or_its_causes(token, capsys):
    configure("debug")
    for log in (structlog.get_logger().exception, logging.getLogger("x").exception):
        try:
            try:
                raise OSError(f"cannot reach bot{token}")
            except OSError as error:
                raise StoreError(f"url {token}") from error
        except StoreError:
            log("failed")
    err = capsys.readouterr().err
    assert bare(token) not in err
    assert err.count("StoreError") >= 2 and err.count("OSError") >= 2 and "test_logs.py" in err


def test_a_record_that_another_handler_has_formatted_is_redacted_too(capsys):
    configure("debug")
    plain = logging.StreamHandler(io.StringIO())
    logging.getLogger("x").addHandler(plain)
    try:
        raise ValueError(f"quoting a person: {WORDS} {TELEGRAM}")
    except ValueError:
        logging.getLogger("x").exception("failed")
    logging.getLogger("x").removeHandler(plain)
    err = capsys.readouterr().err
    assert "zebrafish" not in err and bare(TELEGRAM) not in err and "ValueError" in err


@pytest.mark.parametrize("level", ["debug", "info"])
def test_httpx_does_not_log_addresses_with_tokens(level, capsys):
    configure(level)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    with httpx.Client(transport=transport) as client:
        client.get(f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    logging.getLogger("httpx").warning("HTTP Request: GET %s", httpx.URL(f"https://api.telegram.org/bot{TELEGRAM}/getMe"))
    err = capsys.readouterr().err
    assert bare(TELEGRAM) not in err and "bot[token]/getMe" in err


def test_a_secret_without_a_form_of_its_own_is_known_from_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    configure("info")
    structlog.get_logger().info("x", header="v0:0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    assert "0f1e2d3c" not in capsys.readouterr().err


def test_a_secret_of_the_env_file_is_known_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("TELEGRAM_WEBHOOK_SECRET=quietPlaceholder42\n")
    configure("info")
    logging.getLogger("x").warning("got %s", "quietPlaceholder42")
    assert "quietPlaceholder" not in capsys.readouterr().err


def test_the_text_of_a_foreign_exception_is_left_out_as_it_may_quote_a_person(capsys):
    class Model(BaseModel):
        volume: int

    configure("info")
    try:
        Model.model_validate({"volume": WORDS})
    except ValidationError as error:
        structlog.get_logger().error("turn failed", why=str(error), exc_info=True)
    err = capsys.readouterr().err
    assert "zebrafish" not in err and "ValidationError" in err and "test_logs.py" in err


def test_a_person_cannot_forge_a_line_or_send_escapes(capsys):
    configure("info")
    nasty = "a\n2026-01-01 ERROR root forged\x1b[2J\x9b31m\u202e"
    logging.getLogger("x").warning("name %s", nasty)
    structlog.get_logger().warning("x", name=nasty)
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 2
    assert not any(char in err for char in "\x1b\x9b\u202e")


def test_lines_are_json_where_no_person_watches(capsys):
    configure("info")
    structlog.get_logger().info("turn", number=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["number"], line["level"]) == ("turn", 3, "info")


def test_redaction_leaves_ordinary_text_alone():
    for text in ("12:30 to 14:00", "200000 photos at 0.05", "conversation abc23", "xoxo", "secretary=yes"):
        assert redact(text) == text


def test_no_log_call_of_ours_names_a_field_that_holds_words():
    banned = {"text", "said", "raw", "body", "message", "markdown", "words", "token", "payload", "delivery"}
    wrong = []
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("adapters/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger")), keywords=given):
                    bad = banned & {each.arg for each in given}
                case _:
                    bad = set()
            if bad:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {', '.join(sorted(bad))}")
    assert wrong == []
