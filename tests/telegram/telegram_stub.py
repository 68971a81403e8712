"""A Bot API server of our own. Numbers name groups of documented behaviour; faults are queued by tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from aiohttp import web

TOKEN = os.environ.get("TELEGRAM_STUB_TOKEN", "123456789:AAabcdefghijklmnopqrstuvwxyz012345678")
BOT, NAME = 123456789, "SourcingTestBot"
TAGS = {"b", "i", "code", "a", "blockquote"}


def units(text):
    """2.2: lengths are counted in UTF-16 units, to be safe."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Refused(Exception):
    """An answer with ok=false."""

    def __init__(self, code, description, **parameters):
        self.code, self.description, self.parameters = code, description, parameters


class _Html(HTMLParser):
    """2.2: HTML must be well-formed, or the server says "can't parse entities"."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.open, self.entities = "", [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        if tag == "blockquote" and "blockquote" in self.open:
            raise Refused(400, "Bad Request: can't parse entities: nested blockquote")
        if tag == "a" and not re.match(r"https?://", dict(attrs).get("href", "")):
            raise Refused(400, "Bad Request: can't parse entities: bad link")
        self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: Unmatched end tag")

    def handle_data(self, data):
        self.text += data


def parsed(text, mode):
    """The text after entity parsing. Raises Refused as the server would."""
    if mode != "HTML":
        return text
    if re.search(r"&(?!(lt|gt|amp|quot|#\d+);)", text):
        raise Refused(400, "Bad Request: can't parse entities: a bare ampersand")
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, f"Bad Request: can't parse entities: Can't find end tag of {parser.open[-1]}")
    if parser.entities > 100:
        raise AssertionError("more than 100 entities: the rest would not be shown (2.2)")
    return parser.text


def check_text(text, longest):
    """2.2: 1 to 4096 (caption 1024) after entity parsing."""
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > longest:
        raise Refused(400, "Bad Request: message is too long")


def check_keyboard(markup):
    """2.2: callback_data 1 to 64 bytes, 100 buttons, 8 a row; ours: 3 a row, labels of 20."""
    rows = (markup or {}).get("inline_keyboard", [])
    assert sum(map(len, rows)) <= 100
    for row in rows:
        assert 1 <= len(row) <= 3, row
        for button in row:
            assert 1 <= len(button["text"]) <= 20, button
            if "url" not in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")


@dataclass
class Shown:
    """A message as a person sees it."""

    chat: int
    id: int
    text: str
    html: str
    rows: list = field(default_factory=list)
    reply: int | None = None
    topic: int | None = None
    document: bytes | None = None
    photo: bytes | None = None
    filename: str | None = None
    edits: int = 0

    @property
    def labels(self):
        return [button["text"] for row in self.rows for button in row]


@dataclass
class Stub:
    """The state of the server."""

    webhook: dict | None = None
    updates: list = field(default_factory=list)  # 2.1: kept until confirmed by a higher offset
    shown: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    answers: list = field(default_factory=list)  # answered taps: id, text
    taps: set = field(default_factory=set)
    faults: dict = field(default_factory=lambda: defaultdict(deque))
    clock: int = 1_700_000_000
    next_update: int = 1000
    next_message: int = 1
    polling: set = field(default_factory=set)
    menu: list = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    # --- the person's side ---------------------------------------------------------------------------------------------

    def update(self, **kind):
        self.next_update += 1
        update = {"update_id": self.next_update, **kind}
        self.updates.append(update)
        self.news.set()
        return update

    def message(self, chat, text=None, user=None, topic=None, kind="message", id=None, **more):
        if id is None:
            id, self.next_message = self.next_message, self.next_message + 1
        self.clock += 1
        body = {
            "message_id": id, "date": self.clock,
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": {"id": user or chat, "is_bot": False, "first_name": "Ann"}, **more,
        }  # fmt: skip
        if text is not None:
            body["text"] = text
        if topic is not None:
            body |= {"message_thread_id": topic, "is_topic_message": True}
        return self.update(**{kind: body})

    def tap(self, shown, label, user=None):
        data = next(b["callback_data"] for row in shown.rows for b in row if b["text"] == label)
        query = f"q{self.next_update}"
        self.taps.add(query)
        message = {**_message(shown), "reply_markup": {"inline_keyboard": shown.rows}}
        if shown.topic is not None:
            message |= {"message_thread_id": shown.topic, "is_topic_message": True}
        sender = {"id": user or shown.chat, "is_bot": False, "first_name": "Ann"}
        return self.update(callback_query={"id": query, "from": sender, "chat_instance": "1", "message": message, "data": data})

    def at(self, chat):
        return [each for each in self.shown if each.chat == chat]

    async def until(self, condition, seconds=20.0):
        """Wait until something holds; its value."""
        async with asyncio.timeout(seconds):
            while not (found := condition()):
                await asyncio.sleep(0.01)
        return found

    # --- the bot's side ------------------------------------------------------------------------------------------------

    async def handle(self, request):
        token, method = request.match_info["token"], request.match_info["method"]
        if token != TOKEN:
            return _answer(Refused(401, "Unauthorized"))
        try:
            data = await _read(request)
        except ConnectionResetError:  # the bot was killed
            return web.Response()
        self.calls.append((method, data))
        try:
            if self.faults[method]:
                fault = self.faults[method].popleft()
                if fault == "lost":  # 2.3: accepted, and the reply is lost: unknown outcome
                    await getattr(self, f"do_{method}")(data)
                    request.transport.abort()
                    return web.Response()
                if fault == "cut":
                    request.transport.abort()
                    return web.Response()
                raise fault
            do = getattr(self, f"do_{method}", None)
            if do is None:
                return _answer(Refused(404, "Not Found"))
            return web.json_response({"ok": True, "result": await do(data)})
        except Refused as refused:
            return _answer(refused)

    async def do_getMe(self, data):  # noqa: N802
        return {"id": BOT, "is_bot": True, "first_name": "Advisor", "username": NAME}

    async def do_setMyCommands(self, data):  # noqa: N802
        self.menu = data["commands"]
        assert all(len(each["description"]) <= 256 for each in self.menu)
        return True

    async def do_setMyDescription(self, data):  # noqa: N802
        assert len(data["description"]) <= 512
        return True

    async def do_setMyShortDescription(self, data):  # noqa: N802
        assert len(data["short_description"]) <= 120
        return True

    async def do_deleteWebhook(self, data):  # noqa: N802
        assert not data.get("drop_pending_updates")  # 2.1: always false
        self.webhook = None
        return True

    async def do_setWebhook(self, data):  # noqa: N802
        assert not data.get("drop_pending_updates")
        assert data["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
        self.webhook = data
        return True

    async def do_getUpdates(self, data):  # noqa: N802
        """2.1: forgotten only with a higher offset; 409 for a second poller or beside a webhook; at most 100."""
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if self.polling:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        assert data["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
        assert 1 <= data["limit"] <= 100
        assert data["timeout"] <= 50
        if "offset" in data:
            self.updates = [each for each in self.updates if each["update_id"] >= data["offset"]]
        this = object()
        self.polling.add(this)
        try:
            if not self.updates:
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), timeout=1.0)
        finally:
            self.polling.discard(this)
        return self.updates[: data["limit"]]

    async def do_sendMessage(self, data):  # noqa: N802
        assert data["link_preview_options"] == {"is_disabled": True}
        text = parsed(data["text"], data.get("parse_mode"))
        check_text(text, 4096)
        check_keyboard(data.get("reply_markup"))
        return self._show(data, text, data["text"])

    async def do_sendDocument(self, data):  # noqa: N802
        caption = parsed(data["caption"], data.get("parse_mode"))
        check_text(caption, 1024)
        found = self._show(data, caption, data["caption"])
        self.shown[-1].filename, self.shown[-1].document = data["document"]
        return found

    async def do_sendPhoto(self, data):  # noqa: N802
        caption = parsed(data["caption"], data.get("parse_mode"))
        check_text(caption, 1024)
        check_keyboard(data.get("reply_markup"))
        if not data["photo"][1].startswith(b"\x89PNG"):
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        found = self._show(data, caption, data["caption"])
        self.shown[-1].filename, self.shown[-1].photo = data["photo"]
        return found

    async def do_editMessageText(self, data):  # noqa: N802
        text = parsed(data["text"], data.get("parse_mode"))
        check_text(text, 4096)
        check_keyboard(data.get("reply_markup"))
        shown = next(
            (each for each in self.shown if (each.chat, each.id) == (int(data["chat_id"]), int(data["message_id"]))), None
        )
        if shown is None:
            raise Refused(400, "Bad Request: message to edit not found")
        rows = (data.get("reply_markup") or {}).get("inline_keyboard", [])
        if (shown.html, shown.rows) == (data["text"], rows):  # 2.3: an error that is none
            raise Refused(400, "Bad Request: message is not modified: specified new message content is exactly the same")
        shown.text, shown.html, shown.rows = text, data["text"], rows
        shown.edits += 1
        return _message(shown)

    async def do_answerCallbackQuery(self, data):  # noqa: N802
        """2.3: a query that is too old or unknown is an error that is to be ignored; 2.2: text of at most 200."""
        assert len(data.get("text", "")) <= 200
        if data["callback_query_id"] not in self.taps:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answers.append((data["callback_query_id"], data.get("text")))
        return True

    def _show(self, data, text, html):
        id, self.next_message = self.next_message, self.next_message + 1
        rows = (data.get("reply_markup") or {}).get("inline_keyboard", [])
        reply = (data.get("reply_parameters") or {}).get("message_id")
        topic = data.get("message_thread_id")
        self.shown.append(Shown(int(data["chat_id"]), id, text, html, rows, reply, int(topic) if topic else None))
        return _message(self.shown[-1])

    # --- webhook -------------------------------------------------------------------------------------------------------

    async def deliver(self, url, secret, seconds=20.0):
        """2.1: pushes what is pending until each got a 2xx; any other answer means again."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        tries = 0
        async with httpx.AsyncClient() as client, asyncio.timeout(seconds):
            while self.updates:
                tries += 1
                try:
                    answer = await client.post(url, json=self.updates[0], headers=headers)
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.is_success:
                    self.updates.pop(0)
                else:
                    await asyncio.sleep(0.05)
        return tries


def _message(shown):
    return {"message_id": shown.id, "date": 1, "chat": {"id": shown.chat, "type": "private" if shown.chat > 0 else "supergroup"}}


def _answer(refused):
    body = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


async def _read(request):
    """Parameters of a request: JSON, form or multipart; values that are JSON are read."""
    if request.content_type == "application/json":
        return await request.json()
    found = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found[key] = (value.filename, value.file.read())
        elif key in ("text", "caption", "callback_query_id", "description", "short_description", "url", "secret_token"):
            found[key] = value
        else:
            try:
                found[key] = json.loads(value)
            except ValueError:
                found[key] = value
    for name in ("document", "photo"):
        if isinstance(found.get(name), str) and found[name].startswith("attach://"):
            found[name] = found[found[name].removeprefix("attach://")]
    return found


@contextlib.asynccontextmanager
async def running(stub=None, port=0):
    """The server on a port of its own; gives the stub and its address."""
    stub = stub or Stub()
    app = web.Application(client_max_size=60 * 1024 * 1024)
    app.router.add_route("*", "/bot{token}/{method}", stub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield stub, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
