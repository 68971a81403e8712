"""The seam: everything Slack delivers is in the inbox before it is acknowledged; then, and only then, it is told 200.

Nothing is answered 404. What is nobody's answer is acknowledged and not kept. Three things happen on receipt, since they
cannot wait or change nothing: a form opens (its trigger lives 3 s) and is checked, App Home is drawn, a command is replied to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

import structlog
from slack_bolt.response import BoltResponse

from adapters.slack.address import PLATFORM, Address, Json, is_aside, is_private, person, private_place
from adapters.slack.command import COMMAND, answer, asked, begin, whisper
from adapters.slack.deliveries import ANSWERS, delivery, digest, understood
from adapters.slack.form import CALLBACK, filled
from adapters.slack.history import own as past_of
from adapters.slack.look import Look
from adapters.slack.parse import Own, outsider, parse, words
from bot.messages import Ignored, Unreadable
from bot.records import Delivery
from bot.serve import Busy, Server
from bot.speak import Message
from bot.store_errors import StoreError

if TYPE_CHECKING:
    from adapters.slack.pages import Pages

log = structlog.get_logger()

SHORTCUT = "advise_on_this"
EVENTS = ("message", "app_mention", "app_home_opened", "app_uninstalled", "tokens_revoked")
TRY_LATER = 503
DO = "install the app again and set the new SLACK_BOT_TOKEN"


class Reception:
    """Takes what Slack delivers for one workspace."""

    def __init__(self, server: Server, own: Own, look: Look, pages: Pages, now: Callable[[], int]) -> None:
        self.server, self.own, self.look, self.pages, self.now = server, own, look, pages, now
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, body: Json) -> BoltResponse:
        """Store, then acknowledge. An answer other than 200 makes Slack deliver again."""
        try:
            return await self._taken(body)
        except (Busy, StoreError) as error:
            log.error("delivery refused", why=str(error))
            return BoltResponse(status=TRY_LATER, body="")

    async def _taken(self, body: Json) -> BoltResponse:
        match body:
            case {"type": "url_verification", "challenge": str(challenge)}:
                return BoltResponse(status=200, body={"challenge": challenge})
            case {"type": "event_callback", "event": {"type": str(kind)} as event}:
                return await self._event(kind, event, body)
            case {"type": "block_actions", "user": {"id": str(user)}, "actions": [{"action_id": str(action)} as done, *_]}:
                if action.startswith("home:"):
                    await self.pages.home_action(user, action, str(done.get("value", "")), body, self)
                    return _done()
                return await self._keep(delivery(body, self.now()))
            case {"type": "view_submission", "user": {"id": str(user)}, "view": {"callback_id": str(id)} as view} if (
                id == CALLBACK
            ):
                return await self._submitted(user, view)
            case {"type": "message_action", "callback_id": str(id), "user": {"id": str(user)}, "message": dict(message)} if (
                id == SHORTCUT
            ):
                said = words(str(message.get("text") or ""), self.own)
                key = digest(SHORTCUT, user, str(body.get("action_ts")), str(message.get("ts")))
                return await self._keep(self._opening(user, said, key))
            case {"command": str(command), "user_id": str(user)} if command == COMMAND:
                return await self._command(user, str(body.get("text") or ""), str(body.get("trigger_id") or ""))
            case {"type": "app_rate_limited"}:
                log.error("Slack holds events back: more than 30,000 in an hour")
                return _done()
            case _:
                log.info("acknowledged without effect", type=str(body.get("type") or body.get("command")))
                return _done()

    async def _event(self, kind: str, event: Json, body: Json) -> BoltResponse:
        match kind:
            case "app_home_opened":
                if event.get("tab", "home") == "home":
                    self.soon(self.pages.show_home(str(event.get("user"))))
                return _done()
            case "app_uninstalled" | "tokens_revoked":
                return await self._access_gone(kind, event, body)
            case "app_mention" | "message" if self._strange(kind, event):
                return _done()
            case _:
                return await self._keep(delivery(body, self.now()))

    async def _access_gone(self, kind: str, event: Json, body: Json) -> BoltResponse:
        """Say that we may do nothing any more: in the log, to the supervisor, and (by what is kept) to `advisor doctor`."""
        match event.get("tokens"):
            case {"bot": list(bots)} if kind == "tokens_revoked" and self.own.user not in bots:
                return _done()  # tokens of people, which we do not use
            case {"oauth": [*_], **rest} if kind == "tokens_revoked" and "bot" not in rest:
                return _done()
            case _:
                log.error("Slack access is gone", what=kind, team=str(body.get("team_id")), do=DO)
                self.server.trouble = f"Slack access is gone ({kind}); {DO}"
                await self.server.receive([delivery(body, self.now())])
                return _done()

    def _strange(self, kind: str, event: Json) -> bool:
        """Whether somebody of another organisation speaks; if it is to us, they are told kindly, and nothing is kept."""
        if not outsider(event, self.own.team) or event.get("bot_id") or event.get("subtype") not in ANSWERS:
            return False
        match event:
            case {"channel": str(channel), "user": str(user)} if kind == "app_mention" or is_private(channel):
                self.soon(self.pages.whisper(channel, user, event.get("thread_ts"), self.look.sentence("outsider")))
            case _:
                pass
        return True

    async def _keep(self, taken: Delivery) -> BoltResponse:
        """Into the inbox, unless it is nobody's answer."""
        try:
            read = parse(taken.raw, self.own)
        except Unreadable as error:
            log.warning("delivery set aside", why=str(error))
            read = None
        if isinstance(read, Ignored) or (read is not None and is_aside(read.address) and self._foreign(taken)):
            return _done()
        await self.server.receive([taken])
        return _done()

    def _foreign(self, taken: Delivery) -> bool:
        """Whether words were said in a thread that surely holds no interview; such words are not kept."""
        store = self.server.service.store
        return taken.place is not None and store.latest_at(taken.place) is None and store.backlog(PLATFORM) == 0

    async def _command(self, user: str, text: str, trigger: str) -> BoltResponse:
        kind, past = asked(text), past_of(self.pages.store, person(self.own.team, user))
        others = await self.pages.others(user) if kind == "review" else None
        wanted = text.casefold().split()[1] if kind == "show" else ""
        readable = kind == "show" and await self.pages.may_read(user, wanted)
        found = answer(self.own.team, user, text, past, self.look, others=others, readable=readable)
        if readable:
            self.soon(self.pages.send_transcript(user, wanted))
        if found.incoming is not None:
            await self.server.receive([understood(found.incoming, digest(COMMAND, user, trigger), found.place, self.now())])
        if found.form:
            self.soon(self.pages.open_form(trigger))
        return BoltResponse(status=200, body=whisper(found.reply, self.look))

    async def _submitted(self, user: str, view: Json) -> BoltResponse:
        read = filled(view, self.look)
        if read.errors:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": read.errors})
        return await self._keep(
            self._filled_in(user, read.text, digest(CALLBACK, user, str(view.get("id")), str(view.get("hash"))))
        )

    def _filled_in(self, user: str, answers: str, key: str) -> Delivery:
        incoming = begin(self.own.team, user, "").model_copy(update={"text": answers, "via": "file"})
        return understood(incoming, key, private_place(self.own.team, user), self.now())

    def _opening(self, user: str, said: str, key: str) -> Delivery:
        return understood(begin(self.own.team, user, said), key, private_place(self.own.team, user), self.now())

    async def start(self, user: str, key: str, answers: str = "{}") -> None:
        """Begin an interview in direct messages, with the answers of an earlier one where there are some."""
        await self.server.receive([self._opening(user, "", key) if answers == "{}" else self._filled_in(user, answers, key)])

    def tell(self, address: Address, message: Message) -> None:
        """Tell somebody alone what belongs to no conversation."""
        self.soon(self.pages.tell(address, message))

    def soon(self, effect: Coroutine[None, None, None]) -> None:
        """Do something beside the acknowledgement."""
        task = asyncio.ensure_future(effect)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Finish what is being done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _done() -> BoltResponse:
    return BoltResponse(status=200, body="")
