"""What the server does wrong, or right and unwelcome: pace, blocks, lost replies, refused formatting, two pollers."""

import asyncio
import contextlib
import io
import logging
import time
import traceback

import httpx
import pytest
from telegram_stub import BOT, TOKEN, Refused, running
from telegram_talk import ANN, BEN, FAST, GROUP, SECRET, Chat, column, served, settings

from adapters.telegram.address import Address
from adapters.telegram.app import serve
from adapters.telegram.calls import Calls
from adapters.telegram.errors import meaning
from adapters.telegram.formatting import Part
from adapters.telegram.pacing import Minute, Pacing
from adapters.telegram.polling import TWO_POLLERS, Failed, Poller
from adapters.telegram.request import Request, session
from adapters.telegram.update import KINDS
from bot.gateway import NotSent
from bot.logs import configure, redact
from bot.serve import AlreadyServed, CannotServe
from bot.store import Store
from knowledge.load import packaged, packaged_files
from telegram import Bot


def sent(stub, method="sendMessage"):
    return [data for name, data in stub.calls if name == method]


async def test_a_chat_that_is_written_to_too_fast_waits_alone(tmp_path):
    async with served(tmp_path) as stub:
        stub.faults["sendMessage"].append(Refused(429, "Too Many Requests: retry after 1", retry_after=1))
        ann, ben = Chat(stub), Chat(stub, BEN)
        stub.message(ANN, "/start")
        await stub.until(lambda: sent(stub))
        await ben.say("/start", 2)  # 2.3: one limit does not stop all chats
        await ann.next(2)
        assert len(stub.at(ANN)) == 2
        assert len([data for data in sent(stub) if data["chat_id"] == ANN]) == 3


async def test_a_blocked_bot_gives_up_that_chat_until_the_person_writes_again(tmp_path):
    async with served(tmp_path) as stub:
        stub.faults["sendMessage"].append(Refused(403, "Forbidden: bot was blocked by the user"))
        ann = Chat(stub)
        stub.message(ANN, "/start")
        await stub.until(lambda: column(stub.store, "SELECT 1 FROM outbox WHERE status = 'closed'"))
        await asyncio.sleep(0.2)
        assert not stub.at(ANN)
        for status in ("kicked", "member"):  # blocked, and unblocked
            member = {"chat": {"id": ANN, "type": "private"}, "date": 1, "new_chat_member": {"status": status}}
            stub.update(my_chat_member=member)
        await stub.until(lambda: column(stub.store, "SELECT count(*) FROM inbox WHERE why LIKE 'the bot is now%'") == [2])
        assert "What is the process" in (await ann.say("/start", 2)).text


