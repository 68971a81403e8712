"""The advice as a file, inside `advisor chat`: "export memo" writes it into the folder one is in. Nothing of it is an answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from adapters.console import Screen
from bot.export import CannotWrite, file_name, write_new
from bot.handout import ENDINGS, FORMS, Form, handout
from bot.markup import escape
from bot.speak import Message
from bot.store import Conversation, Store
from knowledge.model import Knowledge


class Handouts:
    """What the person at this terminal can take along of the conversation at hand."""

    def __init__(self, store: Store, base: Knowledge, language: str, screen: Screen, folder: Path) -> None:
        self.store, self.base, self.screen, self.folder = store, base, screen, folder
        self.said = base.words(language).sentences

    def answers(self, line: str, conversation: Conversation | None) -> bool:
        """Whether the line asks for a file; it is written then, or it is said which there are."""
        found = self._asked(line)
        if found is None or conversation is None:
            return False
        if not found:
            self._say("export_how", forms=", ".join(FORMS))
        else:
            self._write(conversation, found[0])
        return True

    def _asked(self, line: str) -> list[Form] | None:
        """The forms named after a word for exporting, none if it stands alone; None if the line is about something else."""
        words = line.casefold().strip(" .!").removeprefix("please ")
        for said in sorted(self.said["export_said"].split(", "), key=len, reverse=True):
            if words == said or words.startswith(said + " "):
                rest = set(words.removeprefix(said).replace(",", " ").split()) - {"as", "a", "an", "the", "to", "in", "file"}
                found = [form for form in FORMS if rest & {form, *self.said[f"form_{form}"].casefold().split()}]
                return found if found or not rest else None
        return None

    def _write(self, conversation: Conversation, form: Form) -> None:
        message = handout(self.store, conversation, self.base, form)
        if message is None:
            self._say("no_advice")
        elif message.picture is not None or message.name == "note":
            self._picture(conversation, message)
        else:
            kind = "memo" if form == "memo" else "advice"
            self._put(file_name(f"{kind}-{conversation.id}", ENDINGS.get(form, form)), message.markdown)

    def _picture(self, conversation: Conversation, message: Message) -> None:
        """The picture as PNG, or why there is none."""
        from bot.drawing import drawn

        picture = asyncio.run(drawn(self.store, conversation.id, message, self.base, conversation.language))
        if message.picture is None:
            self.screen.show(message)
        elif picture is None:
            self._say("picture_failed")
        else:
            self._put(file_name(f"{message.which}-{conversation.id}", "png"), picture.png)

    def _put(self, name: str, content: str | bytes) -> None:
        try:
            path = write_new(self.folder, name, content)
        except CannotWrite as error:
            self._say("export_failed", why=str(error))
        else:
            self._say("export_done", path=str(path))

    def _say(self, key: str, **values: str) -> None:
        self.screen.show(Message(name="export", markdown=escape(self.said[key].format(**values))))
