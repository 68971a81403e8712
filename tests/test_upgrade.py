"""A database of every earlier schema, filled with cases, opens and keeps all: it is listed, read, replayed and gone on with."""

import json
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlite_utils.db import Database

from bot.archive import Archive, Filter, Viewer
from bot.copies import backups, checked, folder_of
from bot.replay import knowledge_of, replay
from bot.schema import MIGRATIONS
from bot.search import search
from bot.statistics import statistics
from bot.store import Store
from bot.store_errors import StoreError
from talks import OPERATOR, Talks

NAMES = [migration.name for migration in MIGRATIONS._migrations]
# Conversations last, so that no trigger counts again what they hold already.
KEPT = (
    "knowledge_versions", "events", "answers", "transcript", "wordings", "lines", "advice", "inbox", "outbox", "reviews",
    "outcomes", "conversations",
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Cases as the service makes them: advised, with unknowns, in a thread of two people, paused, and just begun."""
    talks = Talks(tmp_path_factory.mktemp("filled") / "a.db")
    talks.advised("p1", words="Photo tags", volume={"status": "dont_know"})
    talks.advised("p2", words="Ann's claims", person="slack:T:ann", months={"status": "later"})
    talks.send("p2", person="slack:T:bob", text="why?")
    talks.send("p3", fresh=True)
    talks.send("p3", text="invoices")
    talks.send("p3", text="pause")
    talks.send("p4", fresh=True)
    with talks.store.transaction():
        talks.store.connection.execute("INSERT INTO reviews VALUES (NULL,'case-0001',1,'r','right','',1)")
        talks.store.connection.execute("INSERT INTO outcomes VALUES (NULL,'case-0002',1,'p','split','well')")
    talks.close()
    return talks.path


def content(connection, table, columns):
    """All rows of a table, in an order of their own."""
    return sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)


def of_schema(source, path, last):
    """A file of the schema that ended with migration `last`, with the rows of `source` as far as it had tables for them."""
    connection = sqlite3.connect(path, isolation_level=None)
    rest = NAMES[NAMES.index(last) + 1 :]
    MIGRATIONS.apply(Database(connection), stop_before=rest[0] if rest else None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("ATTACH ? AS source", (str(source),))
    before = {}
    for table in KEPT:
        columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        if not columns or (table == "transcript" and "wording" in columns):  # a table before m006, a view since
            continue
        connection.execute(f"DELETE FROM main.{table}")
        names = ", ".join(columns)
        connection.execute(f"INSERT INTO main.{table}({names}) SELECT {names} FROM source.{table}")
        before[table] = (columns, content(connection, f"main.{table}", columns))
    connection.execute("INSERT INTO transcript_search(transcript_search) VALUES ('rebuild')")
    connection.execute("DETACH source")
    connection.close()
    return before


@pytest.mark.parametrize("last", NAMES)
def test_a_file_of_this_schema_keeps_everything_and_goes_on(filled, tmp_path, last):
    path = tmp_path / "old.db"
    before = of_schema(filled, path, last)
    archive = Archive(path)
    try:
        for table, (columns, rows) in before.items():
            assert content(archive.store.connection, table, columns) == rows, table
        assert archive.store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert archive.store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        listed = {each.id: each for each in archive.page(OPERATOR, Filter())}
        assert set(listed) == {"case-0001", "case-0002", "case-0003", "case-0004"}
        assert [listed[f"case-000{n}"].unknowns for n in (1, 2, 3, 4)] == [1, 1, 0, 0]
        assert [each.id for each in archive.page(OPERATOR, Filter(status="advised", unknowns=True))] == ["case-0002", "case-0001"]
        assert {each.id for each in archive.page(Viewer("slack:T:bob", reviewer=False), Filter())} == {"case-0002"}
        assert [hit.conversation for hit in search(archive, OPERATOR, "claims")] == ["case-0002"]
        assert statistics(archive, OPERATOR, Filter()).conversations == 4
        whole = archive.transcript(OPERATOR, "case-0001", "replay")
        base = knowledge_of(whole.advice[0].knowledge, archive.store.knowledge_files(whole.advice[0].knowledge))
        assert replay(whole, whole.advice[0], base).identical
        if "reviews" in before:
            assert [each.id for each in archive.page(OPERATOR, Filter(flagged=True))] == ["case-0001"]
            assert [each.id for each in archive.page(OPERATOR, Filter(outcome="split"))] == ["case-0002"]
    finally:
        archive.close()
    talks = Talks(path)
    talks.number, talks.time = 1000, 1_700_001_000_000
    talks.send("p3", text="go on")
    assert talks.store.conversation("case-0003").status == "open"
    talks.close()


def test_a_file_with_something_in_it_is_copied_before_it_is_brought_up_to_date(filled, tmp_path):
    path = tmp_path / "old.db"
    before = of_schema(filled, path, "m001_first")
    code = "import sys, pathlib; from bot.logs import configure; from bot.store import Store; configure('error')\n"
    code += "Store(pathlib.Path(sys.argv[1])).close()"
    run = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    [copy] = backups(path, folder_of(path))
    assert checked(copy) == 4 and copy.stat().st_mode & 0o777 == 0o600
    assert str(copy) in run.stderr and run.stdout == ""
    connection = sqlite3.connect(copy)
    for table, (columns, rows) in before.items():
        assert content(connection, table, columns) == rows, table
    assert [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations")] == NAMES[:1]
    connection.close()
    Store(path).close()
    assert backups(path, folder_of(path)) == [copy], "once"


def test_a_new_file_is_not_copied(tmp_path):
    Store(tmp_path / "new.db").close()
    assert not folder_of(tmp_path / "new.db").exists()


def test_a_file_that_cannot_be_copied_is_left_as_it_is(filled, tmp_path):
    path = tmp_path / "old.db"
    of_schema(filled, path, "m001_first")
    folder_of(path).write_text("in the way")
    with pytest.raises(StoreError, match="not backed up"):
        Store(path)
    assert schema(path) == NAMES[:1]


def test_a_file_that_is_being_served_is_not_brought_up_to_date(filled, tmp_path):
    path = tmp_path / "old.db"
    of_schema(filled, path, NAMES[-2])
    code = "import sys,pathlib; from bot.locks import platform_lock\n"
    code += "platform_lock(pathlib.Path(sys.argv[1]), 'slack').acquire(0); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=-1, stdout=-1) as serving:
        serving.stdout.readline()
        with pytest.raises(StoreError, match=rf"older version \({NAMES[-1]}.*slack.lock.*stop the advisor"):
            Store(path)
        assert schema(path) == NAMES[:-1] and not folder_of(path).exists()
        serving.stdin.close()
    Store(path).close()
    assert schema(path) == NAMES


def schema(path):
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    finally:
        connection.close()


def test_a_file_of_a_newer_schema_is_refused_and_left_as_it_is(filled, tmp_path):
    path = tmp_path / "newer.db"
    shutil.copy(filled, path)
    connection = sqlite3.connect(path)
    later = ("sourcing_advisor", "m999_later", "")
    connection.execute("INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES (?,?,?)", later)
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(path)
    kept = sqlite3.connect(path)
    assert kept.execute("SELECT count(*) FROM conversations").fetchone() == (4,)
    kept.close()


def test_the_rows_put_into_old_files_are_those_of_real_cases(filled):
    connection = sqlite3.connect(filled)
    counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in KEPT}
    assert all(counts.values()), counts
    assert json.loads(connection.execute("SELECT advice FROM advice LIMIT 1").fetchone()[0])["answers_digest"]
    connection.close()
