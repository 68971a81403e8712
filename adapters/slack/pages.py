"""App Home and the form, shown in Slack: effects on receipt, which are repeated by opening the page again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.address import Address, Json, person
from adapters.slack.blocks import payloads
from adapters.slack.command import again
from adapters.slack.deliveries import digest, understood
from adapters.slack.errors import Refused, meaning, reason
from adapters.slack.form import form
from adapters.slack.history import Past, answers
from adapters.slack.history import own as past_of
from adapters.slack.home import AGAIN, EXPORT, FORGET, FORM, OPEN, START, home
from adapters.slack.look import Look
from adapters.slack.transcripts import Transcripts
from bot.erasure import forget_person
from bot.gateway import NotSent, Unknown
from bot.markup import escape
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError

if TYPE_CHECKING:
    from adapters.slack.receive import Reception

log = structlog.get_logger()

TRIES, LONGEST_WAIT = 4, 10.0


class Pages:
    """What one workspace's people open."""

    def __init__(
        self,
        client: AsyncWebClient,
        store: Store,
        team: str,
        look: Look,
        now: Callable[[], int],
        reviewers: tuple[str, ...] = (),
    ) -> None:
        self.client, self.store, self.team, self.look, self.now = client, store, team, look, now
        self.transcripts = Transcripts(store.path, team, reviewers, look.knowledge)

    async def show_home(self, user: str, note: str = "", channel: str | None = None) -> None:
        """Draw App Home; what was just done, and the channel where, on top."""
        view = home(past_of(self.store, person(self.team, user)), self.look, note, channel)
        await self._call("views.publish", {"user_id": user, "view": view})

    async def open_form(self, trigger: str) -> None:
        """Open the form; the trigger lives three seconds."""
        await self._call("views.open", {"trigger_id": trigger, "view": form(self.look)})

    async def whisper(self, channel: str, user: str, thread: object, text: str) -> None:
        """Tell somebody alone something that no interview is about."""
        (post, *_) = payloads(Message(name="whisper", markdown=escape(text)), 0, self.look)
        where = {"thread_ts": thread} if isinstance(thread, str) else {}
        await self._call("chat.postEphemeral", {"channel": channel, "user": user, **where, **post})

    async def tell(self, address: Address, message: Message) -> None:
        """Tell somebody alone, where they spoke to us, what belongs to no conversation."""
        if address.channel == address.user:
            (post, *_) = payloads(message, 0, self.look)
            await self._call("chat.postMessage", {"channel": address.user, **post})
        else:
            await self.whisper(address.channel, address.user, address.thread, message.text)

    # --- transcripts ---------------------------------------------------------------------------------------------------

    async def others(self, user: str) -> list[Past] | None:
        """The latest advisories of others, for a reviewer."""
        return await asyncio.to_thread(self.transcripts.latest, user)

    async def may_read(self, user: str, id: str) -> bool:
        """Whether somebody may read an advisory."""
        return await asyncio.to_thread(self.transcripts.may_read, user, id)

    async def send_transcript(self, user: str, id: str) -> None:
        """Send a transcript to somebody alone, as a file in a direct message; if it cannot be sent, say so there."""
        try:
            found = await asyncio.to_thread(self.transcripts.file, user, id)
        except StoreError as error:
            log.error("transcript not read", why=str(error))
            found = None
        if found is None or not await self._upload(user, found.name, found.text):
            await self._call("chat.postMessage", {"channel": user, "text": self.look.sentence("not_sent")})

    async def _upload(self, user: str, name: str, text: str) -> bool:
        """Send a file to somebody, tried again where Slack asks to wait or fails; whether it went out."""
        for attempt in range(TRIES):
            try:
                channel = str((await self.client.conversations_open(users=user))["channel"]["id"])
                await self.client.files_upload_v2(channel=channel, content=text, filename=name, title=name)
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                meant = meaning(error)
                log.error("file not sent", name=name, why=str(meant))
                if isinstance(meant, Refused) or not isinstance(meant, NotSent | Unknown):
                    return False
                wait = meant.retry_after if isinstance(meant, NotSent) else None
                await asyncio.sleep(min(wait if wait is not None else 2.0**attempt, LONGEST_WAIT))
            else:
                return True
        return False

    # --- App Home ------------------------------------------------------------------------------------------------------

    async def home_action(self, user: str, action: str, value: str, body: Json, reception: Reception) -> None:
        """A button of App Home."""
        first = body["actions"][0]
        key = digest(user, action, value, str(first.get("action_ts")))
        match action:
            case _ if action == START:
                await reception.start(user, key)
                reception.soon(self.show_home(user, self.look.sentence("opened")))
            case _ if action == FORM:
                reception.soon(self.open_form(str(body.get("trigger_id"))))
            case _ if action in (OPEN, EXPORT, AGAIN):
                found = next((each for each in past_of(self.store, person(self.team, user)) if each.id == value), None)
                if found is None:
                    reception.soon(self.show_home(user, self.look.sentence("show_none")))
                elif action == AGAIN:
                    await reception.start(user, key, answers(self.store, found.id, self.look.knowledge))
                    reception.soon(self.show_home(user, self.look.sentence("opened")))
                else:
                    incoming = again(self.team, user, found, "open")
                    if action == EXPORT:
                        incoming = incoming.model_copy(update={"token": "e:md"})
                    await reception.server.receive([understood(incoming, key, found.place, self.now())])
                    reception.soon(
                        self.show_home(
                            user, self.look.sentence("home_there_in" if found.channel else "home_there"), found.channel
                        )
                    )
            case _ if action == FORGET:
                reception.soon(self._forget(user))
            case _:
                log.info("unknown button", action=action)

    async def _forget(self, user: str) -> None:
        """Delete a person's data on a connection of its own, so that others are served meanwhile."""
        try:
            complete = await asyncio.to_thread(_forgotten, self.store, person(self.team, user), self.now())
        except StoreError as error:
            log.error("erasure failed", why=str(error))
            complete = False
        await self.show_home(user, self.look.sentence("home_forgotten" if complete else "home_not_forgotten"))

    async def _call(self, method: str, arguments: Json) -> None:
        try:
            await self.client.api_call(method, json=arguments)
        except SlackApiError as error:
            log.error("page not shown", method=method, why=reason(error))
        except (aiohttp.ClientError, TimeoutError) as error:
            log.error("page not shown", method=method, why=type(error).__name__)


def _forgotten(store: Store, who: str, now: int) -> bool:
    own = Store(store.path)
    try:
        return forget_person(own, who, now).complete
    finally:
        own.close()
