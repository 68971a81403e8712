"""What is shown on receipt: App Home, commands, transcripts, and the kind word to outsiders, against a Web API that remembers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web as aiohttp_web
from slack_office import Office, post, web
from slack_payloads import TEAM, US, event

from adapters.slack.address import Address
from adapters.slack.command import COMMAND
from adapters.slack.history import own as past_of
from bot.speak import Message
from bot.store import Store


class Api:
    """A Web API that takes everything and remembers it; `refuse` names methods that it answers with an error."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.files: list[str] = []
        self.refuse: dict[str, str] = {}
        self.url = ""

    async def call(self, request: aiohttp_web.Request) -> aiohttp_web.Response:
        method = request.match_info["method"]
        body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.calls.append((method, body))
        if method in self.refuse:
            return aiohttp_web.json_response({"ok": False, "error": self.refuse[method]})
        upload = {"upload_url": f"{self.url}upload", "file_id": "F1"}
        return aiohttp_web.json_response({"ok": True, "channel": {"id": "D9"}, "files": [{"id": "F1"}], **upload})

    async def upload(self, request: aiohttp_web.Request) -> aiohttp_web.Response:
        self.files.append((await request.read()).decode())
        return aiohttp_web.Response(text="OK")

    def told(self, method: str) -> list[dict[str, Any]]:
        return [body for called, body in self.calls if called == method]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    stub, served = Api(), aiohttp_web.Application()
    served.router.add_post("/api/upload", stub.upload)
    served.router.add_route("*", "/api/{method}", stub.call)
    runner = aiohttp_web.AppRunner(served)
    await runner.setup()
    await aiohttp_web.TCPSite(runner, "127.0.0.1", 0).start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield stub
    await runner.cleanup()


@pytest.fixture
async def slack(tmp_path, api):
    office = Office(Store(tmp_path / "advisor.db"), api=api.url, reviewers=("slack:T1:U9",))
    async with web(office) as (http, _):
        yield http, office, api


async def until(true: Callable[[], Any]) -> Any:
    for _ in range(500):
        if found := true():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")


async def home(http, office: Office, action: str, value: str, at: str, user: str = "U1") -> None:
    done = {"type": "button", "action_id": action, "block_id": "home:x", "value": value, "action_ts": at}
    who = {"user": {"id": user}, "team": {"id": TEAM}, "container": {"type": "view"}}
    body = {"type": "block_actions", **who, "trigger_id": "9.9", "actions": [done]}
    assert (await post(http, {"payload": json.dumps(body)}, form=True)).status == 200
    office.work()


async def command(http, text: str, user: str = "U1") -> str:
    body = {"command": COMMAND, "user_id": user, "team_id": TEAM, "trigger_id": f"{user}{text}", "text": text}
    answer = await post(http, body, form=True)
    assert answer.status == 200
    said = await answer.json()
    assert said["response_type"] == "ephemeral"
    return str(said["text"])


def names(office: Office) -> list[str]:
    return [json.loads(each.body)["name"] for each in office.sent()]


async def test_the_buttons_of_app_home_begin_go_on_and_export_and_say_where(slack) -> None:
    http, office, api = slack
    await home(http, office, "home:start", "start", "1.1")
    await home(http, office, "home:start", "start", "1.1")
    (mine,) = past_of(office.store, "slack:T1:U1")
    await home(http, office, "home:open", mine.id, "1.2")
    await home(http, office, "home:export", mine.id, "1.3")
    await home(http, office, "home:open", "somebody-elses", "1.4")
    assert [status for status, _ in office.inbox()] == ["done"] * 3
    assert names(office) == ["greet", "ask", "ask", "note"]
    await until(lambda: len(api.told("views.publish")) == 5)
    shown = [json.dumps(body["view"]) for body in api.told("views.publish")]
    assert any("in Messages" in each for each in shown) and any("no advisory of that number" in each for each in shown)


async def test_home_says_in_which_channel_it_was_answered(slack) -> None:
    http, office, api = slack
    office.hear(event("app_mention", text=f"<@{US}> something piles up"))
    (mine,) = past_of(office.store, "slack:T1:U1")
    await home(http, office, "home:open", mine.id, "1.2")
    view = await until(lambda: api.told("views.publish"))
    assert {"type": "channel", "channel_id": "C1"} in view[0]["view"]["blocks"][1]["elements"][0]["elements"]


async def test_run_again_begins_a_new_interview_with_the_answers_of_the_old_one(slack) -> None:
    http, office, _ = slack
    office.hear(event(text="we tag 20,000 product photos a month, 2 minutes each, public data", channel="D1", channel_type="im"))
    office.hear(event(text="yes", channel="D1", channel_type="im", ts="1700000010.000100"))
    office.hear(event(text="advise now", channel="D1", channel_type="im", ts="1700000020.000100"))
    (old,) = past_of(office.store, "slack:T1:U1")
    before = office.answers()
    assert old.status == "advised" and "volume" in before
    await home(http, office, "home:again", old.id, "1.1")
    new, _ = past_of(office.store, "slack:T1:U1")
    assert new.id != old.id and new.status == "open" and office.answers() == before
    rows = office.store.connection.execute("SELECT count(*) FROM current_answers WHERE conversation = ?", (new.id,)).fetchone()
    assert rows[0] == len(before)


