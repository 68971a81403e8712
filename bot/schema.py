"""The tables, as migrations. Named so that a person with any SQLite tool can read a case.

Times are UTC milliseconds. Ids are text. A migration is never edited after a release; add another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils.db import Database

MIGRATIONS = Migrations("sourcing_advisor")

_FIRST = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    tenant TEXT NOT NULL,
    place TEXT NOT NULL,              -- where on the platform: channel and thread, chat and topic
    person TEXT NOT NULL,             -- who started it: platform:tenant:user
    started_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    status TEXT NOT NULL,             -- open, paused, cancelled, advised
    language TEXT NOT NULL,
    knowledge TEXT NOT NULL REFERENCES knowledge_versions(version),
    process TEXT,
    kind TEXT,
    recommended TEXT,
    verdict TEXT,
    address TEXT NOT NULL             -- JSON: what the platform needs to send there
) STRICT;
CREATE INDEX conversations_place ON conversations(place, started_at);
CREATE INDEX conversations_last ON conversations(last_at);
CREATE INDEX conversations_person ON conversations(person, last_at);

CREATE TABLE knowledge_versions (
    version TEXT PRIMARY KEY,
    stored_at INTEGER NOT NULL,
    files BLOB NOT NULL               -- zlib-compressed JSON: file name -> content
) STRICT;

CREATE TABLE events (
    conversation TEXT NOT NULL REFERENCES conversations(id),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    person TEXT NOT NULL,
    event TEXT NOT NULL,              -- JSON of bot/events.py
    PRIMARY KEY (conversation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (                -- every answer ever given; the one in force has no successor
    conversation TEXT NOT NULL REFERENCES conversations(id),
    question TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    person TEXT NOT NULL,
    status TEXT NOT NULL,             -- given, dont_know, not_applicable, later, withdrawn
    value TEXT,                       -- JSON
    unsure INTEGER NOT NULL,
    said TEXT NOT NULL,
    replaces INTEGER,                 -- event number of the answer before
    PRIMARY KEY (conversation, question, event_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE transcript (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id),
    event_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    speaker TEXT NOT NULL,            -- person or advisor
    person TEXT,
    message TEXT NOT NULL,            -- template of an advisor's message; typed, tapped or file for a person's
    text TEXT NOT NULL
) STRICT;
CREATE INDEX transcript_conversation ON transcript(conversation, id);

CREATE TABLE advice (
    conversation TEXT NOT NULL REFERENCES conversations(id),
    event_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    knowledge TEXT NOT NULL REFERENCES knowledge_versions(version),
    answers_digest TEXT NOT NULL,
    recommended TEXT,
    verdict TEXT NOT NULL,
    advice TEXT NOT NULL,             -- JSON as `advisor advise --json` prints it
    PRIMARY KEY (conversation, event_number)
) STRICT;

CREATE TABLE inbox (
    number INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    delivery_key TEXT NOT NULL,
    message_key TEXT,
    place TEXT,                       -- order is kept within a place
    place_order TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    status TEXT NOT NULL,             -- new, done, ignored, aside
    why TEXT,
    raw TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbox_delivery ON inbox(platform, delivery_key);
CREATE UNIQUE INDEX inbox_message ON inbox(platform, message_key) WHERE message_key IS NOT NULL;
CREATE INDEX inbox_new ON inbox(platform, place, place_order, number) WHERE status = 'new';

CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id),
    platform TEXT NOT NULL,
    place TEXT NOT NULL,
    address TEXT NOT NULL,            -- JSON
    kind TEXT NOT NULL,               -- send, settle (edit an earlier message), private
    about INTEGER REFERENCES outbox(number),
    body TEXT NOT NULL,               -- JSON of a message
    status TEXT NOT NULL,             -- pending, sending, sent, closed
    attempts INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    sent_at INTEGER,
    sent_as TEXT,                     -- the platform's id of the message
    why TEXT
) STRICT;
CREATE INDEX outbox_open ON outbox(platform, place, number) WHERE status IN ('pending', 'sending');
CREATE INDEX outbox_conversation ON outbox(conversation, number);

CREATE VIRTUAL TABLE transcript_search USING fts5(
    text, content='transcript', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER transcript_added AFTER INSERT ON transcript BEGIN
    INSERT INTO transcript_search(rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER transcript_removed AFTER DELETE ON transcript BEGIN
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER transcript_changed AFTER UPDATE OF text ON transcript BEGIN
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO transcript_search(rowid, text) VALUES (new.id, new.text);
END;

CREATE VIEW current_answers AS
SELECT a.conversation, a.question, a.status, a.value, a.unsure, a.said, a.person, a.at
FROM answers a
WHERE a.event_number = (
    SELECT max(b.event_number) FROM answers b WHERE b.conversation = a.conversation AND b.question = a.question
)
  AND a.status != 'withdrawn';

CREATE VIEW advisories AS
SELECT c.id, c.platform, c.person, datetime(c.started_at / 1000, 'unixepoch') AS started,
       datetime(c.last_at / 1000, 'unixepoch') AS last, c.status, c.process, c.kind, c.recommended, c.verdict, c.knowledge,
       (SELECT count(*) FROM current_answers a WHERE a.conversation = c.id) AS answers,
       (SELECT count(*) FROM current_answers a WHERE a.conversation = c.id AND a.status != 'given') AS unknowns
FROM conversations c;
"""


