"""Fixtures that most tests share."""

import pytest
import structlog

from talk import Talk


@pytest.fixture(autouse=True)
def own_log():
    """A command that a test ran logs to what was its standard error; the next test has another."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def talk(tmp_path):
    """A conversation that has just begun, questions in file order."""
    conversation = Talk(tmp_path / "advisor.db")
    conversation.begin()
    yield conversation
    conversation.store.close()
