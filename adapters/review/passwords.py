"""Passwords as PBKDF2 hashes in the form that Django and datasette-auth-passwords write: pbkdf2_sha256$ROUNDS$SALT$HASH.

Rules: a wrong name costs as much time as a wrong password; hashes are compared in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

ROUNDS, FEWEST_ROUNDS, MOST_ROUNDS = 600_000, 100_000, 10_000_000
FEWEST_LETTERS, MOST_LETTERS = 12, 1024
_FORM = re.compile(r"pbkdf2_sha256\$([0-9]{1,8})\$([^$\s]{8,64})\$([A-Za-z0-9+/]{43}=)")


def hashed(password: str, rounds: int = ROUNDS) -> str:
    """A new hash of a password."""
    salt = secrets.token_urlsafe(16)
    return f"pbkdf2_sha256${rounds}${salt}${_digest(password, salt, rounds)}"


def is_hash(text: str) -> bool:
    """Whether this is a hash that can be used."""
    found = _FORM.fullmatch(text)
    return found is not None and FEWEST_ROUNDS <= int(found[1]) <= MOST_ROUNDS


def fits(password: str, stored: str) -> bool:
    """Whether a password is the one a hash was made of. Takes a good part of a second."""
    _, rounds, salt, digest = stored.split("$")
    return hmac.compare_digest(digest, _digest(password[:MOST_LETTERS], salt, int(rounds)))


def _digest(password: str, salt: str, rounds: int) -> str:
    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)).decode()


@dataclass(frozen=True)
class Passwords:
    """One hash that all reviewers share, or a hash for each person."""

    shared: str | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.shared is not None or bool(self.own)

    def admit(self, person: str, password: str, reviewers: tuple[str, ...]) -> bool:
        """Whether this person may come in: with their own password, or as a named reviewer with the shared one."""
        known = person in self.own or (self.shared is not None and person in reviewers)
        stored = self.own.get(person) or self.shared or next(iter(self.own.values()))
        return fits(password, stored) and known


def read(text: str) -> Passwords:
    """The setting: a hash, or `PERSON=HASH` separated by commas. Raises ValueError with what it takes."""
    entries = [each.strip() for each in text.split(",") if each.strip()]
    if len(entries) == 1 and is_hash(entries[0]):
        return Passwords(shared=entries[0])
    own = {}
    for entry in entries:
        person, equals, stored = entry.partition("=")
        if not (equals and person.count(":") >= 2 and is_hash(stored)):
            raise ValueError(
                "takes a hash made by `advisor review --hash-password`, or PERSON=HASH with commas between (PERSON is"
                " platform:tenant:user); in a shell or in .env put it in single quotes, for it holds $"
            )
        own[person] = stored
    return Passwords(own=own)
