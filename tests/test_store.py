"""The store keeps what happened once, whole, and refuses what it cannot keep."""

import json
import sqlite3
import stat

import pytest

from bot.answers import Answer
from bot.database import PAGES_PER_CHECKPOINT
from bot.records import Delivery
from bot.store import Store
from bot.store_errors import StoreError
from talk import ME, Talk


def rows(store, sql, *values):
    return store.connection.execute(sql, values).fetchall()


def test_the_file_is_private_durable_and_checked(tmp_path):
    path = tmp_path / "new" / "advisor.db"
    store = Store(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert rows(store, "PRAGMA journal_mode") == [("wal",)]
    assert rows(store, "PRAGMA synchronous") == [(2,)]
    assert rows(store, "PRAGMA foreign_keys") == [(1,)]
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    store.close()


def test_the_write_ahead_log_does_not_grow_without_end(tmp_path):
    store = Store(tmp_path / "advisor.db")
    for n in range(60):
        with store.transaction():
            store.put([Delivery("fake", f"{n}", None, "p", f"{n:06d}", 1, "x" * 1_000_000)])
    assert (tmp_path / "advisor.db-wal").stat().st_size < 2 * PAGES_PER_CHECKPOINT * 4096
    store.close()


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "advisor.db"
    Store(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('sourcing_advisor', 'm999_later', '')"
        )
    raw.close()
    with pytest.raises(StoreError, match=r"newer version of the advisor \(m999_later\); update"):
        Store(path)


def test_a_delivery_is_stored_once_by_either_of_its_keys(tmp_path):
    store = Store(tmp_path / "advisor.db")
    one = Delivery("slack", "Ev1", "T1:C1:1.0", "slack:T1:C1:1.0", "1.0", 1, "{}")
    same_message = Delivery("slack", "Ev2", "T1:C1:1.0", "slack:T1:C1:1.0", "1.0", 2, "{}")
    same_event = Delivery("slack", "Ev1", None, "slack:T1:C1:1.0", "1.0", 3, "{}")
    elsewhere = Delivery("slack", "Ev3", "T2:C1:1.0", "slack:T2:C1:1.0", "1.0", 4, "{}")
    with store.transaction():
        assert store.put([one, same_message, same_event, elsewhere]) == 2
    with store.transaction():
        assert store.put([one]) == 0
    assert store.backlog("slack") == 2
    store.close()


def test_a_delivery_without_a_place_is_set_aside_and_blocks_nothing(tmp_path):
    store = Store(tmp_path / "advisor.db")
    with store.transaction():
        store.put([Delivery("slack", "bad", None, None, "", 1, "not json"), Delivery("slack", "good", None, "p", "", 1, "{}")])
    assert [received.place for received in store.waiting("slack", 10)] == ["p"]
    store.close()


def test_the_oldest_delivery_of_each_place_comes_first_in_the_platforms_order(tmp_path):
    store = Store(tmp_path / "advisor.db")
    with store.transaction():
        store.put(
            [
                Delivery("slack", str(n), None, place, order, 1, order)
                for n, (place, order) in enumerate([("a", "2"), ("a", "1"), ("b", "5")])
            ]
        )
    assert {(received.place, received.raw) for received in store.waiting("slack", 10)} == {("a", "1"), ("b", "5")}
    store.close()


def test_a_failed_transaction_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path / "advisor.db")
    with pytest.raises(ValueError, match="on purpose"), store.transaction():
        store.put([Delivery("slack", "1", None, "p", "", 1, "{}")])
        raise ValueError("on purpose")
    assert store.backlog("slack") == 0
    store.close()


def test_a_reader_cannot_write(tmp_path):
    path = tmp_path / "advisor.db"
    Store(path).close()
    reader = Store(path, read_only=True)
    with pytest.raises(StoreError, match="cannot be written"), reader.transaction():
        reader.put([Delivery("slack", "1", None, "p", "", 1, "{}")])
    reader.close()


def test_answers_keep_their_history_and_the_view_shows_what_counts(talk):
    for said in ("product photos", "buyer", "tagging", "public", "change data", "personal"):
        talk.say(said)
    history = rows(talk.store, "SELECT value, replaces IS NOT NULL FROM answers WHERE question = 'data' ORDER BY event_number")
    assert [(json.loads(value), replaced) for value, replaced in history] == [("public", 0), ("personal", 1)]
    assert rows(talk.store, "SELECT value, person FROM current_answers WHERE question = 'data'") == [('"personal"', ME)]


def test_advice_is_stored_with_its_knowledge_and_digest(talk):
    for said in ("product photos", "buyer", "tagging", "advise now"):
        talk.say(said)
    ((knowledge, digest, verdict, advice),) = rows(talk.store, "SELECT knowledge, answers_digest, verdict, advice FROM advice")
    assert knowledge == talk.service.knowledge.version
    assert digest.startswith("sha256:")
    assert json.loads(advice)["verdict"] == verdict
    assert talk.store.knowledge_files(knowledge) == dict(talk.service.files)


def test_a_conversation_goes_on_after_the_process_that_began_it(tmp_path):
    path = tmp_path / "advisor.db"
    first = Talk(path)
    first.begin()
    for said in ("product photos", "buyer", "tagging"):
        first.say(said)
    before = first.case
    first.store.close()
    second = Talk(path)
    second.number = 100
    assert "data" in second.text(second.say("summary")) or second.case.answers == before.answers
    assert second.case.answers["kind"] == Answer(value="tagging")
    second.store.close()


def test_a_person_who_did_not_start_it_cannot_answer(talk):
    talk.say("product photos")
    before = talk.case
    said = talk.text(talk.tap("a:perspective:buyer", person="console:local:someone"))
    assert "This interview belongs to the person who started it" in said
    assert talk.case == before


def test_a_late_tap_changes_nothing_and_says_so(talk):
    for said in ("product photos", "buyer"):
        talk.say(said)
    before = talk.case.answers
    assert "no longer open" in talk.text(talk.tap("a:perspective:provider"))
    assert talk.case.answers == before


@pytest.mark.parametrize(
    "token", ["", "zzz", "a:nothing:here", "n:volume:abc", "y:00000000", "k:priorities:9,9,x", "a:kind:", "r:fly", "s:kind:given"]
)
def test_a_token_that_makes_no_sense_changes_nothing(talk, token):
    talk.say("product photos")
    before = talk.case.answers
    talk.tap(token)
    assert talk.case.answers == before


def test_a_new_knowledge_base_keeps_what_fits_and_says_what_changed(tmp_path):
    from knowledge.load import load, packaged_files

    path = tmp_path / "advisor.db"
    first = Talk(path)
    first.begin()
    for said in ("product photos", "buyer", "tagging", "public"):
        first.say(said)
    first.store.close()
    files = dict(packaged_files())
    files["questions.yaml"] = files["questions.yaml"].replace(
        "choices: [public, internal, personal, regulated]", "choices: [open, internal, personal, regulated]"
    )
    files["en/questions.yaml"] = files["en/questions.yaml"].replace("    public: {label: Public", "    open: {label: Public")
    for name in ("effects.yaml", "conflicts.yaml", "provider.yaml"):
        files[name] = files[name].replace("[public]", "[open]")
    second = Talk(path, knowledge=load(files))
    second.number = 100
    said = second.text(second.say("summary"))
    assert "The knowledge base was renewed" in said
    assert "have to be asked again: data" in said
    assert second.case.answers["kind"] == Answer(value="tagging")
    assert "What would the people doing the work see?" in second.text(second.say("repeat"))
    second.store.close()
