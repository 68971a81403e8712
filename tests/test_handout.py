"""An advice to take along: every form of it, in the words of its time, and in the terminal as a file in the folder one is in."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from adapters.cli import main
from bot.drawing import drawn
from bot.handout import EXPORT, FORMS, handout, name_of
from talks import BASE, Talks

OPENING = "we tag 20,000 public product photos a month, half a minute each, cost first"


@pytest.fixture
def talks(tmp_path):
    talks = Talks(tmp_path / "advisor.db")
    yield talks
    talks.close()


def handed(talks, id, form, today=BASE):
    return handout(talks.store, talks.store.conversation(id), today, form)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("options", "money")])
def test_every_form_is_the_content_of_a_file(talks, form):
    id = talks.advised("p1")
    message = handed(talks, id, form)
    assert message.name == f"{EXPORT}{form}"
    assert talks.store.latest_advice(id).knowledge in message.markdown or form in ("md", "html")
    assert ("<!doctype html>" in message.markdown) == (form in ("html", "memo"))
    if form == "json":
        assert json.loads(message.markdown) == json.loads(talks.store.latest_advice(id).text)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_file_name_that_tells_it_apart(talks, form):
    name = name_of(handed(talks, talks.advised("p1"), form), "case-7")
    assert name.partition("-")[0] in ("memo", "advice", "options", "money") and "case-7" in name
    assert name.endswith({"memo": ".html", "memo_md": ".md", "options": ".png", "money": ".png"}.get(form, f".{form}"))


def test_the_money_is_a_picture_of_the_advice_given_last(talks):
    id = talks.advised("p1")
    message = handed(talks, id, "money")
    assert (message.picture, message.which) == (talks.store.latest_advice(id).event_number, "money")
    picture = asyncio.run(drawn(talks.store, id, message, BASE, "en"))
    assert picture.title in message.markdown.replace("\\", "") and picture.png.startswith(b"\x89PNG")


def test_without_a_handling_time_it_is_said_why_there_is_no_picture_of_the_money(talks):
    id = talks.advised("p1", minutes={"status": "dont_know"})
    assert "handling time" in handed(talks, id, "money").markdown
    assert handed(talks, id, "money").picture is None


def test_nothing_is_handed_out_before_there_is_an_advice(talks):
    id = talks.send("p1", fresh=True)
    assert all(handed(talks, id, form) is None for form in FORMS)


def test_a_memo_is_in_the_words_of_the_knowledge_that_it_was_given_on(talks):
    id = talks.advised("p1")
    words = BASE.languages["en"]
    options = {name: each.model_copy(update={"short": f"Renamed {name}"}) for name, each in words.options.items()}
    renamed = words.model_copy(update={"options": options})
    today = BASE.model_copy(update={"languages": {"en": renamed}, "version": "later"})
    assert "Renamed" not in handed(talks, id, "memo", today).markdown
    assert "Renamed" in handed(talks, id, "memo", BASE.model_copy(update={"languages": {"en": renamed}})).markdown


@pytest.fixture
def chat(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*lines):
        found = CliRunner().invoke(main, ["chat", "--db", str(tmp_path / "advisor.db")], input="\n".join(lines) + "\n")
        assert found.exit_code in (0, 3), found.output
        return found.output

    return call


@pytest.mark.parametrize(
    ("asked", "pattern", "begins"),
    [
        ("export memo", "memo-*.html", b"<!doctype html>"),
        ("export it as a decision memo, please", "memo-*.html", b"<!doctype html>"),
        ("Export as JSON.", "advice-*.json", b"{"),
        ("save it as markdown", "advice-*.md", b""),
        ("export the memo as markdown", "memo-*.md", b"# Decision memo"),
        ("export pdf", "memo-*.html", b"<!doctype html>"),
        ("export the money picture", "money-*.png", b"\x89PNG"),
        ("export the picture", "options-*.png", b"\x89PNG"),
    ],
)
def test_in_the_terminal_a_file_is_written_where_one_is(chat, tmp_path, asked, pattern, begins):
    said = chat(OPENING, "yes", "advise now", asked)
    [file] = tmp_path.glob(pattern)
    assert file.read_bytes().startswith(begins) and file.stat().st_size > 500
    assert file.name in said


def test_in_the_terminal_a_file_is_never_written_over(chat, tmp_path):
    said = chat(OPENING, "yes", "advise now", "export memo", "export memo")
    assert "Nothing was written" in said and len(list(tmp_path.glob("memo-*.html"))) == 1


def test_in_the_terminal_a_changed_advice_is_a_file_of_its_own(chat, tmp_path):
    chat(OPENING, "yes", "advise now", "export memo", "change the volume to 300", "advise now", "export memo")
    assert len(list(tmp_path.glob("memo-*.html"))) == 2


def test_export_alone_says_what_there_is_and_is_no_answer(chat, tmp_path):
    said = chat("export", "export memo", "we export fish to Japan and type in 900 customs forms a month")
    assert 'Say "export" and one of these: Memo to print' in said and "There is no advice yet to export" in said
    assert "900 items a month" in said
    assert not list(tmp_path.glob("*.html"))
