"""`TurnStore` on SQLite: the SQL of the turn path. Nothing is acknowledged before its transaction has ended.

Rules: writing happens inside `transaction`, or is drafted for one. What reads past cases (archive, search, review, statistics),
what an adapter looks up, and what erases has SQL of its own on the same file; another store would bring its own of these.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from bot import wordings
from bot.answers import Answer
from bot.database import Database
from bot.events import EVENT, Event, Happened
from bot.records import LONGEST_WAIT_MS, Conversation, Delivery, Given, Line, Outgoing, Received
from bot.remember import by_identity
from bot.striking import strike_private
from knowledge.model import PrivateWords

LONG = 100_000
"""Characters of about the longest delivery."""


class _Rehearsed(Exception):
    """Undoes a rehearsal."""


class Store(Database):
    """Inbox, conversations and outbox of a database file."""

    # --- inbox ---------------------------------------------------------------------------------------------------------

    def put(self, deliveries: Iterable[Delivery]) -> int:
        """Store deliveries that are new by both of their keys; one without a place is set aside. Returns how many were new.

        Raises IntegrityError for one that lacks anything else.
        """
        new = 0
        for d in deliveries:
            status = "new" if d.place is not None else "aside"
            new += self._execute(
                "INSERT INTO inbox(platform, delivery_key, message_key, place, place_order, received_at, status, raw)"
                " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                (d.platform, d.delivery_key, d.message_key, d.place, d.order, d.received_at, status, d.raw),
            ).rowcount
        return new

    def rehearse(self) -> None:
        """Store a long message and undo it, durably: raises the StoreError that a real one would raise now."""
        with self.transaction(), suppress(_Rehearsed), self.savepoint():
            self.put([Delivery("rehearsal", "", None, None, "", 0, "-" * LONG)])
            raise _Rehearsed

    def waiting(self, platform: str, limit: int) -> list[Received]:
        """The oldest unprocessed delivery of each place, at most `limit` places."""
        rows = self.rows(
            "SELECT number, platform, place, raw, received_at FROM inbox i WHERE status = 'new' AND platform = ? AND number ="
            " (SELECT number FROM inbox WHERE status = 'new' AND platform = i.platform AND place = i.place"
            " ORDER BY place_order, number LIMIT 1)"
            " ORDER BY number LIMIT ?",
            (platform, limit),
        )
        return [Received(*row) for row in rows]

    def settle(self, number: int, status: Literal["done", "ignored", "aside"], why: str | None = None) -> bool:
        """Mark a waiting delivery as dealt with; False if it no longer waits, because another process was first."""
        return (
            self._execute(
                "UPDATE inbox SET status = ?, why = ? WHERE number = ? AND status = 'new'", (status, why, number)
            ).rowcount
            == 1
        )

    def backlog(self, platform: str) -> int:
        """How many deliveries wait."""
        rows = self.rows("SELECT count(*) FROM inbox WHERE status = 'new' AND platform = ?", (platform,))
        return int(rows[0][0])

    # --- conversations -------------------------------------------------------------------------------------------------

    def conversation(self, id: str) -> Conversation | None:
        """One conversation by its id."""
        return self._conversation("id = ?", id)

    def latest_at(self, place: str) -> Conversation | None:
        """The conversation begun last at a place."""
        return self._conversation("place = ? ORDER BY rowid DESC LIMIT 1", place)

    def held_at(self, places: Sequence[str]) -> list[Conversation]:
        """The conversations at these places, at most 20, the one spoken in last first, whatever the clock said."""
        rows = self.rows(
            f"SELECT {_CONVERSATION} FROM conversations WHERE place IN (SELECT value FROM json_each(?))"  # noqa: S608  constants
            " ORDER BY (SELECT max(l.id) FROM lines l WHERE l.conversation = conversations.id) DESC, rowid DESC LIMIT 20",
            (json.dumps(list(places)),),
        )
        return [Conversation(*row) for row in rows]

    def _conversation(self, where: str, value: str) -> Conversation | None:
        rows = self.rows(
            f"SELECT {_CONVERSATION} FROM conversations WHERE {where}",  # noqa: S608  constants
            (value,),
        )
        return Conversation(*rows[0]) if rows else None

    def begin(self, conversation: Conversation) -> None:
        """Store a new conversation."""
        c = conversation
        self._write(
            f"INSERT INTO conversations({_CONVERSATION}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608  constants
            (
                c.id,
                c.platform,
                c.tenant,
                c.place,
                c.person,
                c.started_at,
                c.last_at,
                c.status,
                c.language,
                c.knowledge,
                c.address,
            ),
        )

    def note(self, id: str, **columns: str | int | None) -> None:
        """Update what the list of conversations shows."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self._write(f"UPDATE conversations SET {names} WHERE id = ?", (*columns.values(), id))  # noqa: S608  names are ours

    def events(self, conversation: str) -> list[Event]:
        """All events of a conversation, in order."""
        rows = self.rows("SELECT event FROM events WHERE conversation = ? ORDER BY number", (conversation,))
        return [EVENT.validate_json(row[0]) for row in rows]

    def append(self, conversation: str, number: int, event: Event) -> None:
        """Store the next event. The primary key refuses a second event of the same number."""
        happened: Happened = event
        self._write(
            "INSERT INTO events(conversation, number, at, person, event) VALUES (?,?,?,?,?)",
            (conversation, number, happened.at, happened.by, event.model_dump_json()),
        )

    def answered(
        self,
        conversation: str,
        number: int,
        event: Happened,
        said: str,
        before: Mapping[str, Answer],
        after: Mapping[str, Answer],
    ) -> None:
        """Store how the answers changed in one event."""
        for id in dict.fromkeys((*before, *after)):
            answer, earlier = after.get(id), before.get(id)
            if answer is earlier or answer == earlier:  # most are the very same: cheaper to see than to compare
                continue
            given = answer is not None and answer.status == "given"
            value = json.dumps(answer.model_dump(mode="json")["value"], ensure_ascii=False) if answer and given else None
            unsure = bool(answer and answer.unsure)
            status = answer.status if answer else "withdrawn"
            self._write(
                "INSERT INTO answers(conversation, question, event_number, at, person, status, value, unsure, said, replaces)"
                " VALUES (?,?,?,?,?,?,?,?,?,"
                "(SELECT max(event_number) FROM answers WHERE conversation = ? AND question = ?))",
                (conversation, id, number, event.at, event.by, status, value, unsure, said, conversation, id),
            )

    def write(self, conversation: str, lines: Iterable[Line]) -> None:
        """Add lines to the transcript."""
        self.later(partial(wordings.say, self.connection, conversation, tuple(lines)))

    def strike_private(self, conversation: str, events: Iterable[int], words: PrivateWords, now: int) -> None:
        """Strike the private data that these events hold out of the whole conversation."""
        self.later(partial(strike_private, self.connection, conversation, tuple(events), words, now))

    def _before_commit(self) -> None:
        if self.unindexed() >= wordings.AT_ONCE:
            wordings.index(self.connection)

    def index(self) -> None:
        """Index the words that wait for it: whoever searches does this first, a server when it has nothing else to do."""
        if self.unindexed():
            with self.transaction():
                wordings.index(self.connection)

    def unindexed(self) -> int:
        """How many wordings full text does not know yet."""
        return int(self.rows(wordings.UNINDEXED)[0][0])

    def advised(
        self,
        conversation: str,
        number: int,
        at: int,
        knowledge: str,
        digest: str,
        recommended: str | None,
        verdict: str,
        advice: str,
    ) -> None:
        """Store an advice as it was given."""
        self._write(
            "INSERT INTO advice(conversation, event_number, at, knowledge, answers_digest, recommended, verdict, advice)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (conversation, number, at, knowledge, digest, recommended, verdict, advice),
        )

    def advice_at(self, conversation: str, event_number: int) -> Given | None:
        """The advice given at an event."""
        rows = self.rows(f"{_GIVEN} AND event_number = ?", (conversation, event_number))
        return Given(*rows[0]) if rows else None

    def latest_advice(self, conversation: str) -> Given | None:
        """The advice given last."""
        rows = self.rows(f"{_GIVEN} ORDER BY event_number DESC LIMIT 1", (conversation,))
        return Given(*rows[0]) if rows else None

    def keep_knowledge(self, version: str, files: Mapping[str, str], at: int) -> None:
        """Store a knowledge base whole, once."""
        if not self.rows("SELECT 1 FROM knowledge_versions WHERE version = ?", (version,)):
            self._write(
                "INSERT INTO knowledge_versions(version, stored_at, files) VALUES (?,?,?) ON CONFLICT DO NOTHING",
                (version, at, _packed(files)),
            )

    def knowledge_files(self, version: str) -> dict[str, str] | None:
        """The files of a stored knowledge base."""
        rows = self.rows("SELECT files FROM knowledge_versions WHERE version = ?", (version,))
        return dict(json.loads(zlib.decompress(rows[0][0]))) if rows else None

    # --- outbox --------------------------------------------------------------------------------------------------------

    def enqueue(self, conversation: Conversation, address: str, kind: str, body: str, about: int | None, now: int) -> int | None:
        """Put a message in the outbox; returns its number, which a drafted one has not got yet."""
        cursor = self._write(
            "INSERT INTO outbox(conversation, platform, place, address, kind, about, body,"
            " status, attempts, not_before, created_at) VALUES (?,?,?,?,?,?,?,'pending',0,0,?)",
            (conversation.id, conversation.platform, conversation.place, address, kind, about, body, now),
        )
        return cursor.lastrowid if cursor is not None else None

    def due(self, platform: str, now: int, limit: int) -> list[Outgoing]:
        """The first unsent message of each place whose time has come."""
        rows = self.rows(
            f"SELECT {_OUTGOING} FROM outbox WHERE number IN"  # noqa: S608  constants
            " (SELECT min(number) FROM outbox WHERE platform = ? AND status IN ('pending', 'sending') GROUP BY place)"
            " AND (not_before <= ? OR not_before > ?) ORDER BY number LIMIT ?",
            (platform, now, now + LONGEST_WAIT_MS, limit),
        )
        return [_outgoing(row) for row in rows]

    def outgoing(self, number: int) -> Outgoing | None:
        """One message of the outbox."""
        rows = self.rows(f"SELECT {_OUTGOING} FROM outbox WHERE number = ?", (number,))  # noqa: S608  constants
        return _outgoing(rows[0]) if rows else None

    def last_asked(self, conversation: str) -> int | None:
        """The outbox number of the latest message with buttons."""
        rows = self.rows(
            "SELECT number FROM outbox WHERE conversation = ? AND kind = 'send'"
            " AND json_extract(body, '$.question') IS NOT NULL ORDER BY number DESC LIMIT 1",
            (conversation,),
        )
        return rows[0][0] if rows else None

    def later_edit(self, number: int, about: int | None) -> bool:
        """Whether a later edit of the same message waits."""
        rows = self.rows("SELECT 1 FROM outbox WHERE about = ? AND number > ? AND status = 'pending' LIMIT 1", (about, number))
        return bool(rows)

    def sending(self, numbers: Sequence[int], now: int, why: str | None = None) -> None:
        """Mark messages as on their way. The try counts as a failure until it is known to be none: the process may die of it."""
        for number in numbers:
            self._write(
                "UPDATE outbox SET status = 'sending', attempts = attempts + 1, failures = failures + 1, started_at = ?, why = ?"
                " WHERE number = ?",
                (now, why, number),
            )

    def arrived(self, number: int, parts: Mapping[int, str]) -> None:
        """Note what has arrived of a message in parts; the next part may be repeated once like a message of its own."""
        self._write("UPDATE outbox SET parts = ?, why = NULL WHERE number = ?", (json.dumps(dict(parts)), number))

    def look_again(self, number: int, not_before: int, attempts: int, failures: int) -> None:
        """Leave a message on its way until then: nobody knows whether it arrived."""
        self._write(
            "UPDATE outbox SET not_before = ?, attempts = ?, failures = ? WHERE number = ?",
            (not_before, attempts, failures, number),
        )

    def sent(self, number: int, sent_as: str | None, now: int) -> None:
        """Mark a message as arrived."""
        self._write("UPDATE outbox SET status = 'sent', sent_at = ?, sent_as = ? WHERE number = ?", (now, sent_as, number))

    def retry(self, number: int, not_before: int, why: str, failures: int) -> None:
        """Try again later: it is known not to have arrived."""
        self._write(
            "UPDATE outbox SET status = 'pending', not_before = ?, why = ?, failures = ? WHERE number = ?",
            (not_before, why, failures, number),
        )

    def close_outbox(self, place: str, why: str) -> int:
        """Give up everything unsent at a place; returns how many."""
        return self._execute(
            "UPDATE outbox SET status = 'closed', why = ? WHERE place = ? AND status IN ('pending', 'sending')", (why, place)
        ).rowcount

    def close_one(self, number: int, why: str) -> None:
        """Give up one message."""
        self._write("UPDATE outbox SET status = 'closed', why = ? WHERE number = ?", (why, number))


@by_identity(2)  # several who begin at once find it missing
def _packed(files: Mapping[str, str]) -> bytes:
    return zlib.compress(json.dumps(dict(files), ensure_ascii=False).encode(), 9)


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    *columns, parts = row
    return replace(Outgoing(*columns), parts={int(part): sent_as for part, sent_as in json.loads(parts).items()})


_CONVERSATION = "id, platform, tenant, place, person, started_at, last_at, status, language, knowledge, address"
_GIVEN = "SELECT event_number, at, knowledge, answers_digest, recommended, verdict, advice FROM advice WHERE conversation = ?"
_OUTGOING = (
    "number, conversation, platform, place, address, kind, about, body, status, attempts, started_at, sent_as, why,"
    " created_at, failures, parts"
)
