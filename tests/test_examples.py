"""The examples and pictures in docs/ are what the program says and draws today."""

import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import main

PICTURES = runpy.run_path(str(Path(__file__).parent.parent / "docs" / "pictures" / "advice.py"))["drawn"]()
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


def without_receipt(text):
    """The advice without its last line, which names the knowledge version and so changes with every word of it."""
    return text.strip().rsplit("\n", 1)[0]


@pytest.mark.parametrize("name", ["clear", "close", "split"])
def test_the_example_is_what_the_program_says(name):
    said = CliRunner().invoke(main, ["advise", str(EXAMPLES / f"{name}.yaml"), "--format", "md"]).stdout
    assert without_receipt(said) == without_receipt((EXAMPLES / f"{name}.md").read_text("utf-8"))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_the_picture_is_byte_for_byte_what_the_program_draws(path):
    assert path.read_bytes() == PICTURES[path].png, "draw them again: python docs/pictures/advice.py"