async def test_everything_of_a_person_is_deleted_from_app_home(slack) -> None:
    http, office, api = slack
    office.hear(event(text="something piles up", channel="D1", channel_type="im"))
    await home(http, office, "home:forget", "forget", "1.5")
    await until(lambda: not past_of(office.store, "slack:T1:U1"))
    await until(lambda: "deleted" in json.dumps(api.told("views.publish")))


async def test_a_transcript_is_sent_as_a_file_to_whom_it_belongs_and_to_nobody_else(slack) -> None:
    http, office, api = slack
    office.hear(event("app_mention", text=f"<@{US}> something piles up"))
    (mine,) = past_of(office.store, "slack:T1:U1")
    assert mine.id in await command(http, "list")
    assert "no advisory" in await command(http, f"show {mine.id}", "U2")
    assert "no advisory" in await command(http, "show nothing-such")
    assert "Only reviewers" in await command(http, "review", "U2")
    assert api.files == []
    assert "direct message" in await command(http, f"show {mine.id}")
    await until(lambda: api.told("files.completeUploadExternal"))
    assert "something piles up" in api.files[0]
    assert office.store.connection.execute("SELECT count(*) FROM access_audit").fetchone() == (0,)


async def test_a_reviewer_lists_and_reads_what_others_were_told_here_and_leaves_a_trace(slack) -> None:
    http, office, api = slack
    office.hear(event("app_mention", text=f"<@{US}> something piles up"))
    elsewhere = Office(office.store, "T2")
    elsewhere.hear(event("app_mention", team="T2", text=f"<@{US}> secret of another workspace"))
    (mine,) = past_of(office.store, "slack:T1:U1")
    (foreign,) = past_of(office.store, "slack:T2:U1")
    listed = await command(http, "review", "U9")
    assert mine.id in listed and foreign.id not in listed
    assert "no advisory" in await command(http, f"show {foreign.id}", "U9")
    assert "direct message" in await command(http, f"SHOW {mine.id}", "U9")
    await until(lambda: api.told("files.completeUploadExternal"))
    rows = office.store.connection.execute("SELECT viewer, conversation, did FROM access_audit").fetchall()
    assert rows == [("slack:T1:U9", mine.id, "show")]


async def test_a_file_that_cannot_be_sent_is_said(slack) -> None:
    http, office, api = slack
    office.hear(event("app_mention", text=f"<@{US}> something piles up"))
    (mine,) = past_of(office.store, "slack:T1:U1")
    api.refuse["files.getUploadURLExternal"] = "missing_scope"
    await command(http, f"show {mine.id}")
    told = await until(lambda: api.told("chat.postMessage"))
    assert "could not send" in told[0]["text"]


async def test_people_of_another_organisation_are_told_kindly_and_nothing_of_theirs_is_kept(slack) -> None:
    http, office, api = slack
    external = {"user": "UEXT", "user_team": "T2", "source_team": "T2", "team": "T2"}
    assert (await post(http, event("app_mention", **external, text=f"<@{US}> hi", thread_ts="5.5"))).status == 200
    assert (await post(http, event(**external, text="talk"))).status == 200
    assert (await post(http, event(**external, bot_id="B7", channel="D1", text="beep"))).status == 200
    told = await until(lambda: api.told("chat.postEphemeral"))
    assert len(told) == 1 and told[0]["user"] == "UEXT" and told[0]["thread_ts"] == "5.5" and "one workspace" in told[0]["text"]
    assert office.inbox() == []


async def test_a_form_opens_from_home_and_from_the_command(slack) -> None:
    http, office, api = slack
    await home(http, office, "home:form", "form", "1.1")
    assert "form opens" in await command(http, "form")
    opened = await until(lambda: len(api.told("views.open")) == 2 and api.told("views.open"))
    assert opened[0]["trigger_id"] == "9.9" and opened[0]["view"]["type"] == "modal"


async def test_who_has_no_interview_is_told_alone_where_they_spoke(slack, api) -> None:
    office = slack[1] if isinstance(slack, tuple) else slack
    note = Message(name="busy", markdown="Very many people are writing to me")
    await office.pages.tell(Address(channel="C1", thread="1.0", user="U7"), note)
    await office.pages.tell(Address(channel="U7", user="U7"), note)
    (whispered,), (said,) = api.told("chat.postEphemeral"), api.told("chat.postMessage")
    assert (whispered["channel"], whispered["user"], whispered["thread_ts"]) == ("C1", "U7", "1.0")
    assert said["channel"] == "U7" and "Very many" in said["text"]
