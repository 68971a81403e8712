"""A conversation in memory of a real SQLite file: what tests talk to, through the same service as every platform."""

from __future__ import annotations

import itertools
from pathlib import Path

from adapters.console import PLATFORM, delivery, drain, parse, pick
from bot.messages import Incoming
from bot.service import Service, World
from bot.speak import Message
from bot.store import Store
from knowledge.load import packaged, packaged_files
from knowledge.model import Knowledge

ME = "console:local:me"


class Talk:
    """One person at one place, with a clock that ticks a second a message."""

    def __init__(
        self, path: Path, *, order: str = "file", knowledge: Knowledge | None = None, place: str = "console:test"
    ) -> None:
        self.clock = itertools.count(1_700_000_000_000, 1000)
        ids = (f"case{number:04d}" for number in itertools.count(1))
        base = knowledge or packaged()
        self.store = Store(path)
        self.service = Service(
            self.store, PLATFORM, parse, base, packaged_files(), World(lambda: next(self.clock), lambda: next(ids)), order=order
        )
        self.place, self.number, self.last = place, 0, None
        self.now = 1_800_000_000_000

    def begin(self) -> list[Message]:
        return self.send(Incoming(person=ME, tenant="local", fresh=True))

    def say(self, text: str) -> list[Message]:
        token = pick(text, self.last)
        return self.send(Incoming(person=ME, tenant="local", text=text, token=token, via="tapped" if token else "typed"))

    def tap(self, token: str, person: str = ME) -> list[Message]:
        return self.send(Incoming(person=person, tenant="local", token=token, label="tap", via="tapped"))

    def send(self, incoming: Incoming) -> list[Message]:
        self.number += 1
        self.service.receive([delivery(incoming, self.place, self.number, next(self.clock), "t")])
        while self.service.work():
            pass
        messages = list(drain(self.store, self.now, {self.place}, self.service.knowledge.words("en")))
        self.last = messages[-1] if messages else self.last
        return messages

    @property
    def case(self):
        conversation = self.store.latest_at(self.place)
        return self.service._load(conversation)[1]

    def text(self, messages: list[Message]) -> str:
        return "\n\n".join(message.text for message in messages)
