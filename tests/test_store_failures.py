"""When the disk, a lock or the file says no: a message that names the file and the way out, and nothing half stored."""

import ast
import itertools
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.console import delivery, parse
from bot.guarded import WriteOutsideTransaction
from bot.messages import Incoming
from bot.records import Delivery
from bot.service import Service, World
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.load import packaged, packaged_files

ROOT = Path(__file__).parent.parent


def deliveries(count, size=10):
    return [Delivery("console", f"k{n}", None, "p", str(n), n, "x" * size) for n in range(count)]


def stored(store):
    return store.connection.execute("SELECT count(*) FROM inbox").fetchone()[0]


def service(store, now=lambda: 1, ids=None):
    ids = ids or (f"c{n}" for n in itertools.count())
    return Service(store, "console", parse, packaged(), packaged_files(), World(now, lambda: next(ids)))


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    opened.connection.execute("PRAGMA busy_timeout = 50")
    yield opened
    opened.close()


def says(error, store_path, *words):
    text = str(error.value)
    assert str(store_path) in text
    for word in words:
        assert word in text, text


def test_a_full_disk_stores_nothing_acknowledges_nothing_and_recovers(store):
    with store.transaction():
        store.put(deliveries(1))
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError) as error:
        service(store).receive([Delivery("console", f"big{n}", None, "p", str(n), n, "x" * 4000) for n in range(50)])
    says(error, store.path, "full", "nothing was stored", "free some space")
    assert stored(store) == 1 and not store.connection.in_transaction
    store.connection.execute("PRAGMA max_page_count = 100000")
    assert service(store).receive([Delivery("console", "later", None, "p", "9", 9, "{}")]) == 1
    assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_turn_on_a_full_disk_is_undone_whole_and_done_later(store):
    shell = service(store)
    shell.receive([delivery(Incoming(person="console:local:me", tenant="local", fresh=True), "p", 1, 1, "s")])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError):
        shell.work()
    assert [
        store.connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("conversations", "events", "outbox")
    ] == [0, 0, 0]
    assert store.backlog("console") == 1
    store.connection.execute("PRAGMA max_page_count = 100000")
    assert shell.work() == 1 and store.backlog("console") == 0
    assert store.latest_at("p") is not None


def test_a_database_locked_by_another_program_is_said_so(store):
    code = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
    code += "print(1,flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(store.path)], stdin=-1, stdout=-1) as other:
        other.stdout.readline()
        with pytest.raises(StoreError) as error:
            service(store).receive(deliveries(1))
        other.stdin.close()
    says(error, store.path, "another program holds the database", "nothing was stored", "try again")
    assert service(store).receive(deliveries(1)) == 1


def test_a_database_being_written_by_another_process_of_ours_is_said_so(store, monkeypatch):
    monkeypatch.setattr("bot.database.WAIT_SECONDS", 0.05)
    code = "import sys,pathlib; from bot.store import Store\n"
    code += "with Store(pathlib.Path(sys.argv[1])).transaction(): print(1,flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(store.path)], stdin=-1, stdout=-1) as other:
        other.stdout.readline()
        with pytest.raises(StoreError) as error:
            service(store).receive(deliveries(1))
        other.stdin.close()
    says(error, store.path, "being written by another process", "nothing was stored")
    assert service(store).receive(deliveries(1)) == 1


