"""Which deliveries are a person's answer, what they say, and how they are told apart: every kind that Slack sends."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_payloads import TEAM, US, event, selected, tap

from adapters.slack.address import Address
from adapters.slack.deliveries import delivery, moment
from adapters.slack.parse import Own, parse, words
from bot.messages import Ignored, Incoming, Unreadable

OWN = Own(team=TEAM, user=US)


def read(body: dict) -> Incoming | Ignored:
    return parse(delivery(body, 1).raw, OWN)


def test_a_mention_and_its_message_are_one_message_in_two_deliveries() -> None:
    said = f"<@{US}> advise me"
    mention = delivery(event("app_mention", text=said, channel_type=None), 1)
    message = delivery(event("message", text=said), 1)
    assert mention.delivery_key != message.delivery_key
    assert mention.message_key == message.message_key == "T1:C1:1700000000.000100"
    assert mention.place == message.place == "slack:T1:C1:1700000000.000100"
    for body in (event("app_mention", text=said), event("message", text=said)):
        found = read(body)
        assert isinstance(found, Incoming) and found.text == "advise me" and found.person == "slack:T1:U1"


def test_the_same_event_delivered_again_has_the_same_key() -> None:
    body = event()
    assert delivery(body, 1).delivery_key == delivery(body | {"event_time": 5}, 2).delivery_key


@pytest.mark.parametrize(
    "body",
    [
        event(subtype="message_changed"),
        event(subtype="message_deleted"),
        event(subtype="me_message"),
        event(subtype="channel_join"),
        event(subtype="bot_message", bot_id="B2", user=None),
        event(bot_id="B2", channel="D1", channel_type="im"),
        event(user=US, channel="D1", channel_type="im"),
        event(text="talk among people"),
        event(text=f"<@{US}> hi", user_team="T2"),
        event(text=f"<@{US}> hi", source_team="T2"),
        event("reaction_added"),
    ],
)
def test_what_is_nobodys_answer_is_ignored(body: dict) -> None:
    assert isinstance(read(body), Ignored)


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_a_reply_in_a_thread_needs_no_mention_and_is_marked_as_aside(subtype: str | None) -> None:
    found = read(event(subtype=subtype, thread_ts="1700000000.000050", text="20,000"))
    assert isinstance(found, Incoming)
    address = Address.model_validate_json(found.address)
    assert address.aside and address.thread == "1700000000.000050"


def test_direct_messages_share_a_place_whatever_thread_they_are_in() -> None:
    one = event(channel="D7", channel_type="im")
    other = event(channel="D7", channel_type="im", thread_ts="1600000000.000001", ts="1700000009.000001")
    assert delivery(one, 1).place == delivery(other, 1).place == "slack:T1:U1"
    found = read(other)
    assert isinstance(found, Incoming)
    assert Address.model_validate_json(found.address) == Address(channel="D7", thread="1600000000.000001", user="U1")


def test_a_tap_carries_its_token_and_the_message_it_was_under() -> None:
    body = tap("a:kind:tagging", number=42, text={"type": "plain_text", "text": "Tagging"})
    found = read(body)
    assert isinstance(found, Incoming)
    assert (found.token, found.label, found.via) == ("a:kind:tagging", "Tagging", "tapped")
    assert Address.model_validate_json(found.address).tapped == 42
    assert delivery(body, 1).place == "slack:T1:C1:1700000000.000100"
    assert delivery(body, 1).delivery_key == delivery(body, 9).delivery_key
    assert delivery(tap("x", user="U2"), 1).delivery_key != delivery(tap("x"), 1).delivery_key


def test_a_pick_carries_the_value_of_its_option() -> None:
    found = read(selected("a:kind:tagging", "Tagging"))
    assert isinstance(found, Incoming) and found.token == "a:kind:tagging" and found.label == "Tagging"


def test_secrets_and_our_own_blocks_are_not_kept() -> None:
    kept = delivery(tap("x"), 1).raw
    assert "secret" not in kept and "rich_text" not in kept and "1.2.3" not in kept


def test_references_become_names_and_escapes_are_undone() -> None:
    said = f"<@{US}> see <#C9|ops>, <@U7|ann>, <https://x.org|the page>, <https://y.org>, <!here> &lt;b&gt; &amp;amp;"
    assert words(said, OWN) == "see #ops, ann, the page, https://y.org, @here <b> &amp;"


@pytest.mark.parametrize(
    "raw",
    ["", "[]", "7", "null", '{"type": "event_callback"}', json.dumps(event(user=None)), json.dumps(tap("x") | {"actions": []})],
)
def test_an_unreadable_delivery_says_so(raw: str) -> None:
    with pytest.raises(Unreadable):
        parse(raw, OWN)


def test_an_unplaceable_delivery_is_set_aside() -> None:
    assert delivery({"type": "surprise"}, 1).place is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON, st.sampled_from(["event", "actions", "user", "team", "message", "channel", "team_id"]))
def test_whatever_slack_sends_is_read_ignored_or_unreadable(odd: object, where: str) -> None:
    for body in (event(), tap("x")):
        taken = delivery(body | {where: odd}, 1)
        with contextlib.suppress(Unreadable):
            parse(taken.raw, OWN)


@given(st.lists(st.decimals(0, 2**33, places=6), min_size=2, max_size=2))
def test_moments_order_like_time(times: list) -> None:
    one, other = times
    assert (moment(f"{one:f}") < moment(f"{other:f}")) == (one < other)
