"""Sends what the outbox holds through the Bot API: messages in parts, edits, files, and answers to taps.

A tap is answered before anything else is sent for it. Which parts of a message have arrived is remembered while the process
lives, so that a retry goes on after them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, TelegramError

from adapters.telegram import formatting
from adapters.telegram.address import Address
from adapters.telegram.documents import filename
from adapters.telegram.errors import MarkupRefused, Unchanged, meaning
from adapters.telegram.formatting import Part
from adapters.telegram.keyboards import explained, keyboard, ranking
from adapters.telegram.pacing import Minute, Pacing
from bot.sender import NotSent
from bot.speak import Button, Message
from bot.store import Outgoing
from knowledge.model import Knowledge
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

log = structlog.get_logger()

Result = TypeVar("Result")
LONGEST_NOTE = 200
REMEMBERED = 10_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramGateway:
    """Delivery to Telegram for one bot."""

    platform = "telegram"

    def __init__(
        self, bot: Bot, username: str, knowledge: Knowledge, language: str, pacing: Pacing, now: Callable[[], int]
    ) -> None:
        self.bot, self.username, self.knowledge, self.words = bot, username, knowledge, knowledge.words(language)
        self.language, self.now = language, now
        self.per_place_ms, self.overall_ms = pacing.per_place_ms, pacing.overall_ms
        self._minute = Minute(pacing.per_group)
        self._moved: dict[int, int] = {}
        self._arrived: OrderedDict[int, list[str]] = OrderedDict()
        self._acknowledged: OrderedDict[str, None] = OrderedDict()

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None) -> str | None:
        """Deliver; returns `chat:message` of the last part. Raises what the sender knows."""
        address = Address.model_validate_json(outgoing.address)
        if outgoing.kind == "private" and address.callback is not None:
            await self.acknowledge(address.callback, message.text)
            return None
        if address.callback is not None:
            await self.acknowledge(address.callback)
        if outgoing.kind == "settle":
            return await self._edit(address, message, earlier) if earlier is not None else None
        if (form := filename(message, outgoing.conversation)) is not None:
            return await self._document(address, message, form)
        return await self._post(address, outgoing, message)

    async def find(self, outgoing: Outgoing) -> None:
        """Telegram has no way to look for a message of one's own."""
        del outgoing

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

    # --- messages ------------------------------------------------------------------------------------------------------

    async def _post(self, address: Address, outgoing: Outgoing, message: Message) -> str:
        parts, buttons = self._composed(address, outgoing, message)
        arrived = self._arrived.setdefault(outgoing.number, [])
        while len(self._arrived) > REMEMBERED:
            self._arrived.popitem(last=False)
        for number in range(len(arrived), len(parts)):
            if number and number == len(arrived) and arrived and self.per_place_ms:
                await asyncio.sleep(self.per_place_ms / 1000)
            last = number == len(parts) - 1
            arrived.append(await self._part(address, parts[number], buttons if last else None, reply=number == 0))
        self._arrived.pop(outgoing.number, None)
        return arrived[-1]

    def _composed(
        self, address: Address, outgoing: Outgoing, message: Message
    ) -> tuple[tuple[Part, ...], InlineKeyboardMarkup | None]:
        link = None
        question = self.knowledge.questions.get(message.question or "")
        markdown = explained(message, self.knowledge, self.language)
        if message.ranking and message.name == "ask" and question is not None:
            message = ranking(message, question, (), self.words)
            markdown += f"\n\n*{self.words.sentences['telegram_ranking_hint']}*"
        if message.name == "greet" and not address.private:
            markdown += f"\n\n{self.words.sentences['telegram_group']}"
            link = (self.words.sentences["telegram_private"], f"https://t.me/{self.username}?start=group")
        collapsed = frozenset[str]()
        if message.name == "recommend":
            export = Button(label=self.words.sentences["telegram_export"], token=f"t:export:{outgoing.conversation}")
            message = message.model_copy(update={"buttons": (*message.buttons, export)})
            collapsed = frozenset({self.words.sentences["telegram_sums"]})
        parts = formatting.parts(markdown, collapsed=collapsed) or (Part("…", "…"),)
        return parts, keyboard(message, link)

    async def _part(self, address: Address, part: Part, buttons: InlineKeyboardMarkup | None, *, reply: bool) -> str:
        answering = (
            ReplyParameters(address.reply, allow_sending_without_reply=True) if reply and address.reply is not None else None
        )

        async def post(chat: int, text: str, parse_mode: ParseMode | None) -> str:
            sent = await self.bot.send_message(
                chat,
                text,
                parse_mode=parse_mode,
                message_thread_id=address.topic,
                reply_markup=buttons,
                reply_parameters=answering,
                link_preview_options=_NO_PREVIEW,
            )
            return f"{chat}:{sent.message_id}"

        try:
            return await self._call(address, address.chat, lambda chat: post(chat, part.html, ParseMode.HTML))
        except MarkupRefused as error:
            log.error("formatting refused; sent as plain text", why=str(error))
            return await self._call(address, address.chat, lambda chat: post(chat, part.text, None))

    async def _edit(self, address: Address, message: Message, earlier: str) -> str:
        chat_text, _, id = earlier.partition(":")
        part = formatting.parts(message.markdown)[-1]
        buttons = keyboard(message)

        async def edit(chat: int, text: str, parse_mode: ParseMode | None) -> None:
            await self.bot.edit_message_text(
                text, chat, int(id), parse_mode=parse_mode, reply_markup=buttons, link_preview_options=_NO_PREVIEW
            )

        try:
            await self._call(address, int(chat_text), lambda chat: edit(chat, part.html, ParseMode.HTML))
        except MarkupRefused:
            await self._call(address, int(chat_text), lambda chat: edit(chat, part.text, None))
        except Unchanged as error:
            log.debug("nothing to edit", why=str(error))
        return earlier

    async def _document(self, address: Address, message: Message, name: str) -> str:
        caption = formatting.parts(self.words.sentences["telegram_document"], formatting.LONGEST_CAPTION)[0]

        async def post(chat: int) -> str:
            sent = await self.bot.send_document(
                chat,
                message.markdown.encode(),
                caption=caption.html,
                parse_mode=ParseMode.HTML,
                filename=name,
                message_thread_id=address.topic,
            )
            return f"{chat}:{sent.message_id}"

        return await self._call(address, address.chat, post)

    async def _call(self, address: Address, chat: int, call: Callable[[int], Awaitable[Result]]) -> Result:
        """One request within the pace of its chat, following a group that became a supergroup."""
        chat = self._moved.get(chat, chat)
        if not address.private:
            wait = self._minute.wait(chat, self.now())
            if wait:
                raise NotSent("this group had its messages for now", wait / 1000)
            self._minute.spend(chat, self.now())
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


def _short(note: str | None) -> str | None:
    """A note as long as a tap's answer may be."""
    return note if note is None or len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1].rstrip() + "…"