@MIGRATIONS()
def m001_first(db: Database) -> None:
    """Everything the first release needs."""
    for statement in _statements(_FIRST):
        db.execute(statement)


def _statements(script: str) -> list[str]:
    """A script cut into statements; `executescript` would end the migration's transaction."""
    import sqlite3

    found, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return [statement for statement in found if statement]


_ARCHIVE = """
ALTER TABLE conversations ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;   -- answers in force that are "don't know" or "later"
ALTER TABLE conversations ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN flagged INTEGER NOT NULL DEFAULT 0;    -- as the latest review says
ALTER TABLE conversations ADD COLUMN chosen TEXT;                           -- as the latest outcome says

CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    reviewer TEXT NOT NULL,           -- the name given
    verdict TEXT NOT NULL,            -- right, doubtful, wrong
    note TEXT NOT NULL,
    flag INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_conversation ON reviews(conversation, id);

CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    person TEXT NOT NULL,             -- who reported it
    chosen TEXT NOT NULL,             -- an option, split, automation or none
    happened TEXT NOT NULL
) STRICT;
CREATE INDEX outcomes_conversation ON outcomes(conversation, id);

CREATE TABLE access_audit (           -- who read another person's transcript; outlives the transcript
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    viewer TEXT NOT NULL,
    conversation TEXT NOT NULL,
    did TEXT NOT NULL                 -- show, search, export, replay, test
) STRICT;
CREATE INDEX access_audit_conversation ON access_audit(conversation, id);

CREATE TABLE participants (           -- who has an event in a conversation, and so may read it
    person TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    PRIMARY KEY (person, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_conversation ON participants(conversation);

CREATE TRIGGER event_participant AFTER INSERT ON events BEGIN
    INSERT OR IGNORE INTO participants(person, conversation) VALUES (new.person, new.conversation);
END;
CREATE TRIGGER answer_counted AFTER INSERT ON answers BEGIN
    UPDATE conversations SET unknowns = unknowns + (new.status IN ('dont_know', 'later')) - coalesce((
        SELECT b.status IN ('dont_know', 'later') FROM answers b
        WHERE b.conversation = new.conversation AND b.question = new.question AND b.event_number = new.replaces
    ), 0) WHERE id = new.conversation;
END;
CREATE TRIGGER review_noted AFTER INSERT ON reviews BEGIN
    UPDATE conversations SET reviewed = 1, flagged = new.flag WHERE id = new.conversation;
END;
CREATE TRIGGER outcome_noted AFTER INSERT ON outcomes BEGIN
    UPDATE conversations SET chosen = new.chosen WHERE id = new.conversation;
END;

INSERT OR IGNORE INTO participants(person, conversation) SELECT DISTINCT person, conversation FROM events;
UPDATE conversations SET unknowns = (
    SELECT count(*) FROM current_answers a WHERE a.conversation = conversations.id AND a.status IN ('dont_know', 'later')
);

DROP INDEX conversations_last;
CREATE INDEX conversations_last ON conversations(last_at, id);
CREATE INDEX conversations_platform ON conversations(platform, last_at, id);
CREATE INDEX conversations_status ON conversations(status, last_at, id);
CREATE INDEX conversations_reviewed ON conversations(reviewed, last_at, id);
CREATE INDEX conversations_kind ON conversations(kind, last_at, id) WHERE kind IS NOT NULL;
CREATE INDEX conversations_verdict ON conversations(verdict, last_at, id) WHERE verdict IS NOT NULL;
CREATE INDEX conversations_recommended ON conversations(recommended, last_at, id) WHERE recommended IS NOT NULL;
CREATE INDEX conversations_chosen ON conversations(chosen, last_at, id) WHERE chosen IS NOT NULL;
CREATE INDEX conversations_unknowns ON conversations(last_at, id) WHERE unknowns > 0;
CREATE INDEX conversations_flagged ON conversations(last_at, id) WHERE flagged = 1;
"""


