"""A short run of the simulation; the long one is in tests/simulation.py."""

import simulation


def test_150_histories_hold_what_the_model_says():
    told = simulation.run(150, seed=1)
    assert told["histories"] == 150
    assert told["deaths in a statement"] > 0
    assert told["full disks"] > 0


def test_a_history_replays(tmp_path):
    assert simulation.run(3, seed=7) == simulation.run(3, seed=7)
