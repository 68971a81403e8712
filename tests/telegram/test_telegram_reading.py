"""What an update is to us: its keys, its place, and what it says. Bot API shapes, as the server sends them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_stub import BOT, NAME, TOKEN, Stub

from adapters.telegram.deliveries import deliveries, delivery
from adapters.telegram.links import preset, reopening, resumed
from adapters.telegram.parse import Parser
from adapters.telegram.settings import TelegramSettings, load
from bot.messages import Ignored, Incoming, Unreadable
from bot.settings import SettingsError
from knowledge.load import packaged

BASE = packaged()
PARSE = Parser(BOT, NAME, BASE)
ANN, GROUP = 5001, -1001


def read(text=None, chat=ANN, **more):
    return PARSE(json.dumps(Stub().message(chat, text, ANN, **more)))


def test_a_repeated_update_has_its_key_and_an_edit_has_none_for_its_message():
    stub = Stub()
    said = stub.message(ANN, "hello")
    edited = stub.message(ANN, "hallo", kind="edited_message", id=said["message"]["message_id"], edit_date=stub.clock)
    first, again, edit = deliveries([said, said, edited], BOT, 1)
    assert first == again
    assert (first.delivery_key, first.message_key) == (f"{BOT}:{said['update_id']}", f"{BOT}:{ANN}:1")
    assert edit.message_key is None
    assert first.place == edit.place == f"telegram:{BOT}:{ANN}"
    assert first.order <= edit.order  # within a second they count as they came


def test_a_topic_is_a_place_and_a_reply_thread_is_none():
    stub = Stub()
    assert delivery(stub.message(GROUP, "x", ANN, topic=7), BOT, 1).place == f"telegram:{BOT}:{GROUP}:7"
    assert delivery(stub.message(GROUP, "x", ANN, message_thread_id=7), BOT, 1).place == f"telegram:{BOT}:{GROUP}"


def test_both_notices_of_a_migration_are_one_fact_at_the_new_place():
    stub = Stub()
    old = delivery(stub.message(GROUP, None, ANN, migrate_to_chat_id=-1002), BOT, 1)
    new = delivery(stub.message(-1002, None, ANN, migrate_from_chat_id=GROUP), BOT, 1)
    assert old.message_key == new.message_key
    assert old.place == new.place == f"telegram:{BOT}:-1002"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)
FIELDS = ["update_id", "message", "edited_message", "callback_query", "my_chat_member", "chat", "from", "text", "id", "date"]


@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5), max_size=5) | JSON
)
def test_anything_becomes_a_delivery_and_reading_it_raises_nothing_else(raw):
    kept = delivery(raw, BOT, 1)
    assert kept.raw.isascii()
    try:
        assert isinstance(PARSE(kept.raw), Incoming | Ignored)
    except Unreadable:
        assert kept.place is None


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("/help", "r:help"),
        ("/cancel", "r:cancel"),
        ("/history", "t:history"),
        ("/settings", "t:settings"),
        ("/nonsense", "r:help"),
    ],
)
def test_commands_do_what_the_menu_says_and_an_unknown_one_shows_help(text, token):
    assert read(text).token == token
    assert read(f"{text}@{NAME}", GROUP).token == token


@pytest.mark.parametrize("text", ["lunch?", "/nonsense", "/start@OtherBot", f"mail me at x@{NAME}x"])
def test_in_a_group_only_what_is_addressed_to_the_bot_counts(text):
    assert isinstance(read(text, GROUP), Ignored)


def test_a_mention_a_reply_and_a_command_count_in_a_group():
    answered = {"message_id": 3, "from": {"id": BOT, "is_bot": True}}
    assert read(f"@{NAME.lower()}, 500 a month", GROUP).text == "500 a month"
    assert read("500 a month", GROUP, reply_to_message=answered).text == "500 a month"
    assert read("/start", GROUP).fresh
    named = [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": BOT, "is_bot": True}}]
    assert read("you there", GROUP, entities=named).text == "you there"


ANONYMOUS_ADMIN = {"from": {"id": 1087968824, "is_bot": True}, "sender_chat": {"id": GROUP, "type": "supergroup"}}
CHANNEL_AS_USER = {"from": {"id": 136817688, "is_bot": True}, "sender_chat": {"id": -5, "type": "channel"}}


@pytest.mark.parametrize("more", [ANONYMOUS_ADMIN, CHANNEL_AS_USER, {"from": None}])
def test_nobody_in_particular_is_refused_and_only_told_so_when_speaking_to_us(more):
    for text in ("/start", f"/nonsense@{NAME}", f"@{NAME} we tag photos"):
        refused = read(text, GROUP, **more)
        assert (refused.token, refused.text) == ("t:anonymous", "")
        assert refused.person == f"telegram:{BOT}:0"
    for text in ("lunch?", "/nonsense", "/start@OtherBot"):
        assert isinstance(read(text, GROUP, **more), Ignored)


@pytest.mark.parametrize("more", [{"from": {"id": 77, "is_bot": True}}, {"from": {"id": 777000, "is_bot": False}}])
def test_other_bots_and_telegram_itself_are_ignored(more):
    assert isinstance(read("/start", GROUP, **more), Ignored)
    assert isinstance(read(None, ANN, pinned_message={}), Ignored)


def test_links_start_with_answers_given_or_reopen():
    assert json.loads(preset("p-kind-tagging-minutes-0_5-hourly_cost-28", BASE))["minutes"]["value"] == 0.5
    assert preset("p-kind-nonsense-volume-x-who-knows-process-x", BASE) is None
    assert preset("p-" + "x" * 80, BASE) is None
    assert resumed(reopening("abcd2345")) == "abcd2345"
    assert read("/start a-abcd2345").resume == "abcd2345"
    assert read("/start group").fresh
    assert read("/start history").token == "t:history"
    assert read("/start p-kind-tagging").via == "file"


def test_all_settings_that_are_wrong_are_named_at_once_and_no_secret_is_shown(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    wrong = {
        "TELEGRAM_BOT_TOKEN": "hunter2", "TELEGRAM_MODE": "pigeon", "TELEGRAM_API_URL": "ftp://x", "TELEGRAM_LISTEN_PORT": "x",
        "TELEGRAM_WEBHOOK_SECRET": "sh!rt",
    }  # fmt: skip
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert len(refused.value.problems) == len(wrong)
    assert all(any(problem.startswith(name) for problem in refused.value.problems) for name in wrong)
    assert "hunter2" not in str(refused.value)
    assert "sh!rt" not in str(refused.value)


def test_webhook_mode_names_what_it_lacks(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_MODE", "webhook")
    with pytest.raises(SettingsError) as refused:
        load()
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "TELEGRAM_WEBHOOK_URL",
        "TELEGRAM_WEBHOOK_SECRET",
    ]
    monkeypatch.setenv("TELEGRAM_MODE", "polling")
    assert TOKEN not in repr(load())
    assert load().bot_url == "https://api.telegram.org/bot"
    assert isinstance(load(), TelegramSettings)
