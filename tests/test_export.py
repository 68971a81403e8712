"""Exports: safe file names, defused cells, pages without a script, and a hostile transcript that stays harmless."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.archive import Archive
from bot.export import COLUMNS, CannotWrite, defused, file_name, rendered, write_new
from bot.retell import Retelling
from talks import BASE, OPERATOR, Talks

HOSTILE = [
    "<script>alert(1)</script> photos",
    "=HYPERLINK(\"http://evil\",\"x\")",
    "  @SUM(1+1)",
    "＝cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m \x9b2J \u202egnp.exe",
    "[click](javascript:alert(1)) ![x](http://evil/x.png) **bold** `code` <img src=x onerror=alert(1)>",
    "y" * 100_000,
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    talks = Talks(tmp_path_factory.mktemp("hostile") / "a.db")
    id = talks.advised("p1", words="Photo tags", person="slack:T:<b>ann</b>")
    for text in HOSTILE:
        talks.send("p1", person="slack:T:<b>ann</b>", text=text)
    archive = Archive(talks.path)
    yield archive.transcript(OPERATOR, id, "export")
    archive.close()
    talks.close()


@pytest.fixture
def words():
    return Retelling(BASE, BASE, "en")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_page_holds_no_script_no_link_and_no_picture_of_a_persons_making(hostile, words):
    page = rendered(hostile, words, "html")
    tags = Tags()
    tags.feed(page)
    assert not tags.found & {"script", "img", "a", "iframe", "b", "code"}
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "default-src 'none'" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; photos" in page


@pytest.mark.parametrize("form", ["md", "html", "csv"])
def test_no_control_or_bidirectional_character_reaches_a_document(hostile, words, form):
    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", rendered(hostile, words, form)
    )


def test_the_terminal_gets_no_escape_sequence(hostile, words):
    text = "\n".join(words.text(hostile))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "<script>alert(1)</script> photos" in text


def test_csv_is_a_table_whose_cells_no_spreadsheet_runs(hostile, words):
    header, *rows = csv.reader(io.StringIO(rendered(hostile, words, "csv")))
    assert tuple(header) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert not [cell for row in rows for cell in row if cell.strip() and cell.strip()[0] in "=+-@＝"]
    assert any(row[6].startswith("'=HYPERLINK") for row in rows)


def test_json_stays_as_it_was_said(hostile, words):
    found = json.loads(rendered(hostile, words, "json"))
    assert HOSTILE[1] in [line["text"] for line in found["conversation"]]
    assert found["advice"][0]["advice"]["answers_digest"].startswith("sha256:")
    assert found["events"][0]["event"] == "started"


def test_markdown_shows_reasons_sources_and_what_was_understood(hostile, words):
    text = rendered(hostile, words, "md")
    assert "understood as: kind of work: Tagging" in text
    assert f"## {BASE.words('en').sentences['transcript_sources']}" in text


@given(st.text())
def test_a_defused_cell_never_begins_like_a_formula(text):
    cell = defused(text)
    assert not cell.startswith(tuple("=+-@\t\r\n"))
    assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))


@given(st.text(max_size=200))
def test_a_file_name_is_always_safe(id):
    assert re.fullmatch(r"[a-z0-9-]{1,64}\.html", file_name(id, "html"))


def test_ids_that_only_look_alike_have_files_of_their_own():
    assert len({file_name(id, "md") for id in ("a/b", "a.b", "A-B", "a-b", "../a-b", "")}) == 6


def test_a_file_is_written_once_privately_and_never_through_a_link(tmp_path):
    path = write_new(tmp_path / "out", "a.md", "one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CannotWrite, match="is there already"):
        write_new(tmp_path / "out", "a.md", "two")
    assert path.read_text() == "one"
    target = tmp_path / "elsewhere"
    (tmp_path / "out" / "b.md").symlink_to(target)
    with pytest.raises(CannotWrite):
        write_new(tmp_path / "out", "b.md", "x")
    assert not target.exists()
    for name in ("../c.md", "/etc/c.md", "x/../../c.md", ""):
        with pytest.raises(CannotWrite):
            write_new(tmp_path / "out", name, "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite):
        write_new(tmp_path / "file", "a.md", "x")
