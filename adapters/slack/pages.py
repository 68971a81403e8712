"""App Home and the form, shown in Slack: effects on receipt, which are repeated by opening the page again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.address import Json, person
from adapters.slack.blocks import Look
from adapters.slack.command import again
from adapters.slack.deliveries import digest, understood
from adapters.slack.errors import reason
from adapters.slack.form import form
from adapters.slack.history import own as past_of
from adapters.slack.home import EXPORT, FORGET, FORM, OPEN, START, home
from bot.erasure import forget_person
from bot.store import Store, StoreError

if TYPE_CHECKING:
    from adapters.slack.receive import Reception

log = structlog.get_logger()


class Pages:
    """What one workspace's people open."""

    def __init__(self, client: AsyncWebClient, store: Store, team: str, look: Look, now: Callable[[], int]) -> None:
        self.client, self.store, self.team, self.look, self.now = client, store, team, look, now

    async def show_home(self, user: str, note: str = "") -> None:
        """Draw App Home."""
        view = home(past_of(self.store, person(self.team, user)), self.look, note)
        await self._call("views.publish", {"user_id": user, "view": view})

    async def open_form(self, trigger: str) -> None:
        """Open the form; the trigger lives three seconds."""
        await self._call("views.open", {"trigger_id": trigger, "view": form(self.look)})

    async def home_action(self, user: str, action: str, value: str, body: Json, reception: Reception) -> None:
        """A button of App Home."""
        first = body["actions"][0]
        key = digest(user, action, value, str(first.get("action_ts")))
        match action:
            case _ if action == START:
                await reception.start(user, key)
            case _ if action == FORM:
                reception.soon(self.open_form(str(body.get("trigger_id"))))
            case _ if action in (OPEN, EXPORT):
                found = next((each for each in past_of(self.store, person(self.team, user)) if each.id == value), None)
                if found is not None:
                    incoming = again(self.team, user, found, "open")
                    if action == EXPORT:
                        incoming = incoming.model_copy(update={"token": "e:md"})
                    await reception.server.receive([understood(incoming, key, found.place, self.now())])
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
