"""Delivers what the outbox holds: messages in parts, edits, files, answers to taps; carries out errands.

A tap is answered before anything else is sent for it. Each part of a message is noted as it arrives, so that whatever comes
between, another try goes on after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from adapters.telegram import formatting, own_data, pictures
from adapters.telegram.address import Address
from adapters.telegram.asides import FEEDBACK, PRIVATE_ONLY
from adapters.telegram.calls import Calls
from adapters.telegram.formatting import Part
from adapters.telegram.keyboards import explained, keyboard, ranking
from adapters.telegram.links import HISTORY
from adapters.telegram.pacing import Pacing
from bot.drawing import drawn
from bot.gateway import Arrived, NotSent, PlaceClosed, Unknown, Unsendable
from bot.handout import name_of
from bot.markup import escape
from bot.records import Outgoing
from bot.speak import Button, Message
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.model import Knowledge
from telegram import Bot, InlineKeyboardMarkup

log = structlog.get_logger()

RECEIPT_TRIES, LONGEST_PAUSE = 5, 60.0


class TelegramGateway:
    """Delivery to Telegram for one bot."""

    platform = "telegram"

    def __init__(
        self, bot: Bot, username: str, store: Store, knowledge: Knowledge, language: str, pacing: Pacing, now: Callable[[], int]
    ) -> None:
        self.calls = Calls(bot, pacing.per_group)
        self.username, self.store, self.now = username, store, now
        self.knowledge, self.language, self.words = knowledge, language, knowledge.words(language)
        self.per_place_ms, self.overall_ms = pacing.per_place_ms, pacing.overall_ms
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        """Deliver; returns `chat:message` of the last part. Raises what the sender knows."""
        address = Address.model_validate_json(outgoing.address)
        if outgoing.kind == "private" and address.callback is not None:
            await self.calls.acknowledge(address.callback, message.text)
            return None
        if address.callback is not None:
            await self.calls.acknowledge(address.callback)
        if outgoing.kind == "settle":
            return await self._edit(address, message, earlier) if earlier is not None else None
        if message.name in (own_data.FORGET_ONE, own_data.FORGET_ALL):
            return await self._forget(address, outgoing, message.name)
        if message.name == own_data.GATHER:
            return await self._gather(address, outgoing)
        if message.picture is not None:
            return await self._picture(address, outgoing, message, arrived)
        if (name := name_of(message, outgoing.conversation)) is not None:
            return await self.calls.document(address, message.markdown.encode(), name, self._caption("telegram_document"))
        return await self._post(address, outgoing, message, arrived)

    async def find(self, outgoing: Outgoing) -> None:
        """Telegram has no way to look for a message of one's own."""
        del outgoing

    def soon(self, address: Address, message: Message) -> None:
        """Say what is not stored, when the loop gets to it."""
        task = asyncio.ensure_future(self._unstored(address, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _unstored(self, address: Address, message: Message) -> None:
        if address.callback is not None:
            await self.calls.acknowledge(address.callback)
        link = None
        if message.name == PRIVATE_ONLY:
            link = (self.words.sentences["telegram_private_history"], f"https://t.me/{self.username}?start={HISTORY}")
        try:
            for part in formatting.parts(message.markdown):
                await self.calls.text(address, part, keyboard(message, link), reply=True)
        except (NotSent, Unknown, Unsendable, PlaceClosed) as error:
            log.warning("a note was not sent", why=str(error))

    # --- messages ------------------------------------------------------------------------------------------------------

    async def _post(self, address: Address, outgoing: Outgoing, message: Message, arrived: Arrived) -> str:
        parts, buttons = self._composed(address, outgoing, message)
        there, last = dict(outgoing.parts), len(parts) - 1
        for number in [each for each in range(len(parts)) if each not in there]:
            if there and self.per_place_ms:
                await asyncio.sleep(self.per_place_ms / 1000)
            is_last = number == last
            there[number] = await self.calls.text(address, parts[number], buttons if is_last else None, reply=number == 0)
            if not is_last:
                await arrived(number, there[number])
        return there[last]

    async def _picture(self, address: Address, outgoing: Outgoing, message: Message, arrived: Arrived) -> str:
        """The picture with the verdict under it; without a picture, or if it is refused, the verdict alone."""
        picture = await drawn(self.store, outgoing.conversation, message, self.knowledge, self.language)
        if picture is not None:
            shown = pictures.with_button(message, self.words)
            caption = formatting.parts(shown.markdown, formatting.LONGEST_CAPTION)[0]
            try:
                name = name_of(message, outgoing.conversation) or ""
                return await self.calls.photo(address, picture.png, name, caption, keyboard(shown))
            except Unsendable as error:
                log.error("picture refused", why=str(error))
        failed = f"{message.markdown}\n\n{escape(self.words.sentences['picture_failed'])}"
        return await self._post(address, outgoing, message.model_copy(update={"markdown": failed}), arrived)

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
            said = self.words.sentences
            export = Button(label=said["telegram_export"], token=f"t:export:{outgoing.conversation}")
            opinion = [Button(label=said[f"telegram_{each}"], token=token) for each, token in FEEDBACK.items()]
            message = message.model_copy(update={"buttons": (*message.buttons, export), "more": tuple(opinion)})
            collapsed = frozenset(self.words.sentences[each] for each in ("telegram_sums", "telegram_sources"))
        parts = formatting.parts(markdown, collapsed=collapsed) or (Part("…", "…"),)
        return parts, keyboard(message, link)

    async def _edit(self, address: Address, message: Message, earlier: str) -> str:
        return await self.calls.edit(address, earlier, formatting.parts(message.markdown)[-1], keyboard(message))

    def _caption(self, key: str) -> Part:
        return formatting.parts(self.words.sentences[key], formatting.LONGEST_CAPTION)[0]

    # --- errands -------------------------------------------------------------------------------------------------------

    async def _forget(self, address: Address, outgoing: Outgoing, name: str) -> str | None:
        """Erase, then show the receipt in place of the question. The order goes with what it erases, so it is not repeated."""
        try:
            receipt = await asyncio.to_thread(own_data.erased, self.store.path, name, outgoing.conversation, self.now())
        except StoreError as error:
            raise NotSent(f"not erased: {error}", blameless=True) from error
        log.info("erased on request", what=name, erased=receipt.erased, complete=receipt.complete, why=receipt.why)
        said = Message(name="receipt", markdown=own_data.told(receipt, self.words))
        for _ in range(RECEIPT_TRIES):
            try:
                return await self._edit(address, said, f"{address.chat}:{address.tapped}")
            except NotSent as error:
                await asyncio.sleep(min(error.retry_after or 1.0, LONGEST_PAUSE))
            except (Unknown, Unsendable, PlaceClosed) as error:
                log.warning("a receipt was not shown", why=str(error))
                break
        return None

    async def _gather(self, address: Address, outgoing: Outgoing) -> str:
        """A person's own data as a file; it is gathered anew for each try and never stored."""
        try:
            content = await asyncio.to_thread(
                own_data.gathered, self.store.path, outgoing.conversation, self.knowledge, self.now()
            )
        except StoreError as error:
            raise NotSent(f"not gathered: {error}", blameless=True) from error
        return await self.calls.document(address, content, "my-data.json", self._caption("telegram_my_data_caption"))
