"""Words that repeat are kept once, and nobody notices: neither a reader, nor a search, nor whoever changes or erases a line."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import search as search_module
from bot import wordings
from bot.archive import Archive, Viewer
from bot.records import Conversation, Line
from bot.removal import remove_conversations
from bot.search import search
from bot.store import Store
from bot.wordings import reword

OPERATOR = Viewer("slack:T:operator", reviewer=True)
IDS = ("c1", "c2", "c3")


@pytest.fixture
def store(tmp_path):
    opened = begun(tmp_path / "a.db")
    yield opened
    opened.close()


def begun(path):
    store = Store(path)
    with store.transaction():
        store.keep_knowledge("v", {}, 0)
        for id in IDS:
            store.begin(Conversation(id, "slack", "T", id, "slack:T:ann", 1, 1, "open", "en", "v", "{}"))
    return store


def say(store, id, *texts, at=1):
    with store.transaction():
        store.write(id, [Line(0, at, None, "ask", text) for text in texts])


def texts(store, id=None):
    where = "conversation = ?" if id else "? IS NULL"
    return [row[0] for row in store.connection.execute(f"SELECT text FROM transcript WHERE {where} ORDER BY id", (id,))]


def kept(store):
    return [row[0] for row in store.connection.execute("SELECT text FROM wordings ORDER BY id")]


def test_what_is_said_again_is_kept_and_indexed_once_and_read_in_every_conversation(store):
    for id in IDS:
        say(store, id, "How many items a month?", f"only in {id}", "How many items a month?")
    assert kept(store) == ["How many items a month?", "only in c1", "only in c2", "only in c3"]
    for id in IDS:
        assert texts(store, id) == ["How many items a month?", f"only in {id}", "How many items a month?"]
    archive = Archive(store.path)
    assert [hit.conversation for hit in search(archive, OPERATOR, "items month", newest=True)] == ["c3", "c2", "c1"]
    archive.close()


def test_words_taken_out_of_one_conversation_stay_in_the_others(store):
    say(store, "c1", "call Zebrafish")
    say(store, "c2", "call Zebrafish")
    with store.transaction():
        reword(store.connection, 2, "call [erased]")
    assert texts(store) == ["call Zebrafish", "call [erased]"]
    with store.transaction():
        reword(store.connection, 1, "call nobody")
    assert texts(store) == kept(store) == ["call nobody", "call [erased]"]
    store.index()
    found = "SELECT count(*) FROM transcript_search WHERE transcript_search MATCH ?"
    assert [store.connection.execute(found, (word,)).fetchone()[0] for word in ("Zebrafish", "erased", "nobody")] == [0, 1, 1]


def test_changed_words_are_not_what_others_say_next(store):
    say(store, "c1", "secret", "secret")
    with store.transaction():
        reword(store.connection, 1, "[erased]")
    say(store, "c2", "[erased]")
    with store.transaction():
        reword(store.connection, store.connection.execute("SELECT max(id) FROM lines").fetchone()[0], "something else")
    assert texts(store) == ["[erased]", "secret", "something else"]


def test_words_stay_as_long_as_anybody_says_them(store):
    for id in IDS:
        say(store, id, "the same", f"only in {id}")
    for gone, left in (("c1", ["the same", "only in c2", "only in c3"]), ("c3", ["the same", "only in c2"]), ("c2", [])):
        with store.transaction():
            remove_conversations(store.connection, [gone], 10)
        assert sorted(kept(store)) == sorted(left)
    assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_words_of_long_ago_are_brought_anew(store, monkeypatch):
    monkeypatch.setattr(wordings, "ERA", 3)
    say(store, "c1", "a", "b", "a", "c", "a")
    assert store.connection.execute("SELECT wording FROM lines ORDER BY id").fetchall() == [(1,), (2,), (1,), (4,), (5,)]


WORDS = ["red", "green", "red green", "blue", "green blue", "red red"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(IDS), st.sampled_from(WORDS)),
        st.tuples(st.just("reword"), st.integers(0, 60), st.sampled_from(WORDS)),
        st.tuples(st.just("erase"), st.integers(0, 60), st.just("")),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 8))
def test_whatever_was_said_changed_and_erased_is_read_and_found_the_newest_first(steps, era):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(wordings, "ERA", era)
        patch.setattr(search_module, "ERA", era)
        store = begun(Path(folder) / "a.db")
        said = {}
        for do, which, word in steps:
            line = list(said)[which % len(said)] if do != "say" and said else None
            if do == "say":
                say(store, which, word)
                said[store.connection.execute("SELECT max(id) FROM lines").fetchone()[0]] = (which, word)
            elif do == "reword" and line is not None:
                with store.transaction():
                    reword(store.connection, line, word)
                said[line] = (said[line][0], word)
            elif line is not None:
                with store.transaction():
                    store.connection.execute("DELETE FROM lines WHERE id = ?", (line,))
                del said[line]
        assert texts(store) == [word for _, (_, word) in sorted(said.items())]
        assert sorted(set(kept(store))) == sorted({word for _, word in said.values()})
        archive = Archive(store.path)
        for query in ("red", "green", "red green", "blue"):
            wanted = [id for _, (id, word) in sorted(said.items(), reverse=True) if set(query.split()) <= set(word.split())]
            for viewer in (OPERATOR, Viewer("slack:T:ann", reviewer=False)):
                found = [hit.conversation for hit in search(archive, viewer, query, newest=True)]
                assert sorted(found) == sorted(set(wanted))
                assert not viewer.reviewer or found == list(dict.fromkeys(wanted))
        archive.close()
        with store.transaction():
            store.connection.execute("INSERT INTO transcript_search(transcript_search) VALUES ('integrity-check')")
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store.close()
