"""A short run of the simulation; the long one is in tests/simulation.py."""

import pytest

import simulation
from bot.store import Store


def test_150_histories_hold_what_the_model_says():
    told = simulation.run(150, seed=1)
    assert told["histories"] == 150
    assert told["deaths in a statement"] > 0
    assert told["full disks"] > 0


def test_a_history_replays(tmp_path):
    assert simulation.run(3, seed=7) == simulation.run(3, seed=7)


def test_a_repeat_that_nothing_made_necessary_is_seen(monkeypatch):
    note, asked = Store.sent, set()

    def forgetful(store, number, sent_as, now):
        if (id(store), number) in asked:  # noted only when said a second time
            note(store, number, sent_as, now)
        asked.add((id(store), number))

    monkeypatch.setattr(Store, "sent", forgetful)
    with pytest.raises(AssertionError, match=r"visible 2 times for 0 ambiguous sends"):
        simulation.run(20, seed=1)
