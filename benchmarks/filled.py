"""A database of many past interviews, made quickly: real ones, copied in bulk with ids, people and words of their own.

`fill(path, 100_000)` makes a file that the advisor opens as its own: forty lines a conversation in transcript and search index,
its events, answers and list row, and (`queues`) its settled inbox and sent outbox rows. Three things are shorter than in life:
what was sent and the advice as JSON keep a stub, and the advice in the transcript its first lines, with a number of its own,
since no two advices read the same.

Run: python benchmarks/filled.py DATABASE CONVERSATIONS [--no-queues]
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from adapters.console import PLATFORM, delivery, parse
from bot import wordings
from bot.messages import Incoming
from bot.service import Service, World
from bot.store import Store
from bot.wordings import ERA
from knowledge.load import packaged, packaged_files

PROCESS = "product photos"
INTERVIEWS = (
    {"kind": "tagging", "data": "public", "volume": "10000", "minutes": "2 minutes", "demand": "steady", "months": "12 months",
     "divisible": "yes", "checkable": "objective", "skill": "anyone", "accuracy": "95 percent", "hourly_cost": "28 dollars"},
    {"kind": "claims", "data": "regulated", "ip": "some", "access": "yes", "residency": "domestic", "volume": "4000",
     "minutes": "15 minutes", "demand": "seasonal", "months": "36 months", "divisible": "partly", "checkable": "expert"},
    {"kind": "moderation", "data": "personal", "distressing": "yes", "residency": "region", "volume": "200000",
     "minutes": "1 minute", "demand": "spiky", "months": "24 months", "divisible": "yes", "perspective": "provider"},
    {"kind": "translation", "data": "internal", "ip": "core", "volume": "800", "minutes": "30 minutes", "divisible": "partly"},
)  # fmt: skip
"""What four people answer; to `ip`, `access` and the like "no" or "none" where nothing is said, else that they do not know."""
PLAIN = {
    "process": PROCESS, "perspective": "buyer", "ip": "none", "access": "no", "residency": "anywhere", "distressing": "no",
    "deidentify": "no",
}  # fmt: skip
ANSWERED, AFTER = 16, ("why", "advise", "compare")
AT_ONCE = 2_000
FIRST_AT, APART_MS = 1_600_000_000_000, 60_000
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LONGEST_LINE = 500

_COPIES = {
    "conversations": """
        SELECT b.id, platform, tenant, b.place, b.person, b.at, b.at + last_at - started_at, status, language, knowledge,
               CASE WHEN process IS NULL THEN NULL ELSE b.said END, kind, recommended, verdict, address,
               unknowns, reviewed, flagged, chosen
        FROM batch b JOIN model.conversations m ON m.person = b.model ORDER BY b.n""",
    "events": """
        SELECT b.id, e.number, b.at + e.at - c.started_at, b.person,
               replace(replace(replace(e.event, :process, b.said), c.person, b.person), c.id, b.id)
        FROM batch b JOIN model.conversations c ON c.person = b.model JOIN model.events e ON e.conversation = c.id
        ORDER BY b.n, e.number""",
    "answers": """
        SELECT b.id, a.question, a.event_number, b.at + a.at - c.started_at, b.person, a.status,
               replace(a.value, :process, b.said), a.unsure, replace(a.said, :process, b.said), a.replaces
        FROM batch b JOIN model.conversations c ON c.person = b.model JOIN model.answers a ON a.conversation = c.id
        ORDER BY b.n, a.question, a.event_number""",
    "advice": """
        SELECT b.id, a.event_number, b.at + a.at - c.started_at, a.knowledge, a.answers_digest, a.recommended, a.verdict,
               json_object('recommended', a.recommended, 'verdict', a.verdict)
        FROM batch b JOIN model.conversations c ON c.person = b.model JOIN model.advice a ON a.conversation = c.id
        ORDER BY b.n, a.event_number""",
    "participants": "SELECT person, id FROM batch ORDER BY n",
}
_QUEUES = {
    "inbox": """
        SELECT NULL, i.platform, b.id || ':' || i.number, NULL, b.place, i.place_order, b.at, i.status, i.why, ''
        FROM batch b JOIN model.inbox i ON i.place = b.model ORDER BY b.n, i.number""",
    "outbox": """
        SELECT NULL, b.id, o.platform, b.place, o.address, o.kind, NULL,
               json_object('name', o.body ->> 'name', 'markdown', '', 'question', o.body ->> 'question'),
               'sent', 1, o.not_before, b.at, b.at, b.at, b.id || ':' || o.number, NULL
        FROM batch b JOIN model.conversations c ON c.person = b.model JOIN model.outbox o ON o.conversation = c.id
        ORDER BY b.n, o.number""",
}
_SAID = (
    """
    CREATE TEMP TABLE said AS
    SELECT (SELECT coalesce(max(id), 0) FROM lines) + row_number() OVER (ORDER BY b.n, t.id) AS id, b.id AS conversation,
           t.event_number, b.at + t.at - c.started_at AS at, CASE WHEN t.person IS NULL THEN NULL ELSE b.person END AS person,
           t.message, replace(substr(t.text, 1, :longest), :process, b.said)
           || CASE WHEN t.message IN ('recommend', 'compare', 'picture', 'explain') THEN ' ' || b.n ELSE '' END AS text
    FROM batch b JOIN model.conversations c ON c.person = b.model JOIN model.transcript t ON t.conversation = c.id""",
    "INSERT INTO wordings(id, text) SELECT min(id), text FROM said GROUP BY id / :era, text ORDER BY min(id)",
    """
    INSERT INTO lines(id, conversation, event_number, at, person, message, wording)
    SELECT id, conversation, event_number, at, person, message, min(id) OVER (PARTITION BY id / :era, text)
    FROM said ORDER BY id""",
    "DROP TABLE said",
)
_TRIGGERS = ("event_participant", "answer_counted")
"""What these would add is copied, and they would look it up row by row."""


def fill(path: Path, conversations: int, *, queues: bool = True, seed: int = 1) -> None:
    """Make `path` a database of so many past interviews. The same numbers give the same file."""
    Store(path).close()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.db"
        _hold(model)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("ATTACH ? AS model", (str(model),))
            _copy(connection, conversations, queues, random.Random(seed))
            connection.execute("DETACH model")
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _hold(path: Path) -> None:
    """The real interviews, one after another."""
    clock, ids, numbers = itertools.count(FIRST_AT, 1000), itertools.count(1), itertools.count(1)
    store = Store(path)
    world = World(lambda: next(clock), lambda: f"model{next(ids)}")
    service = Service(store, PLATFORM, parse, packaged(), packaged_files(), world, order="file")
    for place, answers in enumerate(INTERVIEWS):
        for turn in range(1 + ANSWERED + len(AFTER)):
            text = "" if turn == 0 else _said(store, place, answers) if turn <= ANSWERED else AFTER[turn - ANSWERED - 1]
            n = next(numbers)
            incoming = Incoming(person=f"model:{place}", tenant="local", text=text, fresh=turn == 0)
            service.receive([delivery(incoming, f"model:{place}", n, FIRST_AT + n, "b")])
            while service.work():
                pass
    store.close()


def _said(store: Store, place: int, answers: dict[str, str]) -> str:
    """The answer to the question asked last."""
    (question,) = store.connection.execute(
        "SELECT json_extract(body, '$.question') FROM outbox"
        " WHERE place = ? AND json_extract(body, '$.question') IS NOT NULL ORDER BY number DESC LIMIT 1",
        (f"model:{place}",),
    ).fetchone()
    return (PLAIN | answers).get(question, "don't know")


def _copy(connection: sqlite3.Connection, conversations: int, queues: bool, rng: random.Random) -> None:
    triggers = [connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0] for name in _TRIGGERS]
    for name in _TRIGGERS:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("INSERT INTO knowledge_versions SELECT * FROM model.knowledge_versions")
    connection.execute("CREATE TEMP TABLE batch(n INTEGER PRIMARY KEY, id, place, person, at, model, said)")
    words, weights = _vocabulary()
    for first in range(0, conversations, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, conversations))
        connection.execute("BEGIN")
        connection.execute("DELETE FROM batch")
        connection.executemany(
            "INSERT INTO batch VALUES (?,?,?,?,?,?,?)",
            (
                (
                    n,
                    id := _id(n, conversations),
                    f"console:{id}",
                    f"console:local:{n % (conversations // 5 + 1)}",
                    FIRST_AT + n * APART_MS,
                    f"model:{rng.randrange(len(INTERVIEWS))}",
                    " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(3, 12))),
                )
                for n in numbers
            ),
        )
        for table, select in (_COPIES | _QUEUES if queues else _COPIES).items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            connection.execute(
                f"INSERT INTO {table}({', '.join(columns)}) {select}",
                {"process": PROCESS} if ":process" in select else {},
            )
        for statement in _SAID:
            connection.execute(statement, {"process": PROCESS, "longest": LONGEST_LINE, "era": ERA})
        wordings.index(connection)
        connection.execute("COMMIT")
    connection.execute("DROP TABLE batch")
    for sql in triggers:
        connection.execute(sql)


def _id(n: int, of: int) -> str:
    """The n-th of so many ids that are spread evenly, as ids by chance are, and rise, so that they are stored fast."""
    place = n * len(LETTERS) ** 8 // of
    return "".join(LETTERS[place // len(LETTERS) ** power % len(LETTERS)] for power in range(7, -1, -1))


def _vocabulary() -> tuple[list[str], list[float]]:
    """The words of the knowledge base, each as frequent as there: a few common, many rare. With running totals of frequency."""
    counted = Counter(re.findall(r"[a-z]{3,}", " ".join(packaged_files().values()).lower()))
    common = counted.most_common()
    return [word for word, _ in common], [float(total) for total in itertools.accumulate(times for _, times in common)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("conversations", type=int)
    parser.add_argument("--no-queues", action="store_true", help="without inbox and outbox")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    fill(arguments.database, arguments.conversations, queues=not arguments.no_queues)
    size = arguments.database.stat().st_size
    print(
        f"{arguments.conversations:,} conversations in {time.perf_counter() - begun:.0f} s,"
        f" {size / 1e6:,.0f} MB, {size / arguments.conversations / 1000:.1f} KB each"
    )


if __name__ == "__main__":
    main()
