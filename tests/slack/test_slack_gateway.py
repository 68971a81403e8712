"""What is sent, and what each failure of Slack means for the outbox: against a server that answers as told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from aiohttp import web
from slack_office import Office
from slack_payloads import US, event
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.gateway import SlackGateway
from adapters.slack.look import Look
from bot.gateway import Absent, NotSent, PlaceClosed, Unknown, Unsendable
from bot.records import Outgoing
from bot.speak import Button, Message
from bot.store import Store
from knowledge.load import packaged

LOOK = Look(packaged(), "en")
MESSAGE = Message(name="note", markdown="<!channel> *hello*", buttons=(Button(label="Go", token="r:why"),))
LONG = Message(name="note", markdown="word " * 4_000, buttons=MESSAGE.buttons)


def outgoing(
    message: Message = MESSAGE, kind: str = "send", attempts: int = 0, channel: str = "C1", thread: str | None = "1.0"
) -> Outgoing:
    address = json.dumps({"channel": channel, "thread": thread, "user": "U1"})
    return Outgoing(
        7,
        "c",
        "slack",
        "slack:T1:C1:1.0",
        address,
        kind,
        5 if kind == "settle" else None,
        message.model_dump_json(),
        "sending",
        attempts,
        1_700_000_000_000,
        None,
    )


async def unnoted(part: int, sent_as: str) -> None:
    """Where nobody asks how far a message came."""


class Stub:
    """Answers in turn with what `answers` holds, then with success; remembers the calls."""

    def __init__(self) -> None:
        self.answers: list[Callable[[], web.Response]] = []
        self.calls: list[tuple[str, dict]] = []
        self.history: list[dict] = []
        self.url, self.uploads = "", list[bytes]()

    async def call(self, request: web.Request) -> web.Response:
        if request.match_info["method"] == "upload":
            self.uploads.append(await request.read())
            return self.answers.pop(0)() if self.answers else web.Response(text="OK")
        if request.method == "GET" or request.query:
            body = dict(request.query)
        else:
            body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        method = request.match_info["method"]
        self.calls.append((method, body))
        if self.answers:
            return self.answers.pop(0)()
        if method in ("conversations.replies", "conversations.history"):
            return web.json_response({"ok": True, "messages": self.history})
        if method == "conversations.open":
            return web.json_response({"ok": True, "channel": {"id": "D9"}})
        if method.startswith("files."):
            return web.json_response({"ok": True, "upload_url": f"{self.url}upload", "file_id": "F1", "files": [{"id": "F1"}]})
        return web.json_response({"ok": True, "channel": body.get("channel"), "ts": f"{len(self.calls)}.5"})


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "advisor.db")
    yield opened
    opened.close()


@pytest.fixture
async def slack(store) -> AsyncIterator[tuple[Stub, SlackGateway]]:
    stub, served = Stub(), web.Application()
    served.router.add_route("*", "/api/{method}", stub.call)
    runner = web.AppRunner(served)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    client = AsyncWebClient("xoxb-1", base_url=f"http://127.0.0.1:{port}/api/", retry_handlers=[], timeout=2)
    stub.url = f"http://127.0.0.1:{port}/api/"
    yield stub, SlackGateway(client, store, LOOK)
    await runner.cleanup()


def error(code: str, status: int = 200, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.json_response(
        {"ok": False, "error": code}, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


async def test_a_message_is_posted_once_without_unfurls_or_markup_and_with_its_number(slack) -> None:
    stub, gateway = slack
    assert await gateway.send(outgoing(), MESSAGE, None, unnoted) == "C1:1.5"
    ((method, body),) = stub.calls
    assert method == "chat.postMessage" and body["thread_ts"] == "1.0"
    assert (body["mrkdwn"], body["unfurl_links"], body["unfurl_media"]) == (False, False, False)
    assert "link_names" not in body and "parse" not in body and "<" not in body["text"]
    assert body["metadata"]["event_payload"] == {"number": 7, "part": 0}
    assert body["blocks"][-1]["block_id"] == "7:controls"


async def test_an_edit_rewrites_the_earlier_message_and_binds_taps_to_it(slack) -> None:
    stub, gateway = slack
    await gateway.send(outgoing(kind="settle"), MESSAGE, "C1:3.5", unnoted)
    ((method, body),) = stub.calls
    assert method == "chat.update" and (body["channel"], body["ts"]) == ("C1", "3.5")
    assert body["blocks"][-1]["block_id"] == "5:controls"


async def test_a_whisper_goes_to_one_person(slack) -> None:
    stub, gateway = slack
    await gateway.send(outgoing(kind="private"), MESSAGE, None, unnoted)
    assert stub.calls[0][0] == "chat.postEphemeral" and stub.calls[0][1]["user"] == "U1"


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (error("ratelimited", 429, Retry_After="7"), NotSent),
        (error("channel_not_found"), PlaceClosed),
        (error("is_archived"), PlaceClosed),
        (error("not_in_channel"), PlaceClosed),
        (error("account_inactive"), NotSent),
        (error("token_revoked"), NotSent),
        (error("invalid_auth"), NotSent),
        (error("missing_scope"), NotSent),
        (error("msg_blocks_too_long"), Unsendable),
        (error("invalid_blocks"), Unsendable),
        (error("internal_error", 500), Unknown),
        (error("fatal_error"), Unknown),
        (lambda: web.Response(status=502, text="<html>bad gateway"), Unknown),
        (lambda: web.Response(status=503, body=b"{", content_type="application/json"), Unknown),
    ],
)
async def test_a_failure_means_what_the_outbox_has_to_know(slack, answer, meant) -> None:
    stub, gateway = slack
    stub.answers = [answer]
    with pytest.raises(meant) as raised:
        await gateway.send(outgoing(), MESSAGE, None, unnoted)
    assert len(stub.calls) == 1
    if isinstance(raised.value, NotSent | Unknown):
        assert raised.value.blameless, "it is not the message that Slack refuses"
    if isinstance(raised.value, NotSent) and "too many" in raised.value.why:
        assert raised.value.retry_after == 7


async def test_a_refused_connection_is_not_sent_and_a_lost_answer_is_unknown(store) -> None:
    closed = SlackGateway(AsyncWebClient("xoxb-1", base_url="http://127.0.0.1:1/api/", retry_handlers=[]), store, LOOK)
    with pytest.raises(NotSent):
        await closed.send(outgoing(), MESSAGE, None, unnoted)

    class Slow(Stub):
        async def call(self, request: web.Request) -> web.Response:
            await asyncio.sleep(30)
            raise AssertionError

    served = web.Application()
    served.router.add_post("/api/{method}", Slow().call)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    with pytest.raises(Unknown):
        slow = SlackGateway(AsyncWebClient("x", base_url=url, retry_handlers=[], timeout=1), store, LOOK)
        await slow.send(outgoing(), MESSAGE, None, unnoted)
    await runner.cleanup()


async def test_a_message_cut_off_in_the_middle_goes_on_where_it_was(slack) -> None:
    stub, gateway = slack
    stub.answers = [lambda: web.json_response({"ok": True, "channel": "C1", "ts": "1.5"}), error("ratelimited", 429)]
    there: dict[int, str] = {}

    async def noted(part: int, sent_as: str) -> None:
        there[part] = sent_as

    with pytest.raises(NotSent):
        await gateway.send(outgoing(LONG), LONG, None, noted)
    assert there == {0: "C1:1.5"}
    await gateway.send(replace(outgoing(LONG, attempts=1), parts=there), LONG, None, unnoted)
    parts = [body["metadata"]["event_payload"]["part"] for _, body in stub.calls]
    assert parts[:3] == [0, 1, 1] and sorted(set(parts)) == list(range(max(parts) + 1))


async def test_an_ambiguous_message_is_found_by_its_number(slack) -> None:
    stub, gateway = slack
    stub.history = [
        {"ts": "8.5", "metadata": {"event_type": "advisor_outbox", "event_payload": {"number": 7, "part": 0}}},
        {"ts": "9.5"},
    ]
    assert await gateway.find(outgoing()) == "C1:8.5"
    assert stub.calls[-1][0] == "conversations.replies"
    assert await gateway.find(outgoing(channel="U1", thread=None)) == "D9:8.5"
    stub.history = []
    with pytest.raises(Absent):
        await gateway.find(outgoing())


async def test_what_arrived_of_a_long_message_is_not_sent_again(slack) -> None:
    stub, gateway = slack
    stub.history = [{"ts": "8.5", "metadata": {"event_type": "advisor_outbox", "event_payload": {"number": 7, "part": 0}}}]
    with pytest.raises(Absent) as absent:
        await gateway.find(outgoing(LONG))
    await gateway.send(replace(outgoing(LONG, attempts=1), parts=absent.value.parts), LONG, None, unnoted)
    assert 0 not in [body["metadata"]["event_payload"]["part"] for method, body in stub.calls if method == "chat.postMessage"]


async def test_where_history_cannot_be_read_nobody_can_tell(slack) -> None:
    stub, gateway = slack
    stub.answers = [error("missing_scope")]
    assert await gateway.find(outgoing()) is None
    assert await gateway.find(outgoing(kind="private")) is None
    with pytest.raises(Absent):
        await gateway.find(outgoing(kind="settle"))


# --- files and pictures ----------------------------------------------------------------------------------------------------

EXPORTED = Message(name="export.md", markdown="# An advice")


@pytest.fixture
def advised(store) -> Outgoing:
    """The outbox with an advice and its picture in it, as a turn leaves them."""
    office = Office(store)
    office.hear(event("app_mention", text=f"<@{US}> we tag 20,000 photos a month, 2 minutes each, at 20 USD an hour"))
    sent = office.hear(event(text="advise now", ts="1700000100.000100", thread_ts="1700000000.000100"))
    return next(each for each in sent if Message.model_validate_json(each.body).picture is not None)


async def test_a_picture_is_uploaded_in_its_thread_with_alt_text_before_the_card(slack, advised) -> None:
    stub, gateway = slack
    await gateway.send(advised, Message.model_validate_json(advised.body), None, unnoted)
    (asked,) = [body for method, body in stub.calls if method == "files.getUploadURLExternal"]
    (shared,) = [body for method, body in stub.calls if method == "files.completeUploadExternal"]
    assert asked["filename"] == f"options-{advised.number}.png" and 40 < len(asked["alt_txt"]) <= 1000
    assert (shared["channel_id"], shared["thread_ts"]) == ("C1", "1700000000.000100")
    assert stub.uploads[0].startswith(b"\x89PNG")


async def test_an_export_is_a_file_by_its_form(slack) -> None:
    stub, gateway = slack
    await gateway.send(outgoing(EXPORTED, channel="U1", thread=None), EXPORTED, None, unnoted)
    assert stub.calls[0][0] == "conversations.open" and stub.uploads == [b"# An advice"]


@pytest.mark.parametrize("code", ["missing_scope", "file_uploads_disabled", "storage_limit_reached"])
async def test_a_file_that_slack_will_not_take_is_said_and_holds_nothing_up(slack, advised, code) -> None:
    stub, gateway = slack
    for message in (Message.model_validate_json(advised.body), EXPORTED):
        stub.answers = [error(code)]
        await gateway.send(advised, message, None, unnoted)
        method, body = stub.calls[-1]
        assert method == "chat.postMessage" and "could not" in body["text"]


async def test_an_upload_is_tried_three_times_and_then_said_in_words(slack, advised) -> None:
    stub, gateway = slack
    message = Message.model_validate_json(advised.body)
    for attempts, answer in enumerate((error("ratelimited", 429), error("internal_error", 500), error("ratelimited", 429))):
        stub.answers = [answer]
        with pytest.raises((NotSent, Unknown)):
            await gateway.send(replace(advised, attempts=attempts), message, None, unnoted)
    stub.answers = [error("ratelimited", 429)]
    await gateway.send(replace(advised, attempts=3), message, None, unnoted)
    assert stub.calls[-1][0] == "chat.postMessage"


async def test_a_file_whose_bytes_were_refused_was_not_shared(slack) -> None:
    stub, gateway = slack
    begun = {"ok": True, "upload_url": f"{stub.url}upload", "file_id": "F1"}
    stub.answers = [lambda: web.json_response(begun), lambda: web.Response(status=500, text="no")]
    with pytest.raises(NotSent):
        await gateway.send(outgoing(EXPORTED), EXPORTED, None, unnoted)


async def test_a_file_whose_arrival_nobody_knows_is_found_by_its_name(slack) -> None:
    stub, gateway = slack
    with pytest.raises(Absent):
        await gateway.find(outgoing(EXPORTED))
    stub.history = [{"ts": "8.5", "files": [{"name": "advice-7.md"}]}]
    assert await gateway.find(outgoing(EXPORTED)) == "C1:8.5"


async def test_a_picture_that_cannot_be_drawn_is_said_in_words(slack, advised, monkeypatch) -> None:
    stub, gateway = slack

    def broken(*_: object) -> None:
        raise ValueError("no font")

    monkeypatch.setattr("bot.chart.lay_out", broken)
    await gateway.send(advised, Message.model_validate_json(advised.body), None, unnoted)
    ((method, body),) = stub.calls
    assert method == "chat.postMessage" and "could not be shown" in body["text"]


async def test_a_refusal_of_us_is_told_and_the_next_message_that_goes_out_takes_it_back(slack) -> None:
    stub, gateway = slack
    told: list[str | None] = []
    gateway.refused = told.append
    stub.answers = [error("token_revoked")]
    with pytest.raises(NotSent):
        await gateway.send(outgoing(), MESSAGE, None, unnoted)
    await gateway.send(outgoing(), MESSAGE, None, unnoted)
    assert told[0] is not None and "token_revoked" in told[0] and told[1] is None
