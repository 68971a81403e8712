"""How serving ends: in good order, with what to do, or by a defect that is in the log and nowhere else."""

from __future__ import annotations

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from adapters.cli_serve import _serve
from bot.serve import AlreadyServed
from bot.settings import Settings
from bot.store import Store

TOKEN = "xoxb-" + "1234567890-0987654321-AbCdEfGhIjKl"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "advisor.db")
    yield store
    store.close()


def ended(store, error, **chosen):
    """What an operator is told when a platform ends like this, and what is in the log."""

    async def platform(store, stopping, started):
        await asyncio.sleep(0.05)
        raise error

    settings = Settings(_env_file=None, **{"advisor_health_port": 0, **chosen})
    with capture_logs() as logs:
        told = asyncio.run(_serve(store, [platform], settings))
    return told, [each for each in logs if each["log_level"] in ("critical", "warning")]


def test_a_defect_is_named_by_its_kind_and_is_in_the_log(store):
    error = KeyError("ts")
    told, logs = ended(store, error)
    assert told == ["ended by a defect (KeyError); see the log"]
    assert [(each["event"], each["exc_info"]) for each in logs] == [("ended by a defect", error)]


def test_what_an_operator_can_mend_is_said_in_its_own_words_without_tokens(store):
    told, logs = ended(store, AlreadyServed(f"another process serves it with {TOKEN}; stop it first"))
    assert told == ["another process serves it with [token]; stop it first"]
    assert logs == []


def test_a_health_port_that_was_set_and_is_taken_ends_the_service(store, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told, _ = ended(store, AlreadyServed("later"), advisor_health_port=taken.getsockname()[1])
    assert any("ADVISOR_HEALTH_PORT" in each for each in told)
