"""One's own past advisories inside `advisor chat`, and nobody else's."""

import pytest
from click.testing import CliRunner

from adapters.cli import main
from bot.service import World
from bot.store import Store
from talks import Talks


@pytest.fixture
def path(tmp_path):
    talks = Talks(tmp_path / "a.db")
    talks.advised("p1", words="Photo tags\x1b[31m \u202e**bold**")
    talks.advised("p2", words="Ann's secret claims", person="slack:T:ann")
    talks.send("p3", fresh=True)
    talks.service.world = World(talks._now, lambda: "abcdefgh")
    talks.advised("p4", words="Ann's other secret", person="slack:T:ann")
    talks.close()
    return talks.path


@pytest.fixture
def chat(path):
    def call(*lines):
        found = CliRunner().invoke(main, ["chat", "--db", str(path)], input="\n".join(lines) + "\n")
        assert found.exit_code in (0, 3), found.output
        return found.output

    return call


def test_history_lists_ones_own_advisories_and_not_the_one_at_hand(chat):
    said = chat("history")
    assert "1. 2023-11-14, not described yet: not finished (case-0003)" in said
    assert "2. 2023-11-14, Photo tags[31m **bold**:" in said
    assert "secret" not in said and "3. 20" not in said


@pytest.mark.parametrize("asked", ["history 2", "show my past advisories #2"])
def test_one_of_them_is_read_with_what_was_understood(chat, asked):
    said = chat(asked)
    assert "Advisory case-0001" in said
    assert "understood as: kind of work: Tagging" in said
    assert "\x1b" not in said and "\u202e" not in said


@pytest.mark.parametrize("which", ["abcdefgh", "3", "99"])
def test_anothers_advisory_cannot_be_read_by_its_id(chat, which):
    said = chat(f"history {which}")
    assert f"There is no past advisory {which} of yours here" in said
    assert "secret" not in said


def test_asking_for_history_writes_nothing_into_the_interview(chat, path):
    chat("history", "history 1", "product photos")
    store = Store(path, read_only=True)
    last = store.connection.execute("SELECT id FROM conversations ORDER BY rowid DESC LIMIT 1").fetchone()[0]
    assert [event.said for event in store.events(last)[1:]] == ["product photos"]
    assert store.connection.execute("SELECT count(*) FROM access_audit").fetchone() == (0,)
    store.close()
