"""A restore puts a backup in place whole or changes nothing: killed at any step, in use, damaged, of another version."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli_admin import doctor
from bot import tombstones
from bot.backup import back_up
from bot.erasure import forget_person
from bot.locks import platform_lock
from bot.restore import restore, room_of
from bot.schema import MIGRATIONS
from bot.store import Store
from bot.store_errors import StoreError
from test_erasure import ALICE, BOB, NOW, WORDS, converse, found

UNCLOSED = """
import os, sys
from pathlib import Path
sys.path.insert(0, "tests")
from bot.store import Store
from test_erasure import converse, ALICE, BOB, NOW
converse(Store(Path(sys.argv[1])), "late", BOB, "acknowledged after the backup")
os._exit(0)
"""
"""A writer that ends as one that is killed does: what it stored is in the write-ahead log alone."""

KILLED = """
import os, signal, sys
from pathlib import Path
import bot.restore, bot.schema, sqlite_utils.db
copy, database, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile", "sqlite3.connect"}

def step(event, arguments):
    global left
    if event in STEPS and str(database.parent) in str(arguments[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
bot.restore.restore(copy, database, 1_800_000_000_000)
"""
"""A restore killed before its n-th step in the folder of the database."""


def run(code, *arguments):
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=False, capture_output=True, text=True)


@pytest.fixture
def path(tmp_path):
    """A database with Alice, a backup of it (b), Alice erased, and something acknowledged that is only in the log."""
    store = Store(tmp_path / "home" / "advisor.db")
    converse(store, "one", ALICE, WORDS)
    converse(store, "two", BOB, "ordinary invoices")
    back_up(store.path, tmp_path / "b", 3, NOW)
    forget_person(store, ALICE, NOW + 1)
    store.close()
    assert run(UNCLOSED, store.path).returncode == 0
    assert store.path.with_name("advisor.db-wal").stat().st_size > 0
    return store.path


@pytest.fixture
def copy(path, tmp_path):
    return next((tmp_path / "b").glob("*.db"))


def holds(path):
    """The conversations of a database, read as a person would who has only this file and its log."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {row[0] for row in connection.execute("SELECT id FROM conversations")}
    finally:
        connection.close()


def contents(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file() and not each.name.endswith(".lock")}


def test_a_restore_killed_at_any_step_loses_nothing_and_is_repeated(path, copy, tmp_path):
    for left in range(100):
        folder = tmp_path / f"k{left}"
        shutil.copytree(path.parent, folder)
        database = folder / path.name
        killed = run(KILLED, copy, database, left)
        names = [each for each in folder.glob("advisor.db.replaced-*") if not each.name.endswith(("-wal", "-shm"))]
        if (there := holds(database)) == {"two"}:
            assert [holds(name) for name in names] == [{"two", "late"}], "the database of before is kept whole"
        else:
            assert there == {"two", "late"}, f"step {left}"
        assert len(tombstones.read(database)) == 2
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        restore(copy, database, NOW + 5000)
        assert holds(database) == {"two"} and not room_of(database).exists()
        shutil.rmtree(folder)
    assert left > 8, "the steps were seen"


def test_the_database_of_before_is_one_whole_file(path, copy):
    receipt = restore(copy, path, NOW)
    assert holds(receipt.replaced) == {"two", "late"}
    assert [each.name for each in path.parent.iterdir() if each.name.endswith(("-wal", "-shm"))] == []


def newer(path, copy):
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute(
        "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('sourcing_advisor', 'm999_later', '')"
    )
    connection.close()


def damaged_erasures(path, copy):
    tombstones.file_of(path).write_text('{"kind": "nonsense"}\n')


def no_room(path, copy):
    room_of(path).write_text("in the way")


@pytest.mark.parametrize(
    ("spoil", "why"), [(newer, "newer version"), (damaged_erasures, "not a tombstone"), (no_room, "not restored")]
)
def test_what_cannot_be_restored_changes_nothing(path, copy, spoil, why):
    spoil(path, copy)
    before = contents(path.parent)
    with pytest.raises(StoreError, match=why):
        restore(copy, path, NOW)
    assert contents(path.parent) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date_and_purged_before_it_takes_its_place(path, tmp_path):
    old = tmp_path / "old.db"
    connection = sqlite3.connect(old, isolation_level=None)
    from sqlite_utils.db import Database

    MIGRATIONS.apply(Database(connection), stop_before="m002_archive")
    connection.close()
    restore(old, path, NOW)
    assert holds(path) == set()
    store = Store(path)
    assert store.backlog("slack") == 0
    store.close()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_restore_is_refused_while_anyone_has_the_database_open(path, copy, read_only):
    opened = Store(path, read_only=read_only)
    assert opened.conversation("late") is not None
    with pytest.raises(StoreError, match=r"in use.*chat"):
        restore(copy, path, NOW)
    opened.close()
    assert holds(path) == {"two", "late"}
    assert not list(path.parent.glob("*.replaced*"))


def test_a_database_that_cannot_be_read_is_kept_with_its_log(path, copy):
    path.write_bytes(b"no database at all " * 500)
    log = path.with_name("advisor.db-wal").read_bytes()
    receipt = restore(copy, path, NOW)
    assert Path(receipt.replaced).read_bytes().startswith(b"no database")
    assert Path(receipt.replaced + "-wal").read_bytes() == log
    assert holds(path) == {"two"}


def test_a_path_with_brackets_is_a_path_like_any_other(path, copy, tmp_path):
    database = tmp_path / "[live] *" / "a[1].db"
    store = Store(database)
    back_up(database, database.parent / "b", 1, NOW)
    serving = platform_lock(database, "slack")
    serving.acquire(0)
    with pytest.raises(StoreError, match="stop the advisor"):
        restore(copy, database, NOW)
    said = json.loads(CliRunner().invoke(doctor, ["--offline", "--json", "--db", str(database)]).stdout)
    assert said["database"]["locks"] == {"a[1].db.slack.lock": f"process {os.getpid()}"}
    serving.close()
    store.close()
    left = database.parent / "b" / ".a[1].db-20270115-080000.partial"
    left.touch()
    back_up(database, left.parent, 1, NOW)
    assert not left.exists()


def test_a_link_to_a_database_is_that_database(path, copy, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(path)
    serving = platform_lock(path, "slack")
    serving.acquire(0)
    with pytest.raises(StoreError, match="stop the advisor"):
        restore(copy, link, NOW)
    serving.close()
    restore(copy, link, NOW)
    assert link.is_symlink() and holds(path) == {"two"}
    assert found(path.parent, "zebrafish") == []
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("link.db.")] == []


def test_a_restore_that_was_cut_short_is_told_by_the_doctor(path):
    room_of(path).mkdir()
    said = CliRunner().invoke(doctor, ["--offline", "--db", str(path)]).output
    assert "a restore was cut short" in said and str(room_of(path)) in said
