"""Turns in Slack on a real store: whose interview, rankings by taps, late and foreign clicks, export, feedback, edits."""

import contextlib
import json
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_office import KNOWLEDGE, Office
from slack_payloads import US, event, tap

from adapters.slack.command import begin
from adapters.slack.deliveries import delivery, understood
from bot.archive import Archive, Viewer
from bot.erasure import forget_person
from bot.records import Outgoing
from bot.retell import Retelling
from bot.speak import Message
from bot.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    yield opened
    opened.close()


def bodies(sent: list[Outgoing]) -> list[tuple[str, Message]]:
    return [(each.kind, Message.model_validate_json(each.body)) for each in sent]


def asked(sent: list[Outgoing]) -> Outgoing:
    return next(each for each in reversed(sent) if Message.model_validate_json(each.body).question)


OPENING = f"<@{US}> something piles up every week"
THREAD = "1700000000.000100"


def reply(text: str, n: int, user: str = "U1", **fields: str) -> dict:
    return event(text=text, ts=f"170000{n:04d}.000000", thread_ts=THREAD, user=user, **fields)


def test_a_click_settles_its_question_and_asks_the_next(store) -> None:
    office = Office(store)
    first = asked(office.hear(event("app_mention", text=OPENING)))
    sent = bodies(office.hear(tap("a:perspective:buyer", number=first.number)))
    assert sent[0][0] == "settle" and sent[0][1].markdown.startswith("✔")
    assert office.answers()["perspective"] == '"buyer"'
    late = bodies(office.hear(tap("a:perspective:provider", number=first.number, action_ts="1700000009.1")))
    assert "no longer open" in late[0][1].markdown and office.answers()["perspective"] == '"buyer"'


def test_a_foreign_click_is_answered_to_the_clicker_alone(store) -> None:
    office = Office(store)
    first = asked(office.hear(event("app_mention", text=OPENING)))
    ((kind, message),) = bodies(office.hear(tap("a:perspective:buyer", number=first.number, user="U2")))
    assert kind == "private" and "belongs" in message.markdown
    assert "perspective" not in office.answers()


