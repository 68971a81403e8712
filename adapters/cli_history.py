"""One's own past advisories inside `advisor chat`: "history" lists them, "history 2" shows one. Nothing of it is an answer."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.console import Screen
from bot.archive import Archive, Filter, Summary, Viewer
from bot.markup import clean, escape
from bot.retell import Retelling, clock
from bot.speak import Message
from bot.understand.intents import request
from bot.worded import of_its_time
from knowledge.model import Knowledge

SHOWN = 10
_LONGEST_NAME = 60
_ONE = re.compile(r"(?P<asked>.+?)\s+(?:no\.?\s*|number\s+|#)?(?P<which>\d{1,3}|[a-z0-9]{8})[.!?]?", re.IGNORECASE)


class History:
    """What the person at this terminal has been advised on, in this database."""

    def __init__(self, path: Path, person: str, base: Knowledge, language: str, screen: Screen) -> None:
        self.path, self.base, self.language, self.screen = path, base, language, screen
        self.viewer = Viewer(person, reviewer=False)
        self.said = base.words(language).sentences

    def answers(self, line: str, here: str | None) -> bool:
        """Whether the line asks for past advisories; they are shown then, without the conversation we are in."""
        one = _ONE.fullmatch(line.strip())
        numbered = one is not None and any(each.isdigit() for each in one["which"])  # "my advisory" has no number
        if not numbered and self._asks(line):
            self._show(None, here)
        elif one is not None and self._asks(one["asked"]):
            self._show(one["which"].casefold(), here)
        else:
            return False
        return True

    def _asks(self, words: str) -> bool:
        asked = request(words, self.base, self.language)
        return asked is not None and asked.kind == "history"

    def _show(self, which: str | None, here: str | None) -> None:
        archive = Archive(self.path)
        try:
            found = [each for each in archive.page(self.viewer, Filter(), SHOWN + 2) if each.id != here]
            if which is None:
                self._say(self._listed(found))
                return
            chosen = [each.id for number, each in enumerate(found, start=1) if which == str(number)] or [which]
            whole = archive.transcript(self.viewer, chosen[0], "show")
            if whole is None:
                self._say(self.said["history_none"].format(which=escape(which)))
                return
            version = whole.summary.knowledge
            base = of_its_time(version, archive.store.knowledge_files(version), self.base)
            for told in Retelling(base, self.base, whole.summary.language).text(whole):
                self.screen.out.write(f"{told}\n")
            self.screen.out.write("\n")
        finally:
            archive.close()

    def _listed(self, found: list[Summary]) -> str:
        if not found:
            return self.said["history_empty"]
        lines = [self._line(number, each) for number, each in enumerate(found[:SHOWN], start=1)]
        more = [self.said["history_more"].format(shown=SHOWN)] if len(found) > SHOWN else []
        return "\n\n".join([self.said["history_own"], *lines, *more, self.said["history_how"]])

    def _line(self, number: int, each: Summary) -> str:
        name = " ".join((each.process or self.said["history_unnamed"]).split())
        name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"
        option = self.base.words(self.language).options.get(each.recommended or "")
        told = option.short if option else self.said[f"history_{each.status}"]
        date = clock(each.last_at, "%Y-%m-%d")
        line = self.said["history_line"].format(number=number, date=date, process=name, told=told, id=each.id)
        return escape(clean(line))

    def _say(self, markdown: str) -> None:
        self.screen.show(Message(name="history", markdown=markdown))
