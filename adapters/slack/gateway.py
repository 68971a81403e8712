"""The outbox's way to Slack: one call a post, never repeated here; each post carries its outbox number as metadata.

A message of several posts that was cut off in the middle goes on where it was. `sent_as` is `channel:ts` of the post with
the controls. Exports and pictures are uploaded as files.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.address import PLATFORM, Address, Json
from adapters.slack.blocks import controlled, payloads
from adapters.slack.errors import Refused, meaning, reason
from adapters.slack.look import Look
from adapters.slack.uploads import file_name, file_of, is_file
from bot.gateway import Absent, Arrived, NotSent, PlaceClosed, Unknown, Unsendable
from bot.markup import escape
from bot.records import Outgoing
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError

log = structlog.get_logger()

EVENT = "advisor_outbox"
LOOKED_AT = 100
SECONDS_BEFORE = 60
UPLOAD_TRIES = 3  # then it is said in words


class SlackGateway:
    """Sends to one workspace.

    Slack allows about a message a second and channel, and bursts; what is too much it says itself, and how long to wait (429).
    A person answers more slowly than that, so nothing is held back beforehand: a place has one call on its way at a time.
    """

    platform = PLATFORM
    per_place_ms = 0
    overall_ms = 0

    def __init__(
        self, client: AsyncWebClient, store: Store, look: Look, refused: Callable[[str | None], None] = lambda _: None
    ) -> None:
        """`refused` is told why Slack refuses us, and None when it takes a message."""
        self.client, self.store, self.look, self.refused = client, store, look, refused

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        """Post, edit, upload, or whisper. Raises the sender's exceptions."""
        try:
            sent = await self._sent(outgoing, message, earlier, arrived)
        except StoreError:
            raise
        except Exception as error:
            meant = meaning(error)
            if isinstance(meant, Refused):
                log.error("cannot send", why=meant.why)
                self.refused(meant.why)
            raise meant from error
        self.refused(None)
        return sent

    async def _sent(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        address = Address.model_validate_json(outgoing.address)
        match outgoing.kind:
            case "settle":
                return await self._edit(message, outgoing, earlier)
            case "private":
                await self._whisper(address, message, outgoing)
            case _ if is_file(message):
                await self._upload(address, message, outgoing, arrived)
            case _:
                return await self._post(address, message, outgoing, arrived)
        return None

    async def find(self, outgoing: Outgoing) -> str | None:
        """Look for the posts by their metadata; None where that cannot tell."""
        message = Message.model_validate_json(outgoing.body)
        if outgoing.kind == "private":
            return None
        if outgoing.kind == "settle":
            raise Absent("an edit can be repeated")
        try:
            there = await self._there(outgoing)
        except SlackApiError as error:
            if reason(error) in ("missing_scope", "thread_not_found", "method_not_supported_for_channel_type"):
                return None
            raise meaning(error) from error
        except Exception as error:
            raise meaning(error) from error
        if is_file(message):
            if 0 in there:
                return there[0]
            raise Absent("no such file is there")
        posts = payloads(message, outgoing.number, self.look)
        if set(range(len(posts))) <= set(there):
            return there[controlled(posts)]
        raise Absent(f"{len(there)} of {len(posts)} posts are there", there)

    async def _post(self, address: Address, message: Message, outgoing: Outgoing, arrived: Arrived) -> str:
        posts, posted = payloads(message, outgoing.number, self.look), dict(outgoing.parts)
        for part, post in [(part, post) for part, post in enumerate(posts) if part not in posted]:
            metadata = {"event_type": EVENT, "event_payload": {"number": outgoing.number, "part": part}}
            answer = await self.client.chat_postMessage(
                channel=address.channel,
                thread_ts=address.thread,
                metadata=metadata,
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
                **post,
            )
            posted[part] = f"{answer['channel']}:{answer['ts']}"
            if part < len(posts) - 1:
                await arrived(part, posted[part])
        return posted[controlled(posts)]

    async def _edit(self, message: Message, outgoing: Outgoing, earlier: str | None) -> str:
        if earlier is None:
            raise Unsendable("nothing to edit")
        channel, _, ts = earlier.rpartition(":")
        post = payloads(message, outgoing.about or outgoing.number, self.look)[0]
        await self.client.chat_update(channel=channel, ts=ts, **post)
        return earlier

    async def _whisper(self, address: Address, message: Message, outgoing: Outgoing) -> None:
        for post in payloads(message, outgoing.number, self.look):
            await self.client.chat_postEphemeral(channel=address.channel, user=address.user, thread_ts=address.thread, **post)

    async def _upload(self, address: Address, message: Message, outgoing: Outgoing, arrived: Arrived) -> None:
        """A file. Where it cannot be drawn or Slack will not take it, a line that says so, for nothing may wait behind it."""
        file = await file_of(message, outgoing, self.store, self.look.knowledge, self.look.language)
        if file is not None:
            channel = await self._channel(address.channel)
            try:
                await self.client.files_upload_v2(
                    channel=channel,
                    thread_ts=address.thread,
                    filename=file.name,
                    title=file.title,
                    file=file.content,
                    alt_txt=file.alt,
                )
            except Exception as error:
                meant = meaning(error)
                if isinstance(meant, PlaceClosed) or (_may_pass(meant) and outgoing.attempts < UPLOAD_TRIES):
                    raise
                log.error("file not sent", number=outgoing.number, why=str(meant))
            else:
                return
        key, lead = ("no_picture", f"{message.markdown}\n\n") if message.picture is not None else ("no_file", "")
        said = Message(name="note", markdown=f"{lead}*{escape(self.look.sentence(key))}*")
        await self._post(address, said, outgoing, arrived)

    async def _there(self, outgoing: Outgoing) -> dict[int, str]:
        """The posts of this message that arrived, by their part."""
        address = Address.model_validate_json(outgoing.address)
        channel = await self._channel(address.channel)
        oldest = str((outgoing.started_at or 0) // 1000 - SECONDS_BEFORE)
        wanted: Json = {"channel": channel, "oldest": oldest, "limit": LOOKED_AT, "include_all_metadata": True}
        if address.thread is not None:
            answer = await self.client.conversations_replies(ts=address.thread, **wanted)
        else:
            answer = await self.client.conversations_history(**wanted)
        found: dict[int, str] = {}
        name = file_name(Message.model_validate_json(outgoing.body), outgoing)
        for post in answer["messages"]:
            match post:
                case {"ts": str(ts), "files": [{"name": str(sent)}, *_]} if sent == name:
                    found[0] = f"{channel}:{ts}"
                case {
                    "ts": str(ts),
                    "metadata": {"event_type": str(kind), "event_payload": {"number": number, "part": int(part)}},
                }:
                    if kind == EVENT and number == outgoing.number:
                        found[part] = f"{channel}:{ts}"
                case _:
                    pass
        return found

    async def _channel(self, channel: str) -> str:
        """The id of a channel; of the direct messages with a person if it is a person's."""
        if channel[:1] not in ("U", "W"):
            return channel
        answer = await self.client.conversations_open(users=channel)
        return str(answer["channel"]["id"])


def _may_pass(meant: Exception) -> bool:
    """Whether a failed upload may go through if it is tried again."""
    return isinstance(meant, NotSent | Unknown) and not isinstance(meant, Refused)
