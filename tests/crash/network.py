"""The platform outside the victim: delivers until acknowledged, remembers what it accepted, says what must hold at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

from bot.messages import Incoming

SCRIPT = (
    "product photos",
    "buyer",
    "tagging",
    "why",
    "public",
    "none",
    "change data",
    "internal",
    "no",
    "later",
    "back",
    "region",
)


def script(length: int, rng: random.Random) -> list[str]:
    """What one person types; the first delivery begins the interview."""
    return ["", rng.choice(("product photos", "claims of a factory", "<b>street</b> pictures")), *SCRIPT[1:]][:length]


class Platform:
    """Delivers at least once and accepts what is sent. Order within a place is kept."""

    def __init__(self, rng: random.Random, people: int, length: int) -> None:
        self.rng = rng
        self.queues = {f"fake:{n}": script(length, rng) for n in range(people)}
        self.acked: set[str] = set()
        self.accepted: list[tuple[str, int, str, str]] = []
        self.ids: dict[int, str] = {}
        self.sends = 0
        self.pid = 0
        self.heard = False
        self.kill_at_send = 0  # the message, not the edit, after which the server is killed
        self.messages = 0
        self.cut = 0.0
        self.refuse = 0.0
        self.again = 0.1
        self.ambiguous: Counter[int] = Counter()  # sends that were cut off, or on their way when the server was killed
        self._deliveries = {
            place: [self._delivery(place, n, text) for n, text in enumerate(texts)] for place, texts in self.queues.items()
        }

    @staticmethod
    def _delivery(place: str, n: int, text: str) -> list[object]:
        incoming = Incoming(person=f"fake:local:{place}", tenant="local", text=text, fresh=n == 0)
        return [f"{place}:{n}", f"message:{place}:{n}", place, f"{n:06d}", 1_700_000_000_000, incoming.model_dump_json()]

    @property
    def done(self) -> bool:
        """Whether everything has been acknowledged."""
        return len(self.acked) == sum(map(len, self._deliveries.values()))

    def _poll(self) -> list[list[object]]:
        found = []
        for rows in self._deliveries.values():
            waiting = [row for row in rows if row[0] not in self.acked]
            found += waiting[: self.rng.randint(0, 3)]
            if self.rng.random() < self.again and len(waiting) < len(rows):  # once more, though acknowledged
                again = list(self.rng.choice(rows[: len(rows) - len(waiting)]))
                if self.rng.random() < 0.5:
                    again[0] = f"{again[0]}:other"  # the same message as another event
                found.append(again)
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        with contextlib.suppress(OSError):
            line = await reader.readline()
            if line:
                reply = self._reply(json.loads(line))
                if reply is not None:
                    writer.write(json.dumps(reply).encode() + b"\n")
                    await writer.drain()
        writer.close()

    def _reply(self, request: dict) -> dict | None:
        self.heard = True
        match request["op"]:
            case "poll":
                return {"deliveries": self._poll()}
            case "ack":
                self.acked |= {key for key in request["keys"] if not key.endswith(":other")}
                return None if self.rng.random() < self.cut else {}
            case "find":
                return {"id": self.ids.get(request["number"])}
            case "send":
                return self._accept(request)
        raise AssertionError(request)

    def _accept(self, request: dict) -> dict | None:
        number = request["number"]
        if self.rng.random() < self.refuse:
            return {"retry": 0.01}
        self.sends += 1
        self.accepted.append((request["place"], number, request["kind"], request["text"]))
        self.ids.setdefault(number, f"m{self.sends}")
        self.messages += request["kind"] == "send"
        if request["kind"] == "send" and self.messages == self.kill_at_send:
            self.ambiguous[number] += 1
            os.kill(self.pid, signal.SIGKILL)
            return None
        if self.rng.random() < self.cut:
            self.ambiguous[number] += 1
            return None
        return {"id": self.ids[number]}


def settled(path: Path) -> bool:
    """Whether nothing waits in the inbox or the outbox."""
    with contextlib.suppress(sqlite3.Error):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            return connection.execute(
                "SELECT (SELECT count(*) FROM inbox WHERE status = 'new'),"
                " (SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending'))"
            ).fetchone() == (0, 0)
        finally:
            connection.close()
    return False


def intact(path: Path, platform: Platform) -> None:
    """What must hold after every kill, before the restart. What was on its way then may be repeated."""
    if not path.exists():
        assert not platform.acked
        return
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'inbox'").fetchone():
            assert not platform.acked
            return
        kept = {key for (key,) in connection.execute("SELECT delivery_key FROM inbox")}
        kept |= {key.removeprefix("message:") for (key,) in connection.execute("SELECT message_key FROM inbox")}
        assert platform.acked <= kept, f"acknowledged and lost: {platform.acked - kept}"
        orphans = connection.execute(
            "SELECT count(*) FROM outbox WHERE status = 'sent' AND kind = 'send' AND sent_as IS NULL"
        ).fetchone()
        assert orphans == (0,)
        platform.ambiguous.update(n for (n,) in connection.execute("SELECT number FROM outbox WHERE status = 'sending'"))
    finally:
        connection.close()


def verify(path: Path, platform: Platform, expected: dict[str, list[tuple[str, str]]], mode: str) -> Counter[str]:
    """What must hold at the end: the model's transcript and answers, and a consistent outbox. Returns counts."""
    intact(path, platform)
    connection = sqlite3.connect(path)
    told: Counter[str] = Counter()
    try:
        assert connection.execute("SELECT status, count(*) FROM inbox GROUP BY status").fetchall() == [
            ("done", sum(map(len, platform.queues.values())))
        ]
        places = dict(connection.execute("SELECT place, id FROM conversations"))
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (len(platform.queues),)
        for place, texts in platform.queues.items():
            numbers = [n for (n,) in connection.execute("SELECT number FROM events WHERE conversation = ?", (places[place],))]
            assert numbers == list(range(len(texts))), f"{place}: events {numbers}"
            lines = connection.execute(
                "SELECT speaker, text FROM transcript WHERE conversation = ? ORDER BY id", (places[place],)
            )
            assert lines.fetchall() == expected[place], f"{place}: the transcript is not the model's"
        seen: dict[str, list[int]] = defaultdict(list)
        for place, number, _, _ in platform.accepted:
            seen[place].append(number)
        for place, numbers in seen.items():
            assert numbers == sorted(numbers), f"{place}: sent out of order: {numbers}"
        times = Counter(number for _, number, kind, _ in platform.accepted if kind == "send")
        for number, kind, status, text, why in connection.execute(
            "SELECT number, kind, status, json_extract(body, '$.markdown'), why FROM outbox"
        ):
            assert status in ("sent", "closed"), f"{number} is {status}"
            if kind != "send":
                continue
            if status == "sent":
                assert times[number] >= 1, f"{number} counts as sent and was never accepted: {text}"
            else:
                assert why == "ambiguous twice; not repeated again", why
                assert mode == "telegram"
                told["given up after two ambiguous sends, " + ("seen" if times[number] else "unseen")] += 1
            assert times[number] <= 2, f"{number} is visible {times[number]} times"
            assert times[number] - 1 <= platform.ambiguous[number], f"{number} was repeated without need"
            if mode == "slack":
                assert times[number] == 1, f"{number} is visible {times[number]} times though it can be looked for"
        told["messages"] = len(times)
        told["visible twice"] = sum(1 for count in times.values() if count == 2)
    finally:
        connection.close()
    told["deliveries"] = sum(map(len, platform.queues.values()))
    return told
