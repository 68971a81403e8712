"""What Slack is answered: 200 only for what is on disk, 401 for what is forged or odd, never 404; and the manifest's promise."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml
from slack_office import PATH, Office, post, signed, web
from slack_payloads import TEAM, US, event, tap

import adapters.slack
from adapters.health import not_ready
from adapters.slack import over_http, over_socket
from adapters.slack.command import COMMAND
from adapters.slack.receive import EVENTS, SHORTCUT
from adapters.slack.settings import load
from bot.checkup import check_up
from bot.serve import Busy
from bot.settings import SettingsError
from bot.store import Store


@pytest.fixture
async def slack(tmp_path):
    """A store behind the real Bolt app and web server, with nothing to call."""
    async with web(Office(Store(tmp_path / "advisor.db"))) as (http, office):
        yield http, office.server, office.store


def inbox(store: Store) -> list[tuple]:
    return store.connection.execute("SELECT status, place FROM inbox").fetchall()


async def test_a_mention_is_on_disk_before_it_is_acknowledged(slack) -> None:
    http, _, store = slack
    answer = await post(http, event("app_mention", text=f"<@{US}> hi"))
    assert answer.status == 200
    assert inbox(store) == [("new", "slack:T1:C1:1700000000.000100")]


async def test_the_address_is_proved_to_slack(slack) -> None:
    http, _, _ = slack
    answer = await post(http, {"type": "url_verification", "challenge": "abc"})
    assert answer.status == 200 and (await answer.json())["challenge"] == "abc"


async def test_what_is_nobodys_answer_is_acknowledged_and_not_kept(slack) -> None:
    http, _, store = slack
    for body in (
        event(text="people talking"),
        event(thread_ts="1.0", text="people talking in a thread"),
        event(bot_id="B2"),
        event(subtype="message_changed"),
        event("something_new"),
        {"type": "app_rate_limited"},
        {"type": "view_closed"},
        {"type": "block_suggestion"},
    ):
        assert (await post(http, body)).status == 200, body
    assert inbox(store) == []


async def test_taps_come_as_forms(slack) -> None:
    http, _, store = slack
    assert (await post(http, {"payload": json.dumps(tap("a:kind:tagging"))}, form=True)).status == 200
    assert (await post(http, {"payload": json.dumps(tap("a:kind:tagging"))}, form=True)).status == 200
    assert len(inbox(store)) == 1


async def test_commands_are_answered_at_once_and_an_opening_is_kept(slack) -> None:
    http, _, store = slack
    told = {"command": COMMAND, "user_id": "U1", "team_id": TEAM, "trigger_id": "1.2"}
    for text, expected in (
        ("help", "/advise list"),
        ("nonsense", "/advise list"),
        ("list", "no advisories"),
        ("cancel", "no unfinished"),
    ):
        answer = await post(http, told | {"text": text}, form=True)
        said = await answer.json()
        assert answer.status == 200 and said["response_type"] == "ephemeral" and expected in said["text"]
    assert inbox(store) == []
    assert (await post(http, told | {"text": "tag our <!channel> photos"}, form=True)).status == 200
    assert inbox(store) == [("new", "slack:T1:U1")]


async def test_a_message_shortcut_begins_in_direct_messages(slack) -> None:
    http, _, store = slack
    body = {
        "type": "message_action",
        "callback_id": SHORTCUT,
        "user": {"id": "U1"},
        "message": {"ts": "5.0", "text": "we key receipts"},
    }
    assert (await post(http, {"payload": json.dumps(body)}, form=True)).status == 200
    assert inbox(store) == [("new", "slack:T1:U1")]


async def test_a_form_with_errors_is_answered_at_its_fields_and_nothing_is_stored(slack) -> None:
    http, _, store = slack
    values = {"volume": {"value": {"type": "plain_text_input", "value": "a few"}}}
    view = {"id": "V1", "hash": "h", "callback_id": "form", "state": {"values": values}}
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": view}
    said = await (await post(http, {"payload": json.dumps(body)}, form=True)).json()
    assert said["response_action"] == "errors" and set(said["errors"]) == {"volume"}
    assert inbox(store) == []
    values["volume"]["value"]["value"] = "20k"
    answer = await post(http, {"payload": json.dumps(body)}, form=True)
    assert answer.status == 200 and await answer.text() == ""
    assert inbox(store) == [("new", "slack:T1:U1")]


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_an_uninstall_is_said_to_the_supervisor_and_the_doctor_until_slack_is_heard_again(slack, kind) -> None:
    http, server, store = slack
    body = event(kind) | {"event": {"type": kind, "tokens": {"oauth": ["U7"], "bot": [US]}}}
    assert await not_ready(server) is None
    assert (await post(http, body)).status == 200
    assert "install the app again" in (await not_ready(server) or "")
    while server.service.work():
        pass
    assert any("slack: access is gone" in each for each in check_up(store.path).wrong)
    assert (await post(http, event("app_mention", text=f"<@{US}> hi"))).status == 200
    assert not any("access is gone" in each for each in check_up(store.path).wrong)


async def test_tokens_of_people_that_are_revoked_concern_us_not(slack) -> None:
    http, server, store = slack
    for tokens in ({"oauth": ["U7"]}, {"oauth": ["U7"], "bot": []}, {"bot": ["UOTHER"]}):
        assert (await post(http, event() | {"event": {"type": "tokens_revoked", "tokens": tokens}})).status == 200
    assert await not_ready(server) is None and inbox(store) == []


async def test_a_full_inbox_makes_slack_deliver_again(slack, monkeypatch) -> None:
    http, server, _ = slack

    async def busy(deliveries: object) -> int:
        raise Busy("10000 deliveries are waiting")

    monkeypatch.setattr(server, "receive", busy)
    assert (await post(http, event(channel="D1", channel_type="im"))).status == 503


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", '"x"', "null", "payload=", "payload=%7B", "payload=[]", "ssl_check=1", "\x00"]
)
async def test_odd_but_signed_requests_get_an_answer_and_no_stack_trace(slack, body) -> None:
    http, _, store = slack
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
        answer = await http.post(PATH, data=body, headers=signed(body) | {"content-type": kind})
        assert answer.status in (200, 401) and "Traceback" not in await answer.text()
    assert inbox(store) == []


async def test_forged_old_large_and_unsigned_requests_are_refused(slack) -> None:
    http, _, store = slack
    body = json.dumps(event("app_mention"))
    for headers in (
        {},
        signed(body, secret="other"),
        signed(body, at=time.time() - 3600),
        signed(body) | {"x-slack-request-timestamp": "soon"},
        signed(body) | {"x-slack-request-timestamp": "9" * 30},
        signed(body) | {"x-slack-signature": "v0=é"},
    ):
        answer = await http.post(PATH, data=body, headers=headers | {"content-type": "application/json"})
        assert answer.status == 401 and await answer.json() == {"error": "invalid request"}
    large = "x" * (over_http.LARGEST_BODY + 1)
    assert (await http.post(PATH, data=large, headers=signed(large))).status == 401
    assert (await http.post(PATH, data=b"\xff\xfe", headers=signed(""))).status == 401
    assert inbox(store) == []


# --- settings, watchdog, manifest ------------------------------------------------------------------------------------------


def test_every_missing_setting_is_named_at_once_and_no_secret_is_shown(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "hunter2")
    with pytest.raises(SettingsError) as raised:
        load()
    assert [problem.partition(":")[0] for problem in raised.value.problems] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert "hunter2" not in str(raised.value)
    monkeypatch.setenv("SLACK_MODE", "carrier pigeon")
    monkeypatch.setenv("SLACK_API_URL", "ftp://x")
    monkeypatch.setenv("SLACK_HTTP_PORT", "99999")
    with pytest.raises(SettingsError) as raised:
        load()
    assert {problem.partition(":")[0] for problem in raised.value.problems} == {"SLACK_MODE", "SLACK_API_URL", "SLACK_HTTP_PORT"}


async def test_a_deaf_connection_is_renewed_and_minutes_of_silence_end_the_process() -> None:
    now = 1000.0

    class Client:
        last_ping_pong_time: float | None = 1000.0
        current_session = object()
        renewed = 0

        async def connect_to_new_endpoint(self, force: bool) -> None:
            self.renewed += force

    one, other = Client(), Client()
    watch = over_socket.Watch([one, other], clock=lambda: now)
    await watch.look()
    one.last_ping_pong_time, now = 1100.0, 1100.0
    await watch.look()
    assert (one.renewed, other.renewed) == (0, 1)
    now += over_socket.SECONDS_DEAF + 1
    with pytest.raises(over_socket.Deaf):
        await watch.look()


FOLDER = Path(adapters.slack.__file__).parent
NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "files.upload": "files:write",
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "command": "commands",
}


def test_the_manifest_asks_for_exactly_what_the_handlers_need() -> None:
    manifest = yaml.safe_load((FOLDER / "manifest.yaml").read_text())
    bot_events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {each.partition(".")[0] for each in bot_events} == set(EVENTS)
    assert [each["command"] for each in manifest["features"]["slash_commands"]] == [COMMAND]
    assert [each["callback_id"] for each in manifest["features"]["shortcuts"]] == [SHORTCUT]
    code = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    used = {found.replace("_", ".", 1) for found in re.findall(r"client\.((?:chat|conversations|files)_[a-zA-Z]+)", code)}
    calls = {name for name in used if not name.startswith("conversations.") or name == "conversations.open"}
    needed = {NEEDED[each] for each in (*calls, *(e for e in bot_events if e in NEEDED), "command")}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert manifest["settings"]["interactivity"]["is_enabled"] and manifest["features"]["app_home"]["home_tab_enabled"]
