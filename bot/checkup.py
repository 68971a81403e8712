"""The state of a database, read without changing it: mode, schema, integrity, backlog, locks, erasures, backups."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.copies import backups, folder_of
from bot.database import LEAST_FREE
from bot.erasure import pending_tombstones
from bot.locks import platform_locks, resolved, write_lock
from bot.messages import GONE
from bot.receipts import unscrubbed
from bot.restore import room_of
from bot.schema import MIGRATIONS
from bot.store import Store
from bot.store_errors import StoreError, explained


@dataclass
class Checkup:
    """What was found; `wrong` needs doing something, `notes` are good to know."""

    path: str
    exists: bool
    facts: dict[str, object] = field(default_factory=dict)
    backlog: dict[str, dict[str, int]] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite has the WAL-reset bug: fixed in 3.51.3, and in 3.44.6 and 3.50.7 for their lines."""
    if version >= (3, 51, 3):
        return False
    return not ((3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0))


def check_up(path: Path) -> Checkup:
    """Look at a database. What cannot be read is said in `wrong`; nothing is raised and nothing is created."""
    try:
        path = resolved(path)
    except StoreError as error:
        return Checkup(str(path), exists=False, wrong=[str(error)])
    found = Checkup(str(path), path.exists())
    found.facts["sqlite"] = sqlite3.sqlite_version
    if wal_reset_bug(sqlite3.sqlite_version_info[:3]):
        found.notes.append(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug (fixed in 3.51.3, 3.50.7, 3.44.6); the advisor's write lock"
            " keeps clear of it, so let no other program write to or checkpoint the database"
        )
    folder = path.absolute().parent
    _room(found, folder)
    locks = [write_lock(path).path, *(each.path for each in (platform_locks(path) if folder.is_dir() else []))]
    found.locks = {each.name: holder for each in locks if (holder := held_by(each))}
    if room_of(path).exists():
        found.notes.append(f"a restore was cut short; repeat it, or delete {room_of(path)}, which holds a copy")
    if not found.exists:
        found.notes.append("there is no database yet; the first conversation creates it")
        return found
    try:
        store = Store(path, read_only=True)
        try:
            _read(found, store)
        finally:
            store.close()
    except StoreError as error:
        found.wrong.append(str(error))
    except sqlite3.Error as error:
        found.wrong.append(str(explained(error, path)))
    return found


def _room(found: Checkup, folder: Path) -> None:
    there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if not os.access(there, os.W_OK | os.X_OK):
        found.wrong.append(f"{there}: cannot be written; check permissions or choose another file with --db or ADVISOR_DB")
    free = shutil.disk_usage(there).free
    found.facts["free_bytes"] = free
    if free < LEAST_FREE:
        found.wrong.append(f"{there}: only {free // 1_000_000} MB free; free some space, or messages will be refused")


def _read(found: Checkup, store: Store) -> None:
    c, path = store.connection, store.path

    def one(sql: str) -> object:
        row = c.execute(sql).fetchone()
        return row[0] if row else None

    mode = path.stat().st_mode & 0o777
    log = path.with_name(path.name + "-wal")
    found.facts |= {
        "bytes": path.stat().st_size,
        "wal_bytes": log.stat().st_size if log.exists() else 0,
        "mode": f"{mode:04o}",
        "journal": one("PRAGMA journal_mode"),
        "synchronous": "full (set at each opening)",
        "quick_check": one("PRAGMA quick_check(1)"),
    }
    if found.facts["quick_check"] != "ok":
        found.wrong.append(f"{path}: damaged ({found.facts['quick_check']}); restore with `advisor backup --restore FILE`")
    if mode & 0o077:
        found.wrong.append(f"{path}: others on this machine can read it (mode {mode:04o}); run: chmod 600 {path}")
    if not os.access(path, os.W_OK):
        found.wrong.append(f"{path}: cannot be written; check its permissions")
    if found.facts["journal"] != "wal":
        found.notes.append(f"journal mode is {found.facts['journal']}, as in a backup; opening it for writing sets WAL")
    if not _schema(found, store):
        return
    for platform, status, count in c.execute(
        "SELECT platform, 'inbox ' || status, count(*) FROM inbox WHERE status IN ('new', 'aside') GROUP BY 1, 2"
        " UNION ALL SELECT platform, 'outbox ' || status, count(*) FROM outbox"
        " WHERE status IN ('pending', 'sending', 'closed') GROUP BY 1, 2"
    ):
        found.backlog.setdefault(platform, {})[status] = count
    found.facts["conversations"] = one("SELECT count(*) FROM conversations")
    _aside(found)
    _access(found, c)
    if waiting := pending_tombstones(store):
        found.wrong.append(
            f"{path}: {waiting} erasures are not repeated yet; restore with `advisor backup --restore`, or start it"
        )
    if unscrubbed(c):
        found.wrong.append(f"{path}: an erasure left old pages; close other readers and run the same `advisor forget` again")
    made = backups(path, folder_of(path))
    found.facts["latest_backup"] = made[-1].name if made else None
    if not made:
        found.notes.append(f"no backup in {folder_of(path)}; make one with `advisor backup`")


def _aside(found: Checkup) -> None:
    aside = sum(counts.get("inbox aside", 0) for counts in found.backlog.values())
    if aside:
        found.notes.append(f"{aside} deliveries could not be understood and are kept aside (inbox.status = 'aside')")


def _access(found: Checkup, c: sqlite3.Connection) -> None:
    """Where the last thing a platform said is that the app was removed."""
    for platform, why, at in c.execute(
        "SELECT platform, why, max(received_at) FROM inbox WHERE why LIKE ? GROUP BY platform", (f"{GONE}%",)
    ).fetchall():
        if not c.execute("SELECT 1 FROM inbox WHERE platform = ? AND received_at > ? LIMIT 1", (platform, at)).fetchone():
            when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
            found.wrong.append(f"{platform}: {why}, since {when}; install the app again and set its new token")


def _schema(found: Checkup, store: Store) -> bool:
    """Whether the schema is the one this version knows."""
    ours = [migration.name for migration in MIGRATIONS._migrations]
    try:
        applied = [row[0] for row in store.connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    except sqlite3.OperationalError:
        found.wrong.append(f"{store.path}: a SQLite database, but not one of the advisor's; choose another file with --db")
        return False
    found.facts["schema"] = applied[-1] if applied else None
    if newer := [name for name in applied if name not in ours]:
        found.wrong.append(f"{store.path}: written by a newer version of the advisor ({', '.join(newer)}); update the advisor")
        return False
    if behind := [name for name in ours if name not in applied]:
        found.notes.append(f"the schema is of an older version; the next start brings it up to date ({', '.join(behind)})")
        return False
    return True


def held_by(lock: Path) -> str | None:
    """Who holds a lock file, `process N` where the system tells; None if nobody. Does not take it where that can be avoided."""
    try:
        inode = lock.stat().st_ino
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            fields = line.split()
            if "FLOCK" in fields and "->" not in fields and fields[5].rpartition(":")[2] == str(inode):
                return f"process {fields[4]}"
        return None
    except (OSError, IndexError):
        pass
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return "another process"
    except OSError:
        return None
    return None
