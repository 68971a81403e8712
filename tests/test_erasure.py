"""A person's data is gone from every byte of the database, stays gone after a restore, and nothing else is touched."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from bot import tombstones
from bot.answers import Answer
from bot.erasure import apply_tombstones, forget_conversation, forget_person, pending_tombstones
from bot.events import Answered, Heard, Proposed, Started
from bot.records import Conversation, Delivery, Line
from bot.retention import DAY_MS, purge
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError
from bot.understand.reading import Fact

ALICE, BOB = "slack:T1:UALICE77", "slack:T1:UBOBBY88"
NOW = 1_800_000_000_000
WORDS = "zebrafish photographs of Quuxville"


def raw(person, text):
    return json.dumps({"team_id": "T1", "event": {"user": person.split(":")[2], "text": text, "ts": "1.2"}})


def converse(store, id, starter, said, at=NOW - 1000, place=None, others=()):
    """A conversation as the service would store it: the starter's words, and what others said in it."""
    place = place or f"slack:T1:D{id}"
    with store.transaction():
        store.keep_knowledge("v1", {"claims.yaml": "{}"}, at)
        store.begin(
            Conversation(id, "slack", "T1", place, starter, at, at, "open", "en", "v1", json.dumps({"channel": f"D{id}"}))
        )
        store.append(id, 0, Started(at=at, by=starter, conversation=id, knowledge="v1"))
        before: dict[str, Answer] = {}
        for number, (who, words) in enumerate([(starter, said), *others], start=1):
            fact = Fact(question="volume", value=200.0, said=words, span=(0, len(words)))
            answer = Answer(value=words)
            event = Heard(
                at=at,
                by=who,
                said=words,
                via="typed",
                acts=(Answered(question="process", answer=answer), Proposed(facts=(fact,))),
            )
            store.append(id, number, event)
            store.answered(id, number, event, words, before, {"process": answer})
            before = {"process": answer}
            body = Message(name="note", markdown=f"You said: *{words}*")
            store.write(id, [Line(number, at, who, "typed", words), Line(number, at, None, "note", body.text)])
            store.enqueue(store.conversation(id), "{}", "send", body.model_dump_json(), None, at)
            store.advised(id, number, at, "v1", "d", None, "abstain", json.dumps({"reasons": [{"text": f"about {words}"}]}))
            store.put([Delivery("slack", f"Ev{id}{number}", f"T1,D{id},{number}", place, str(number), at, raw(who, words))])
            store.note(id, process=words, last_at=at)
        store.connection.execute("UPDATE inbox SET status = 'done'")
    return place


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    yield opened
    opened.close()


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def found(folder, *words):
    return [(name, word) for name, content in bytes_of(folder).items() for word in words if word.encode() in content]