UNPRIVILEGED = """
import os, sys, pathlib
import bot.store, bot.migrating
from bot.store import Store
from bot.store_errors import StoreError
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    store = Store(pathlib.Path(sys.argv[1]))
    with store.transaction():
        pass
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(there):
    folder = Path(tempfile.mkdtemp(prefix="advisor-ro-"))
    path = folder / "advisor.db"
    try:
        if there:
            Store(path).close()
            path.chmod(0o444)
        folder.chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(path)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert run.returncode == 0, run.stderr
        assert str(path) in run.stdout and "--db" in run.stdout
        assert [each.name for each in folder.iterdir() if "wal" in each.name] == []
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_in_the_place_of_the_file_and_a_file_in_the_place_of_the_folder_are_named(tmp_path):
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "folder.db", tmp_path / "file" / "advisor.db"):
        with pytest.raises(StoreError) as error:
            Store(path)
        says(error, path)


@pytest.mark.parametrize(
    "content", [b"this is a text file, long enough to be taken for a header" * 20, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes.db"
    path.write_bytes(content)
    with pytest.raises(StoreError) as error:
        Store(path)
    says(error, path, "not an intact SQLite database", "advisor backup")
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "shop.db"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE orders(id)")
    foreign.close()
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(StoreError) as error:
        Store(path)
    says(error, path, "another program", "orders", "--db")
    assert path.read_bytes() == before and path.stat().st_mode & 0o777 == 0o644
    assert {each.suffix for each in tmp_path.iterdir()} <= {".db", ".lock"}


def test_a_link_that_leads_to_itself_is_named(tmp_path):
    (tmp_path / "loop.db").symlink_to("loop.db")
    with pytest.raises(StoreError) as error:
        Store(tmp_path / "loop.db")
    says(error, tmp_path / "loop.db", "leads to itself", "--db")


def test_a_corrupted_file_is_named_and_nothing_is_acknowledged(tmp_path):
    path = tmp_path / "advisor.db"
    store = Store(path)
    with store.transaction():
        store.put(deliveries(300, 500))
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(StoreError) as error:
        opened = Store(path)
        opened.connection.execute("PRAGMA busy_timeout = 50")
        service(opened).receive(deliveries(301))
    says(error, path, "not an intact SQLite database", "advisor backup")


def test_a_database_of_a_newer_version_is_refused_unchanged(tmp_path):
    path = tmp_path / "advisor.db"
    store = Store(path)
    with store.transaction():
        store.connection.execute(
            "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('sourcing_advisor', 'm999_future', '')"
        )
    store.close()
    with pytest.raises(StoreError) as error:
        Store(path)
    says(error, path, "newer version", "m999_future", "update the advisor")


def backwards(store):
    """A service whose clock loses a minute at each look, and a way to say something to it."""
    clock = itertools.count(2_000_000_000_000, -60_000)
    shell = service(store, now=lambda: next(clock))
    numbers = itertools.count()

    def say(**fields):
        incoming = Incoming(person="console:local:me", tenant="local", **fields)
        shell.receive([delivery(incoming, "p", next(numbers), next(clock), "s")])
        while shell.work():
            pass
        return next(clock)

    return say


def volume(number):
    return {"text": f'{{"volume": {{"value": {number}}}}}', "via": "file"}


def test_a_clock_that_goes_back_keeps_events_answers_and_lines_in_order(store):
    say = backwards(store)
    say(fresh=True)
    for number in (1, 2, 3):
        say(**volume(number))
    times = [event.at for event in store.events(store.latest_at("p").id)]
    assert len(times) >= 4 and times == sorted(times, reverse=True), "in the order they came, with the clock's own times"
    values = store.connection.execute("SELECT value FROM answers WHERE question = 'volume' ORDER BY event_number").fetchall()
    assert values == [("1.0",), ("2.0",), ("3.0",)]
    numbers = [row[0] for row in store.connection.execute("SELECT event_number FROM transcript ORDER BY id")]
    assert numbers == sorted(numbers)
    assert store.connection.execute("SELECT count(*) FROM conversations").fetchone() == (1,)


def test_a_conversation_begun_after_the_clock_went_back_is_the_latest(store):
    say = backwards(store)
    say(fresh=True)
    say(fresh=True)
    assert store.latest_at("p").id == "c1"


def test_a_message_is_due_although_the_clock_went_back(store):
    now = backwards(store)(fresh=True)
    assert store.due("console", now, 10) != []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM inbox",
        " update inbox SET status = 'done'",
        "INSERT INTO inbox(platform) VALUES ('x')",
        "WITH old AS (SELECT 1) DELETE FROM inbox",
        "SAVEPOINT s",
        "VACUUM",
        "DROP TABLE inbox",
    ],
)
def test_nothing_is_written_outside_a_transaction(store, sql):
    service(store).receive(deliveries(2))
    held = store.connection
    for write in (held.execute, lambda sql: held.executemany(sql, []), held.executescript, lambda _: held.cursor()):
        with pytest.raises(WriteOutsideTransaction):
            write(sql)
    assert stored(store) == 2


def test_a_statement_that_was_prepared_in_a_transaction_is_refused_outside_it(store):
    with pytest.raises(KeyError), store.transaction():
        store.connection.execute("DELETE FROM inbox")
        raise KeyError
    with pytest.raises(WriteOutsideTransaction):
        store.connection.execute("DELETE FROM inbox")


def test_another_thread_does_not_write_into_an_open_transaction(store):
    with store.transaction(), ThreadPoolExecutor(1) as other:
        writing = other.submit(store.connection.execute, "DELETE FROM inbox")
        with pytest.raises(WriteOutsideTransaction):
            writing.result()


def test_reading_needs_no_transaction(store):
    for sql in ("SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a", "PRAGMA data_version", "EXPLAIN DELETE FROM inbox"):
        store.connection.execute(sql)


def sources():
    for folder in ("bot", "adapters", "knowledge"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


ALLOWED = {
    ("bot/database.py", "transaction"),
    ("bot/database.py", "snapshot"),  # one state of the file for several reads; writes nothing
}


def test_there_is_one_way_to_write_a_transaction():
    """`with connection:` of sqlite-utils commits although the block failed; `executescript` commits what is open."""
    wrong = []
    for name, tree in sources():
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and (name, function.name) in ALLOWED
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            bad = None
            match node:
                case ast.With(items=items) | ast.AsyncWith(items=items):
                    held = [ast.unparse(item.context_expr) for item in items]
                    bad = next((each for each in held if re.search(r"(^|[._])(conn|connection)$|\.atomic\(", each)), None)
                case ast.Call(func=ast.Attribute(attr="executescript" | "commit" | "rollback" | "atomic" as called)):
                    bad = called
                case ast.Call(func=ast.Attribute(attr="execute"), args=[ast.Constant(value=str(sql)), *_]):
                    if re.match(r"\s*(BEGIN|COMMIT|END|ROLLBACK(?! TO))\b", sql, re.IGNORECASE) and id(node) not in inside:
                        bad = sql
            if bad:
                wrong.append(f"{name}:{node.lineno}: {bad}")
    assert wrong == []
