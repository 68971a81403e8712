"""Arbitrary bytes and JSON into every parser: nothing but the declared exceptions leaves."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.console import parse as console_parse
from bot.answer_file import Invalid, read
from bot.case import Case
from bot.engine import step
from bot.events import EVENT, Heard, Started
from bot.markup import blocks, clean, escape, plain
from bot.messages import Ignored, Incoming, Unreadable
from bot.taps import ranked_so_far, tap
from bot.understand.facts import understand
from bot.understand.hear import hear
from bot.understand.intents import request
from bot.understand.subject import answer
from knowledge.load import packaged
from talk import Talk

BASE = packaged()
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

WORDS = st.sampled_from(
    [
        "10",
        "1e9",
        "1e309",
        "-5",
        "0",
        "٣",
        "½",
        "99.5%",
        "k",
        "€",
        "$",
        "7/10",
        "10k",
        "1.000,5",
        "per",
        "month",
        "hour",
        "tagging",
        "photos",
        "public",
        "change",
        "data",
        "to",
        "why",
        "no",
        "yes",
        "not",
        "what",
        "is",
        "BPO",
        "an",
        "SLA",
        "?",
        ",",
        ".",
        ";",
        ":",
        "(",
        ")",
        "[",
        "]",
        "`",
        "*",
        "_",
        "<b>",
        "&amp;",
        "\u202e",
        "\x00",
        "�",
        "🙂",
        "@channel",
        "<!here>",
        "https://x.y",
        "a:kind:tagging",
        "30/02/2026",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=30).map(" ".join), st.text(st.characters(codec=None), max_size=2000))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=12), inner, max_size=5)),
    max_leaves=15,
)


def mangled(sample: object) -> st.SearchStrategy[object]:
    """A real payload with anything in some of its places."""

    @st.composite
    def build(draw: st.DrawFn) -> object:
        def walk(node: object) -> object:
            if draw(st.integers(0, 14)) == 0:
                return draw(JSON)
            if isinstance(node, dict):
                return {key: walk(value) for key, value in node.items() if draw(st.integers(0, 19)) > 0}
            if isinstance(node, list):
                return [walk(value) for value in node]
            return node

        return walk(sample)

    return build()


CONSOLE = {
    "person": "console:local:you",
    "tenant": "local",
    "text": "hello",
    "token": "a:kind:tagging",
    "via": "tapped",
    "fresh": True,
}
TELEGRAM = {
    "update_id": 1,
    "message": {
        "message_id": 2, "date": 3, "text": "/start@bot x", "message_thread_id": 5, "is_topic_message": True,
        "chat": {"id": -100, "type": "supergroup"}, "from": {"id": 7, "is_bot": False, "first_name": "A"},
        "entities": [{"type": "mention", "offset": 0, "length": 4}], "reply_to_message": {"message_id": 1, "from": {"id": 1}},
    },
    "callback_query": {
        "id": "9", "from": {"id": 7, "is_bot": False}, "data": "a:kind:tagging",
        "message": {"message_id": 2, "date": 3, "chat": {"id": 7, "type": "private"}},
    },
}  # fmt: skip
SLACK_EVENT = {
    "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "api_app_id": "A1",
    "event": {
        "type": "app_mention", "user": "U1", "text": "<@UBOT> hello <https://x|y>",
        "ts": "1.2", "thread_ts": "1.1", "channel": "C1",
        "channel_type": "channel", "team": "T1",
    },
}  # fmt: skip
SLACK_TAP = {
    "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"},
    "message": {"ts": "1.2", "thread_ts": "1.1"}, "container": {"type": "message", "message_ts": "1.2"},
    "actions": [{"type": "button", "action_id": "a", "value": "a:kind:tagging", "action_ts": "2.2", "text": {"text": "Tagging"}}],
}  # fmt: skip


ODD = {
    "lists": "[" * 20_000,
    "objects": '{"a":' * 20_000, "digits": "1" * 5_000,
    "nan": "NaN", "infinite": "-Infinity", "marked": "\ufeff{}",
}  # fmt: skip


def raw(sample: object) -> st.SearchStrategy[str]:
    anything = st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))
    deep = st.sampled_from(sorted(ODD)).map(ODD.__getitem__)
    return st.one_of(mangled(sample).map(json.dumps), JSON.map(json.dumps), TEXTS, anything, deep)


def parsed(parse, text: str) -> None:
    with suppress(Unreadable):
        assert isinstance(parse(text), Incoming | Ignored)


@QUICK
@given(raw(CONSOLE))
def test_the_console_parser(text):
    parsed(console_parse, text)


@QUICK
@given(raw(TELEGRAM))
def test_the_telegram_parser(text):
    module = pytest.importorskip("adapters.telegram.parse")
    parsed(_telegram(module), text)


@cache
def _telegram(module):
    return module.Parser(1, "bot", BASE)


@QUICK
@given(st.one_of(mangled(TELEGRAM), JSON))
def test_telegram_deliveries_never_fail_and_never_lose_one(update):
    module = pytest.importorskip("adapters.telegram.deliveries")
    made = module.delivery(update, 1, 5)
    assert made.delivery_key
    made.raw.encode("utf-8")
    (made.delivery_key + str(made.message_key) + str(made.place) + made.order).encode("utf-8")


@QUICK
@given(st.one_of(raw(SLACK_EVENT), raw(SLACK_TAP)))
def test_the_slack_parser(text):
    module = pytest.importorskip("adapters.slack.parse")
    parsed(lambda each: module.parse(each, module.Own(team="T1", user="UBOT")), text)


@QUICK
@given(st.one_of(mangled(SLACK_EVENT), mangled(SLACK_TAP), st.dictionaries(st.text(max_size=12), JSON, max_size=5)))
def test_slack_deliveries_never_fail_and_can_be_stored(body):
    module = pytest.importorskip("adapters.slack.deliveries")
    if not isinstance(body, dict):
        return
    made = module.delivery(body, 5)
    (made.raw + made.delivery_key + str(made.message_key) + str(made.place) + made.order).encode("utf-8")


def case() -> Case:
    begun = step(None, Started(at=0, by="p", conversation="c", knowledge=BASE.version, order="file"), BASE).case
    return step(begun, Heard(at=0, by="p", said="x", via="typed", acts=hear("product photos", begun, BASE)), BASE).case


CASE = case()
TOKENS = st.one_of(
    TEXTS,
    st.lists(st.one_of(st.sampled_from(["a", "n", "s", "k", "y", "x", "r", *BASE.questions]), TEXTS), max_size=5).map(":".join),
)


@QUICK
@given(TOKENS)
def test_taps(token):
    act = tap(token, CASE, BASE)
    ranked_so_far(token, BASE)
    stepped = step(CASE, Heard(at=0, by="p", said="tap", via="tapped", acts=(act,)), BASE)
    assert stepped.case.turn == CASE.turn + 1


@QUICK
@given(TEXTS)
def test_whatever_is_said_is_understood_or_missed_and_can_be_stored(text):
    said = clean(text)
    event = Heard(at=0, by="p", said=said, via="typed", acts=hear(said, CASE, BASE))
    step(CASE, event, BASE)
    assert EVENT.validate_json(event.model_dump_json()) == event


@QUICK
@given(TEXTS)
def test_readers_of_free_text(text):
    understand(text, BASE)
    request(text, BASE)
    answer(text, BASE)


@QUICK
@given(TEXTS)
def test_words_of_people_never_become_markup(text):
    shown = blocks(escape(text))
    assert all(not (span.bold or span.italic or span.code or span.link) for block in shown for span in block.spans)
    blocks(text)
    plain(text)


@QUICK
@given(st.one_of(TEXTS, JSON.map(json.dumps), st.dictionaries(st.sampled_from([*BASE.questions]), JSON).map(json.dumps)))
def test_answer_files(text):
    try:
        read(text, "answers.yaml", BASE)
    except Invalid as error:
        assert error.problems


@settings(parent=QUICK, max_examples=60)
@given(st.lists(st.one_of(TEXTS, st.sampled_from(["public", "why", "back", "10000"])), max_size=3))
@example(["advise", ""])
def test_nothing_a_person_types_is_set_aside(tmp_path_factory, texts):
    talk = Talk(tmp_path_factory.mktemp("fuzz") / "advisor.db")
    try:
        talk.begin()
        for text in texts:
            assert talk.send(Incoming(person="console:local:me", tenant="local", text=clean(text))), "no answer"
        assert talk.store.connection.execute("SELECT why FROM inbox WHERE status = 'aside'").fetchall() == []
    finally:
        talk.store.close()