def test_no_word_of_a_forgotten_person_is_left_in_any_byte_of_any_file(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    converse(store, "two", BOB, "ordinary invoices")
    assert found(tmp_path, "zebrafish", "UALICE77")
    receipt = forget_person(store, ALICE, NOW)
    assert receipt.complete, receipt
    assert receipt.erased["conversations"] == 1 and receipt.erased["lines"] == 2
    assert found(tmp_path, "zebrafish", "Quuxville", "photographs", "UALICE77") == []
    assert store.conversation("two") is not None
    assert store.connection.execute(
        "SELECT count(*) FROM transcript_search WHERE transcript_search MATCH 'invoices'"
    ).fetchone() == (2,)
    assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_process_that_starts_afterwards_sees_nothing_of_them(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    reader = Store(store.path, read_only=True)
    assert reader.conversation("one") is None
    assert reader.connection.execute(
        "SELECT count(*) FROM transcript_search WHERE transcript_search MATCH 'zebrafish'"
    ).fetchone() == (0,)
    reader.close()


def test_words_said_in_another_persons_conversation_go_and_the_rest_of_it_stays(store, tmp_path):
    converse(store, "shared", BOB, "ordinary invoices", others=[(ALICE, WORDS)])
    receipt = forget_person(store, ALICE, NOW)
    assert receipt.complete, receipt
    assert receipt.erased["events redacted"] == 1
    assert found(tmp_path, "zebrafish", "Quuxville", "UALICE77") == []
    events = store.events("shared")
    assert [type(event).__name__ for event in events] == ["Started", "Heard", "Heard"]
    assert events[1].said == "ordinary invoices" and events[2].said == "[erased]"
    assert events[2].acts[1].facts[0].value == 200.0, "typed values stay, so that replay still holds"
    assert [row[0] for row in store.connection.execute("SELECT text FROM transcript ORDER BY id")] == [
        "ordinary invoices",
        "You said: ordinary invoices",
        "[erased]",
        "[erased]",
    ]
    bodies = [json.loads(row[0])["markdown"] for row in store.connection.execute("SELECT body FROM outbox ORDER BY number")]
    assert bodies == ["You said: *ordinary invoices*", "[erased]"]


def test_the_keys_of_erased_deliveries_still_keep_a_repetition_out(store):
    place = converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    with store.transaction():
        assert store.put([Delivery("slack", "Evone1", None, place, "1", NOW, raw(ALICE, WORDS))]) == 0
        assert store.put([Delivery("slack", "Evother", "T1,Done,1", place, "1", NOW, raw(ALICE, WORDS))]) == 0


def test_a_waiting_delivery_of_the_person_is_ignored_and_one_of_another_person_waits_on(store):
    with store.transaction():
        store.put([Delivery("slack", "Ev8", None, "slack:T1:D8", "1", NOW, raw(ALICE, WORDS))])
        store.put([Delivery("slack", "Ev9", None, "slack:T1:D9", "1", NOW, raw(BOB, "ask UALICE77 about it"))])
    receipt = forget_person(store, ALICE, NOW)
    assert [each.place for each in store.waiting("slack", 10)] == ["slack:T1:D9"]
    assert receipt.complete


def test_a_dry_run_counts_the_same_and_changes_nothing(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    before = store.connection.execute("SELECT count(*) FROM transcript").fetchone()
    would = forget_person(store, ALICE, NOW, dry_run=True)
    assert store.connection.execute("SELECT count(*) FROM transcript").fetchone() == before
    assert not tombstones.file_of(store.path).exists()
    assert would.erased == forget_person(store, ALICE, NOW).erased


def test_an_unknown_person_leaves_no_tombstone(store):
    receipt = forget_person(store, ALICE, NOW)
    assert receipt.erased == {} and receipt.tombstones == []
    assert tombstones.read(store.path) == []


@pytest.mark.parametrize("wrong", ["", "UALICE77", "slack:T1", "slack::U1", ":::"])
def test_a_person_of_another_form_is_refused_with_the_form(store, wrong):
    with pytest.raises(ValueError, match="platform:tenant:user"):
        forget_person(store, wrong, NOW)


def test_one_conversation_can_be_forgotten_alone(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    converse(store, "two", ALICE, "ordinary invoices")
    receipt = forget_conversation(store, "one", NOW)
    assert receipt.complete and receipt.erased["conversations"] == 1
    assert found(tmp_path, "zebrafish") == []
    assert store.conversation("two") is not None


def test_ids_are_hashed_beside_the_database_and_in_it(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    path = tombstones.file_of(store.path)
    assert path.stat().st_mode & 0o777 == 0o600
    stone = next(each for each in tombstones.read(store.path) if each.kind == "person")
    assert stone.digest == tombstones.digest("person", stone.salt, ALICE)
    kept = store.connection.execute("SELECT act, receipt, scrubbed_at FROM receipts").fetchall()
    assert [(act, at) for act, _, at in kept] == [("forget", NOW)]
    assert json.loads(kept[0][1])["erased"]["conversations"] == 1


def test_a_restored_older_copy_is_purged_again_at_opening(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    converse(store, "two", BOB, "ordinary invoices", others=[(ALICE, "quixotic teapots")])
    with store.transaction():
        store.put([Delivery("slack", "Ev8", None, "slack:T1:D8", "1", NOW - 500, raw(ALICE, "waiting zebrafish"))])
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    store.connection.execute("VACUUM INTO ?", (str(copy),))
    forget_person(store, ALICE, NOW)
    store.close()
    for name in ("advisor.db", "advisor.db-wal", "advisor.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.move(copy, store.path)
    restored = Store(store.path)
    assert restored.conversation("one") is not None and pending_tombstones(restored) == 2
    receipt = apply_tombstones(restored, NOW + 5)
    assert receipt is not None and receipt.complete
    assert restored.conversation("one") is None and restored.waiting("slack", 10) == []
    assert found(tmp_path, "zebrafish", "quixotic", "UALICE77") == []
    assert pending_tombstones(restored) == 0 and apply_tombstones(restored, NOW + 6) is None
    restored.close()


def test_a_person_who_came_back_after_an_erasure_keeps_the_new_conversation(store):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    with store.transaction():
        store.connection.execute("DELETE FROM tombstones")
    converse(store, "new", ALICE, "fresh start", at=NOW + 1000)
    apply_tombstones(store, NOW + 2000)
    assert store.conversation("new") is not None
    assert store.events("new")[1].said == "fresh start"
    assert forget_person(store, ALICE, NOW + 3000).erased["conversations"] == 1
    assert store.connection.execute("SELECT count(*), max(at) FROM tombstones").fetchone() == (2, NOW + 3000)


def test_a_tombstone_is_on_disk_before_anything_is_erased(store, monkeypatch):
    converse(store, "one", ALICE, WORDS)
    found, fsync = [], os.fsync

    def noted(file):
        fsync(file)
        other = sqlite3.connect(store.path)  # sees what is committed
        there = other.execute("SELECT count(*) FROM conversations WHERE id = 'one'").fetchone() == (1,)
        other.close()
        found.append((Path(f"/proc/self/fd/{file}").resolve(), there))

    monkeypatch.setattr(os, "fsync", noted)
    forget_person(store, ALICE, NOW)
    assert (tombstones.file_of(store.path).resolve(), True) in found
    assert (store.path.parent.resolve(), True) in found, "a new file is there only once its folder is on disk"


def test_an_erasure_cut_short_after_its_tombstone_is_finished_at_the_next_opening(store, monkeypatch):
    converse(store, "one", ALICE, WORDS)
    monkeypatch.setattr("bot.erasure.file_receipt", lambda *_: (_ for _ in ()).throw(StoreError("killed")))
    with pytest.raises(StoreError):
        forget_person(store, ALICE, NOW)
    monkeypatch.undo()
    assert store.conversation("one") is not None
    apply_tombstones(store, NOW + 1)
    assert store.conversation("one") is None


def test_a_lost_tombstone_file_is_written_again_from_the_database(store):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    kept = set(tombstones.read(store.path))
    tombstones.file_of(store.path).unlink()
    assert apply_tombstones(store, NOW) is None
    assert set(tombstones.read(store.path)) == kept


def test_a_torn_last_line_is_passed_over_and_a_damaged_line_is_named(store):
    converse(store, "one", ALICE, WORDS)
    forget_person(store, ALICE, NOW)
    path = tombstones.file_of(store.path)
    with path.open("a") as file:
        file.write('{"at": 1, "dig')
    converse(store, "two", BOB, "ordinary invoices")
    forget_person(store, BOB, NOW)
    assert len(tombstones.read(store.path)) == 4
    with path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(StoreError, match=r"advisor\.db\.erased:6: not a tombstone"):
        tombstones.read(store.path)


def test_a_reader_that_holds_old_pages_is_reported_and_made_up_for(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    store.connection.execute("PRAGMA busy_timeout = 50")
    reader = Store(store.path, read_only=True)
    cursor = reader.connection.execute("SELECT text FROM transcript")
    cursor.fetchone()
    receipt = forget_person(store, ALICE, NOW)
    assert not receipt.scrubbed and "reading" in receipt.why
    cursor.close()
    reader.close()
    again = forget_person(store, ALICE, NOW + 1)
    assert again.scrubbed and found(tmp_path, "zebrafish") == []


def test_erasing_while_the_clock_has_gone_back_still_erases_everything(store):
    converse(store, "one", ALICE, WORDS, at=NOW + 10 * DAY_MS)
    assert forget_person(store, ALICE, NOW).erased["conversations"] == 1


def test_reviewers_and_outcomes_of_the_person_are_erased_in_others_conversations(store, tmp_path):
    converse(store, "two", BOB, "ordinary invoices")
    with store.transaction():
        c = store.connection
        c.execute(
            "INSERT INTO outcomes(conversation, at, person, chosen, happened) VALUES ('two', 1, ?, 'none', 'zebrafish went')",
            (ALICE,),
        )
        c.execute(
            "INSERT INTO reviews(conversation, at, reviewer, verdict, note, flag) VALUES ('two', 1, ?, 'right', 'zebrafish', 0)",
            (ALICE,),
        )
        c.execute("INSERT INTO access_audit(at, viewer, conversation, did) VALUES (1, ?, 'two', 'show')", (ALICE,))
    assert forget_person(store, ALICE, NOW).complete
    assert found(tmp_path, "zebrafish", "UALICE77") == []
    assert store.connection.execute("SELECT viewer, did FROM access_audit").fetchall() == [("[erased]", "show")]


def test_a_table_added_later_is_erased_by_its_columns(store, tmp_path):
    converse(store, "one", ALICE, WORDS)
    with store.transaction():
        store.connection.execute("CREATE TABLE later(conversation TEXT, who TEXT, words TEXT)")
        store.connection.execute("INSERT INTO later VALUES ('one', 'x', 'zebrafish'), ('two', ?, 'theirs')", (ALICE,))
        store.connection.execute("INSERT INTO later VALUES ('two', 'x', ?)", (f"see {ALICE}",))
    receipt = forget_person(store, ALICE, NOW)
    assert store.connection.execute("SELECT who FROM later").fetchall() == [("[erased]",), ("x",)]
    assert receipt.left == {"later.words": 1} and not receipt.complete


def test_the_retention_purge_takes_what_is_old_and_only_that(store, tmp_path):
    converse(store, "old", ALICE, WORDS, at=NOW - 31 * DAY_MS)
    converse(store, "young", BOB, "ordinary invoices", at=NOW - 29 * DAY_MS)
    assert purge(store, 30, NOW, dry_run=True).erased == {"conversations": 1}
    receipt = purge(store, 30, NOW)
    assert receipt.complete and receipt.erased["conversations"] == 1
    assert found(tmp_path, "zebrafish") == []
    assert store.conversation("young") is not None
    assert store.connection.execute("SELECT delivery_key, raw FROM inbox").fetchall() == [("Evyoung1", "")]
    assert purge(store, 30, NOW).erased == {}
    assert store.connection.execute("SELECT count(*) FROM receipts").fetchone() == (1,)


def test_the_purge_goes_on_in_portions(store, monkeypatch):
    monkeypatch.setattr("bot.retention.AT_ONCE", 2)
    for number in range(5):
        converse(store, f"c{number}", ALICE, WORDS, at=NOW - 31 * DAY_MS)
    assert purge(store, 30, NOW).erased["conversations"] == 5