@MIGRATIONS()
def m002_archive(db: Database) -> None:
    """Reviews, outcomes, the access audit, and what lists of past advisories filter by."""
    for statement in _statements(_ARCHIVE):
        db.execute(statement)


_ERASURE = """
CREATE TABLE tombstones (             -- who was erased, hashed; the same lines are in the file <database>.erased
    digest TEXT PRIMARY KEY,          -- HMAC-SHA256 of the id under the salt
    kind TEXT NOT NULL,               -- person, user or conversation
    salt TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (               -- proof of each erasure: counts, no names
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    act TEXT NOT NULL,                -- forget, purge or replay
    receipt TEXT NOT NULL,            -- JSON
    scrubbed_at INTEGER               -- when index, free pages and write-ahead log were cleaned too
) STRICT;
"""


@MIGRATIONS()
def m002_erasure(db: Database) -> None:
    """What proves an erasure and repeats it after a restore."""
    for statement in _statements(_ERASURE):
        db.execute(statement)


_LISTS = """
ALTER TABLE conversations ADD COLUMN facet TEXT GENERATED ALWAYS AS (     -- all that lists filter by, in one value
    platform || '|' || status || '|' || coalesce(kind, '') || '|' || coalesce(recommended, '') || '|' || coalesce(verdict, '')
    || '|' || coalesce(chosen, '') || '|' || reviewed || flagged || (unknowns > 0)
) VIRTUAL;
CREATE TABLE facets (                 -- the combinations that there are: a few thousand at most; see bot/listing.py
    facet TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    status TEXT NOT NULL,
    kind TEXT,
    recommended TEXT,
    verdict TEXT,
    chosen TEXT,
    reviewed INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    unknowns INTEGER NOT NULL         -- 0 or 1
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO facets
SELECT facet, platform, status, kind, recommended, verdict, chosen, reviewed, flagged, unknowns > 0 FROM conversations;
CREATE TRIGGER conversation_begun AFTER INSERT ON conversations BEGIN
    INSERT OR IGNORE INTO facets VALUES (new.facet, new.platform, new.status, new.kind, new.recommended, new.verdict, new.chosen,
                                         new.reviewed, new.flagged, new.unknowns > 0);
END;
CREATE TRIGGER conversation_moved
AFTER UPDATE OF platform, status, kind, recommended, verdict, chosen, reviewed, flagged, unknowns ON conversations
WHEN new.facet <> old.facet BEGIN
    INSERT OR IGNORE INTO facets VALUES (new.facet, new.platform, new.status, new.kind, new.recommended, new.verdict, new.chosen,
                                         new.reviewed, new.flagged, new.unknowns > 0);
END;
CREATE INDEX conversations_facet ON conversations(facet, last_at, id);
DROP INDEX conversations_person;
CREATE INDEX conversations_person ON conversations(person, last_at, id);
DROP INDEX conversations_platform;
DROP INDEX conversations_status;
DROP INDEX conversations_reviewed;
DROP INDEX conversations_kind;
DROP INDEX conversations_verdict;
DROP INDEX conversations_recommended;
DROP INDEX conversations_chosen;
DROP INDEX conversations_unknowns;
DROP INDEX conversations_flagged;
"""


@MIGRATIONS()
def m003_lists(db: Database) -> None:
    """One index for every combination of filters, where there was one for each filter."""
    for statement in _statements(_LISTS):
        db.execute(statement)


_LIGHTER = """
DROP INDEX conversations_place;
CREATE INDEX conversations_place ON conversations(place);   -- the latest of a place without sorting all of them

DROP TRIGGER transcript_added;        -- what a transaction adds is indexed once, before its commit: see bot/store.py
DROP TRIGGER transcript_removed;
DROP TRIGGER transcript_changed;
CREATE TRIGGER transcript_removed AFTER DELETE ON transcript
WHEN EXISTS (SELECT 1 FROM transcript_search_docsize WHERE id = old.id) BEGIN      -- indexed already
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER transcript_changed AFTER UPDATE OF text ON transcript
WHEN EXISTS (SELECT 1 FROM transcript_search_docsize WHERE id = old.id) BEGIN
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO transcript_search(rowid, text) VALUES (new.id, new.text);
END;

DROP TRIGGER answer_counted;
CREATE TRIGGER answer_counted AFTER INSERT ON answers
WHEN new.replaces IS NOT NULL OR new.status IN ('dont_know', 'later') BEGIN
    UPDATE conversations SET unknowns = unknowns + (new.status IN ('dont_know', 'later')) - coalesce((
        SELECT b.status IN ('dont_know', 'later') FROM answers b
        WHERE b.conversation = new.conversation AND b.question = new.question AND b.event_number = new.replaces
    ), 0) WHERE id = new.conversation;
END;
"""


