"""A backup is whole, private, made while others write, and leads back to a database that goes on; erasures stay done."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli_admin import backup as command
from bot import tombstones
from bot.backup import back_up
from bot.copies import backups, candidates
from bot.erasure import forget_person
from bot.locks import FileLock
from bot.records import Conversation
from bot.restore import restore
from bot.store import Store
from bot.store_errors import StoreError
from test_erasure import ALICE, BOB, NOW, WORDS, converse, found


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    yield opened
    opened.close()


def test_a_backup_is_on_disk_before_it_is_told_of(store, tmp_path, monkeypatch):
    found, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (found.append(os.fstat(file).st_ino), fsync(file)))
    receipt = back_up(store.path, tmp_path / "b", 3, NOW)
    assert Path(receipt.backup).stat().st_ino in found


def test_a_backup_is_a_private_whole_copy_with_a_receipt(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    receipt = back_up(store.path, tmp_path / "b", 3, NOW)
    copy = Path(receipt.backup)
    assert copy.name == "advisor.db-20270115-080000.db"
    assert copy.stat().st_mode & 0o777 == 0o600 and (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    assert receipt.sha256 == hashlib.sha256(copy.read_bytes()).hexdigest() and receipt.bytes == copy.stat().st_size
    assert (receipt.integrity, receipt.conversations, receipt.kept, receipt.removed) == ("ok", 1, [copy.name], [])
    assert [each.name for each in (tmp_path / "b").iterdir() if "partial" in each.name] == []


def test_a_restored_backup_is_opened_with_store_and_goes_on(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    copy = Path(back_up(store.path, tmp_path / "b", 3, NOW).backup)
    opened = Store(copy)
    assert opened.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert [event.said for event in opened.events("one")[1:]] == [WORDS]
    converse(opened, "two", BOB, "ordinary invoices")
    opened.index()
    assert opened.connection.execute(
        "SELECT count(*) FROM transcript_search WHERE transcript_search MATCH 'invoices'"
    ).fetchone() == (2,)
    opened.close()


def test_the_n_latest_are_kept_and_files_of_others_are_left_alone(store, tmp_path):
    out = tmp_path / "b"
    out.mkdir()
    other = out / "advisor.db-notes.db"
    other.write_text("not ours")
    names = [Path(back_up(store.path, out, 2, NOW + n * 1000).backup).name for n in range(4)]
    assert [each.name for each in backups(store.path, out)] == names[2:]
    assert other.read_text() == "not ours"


def test_databases_that_differ_only_in_their_ending_keep_their_own_copies(tmp_path):
    out = tmp_path / "b"
    for name in ("team.db", "team.sqlite"):
        Store(tmp_path / name).close()
        back_up(tmp_path / name, out, 1, NOW)
    assert [len(backups(tmp_path / name, out)) for name in ("team.db", "team.sqlite")] == [1, 1]
    before = out / "team-20260101-000000.db"  # as copies were called once
    backups(tmp_path / "team.db", out)[0].rename(before)
    assert candidates(tmp_path / "team.db", out) == [before]
    back_up(tmp_path / "team.db", out, 1, NOW + 1000)
    restore(before, tmp_path / "team.db", NOW)


def test_two_backups_in_one_second_are_two_files(store, tmp_path):
    first, second = (back_up(store.path, tmp_path / "b", 5, NOW).backup for _ in range(2))
    assert first != second and len(backups(store.path, tmp_path / "b")) == 2


def test_a_backup_is_made_while_another_holds_the_write_transaction(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    with store.transaction():
        store.begin(Conversation("half", "slack", "T1", "p", BOB, NOW, NOW, "open", "en", "v1", "{}"))
        receipt = back_up(store.path, tmp_path / "b", 3, NOW)
    assert receipt.conversations == 1, "what is not committed is not backed up"


def test_restore_keeps_the_old_database_and_repeats_the_erasures(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    converse(store, "two", BOB, "ordinary invoices")
    copy = Path(back_up(store.path, tmp_path / "b", 3, NOW).backup)
    forget_person(store, ALICE, NOW + 1)
    converse(store, "three", BOB, "later words")
    store.close()
    receipt = restore(copy, store.path, NOW + 2)
    assert receipt.conversations == 2 and Path(receipt.replaced).exists()
    assert receipt.erasures is not None and receipt.erasures.complete
    again = Store(store.path)
    assert (again.conversation("one"), again.conversation("three")) == (None, None) and again.conversation("two") is not None
    again.close()
    assert found(tmp_path, "zebrafish") == []
    assert found(tmp_path / "b", "zebrafish"), "a backup made before the erasure still holds it, until it is rotated away"


def test_on_a_new_machine_the_erasures_come_from_the_folder_of_the_backups(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    copy = Path(back_up(store.path, tmp_path / "b", 3, NOW).backup)
    forget_person(store, ALICE, NOW + 1)
    back_up(store.path, tmp_path / "b", 3, NOW + 5000)
    new = tmp_path / "new" / "advisor.db"
    receipt = restore(copy, new, NOW + 2)
    assert receipt.replaced is None and receipt.erasures.erased["conversations"] == 1
    assert len(tombstones.read(new)) == 2
    assert found(tmp_path / "new", "zebrafish") == []


def test_restore_is_refused_while_a_platform_is_served_and_for_what_is_no_backup(store, tmp_path):
    copy = Path(back_up(store.path, tmp_path / "b", 3, NOW).backup)
    serving = FileLock(store.path.with_name("advisor.db.slack.lock"))
    serving.acquire(0)
    with pytest.raises(StoreError, match="stop the advisor"):
        restore(copy, store.path, NOW)
    serving.close()
    broken = tmp_path / "broken.db"
    broken.write_bytes(copy.read_bytes()[:9000])
    with pytest.raises(StoreError, match="cannot be used as a backup"):
        restore(broken, store.path, NOW)
    with pytest.raises(StoreError, match="no such backup"):
        restore(tmp_path / "none.db", store.path, NOW)
    assert not list(tmp_path.glob("advisor.db.replaced*"))


def test_a_corrupted_database_is_not_backed_up_as_if_it_were_whole(tmp_path):
    path = tmp_path / "advisor.db"
    store = Store(path)
    converse(store, "one", ALICE, WORDS)
    store.close()
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    with pytest.raises(StoreError, match=r"advisor.*db"):
        back_up(path, tmp_path / "b", 3, NOW)
    assert backups(path, tmp_path / "b") == []
    assert list((tmp_path / "b").glob("*partial*")) == []


def test_a_backup_killed_half_way_leaves_the_database_whole_and_is_cleared_by_the_next(store, tmp_path):
    for number in range(40):
        converse(store, f"c{number}", ALICE, WORDS * 200)
    code = "import sys; from pathlib import Path as P; from bot.backup import back_up\n"
    code += "while 1: back_up(P(sys.argv[1]), P(sys.argv[2]), 3, 0)"
    process = subprocess.Popen([sys.executable, "-c", code, str(store.path), str(tmp_path / "b")])
    end = time.monotonic() + 20
    while not list((tmp_path / "b").glob(".*.partial")) and time.monotonic() < end:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    receipt = back_up(store.path, tmp_path / "b", 1, NOW)
    assert receipt.conversations == 40
    assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list((tmp_path / "b").glob("*partial*"))


def test_the_command_prints_a_receipt_and_restores(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    converse(store, "one", ALICE, WORDS)
    run = CliRunner().invoke(command, ["--db", str(store.path), "--out", str(tmp_path / "b"), "--keep", "2", "--json"])
    assert run.exit_code == 0, run.output
    receipt = json.loads(run.stdout)
    assert receipt["integrity"] == "ok" and receipt["conversations"] == 1
    store.close()
    run = CliRunner().invoke(command, ["--db", str(store.path), "--restore", receipt["backup"]])
    assert run.exit_code == 0 and "1 conversation" in run.stdout
    run = CliRunner().invoke(command, ["--db", str(tmp_path / "none.db")])
    assert run.exit_code == 1 and "none.db does not exist" in run.stderr
    run = CliRunner().invoke(command, ["--db", str(store.path), "--keep", "0"])
    assert run.exit_code == 2
