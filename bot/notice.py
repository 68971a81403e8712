"""A notice to the owner of a past advice that would be another one today. At most one after each advice."""

from __future__ import annotations

from bot.archive import Archive, Transcript, Viewer
from bot.markup import escape
from bot.records import Line
from bot.replay import Replayed
from bot.review import NotAllowed
from bot.speak import Message
from knowledge.model import Knowledge

NAME = "notice"


def notify(archive: Archive, viewer: Viewer, transcript: Transcript, replayed: Replayed, today: Knowledge) -> bool:
    """Leave the notice in the outbox and the transcript; False if there is one already. Raises NotAllowed."""
    if not viewer.reviewer:
        raise NotAllowed("only a reviewer (see ADVISOR_REVIEWERS) may send notices")
    given = transcript.advice[-1]
    if any(line.message == NAME and line.at >= given.at for line in transcript.lines):
        return False
    words = today.words(transcript.summary.language)

    def told(advised: object) -> str:
        option = words.options.get(str(advised))
        return option.name if option else words.sentences["verdict_abstain"]

    sentence = words.sentences["transcript_notice"].format(
        process=escape(transcript.summary.process or transcript.summary.id),
        then=escape(told(replayed.then.get("recommended"))),
        now=escape(told(replayed.now.get("recommended"))),
    )
    message = Message(name=NAME, markdown=sentence)
    store, now = archive.writer, archive.now
    with store.transaction():
        conversation = store.conversation(transcript.summary.id)
        if conversation is None:  # erased meanwhile
            return False
        store.write(conversation.id, [Line(len(transcript.events) - 1, now, None, NAME, message.text)])
        store.enqueue(conversation, conversation.address, "send", message.model_dump_json(), None, now)
    return True