async def test_a_lost_reply_is_repeated_once_and_answers_are_not(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        stub.faults["sendMessage"].append("lost")
        question = await ann.say("/start p-kind-tagging", 3)  # the greeting arrives twice
        assert [each.text for each in stub.at(ANN)].count(stub.at(ANN)[0].text) == 2
        await ann.answer(question)
        assert column(stub.store, "SELECT count(*) FROM answers WHERE question = 'kind'") == [1]


async def test_formatting_that_is_refused_is_sent_as_plain_text_once(tmp_path):
    async with served(tmp_path) as stub:
        stub.faults["sendMessage"].append(Refused(400, "Bad Request: can't parse entities: at byte offset 3"))
        await Chat(stub).say("/start", 2)
        assert [data.get("parse_mode") for data in sent(stub)] == ["HTML", None, "HTML"]


async def test_errors_that_are_none_change_nothing(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        stub.faults["editMessageText"].append(Refused(400, "Bad Request: message is not modified"))
        stub.faults["answerCallbackQuery"].append(Refused(400, "Bad Request: query is too old and response timeout expired"))
        question = await ann.say("/start p-kind-tagging", 2)
        await ann.tap(question, "Don't know")
        await stub.until(lambda: column(stub.store, "SELECT 1 FROM outbox WHERE kind = 'settle' AND status = 'sent'"))


async def test_a_message_to_a_group_that_became_a_supergroup_follows_it(tmp_path):
    async with served(tmp_path) as stub:
        moved = Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009)
        stub.faults["sendMessage"].append(moved)
        stub.message(GROUP, "/start", ANN)
        await Chat(stub, -1009, ANN).next(2)
        assert not stub.at(GROUP)


async def test_a_server_that_fails_is_tried_again_and_a_second_poller_is_explained(tmp_path, capsys):
    configure("info")
    async with running() as (stub, url):
        stub.faults["getMe"] += ["cut", Refused(502, "Bad Gateway")]
        stub.faults["getUpdates"] += [Refused(409, "Conflict: terminated by other getUpdates request"), "cut", Refused(500, "x")]
        stub.faults["sendMessage"].append(Refused(500, "Internal Server Error: restart"))
        stub.message(ANN, "/start")
        store, stopping = Store(tmp_path / "advisor.db"), asyncio.Event()
        chosen = settings(url, tmp_path / "advisor.db")
        task = asyncio.ensure_future(serve(store, packaged(), packaged_files(), chosen, stopping=stopping, pacing=FAST))
        await Chat(stub).next(2)
        with pytest.raises(AlreadyServed):
            await serve(store, packaged(), packaged_files(), chosen, stopping=asyncio.Event(), pacing=FAST)
        stopping.set()
        await task
        store.close()
    said = capsys.readouterr().err
    assert TWO_POLLERS in said
    assert TOKEN not in said
    assert TOKEN.partition(":")[2] not in said


async def test_a_token_that_is_not_accepted_stops_the_start_without_being_shown(tmp_path, capsys):
    configure("debug")
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    async with running() as (_, url):
        chosen = settings(url, tmp_path / "advisor.db").model_copy()
        wrong = "987654321:ZZ" + "z" * 33
        chosen = type(chosen)(_env_file=None, telegram_bot_token=wrong, telegram_api_url=url)
        store = Store(tmp_path / "advisor.db")
        with pytest.raises(CannotServe) as refused:
            await serve(store, packaged(), packaged_files(), chosen, stopping=asyncio.Event())
        store.close()
    assert "TELEGRAM_BOT_TOKEN" in str(refused.value)
    assert refused.value.__cause__ is None
    assert wrong not in capsys.readouterr().err + repr(chosen) + str(refused.value)
    configure("warning")


FAILING = [
    "cut",
    Refused(401, "Unauthorized"),
    Refused(409, "Conflict"),
    Refused(500, "x"),
    Refused(429, "slow", retry_after=1),
]


@pytest.mark.parametrize("fault", FAILING, ids=str)
async def test_no_exception_of_a_call_shows_the_token(fault):
    """Not in its text, its causes, its arguments, nor a traceback with all of them."""
    async with running() as (stub, url), session() as client:
        request = Request(client)
        bot = Bot(TOKEN, f"{url}/bot", f"{url}/file/bot", request=request, get_updates_request=request)
        stub.faults["sendMessage"].append(fault)
        calls = Calls(bot, 20)
        with pytest.raises(Exception) as failed:
            await calls.text(Address(chat=ANN), Part("x", "x"), None, reply=False)
        stub.faults["getUpdates"].append(fault)
        poller = Poller(client, f"{url}/bot{TOKEN}/getUpdates", receiver=None)
        with pytest.raises(Failed) as no_updates:
            await poller.round()
        stub.faults["getMe"].append(fault)
        with pytest.raises(Exception) as unknown:
            await bot.get_me()
        for each in (failed.value, no_updates.value, meaning(unknown.value)):
            shown = "".join(traceback.format_exception(each)) + repr(each) + repr(each.args) + repr(vars(each))
            assert TOKEN.partition(":")[2] not in shown
        assert TOKEN not in redact(repr(bot))


def test_nothing_that_cannot_be_reached_shows_the_token_either():
    async def reached():
        async with session() as client:
            bot = Bot(TOKEN, "http://127.0.0.1:1/bot", request=Request(client), get_updates_request=Request(client))
            await Calls(bot, 20).text(Address(chat=ANN), Part("x", "x"), None, reply=False)

    with pytest.raises(NotSent) as failed:  # it surely was not sent
        asyncio.run(reached())
    assert TOKEN.partition(":")[2] not in "".join(traceback.format_exception(failed.value))


def test_no_traceback_shows_the_token():
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    configure("debug")
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger("probe").addHandler(handler)
    try:
        raise httpx.ConnectError(f"cannot reach https://api.telegram.org/bot{TOKEN}/getMe")
    except httpx.ConnectError:
        logging.getLogger("probe").exception("failed at /bot%s", TOKEN)
    assert TOKEN not in out.getvalue()
    assert "[token]" in out.getvalue()
    assert TOKEN not in redact(f"bot{TOKEN}/x")
    logging.getLogger("probe").removeHandler(handler)
    configure("warning")


async def test_a_webhook_takes_updates_only_with_its_secret_and_says_200_only_once_stored(tmp_path):
    hook = {"telegram_mode": "webhook", "telegram_webhook_url": "https://bot.example/telegram", "telegram_webhook_secret": SECRET}
    port = _free_port()
    async with served(tmp_path, telegram_listen_port=port, **hook) as stub:
        await stub.until(lambda: stub.webhook)
        assert stub.webhook["secret_token"] == SECRET
        assert tuple(stub.webhook["allowed_updates"]) == KINDS
        url, headers = f"http://127.0.0.1:{port}/telegram", {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with httpx.AsyncClient() as client:
            for wrong in ({}, {"X-Telegram-Bot-Api-Secret-Token": "x"}, {"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()}):
                assert (await client.post(url, json={}, headers=wrong)).status_code == 403
            assert (await client.post(url, content=b"x" * 2_000_000, headers=headers)).status_code == 413
            assert (await client.post(url, content=b"{", headers=headers)).status_code == 200
            assert (await client.post(url, content=b"[" * 60_000, headers=headers)).status_code == 200
            assert (await client.get(url)).status_code == 405
            update = stub.message(ANN, "/start")
            stub.updates.clear()
            for _ in range(3):
                assert (await client.post(url, json=update, headers=headers)).status_code == 200
            assert column(stub.store, "SELECT count(*) FROM inbox WHERE delivery_key = ?", f"{BOT}:{update['update_id']}") == [1]
            await Chat(stub).next(2)
        assert column(stub.store, "SELECT count(*) FROM inbox WHERE status = 'aside'") == [2]


async def test_a_stranger_who_is_turned_away_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.serve.MOST_WAITING", 0)
    async with served(tmp_path) as stub:
        stub.message(ANN, "/start")
        assert "Very many people" in (await Chat(stub).next()).text
        assert not column(stub.store, "SELECT 1 FROM inbox")


async def test_a_webhook_that_cannot_store_asks_for_the_update_again(tmp_path, monkeypatch):
    hook = {"telegram_mode": "webhook", "telegram_webhook_url": "https://bot.example/t", "telegram_webhook_secret": SECRET}
    port = _free_port()
    async with served(tmp_path, telegram_listen_port=port, **hook) as stub:
        await stub.until(lambda: stub.webhook)
        monkeypatch.setattr("bot.serve.MOST_WAITING", 0)
        update = stub.message(ANN, "/start")
        async with httpx.AsyncClient() as client:
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
            answer = await client.post(f"http://127.0.0.1:{port}/telegram", json=update, headers=headers)
        assert answer.status_code == 503
        assert not column(stub.store, "SELECT 1 FROM inbox")
        monkeypatch.setattr("bot.serve.MOST_WAITING", 10)
        assert await stub.deliver(f"http://127.0.0.1:{port}/telegram", SECRET) == 1
        await Chat(stub).next(2)


def _free_port():
    import socket

    with contextlib.closing(socket.socket()) as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


async def test_a_batch_of_a_hundred_is_one_commit(tmp_path):
    async with served(tmp_path) as stub:
        await stub.until(lambda: any(method == "getUpdates" for method, _ in stub.calls))
        before = stub.server.committer.commits
        stub.updates += [{"update_id": number, "poll": {}} for number in range(5000, 5100)]
        stub.news.set()
        await stub.until(lambda: column(stub.store, "SELECT count(*) FROM inbox") == [100])
        offsets = [data.get("offset") for method, data in stub.calls if method == "getUpdates"]
        assert 5100 in offsets or await stub.until(lambda: sent(stub, "getUpdates")[-1].get("offset") == 5100)
        assert not [offset for offset in offsets if offset is not None and 5000 < offset < 5100]
        assert stub.server.committer.commits == before + 1


def test_a_group_gets_twenty_messages_a_minute():
    minute = Minute(20)
    for second in range(20):
        assert minute.wait(GROUP, second * 1000) == 0
        minute.spend(GROUP, second * 1000)
    assert minute.wait(GROUP, 20_000) == 40_000
    assert minute.wait(GROUP - 1, 20_000) == 0
    assert minute.wait(GROUP, 60_001) == 0
    assert (Pacing().per_place_ms, Pacing().per_group, Pacing().overall_ms) == (1000, 20, 34)


async def test_a_group_beyond_its_minute_waits_and_loses_nothing(tmp_path):
    async with served(tmp_path, pacing=Pacing(per_place_ms=0, overall_ms=0, per_group=1)) as stub:
        stub.message(GROUP, "/start", ANN)
        await stub.until(lambda: column(stub.store, "SELECT 1 FROM outbox WHERE why LIKE 'this group%' AND status = 'pending'"))
        assert len(stub.at(GROUP)) == 1
        assert column(stub.store, "SELECT not_before > ? FROM outbox WHERE status = 'pending'", time.time_ns() // 1_000_000) == [
            1
        ]
