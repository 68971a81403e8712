"""Calls of the Bot API: each within the pace of its chat, following a group that became a supergroup, errors given a meaning.

What the server refuses as badly formatted is sent once more as plain text. Messages are named `chat:message`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic_ns
from typing import TypeVar

import structlog
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, TelegramError

from adapters.telegram.address import Address
from adapters.telegram.errors import MarkupRefused, Unchanged, meaning
from adapters.telegram.formatting import Part
from adapters.telegram.pacing import Minute
from bot.gateway import NotSent
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

log = structlog.get_logger()

Result = TypeVar("Result")
LONGEST_NOTE = 200
REMEMBERED = 10_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Calls:
    """One bot's calls. All but `acknowledge` raise what the sender knows."""

    def __init__(self, bot: Bot, per_group: int) -> None:
        self.bot = bot
        self._minute = Minute(per_group)
        self._moved: dict[int, int] = {}
        self._acknowledged: OrderedDict[str, None] = OrderedDict()

    async def text(self, address: Address, part: Part, buttons: InlineKeyboardMarkup | None, *, reply: bool) -> str:
        """Send a text, in groups as a reply if asked to."""

        async def post(chat: int, text: str, parse_mode: ParseMode | None) -> str:
            sent = await self.bot.send_message(
                chat,
                text,
                parse_mode=parse_mode,
                message_thread_id=address.topic,
                reply_markup=buttons,
                reply_parameters=_answering(address) if reply else None,
                link_preview_options=_NO_PREVIEW,
            )
            return f"{chat}:{sent.message_id}"

        return await self._formatted(address, address.chat, part, post)

    async def edit(self, address: Address, earlier: str, part: Part, buttons: InlineKeyboardMarkup | None) -> str:
        """Change an earlier text; one that is gone, or says this already, is as good as changed."""
        chat_text, _, id = earlier.partition(":")

        async def post(chat: int, text: str, parse_mode: ParseMode | None) -> str:
            await self.bot.edit_message_text(
                text, chat, int(id), parse_mode=parse_mode, reply_markup=buttons, link_preview_options=_NO_PREVIEW
            )
            return earlier

        try:
            return await self._formatted(address, int(chat_text), part, post)
        except Unchanged as error:
            log.debug("nothing to edit", why=str(error))
            return earlier

    async def photo(self, address: Address, png: bytes, name: str, caption: Part, buttons: InlineKeyboardMarkup | None) -> str:
        """Send a picture with a text under it, in groups as a reply."""

        async def post(chat: int, text: str, parse_mode: ParseMode | None) -> str:
            sent = await self.bot.send_photo(
                chat,
                png,
                caption=text,
                parse_mode=parse_mode,
                filename=name,
                message_thread_id=address.topic,
                reply_markup=buttons,
                reply_parameters=_answering(address),
            )
            return f"{chat}:{sent.message_id}"

        return await self._formatted(address, address.chat, caption, post)

    async def document(self, address: Address, content: bytes, name: str, caption: Part) -> str:
        """Send a file."""

        async def post(chat: int, text: str, parse_mode: ParseMode | None) -> str:
            sent = await self.bot.send_document(
                chat, content, caption=text, parse_mode=parse_mode, filename=name, message_thread_id=address.topic
            )
            return f"{chat}:{sent.message_id}"

        return await self._formatted(address, address.chat, caption, post)

    async def acknowledge(self, callback: str, note: str | None = None) -> None:
        """Answer a tap, once. Never fails: a tap that is too old needs no answer any more."""
        if callback in self._acknowledged and note is None:
            return
        self._acknowledged[callback] = None
        while len(self._acknowledged) > REMEMBERED:
            self._acknowledged.popitem(last=False)
        try:
            await self.bot.answer_callback_query(callback, text=_short(note), show_alert=note is not None)
        except TelegramError as error:
            log.debug("tap not answered", why=str(meaning(error)))

    async def _formatted(
        self, address: Address, chat: int, part: Part, post: Callable[[int, str, ParseMode | None], Awaitable[Result]]
    ) -> Result:
        try:
            return await self._call(address, chat, lambda chat: post(chat, part.html, ParseMode.HTML))
        except MarkupRefused as error:
            log.error("formatting refused; sent as plain text", why=str(error))
            return await self._call(address, chat, lambda chat: post(chat, part.text, None))

    async def _call(self, address: Address, chat: int, call: Callable[[int], Awaitable[Result]]) -> Result:
        chat = self._moved.get(chat, chat)
        if not address.private:
            ticks = monotonic_ns() // 1_000_000
            wait = self._minute.wait(chat, ticks)
            if wait:
                raise NotSent("this group had its messages for now", wait / 1000, blameless=True)
            self._minute.spend(chat, ticks)
        try:
            return await call(chat)
        except ChatMigrated as moved:
            self._moved[chat] = moved.new_chat_id
        except TelegramError as error:
            raise meaning(error) from None
        try:
            return await call(self._moved[chat])
        except TelegramError as error:
            raise meaning(error) from None


def _answering(address: Address) -> ReplyParameters | None:
    return ReplyParameters(address.reply, allow_sending_without_reply=True) if address.reply is not None else None


def _short(note: str | None) -> str | None:
    """A note as long as a tap's answer may be."""
    return note if note is None or len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1].rstrip() + "…"
