"""Tombstones: who was erased, hashed, remembered beside the database so that a restored backup is purged again.

Rules: `<database>.erased` is only ever appended to and holds no id in the clear; it is written before the erasure commits,
so that an erasure cut short is finished at the next opening.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bot.store_errors import StoreError

Kind = Literal["person", "user", "conversation"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Tombstone:
    """One erased id: `person` is platform:tenant:user, `user` platform:user, `conversation` its id. `at` in UTC milliseconds."""

    kind: Kind
    salt: str
    digest: str
    at: int


def tombstone(kind: Kind, id: str, at: int, known: Iterable[Tombstone]) -> Tombstone:
    """A tombstone for an id, under the salt of those there are, so that one hash an id finds them all."""
    salt = next((each.salt for each in known), None) or secrets.token_hex(16)
    return Tombstone(kind, salt, digest(kind, salt, id), at)


def digest(kind: Kind, salt: str, id: str) -> str:
    """The hash an id is remembered by."""
    return hmac.new(bytes.fromhex(salt), f"{kind}\n{id}".encode(), hashlib.sha256).hexdigest()


def file_of(database: Path) -> Path:
    """The file that remembers the erasures of a database."""
    return database.with_name(database.name + ".erased")


def read(database: Path) -> list[Tombstone]:
    """All tombstones beside a database. A last line cut short by a crash belongs to an erasure that was never reported done."""
    path = file_of(database)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: the list of erasures cannot be read ({error}); restore it from where backups are") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.endswith("}"):
            continue
        try:
            fields = json.loads(line)
            bytes.fromhex(fields["salt"])
            found.append(Tombstone(KINDS[KINDS.index(fields["kind"])], fields["salt"], str(fields["digest"]), int(fields["at"])))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path}:{number}: not a tombstone; restore this file from where the backups are") from error
    return found


def latest(stones: Iterable[Tombstone]) -> dict[str, Tombstone]:
    """The last tombstone of each id, by digest: a person may have come back and been erased again."""
    found: dict[str, Tombstone] = {}
    for stone in stones:
        if stone.digest not in found or found[stone.digest].at < stone.at:
            found[stone.digest] = stone
    return found


def append(database: Path, tombstones: Iterable[Tombstone]) -> None:
    """Add tombstones durably. Raises StoreError; nothing may then be committed."""
    path = file_of(database)
    lines = "".join(json.dumps(vars(each), sort_keys=True) + "\n" for each in tombstones)
    if not lines:
        return
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(file).st_size
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            _write(file, (("\n" if torn else "") + lines).encode())
            os.fsync(file)
        finally:
            os.close(file)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); nothing was erased, free space or check permissions"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
