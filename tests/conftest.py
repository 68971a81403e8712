"""Fixtures that most tests share."""

import pytest

from talk import Talk


@pytest.fixture
def talk(tmp_path):
    """A conversation that has just begun, questions in file order."""
    conversation = Talk(tmp_path / "advisor.db")
    conversation.begin()
    yield conversation
    conversation.store.close()
