"""A hostile transcript is harmless on every surface: terminal, Markdown, page, JSON and CSV, list, search and the chat's history.

Half of it came through the service, which cleans what it stores; the other half was put into the database past it.
"""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from adapters.cli import main
from bot.archive import Archive, Filter
from bot.records import Line
from talks import OPERATOR, Talks

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
LINES = [
    "photo <script>alert(1)</script><img src=x onerror=alert(1)><iframe src=//evil></iframe>",
    "photo [click](javascript:alert(1)) ![x](http://evil/x.png) <http://evil> **bold** `code` | table |",
    "photo </main></body><meta http-equiv=refresh content=0> &lt;b&gt; &#60;b&#62;",
    "=HYPERLINK(\"http://evil\",\"photo\")", "+1+photo", "-2+photo", "@SUM(photo)", "\tphoto", "\rphoto",
    "＝cmd|' /C calc'!photo",
    "photo \x1b[2J\x1b]0;owned\x07 \x9b31m \x08\x08", "photo \u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "photo\n# heading\n> quote\n---\n```\ncode", "photo " + "y" * 100_000, "photo " + "<b>" * 30_000,
    "photo " + "\n" * 5000 + "end",
]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    talks = Talks(tmp_path_factory.mktemp("hostile") / "a.db")
    id = talks.advised("p1", words="Photo tags")
    for text in LINES:
        talks.send("p1", text=text)
    connection = talks.store.connection
    with talks.store.transaction():
        talks.store.write(id, [Line(1, 1, f"slack:T:{text[:60]}", "typed", text) for text in LINES])
    evil = LINES[0] + LINES[10] + LINES[11]
    with talks.store.transaction():
        connection.execute("UPDATE conversations SET process = ?, kind = ? WHERE id = ?", (evil, evil, id))
        connection.execute("INSERT INTO reviews VALUES (NULL,?,1,?,?,?,0)", (id, evil, evil, evil))
        connection.execute("INSERT INTO outcomes VALUES (NULL,?,1,?,?,?)", (id, evil, evil, evil))
    talks.close()
    return talks.path


@pytest.fixture
def run(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, input=None):
        found = CliRunner().invoke(main, [*arguments, "--db", str(file)], input=input)
        assert found.exit_code in (0, 3), found.output + repr(found.exception)
        return found.stdout

    return call


PRINTED = [
    ["list"], ["list", "--json"], ["show", "case-0001"], ["show", "case-0001", "--json"], ["search", "photo"],
    ["search", "photo", "--json"], ["search", "owned", "--newest"], ["stats"], ["stats", "--json"], ["replay", "case-0001"],
    ["replay", "--all"], ["save-as-test", "case-0002"], *(["export", "--out", "-", "--format", form] for form in ("md", "csv")),
    ["export", "--out", "-", "--format", "html"], ["export", "--out", "-", "--format", "json"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", PRINTED, ids=" ".join)
def test_no_control_or_bidirectional_character_is_printed(run, arguments, file):
    if arguments[0] == "save-as-test":
        arguments = ["save-as-test", spoken_in(file)]
    printed = run("transcripts", *arguments)
    assert not UNSEEN.search(printed.replace("\r\n", "\n"))


def spoken_in(path):
    """A conversation with hostile words in it that holds no answer file, so that it can become a dialogue."""
    talks = Talks(path)
    talks.number = 10_000 + talks.store.connection.execute("SELECT count(*) FROM inbox").fetchone()[0]
    talks.ids = talks.number
    talks.send(f"s{talks.ids}", fresh=True)
    for text in LINES[:13]:
        id = talks.send(f"s{talks.ids}", text=text)
    talks.close()
    return id


def test_the_history_in_the_chat_prints_none_either(run):
    printed = run("chat", input="history\nhistory 1\nhistory 2\n")
    assert "photo" in printed
    assert not UNSEEN.search(printed)


def test_json_is_whole_and_says_what_was_said(run):
    told = json.loads(run("transcripts", "show", "case-0001", "--json"))
    texts = [line["text"] for line in told["conversation"]]
    assert any(text.startswith("=HYPERLINK") for text in texts)
    assert any("<script>alert(1)</script>" in text for text in texts)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_holds_nothing_of_a_persons_making_but_text(run, tmp_path):
    run("transcripts", "export", "--format", "html", "--out", "out")
    for path in (tmp_path / "out").iterdir():
        tags = Tags()
        tags.feed(path.read_text("utf-8"))
        names = {name for name, _ in tags.found}
        assert names <= {
            "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "strong", "em", "ul", "li", "blockquote",
            "br", "hr",
        }, names  # fmt: skip
        assert not [attribute for _, attributes in tags.found for attribute in attributes if attribute.startswith("on")]
        assert [dict(a).get("http-equiv") for n, a in tags.found if n == "meta" and "http-equiv" in a] == [
            "Content-Security-Policy"
        ]


def test_csv_cells_are_no_formulas(run):
    rows = list(csv.reader(io.StringIO(run("transcripts", "export", "--format", "csv", "--out", "-"))))
    assert len(rows) > 2 * len(LINES)
    assert {len(row) for row in rows} == {10}
    dangerous = [cell[:20] for row in rows for cell in row if cell.lstrip()[:1] in tuple("=+-@＝＋－＠") and cell.strip()]
    assert dangerous == []


def test_markdown_shows_the_words_and_makes_no_link_picture_or_heading_of_them(run):
    from markdown_it import MarkdownIt

    text = run("transcripts", "export", "case-0001", "--format", "md", "--out", "-")
    page = MarkdownIt("commonmark").render(text)  # of a reader that allows HTML
    tags = Tags()
    tags.feed(page)
    assert not {name for name, _ in tags.found} & {"a", "img", "script", "iframe", "meta", "code", "pre", "b"}
    assert "heading" not in [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]


def test_a_search_hit_of_a_message_of_100_kilobytes_is_cut_short(file):
    from bot.search import search

    archive = Archive(file)
    for word in ("y" * 50, "photo", "end"):
        assert all(len("".join(hit.pieces)) < 400 for hit in search(archive, OPERATOR, word))
    assert archive.count(OPERATOR, Filter()) >= 1
    archive.close()