def test_people_may_talk_to_each_other_in_the_thread(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    assert office.hear(reply("I buy", 1, user="U2")) == []
    assert bodies(office.hear(reply(f"<@{US}> I buy", 2, user="U2")))[0][0] == "private"
    assert "perspective" not in office.answers()
    assert office.hear(reply("I buy", 3)) and office.answers()["perspective"] == '"buyer"'


def test_everybody_may_answer_where_the_setting_says_so(store) -> None:
    office = Office(store, everyone=True)
    office.hear(event("app_mention", text=OPENING))
    office.hear(reply("I buy", 1, user="U2"))
    row = store.connection.execute("SELECT person FROM current_answers WHERE question = 'perspective'").fetchone()
    assert row == ("slack:T1:U2",)


def test_a_reply_in_a_thread_without_an_interview_begins_none(store) -> None:
    office = Office(store)
    assert office.hear(reply("we tag 20,000 photos a month", 1)) == []
    assert store.connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


def test_a_ranking_is_tapped_in_order_and_counts_when_it_is_whole(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    question = asked(office.hear(reply("change priorities", 1)))
    ((kind, after),) = bodies(office.hear(tap("o:priorities:1", number=question.number, action_ts="1.1")))
    assert kind == "settle" and "So far: quality" in after.text and "priorities" not in office.answers()
    assert [button.label for button in after.buttons] == ["Cost", "Security", "Flexibility", "Done"]
    assert [button.token for button in after.buttons] == [
        "o:priorities:1,0",
        "o:priorities:1,2",
        "o:priorities:1,3",
        "k:priorities:1",
    ]
    ((_, third),) = bodies(office.hear(tap("o:priorities:1,0", number=question.number, action_ts="1.2")))
    whole = third.buttons[0].token
    office.hear(tap(whole, number=question.number, action_ts="1.3"))
    assert json.loads(office.answers()["priorities"]) == [["quality"], ["cost"], ["security"], ["flexibility"]]
    late = bodies(office.hear(tap("o:priorities:1", number=question.number, action_ts="1.4")))
    assert late[0][0] == "send" and "passed" in late[0][1].markdown


def test_an_advice_is_exported_as_a_file_to_whom_it_belongs(store) -> None:
    office = Office(store)
    first = asked(office.hear(event("app_mention", text=OPENING)))
    ((_, early),) = bodies(office.hear(tap("e:md", number=first.number, action_ts="2.1")))
    assert "no advice yet" in early.markdown
    office.hear(reply("advise now", 1))
    for n, form in enumerate(("md", "memo", "memo_md", "html", "json")):
        ((_, file),) = bodies(office.hear(tap(f"e:{form}", number=first.number, action_ts=f"3.{n}")))
        assert file.name == f"export.{form}"
    assert json.loads(file.markdown)["knowledge_version"] == KNOWLEDGE.version
    ((_, money),) = bodies(office.hear(tap("e:money", number=first.number, action_ts="3.9")))
    assert "handling time" in money.markdown and money.picture is None
    assert bodies(office.hear(tap("e:md", number=first.number, user="U2", action_ts="4.1")))[0][0] == "private"


def test_a_tap_in_an_older_direct_message_goes_to_its_own_interview(store) -> None:
    office = Office(store)
    old = asked(office.hear(event(text="something piles up", channel="D1", channel_type="im")))
    fresh = begin("T1", "U1", "another thing piles up")
    office.desk.receive([understood(fresh, "k", "slack:T1:U1", 2_000_000_000_000)])
    while office.desk.work():
        pass
    office.hear(tap("a:perspective:provider", number=old.number, channel="D1"))
    rows = store.connection.execute("SELECT conversation, value FROM current_answers WHERE question = 'perspective'").fetchall()
    assert rows == [(old.conversation, '"provider"')]


def test_deleting_ones_data_leaves_nothing_of_the_person(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    office.hear(event(text="something else piles up", channel="D1", channel_type="im", ts="1700000500.000100"))
    office.hear(event("app_mention", text=OPENING, user="U2", ts="1700000600.000100"))
    receipt = forget_person(store, "slack:T1:U1", 1_900_000_000_000)
    assert receipt.complete, receipt
    assert store.connection.execute("SELECT DISTINCT person FROM conversations").fetchall() == [("slack:T1:U2",)]
    assert office.hear(tap("a:perspective:buyer", number=2, action_ts="9.1")) == []
    assert store.connection.execute("SELECT count(*) FROM conversations").fetchone() == (1,)


# --- edits, deletions, feedback --------------------------------------------------------------------------------------------


def changed(n: int, text: str, before: str, at: int = 1, user: str = "U1", **fields: object) -> dict:
    """An edit of the reply that was said as the `at`th."""
    said = {"type": "message", "user": user, "ts": f"170000{at:04d}.000000", "thread_ts": THREAD}
    event_fields = {"ts": f"170000{n:04d}.000000", "text": None, "user": None, **fields}
    return event(
        subtype="message_changed", message=said | {"text": text}, previous_message=said | {"text": before}, **event_fields
    )


def removed(n: int, before: str, at: int = 1, user: str = "U1") -> dict:
    said = {"type": "message", "user": user, "ts": f"170000{at:04d}.000000", "thread_ts": THREAD, "text": before}
    return event(subtype="message_deleted", previous_message=said, ts=f"170000{n:04d}.000000", text=None, user=None)


def test_an_edit_is_noted_beside_the_words_and_changes_no_answer(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    office.hear(reply("I buy", 1))
    sent = bodies(office.hear(changed(5, "I am a provider", "I buy")))
    assert [kind for kind, _ in sent] == ["private"] and "changes no answer" in sent[0][1].markdown
    assert office.answers()["perspective"] == '"buyer"'
    assert office.lines("edited") == ["I am a provider"] and "I buy" in office.lines("typed")
    assert office.hear(changed(6, "I buy", "I buy")) == []  # a preview of a link


def test_an_edit_of_talk_among_people_is_nobodys_business(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    office.hear(reply("nice weather", 1, user="U2"))
    assert office.hear(changed(5, "bad weather", "nice weather", user="U2")) == []
    assert office.lines("edited") == []


def test_a_deleted_message_takes_its_words_out_of_the_record_and_leaves_what_was_understood(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    office.hear(reply("I buy, and Mrs Miller of room 7 knows more", 1))
    office.hear(reply("yes", 2))
    office.hear(changed(5, "I buy, and Mrs Miller knows all", "I buy, and Mrs Miller of room 7 knows more"))
    understood_before = office.answers()
    office.hear(removed(6, "I buy, and Mrs Miller knows all"))
    assert office.answers() == understood_before
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        dump = "\n".join(line for line in connection.iterdump() if not line.startswith('INSERT INTO "knowledge'))
    assert "Miller" not in dump
    assert office.lines("deleted") == ["[erased]"] and office.lines("edited") == ["[erased]"]
    assert office.hear(reply("what have you understood", 9))  # the interview goes on


def test_a_deleted_message_that_nobody_heard_leaves_nothing(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    assert office.hear(removed(6, "never said")) == []
    assert "never said" not in str(store.connection.execute("SELECT raw FROM inbox").fetchall())


def test_feedback_is_kept_beside_its_advice_once_and_may_be_changed(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    sent = office.hear(reply("advise now", 1))
    card = next(each for each in sent if Message.model_validate_json(each.body).name == "recommend")

    def click(token: str, n: int, user: str = "U1") -> str:
        ((kind, message),) = bodies(office.hear(tap(token, number=card.number, user=user, action_ts=f"7.{n}")))
        assert kind == "private"
        return message.text

    assert "Thank you" in click("f:yes", 1) and "noted already" in click("f:yes", 2)
    assert "belongs" in click("f:no", 3, user="U2")
    assert "Thank you" in click("f:no", 4)
    assert office.lines("helpful") == ["This advice was helpful."] and len(office.lines("unhelpful")) == 1
    rows = store.connection.execute("SELECT event_number FROM transcript WHERE message IN ('helpful', 'unhelpful')").fetchall()
    assert set(rows) == set(store.connection.execute("SELECT event_number FROM advice").fetchall())
    archive = Archive(store.path)
    told = "\n".join(
        Retelling(KNOWLEDGE, KNOWLEDGE, "en").text(archive.transcript(Viewer("slack:T1:U1", False), "t1case1", "show"))
    )
    assert "on the advice" in told and "This advice was not helpful." in told
    archive.close()


def test_deliveries_that_overtook_each_other_are_heard_in_the_order_they_were_said(store) -> None:
    office = Office(store)
    office.hear(event("app_mention", text=OPENING))
    office.desk.receive([delivery(reply("second", 3), 1), delivery(reply("first", 2), 2)])
    office.work()
    assert office.lines("typed")[-2:] == ["first", "second"]


def test_a_group_of_people_is_interviewed_like_a_thread(store) -> None:
    office = Office(store)
    group = {"channel": "G1", "channel_type": "mpim"}
    first = asked(office.hear(event("app_mention", text=OPENING, **group)))
    assert first.place == "slack:T1:G1:1700000000.000100"
    assert bodies(office.hear(tap("a:perspective:buyer", number=first.number, channel="G1", user="U2")))[0][0] == "private"
    office.hear(tap("a:perspective:buyer", number=first.number, channel="G1"))
    assert office.answers()["perspective"] == '"buyer"'


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2"]),
        st.sampled_from(["U1", "U2"]),
        st.sampled_from(["mention", "reply", "direct", "tap", "advise"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_two_workspaces_with_the_same_ids_never_see_each_other(tmp_path_factory, steps) -> None:
    store = Store(tmp_path_factory.mktemp("two") / "advisor.db")
    offices = {team: Office(store, team) for team in ("T1", "T2")}
    for n, (team, user, kind) in enumerate(steps):
        at = f"170000{n + 1:04d}.000000"
        match kind:
            case "mention":
                body = event("app_mention", team=team, user=user, text=OPENING, ts=at, thread_ts=THREAD)
            case "reply":
                body = event(team=team, user=user, text=f"I buy for {team}", ts=at, thread_ts=THREAD)
            case "direct":
                body = event(team=team, user=user, channel="D1", channel_type="im", text=f"we pile up things for {team}", ts=at)
            case "advise":
                body = event(team=team, user=user, channel="D1", channel_type="im", text="advise now", ts=at)
            case _:
                body = tap("a:perspective:buyer", number=n, team=team, user=user, action_ts=at)
        offices[team].desk.receive([delivery(body, n)])
        while offices["T1"].desk.work():  # one queue: the platform's
            pass
    rows = store.connection.execute("SELECT id, tenant, person, place FROM conversations").fetchall()
    for id, tenant, person, place in rows:
        assert person.split(":")[1] == tenant == place.split(":")[1]
        speakers = {
            who for (who,) in store.connection.execute("SELECT DISTINCT person FROM events WHERE conversation = ?", (id,))
        }
        assert {who.split(":")[1] for who in speakers} <= {tenant}
        other = {"T1": "T2", "T2": "T1"}[tenant]
        said = store.connection.execute(
            "SELECT text FROM transcript WHERE conversation = ? AND speaker = 'person'", (id,)
        ).fetchall()
        assert not any(other in text for (text,) in said)
        sent = store.connection.execute("SELECT place FROM outbox WHERE conversation = ?", (id,)).fetchall()
        assert all(where.split(":")[1] == tenant for (where,) in sent)
    store.close()
