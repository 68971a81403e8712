"""Dialogues as text: `> ` lines are typed, every other line must appear in the answer to the line before, in order."""

from pathlib import Path

import pytest

from talk import Talk

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


def exchanges(text):
    """(typed, expected lines) pairs; lines before the first `> ` are expected of the opening."""
    found = [(None, [])]
    for line in text.splitlines():
        if line.startswith("> "):
            found.append((line[2:], []))
        elif line.strip() and not line.startswith("#"):
            found[-1][1].append(line.strip())
    return found


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_the_dialogue_goes_as_written(path, tmp_path):
    script = path.read_text("utf-8")
    order = "adaptive" if "# order: adaptive" in script else "file"
    talk = Talk(tmp_path / "advisor.db", order=order)
    for typed, expected in exchanges(script):
        said = talk.text(talk.begin() if typed is None else talk.say(typed))
        at = 0
        for line in expected:
            there = said.find(line, at)
            assert there >= 0, f"after {typed!r} expected {line!r} in:\n{said}"
            at = there + len(line)
    talk.store.close()


def test_there_are_dialogues_to_run():
    assert len(DIALOGUES) >= 8
