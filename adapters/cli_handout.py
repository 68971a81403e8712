"""The advice as a file, inside `advisor chat`: "export memo" writes it into the folder one is in. Nothing of it is an answer."""

from __future__ import annotations

from pathlib import Path

from adapters.console import Screen
from bot.export import CannotWrite, write_new
from bot.handout import FORMS, Form, handout, name_of
from bot.markup import escape
from bot.records import Conversation
from bot.speak import Message
from bot.turn_store import TurnStore
from knowledge.model import Knowledge

FILLERS = frozenset({"a", "an", "as", "file", "in", "of", "please", "the", "to"})


class Handouts:
    """What the person at this terminal can take along of the conversation at hand."""

    def __init__(self, store: TurnStore, base: Knowledge, language: str, screen: Screen, folder: Path) -> None:
        self.store, self.base, self.screen, self.folder = store, base, screen, folder
        self.said = base.words(language).sentences

    def answers(self, line: str, conversation: Conversation | None) -> bool:
        """Whether the line asks for a file; it is written then, or it is said which there are."""
        found = self._asked(line)
        if found is None or conversation is None:
            return False
        if not found:
            self._say("export_how", forms=", ".join(self.said[f"form_{form}"] for form in FORMS))
        elif (message := handout(self.store, conversation, self.base, found[0])) is None:
            self._say("no_advice")
        else:
            self._write(conversation, message)
        return True

    def _asked(self, line: str) -> list[Form] | None:
        """The forms named after a word for exporting, best first, none if it stands alone; None if it is about something else."""
        words = line.casefold().strip(" .!").removeprefix("please ")
        for said in sorted(self.said["export_said"].split(", "), key=len, reverse=True):
            if words == said or words.startswith(said + " "):
                rest = _words(words.removeprefix(said)) - FILLERS
                labels = {form: _words(self.said[f"form_{form}"]) | {form} for form in FORMS}
                named = [form for form in FORMS if rest & labels[form]]
                found = sorted(named, key=lambda form: (-len(rest & labels[form]), len(labels[form])))
                return found if found or not rest else None
        return None

    def _write(self, conversation: Conversation, message: Message) -> None:
        """A file of its own for every advice; or what was said instead of one."""
        given = self.store.latest_advice(conversation.id)
        name = name_of(message, f"{conversation.id}-{given.event_number}" if given else conversation.id)
        content = message.markdown if message.picture is None else self._png(conversation, message)
        if name is None:
            self.screen.show(message)
        elif content is None:
            self._say("export_no_picture")
        else:
            try:
                self._say("export_done", path=str(write_new(self.folder, name, content)))
            except CannotWrite as error:
                self._say("export_failed", why=str(error))

    def _png(self, conversation: Conversation, message: Message) -> bytes | None:
        from bot.chart import draw
        from bot.handout import advice_of
        from bot.worded import worded_for

        given = self.store.latest_advice(conversation.id)
        advice = advice_of(given) if given is not None else None
        if given is None or advice is None:
            return None
        try:
            base = worded_for(self.store, given.knowledge, self.base)
            return draw(advice, base, conversation.language, message.which).png
        except ValueError:
            return None

    def _say(self, key: str, **values: str) -> None:
        self.screen.show(Message(name="export", markdown=escape(self.said[key].format(**values))))


def _words(text: str) -> set[str]:
    return set("".join(each if each.isalnum() else " " for each in text.casefold()).split())