@MIGRATIONS()
def m004_lighter_turns(db: Database) -> None:
    """What a turn writes, without what triggers did for it one line at a time."""
    for statement in _statements(_LIGHTER):
        db.execute(statement)


_ANALYSIS = """
DROP VIEW advisories;
CREATE VIEW advisories AS             -- for analysts: no place, no address
SELECT c.id, c.platform, c.tenant, c.person, datetime(c.started_at / 1000, 'unixepoch') AS started,
       datetime(c.last_at / 1000, 'unixepoch') AS last, c.status, c.process, c.kind, c.recommended, c.verdict, c.chosen,
       c.unknowns, c.reviewed, c.flagged, c.language, c.knowledge
FROM conversations c;
"""


@MIGRATIONS()
def m005_analysis(db: Database) -> None:
    """The list of advisories with what became of them."""
    for statement in _statements(_ANALYSIS):
        db.execute(statement)


_WORDINGS = """
CREATE TABLE wordings (               -- what was said, once where it repeats; see bot/wordings.py
    id INTEGER PRIMARY KEY,
    digest INTEGER,                   -- of the text; NULL: not to be said again by reference
    text TEXT NOT NULL
) STRICT;
CREATE INDEX wordings_digest ON wordings(digest) WHERE digest IS NOT NULL;

CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id),
    event_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    person TEXT,                      -- who said it; NULL: the advisor
    message TEXT NOT NULL,            -- template of an advisor's message; typed, tapped or file for a person's
    wording INTEGER NOT NULL REFERENCES wordings(id)
) STRICT;

CREATE TABLE eras (first INTEGER NOT NULL) STRICT;
INSERT INTO eras SELECT DISTINCT id / 5000 * 5000 FROM transcript;
INSERT INTO wordings(id, text)
SELECT min(t.id), t.text FROM eras e JOIN transcript t ON t.id BETWEEN e.first AND e.first + 4999 GROUP BY e.first, t.text;
INSERT INTO lines(id, conversation, event_number, at, person, message, wording)
SELECT id, conversation, event_number, at, coalesce(person, CASE speaker WHEN 'person' THEN '' END), message,
       min(id) OVER (PARTITION BY id / 5000, text)
FROM transcript;
DROP TABLE eras;
DROP TABLE transcript_search;
DROP TABLE transcript;

CREATE INDEX lines_conversation ON lines(conversation);          -- and by id
CREATE INDEX lines_wording ON lines(wording);
CREATE TRIGGER line_removed AFTER DELETE ON lines
WHEN NOT EXISTS (SELECT 1 FROM lines WHERE wording = old.wording) BEGIN
    DELETE FROM wordings WHERE id = old.wording;
END;

CREATE VIEW transcript AS             -- everything said
SELECT l.id, l.conversation, l.event_number, l.at, CASE WHEN l.person IS NULL THEN 'advisor' ELSE 'person' END AS speaker,
       l.person, l.message, w.text, l.wording
FROM lines l JOIN wordings w ON w.id = l.wording;

CREATE VIRTUAL TABLE transcript_search USING fts5(
    text, content='wordings', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO transcript_search(transcript_search) VALUES ('rebuild');
CREATE TRIGGER wording_removed AFTER DELETE ON wordings
WHEN EXISTS (SELECT 1 FROM transcript_search_docsize WHERE id = old.id) BEGIN
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER wording_changed AFTER UPDATE OF text ON wordings
WHEN EXISTS (SELECT 1 FROM transcript_search_docsize WHERE id = old.id) BEGIN
    INSERT INTO transcript_search(transcript_search, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO transcript_search(rowid, text) VALUES (new.id, new.text);
END;
"""


@MIGRATIONS()
def m006_wordings(db: Database) -> None:
    """What repeats from interview to interview is kept and indexed once; the transcript is a view."""
    for statement in _statements(_WORDINGS):
        db.execute(statement)


_LINE = """
CREATE INDEX inbox_line ON inbox(platform, number) WHERE status = 'new';   -- the oldest, without sorting all that wait
"""


@MIGRATIONS()
def m007_line(db: Database) -> None:
    """What waits in the order it came, so that a turn costs the same however many wait."""
    for statement in _statements(_LINE):
        db.execute(statement)


_PARTS = """
ALTER TABLE outbox ADD COLUMN parts TEXT NOT NULL DEFAULT '{}';         -- JSON: what has arrived of a long message, id by part
ALTER TABLE outbox ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;      -- tries that may have failed by the message itself
"""


@MIGRATIONS()
def m008_parts(db: Database) -> None:
    """How far a long message has come, and how often a message failed by itself."""
    for statement in _statements(_PARTS):
        db.execute(statement)
