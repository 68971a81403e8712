"""Conversations in numbers, driven through the service as the terminal drives it, for tests of the archive."""

import json

from adapters.console import delivery, parse
from bot.archive import Viewer
from bot.messages import Incoming
from bot.service import Service, World
from bot.store import Store
from knowledge.load import packaged, packaged_files

BASE = packaged()
ANSWERS = {"kind": "tagging", "volume": 20000.0, "minutes": 1.0, "data": "public", "checkable": "objective"}
OPERATOR = Viewer("console:local:you", reviewer=True, name="console:local:operator")


class Talks:
    """Conversations driven through the service as the terminal drives it."""

    def __init__(self, path, base=BASE, files=None):
        self.time, self.ids, self.number = 1_700_000_000_000, 0, 0
        self.path, self.store = path, Store(path)
        world = World(self._now, self._id)
        self.service = Service(self.store, "console", parse, base, files or packaged_files(), world, order="file", everyone=True)

    def _now(self):
        self.time += 1000
        return self.time

    def _id(self):
        self.ids += 1
        return f"case-{self.ids:04d}"

    def send(self, place, *, person="console:local:you", **incoming):
        self.number += 1
        message = Incoming(person=person, tenant="local", **incoming)
        self.service.receive([delivery(message, place, self.number, self.number, "test")])
        while self.service.work():
            pass
        return self.store.latest_at(place).id

    def advised(self, place, person="console:local:you", words="Photo tags", **stated):
        """A conversation with an advice: opening words, an answer file, and the request to advise."""
        self.send(place, person=person, fresh=True)
        self.send(place, person=person, text=words)
        raw = {id: {"value": value} if not isinstance(value, dict) else value for id, value in {**ANSWERS, **stated}.items()}
        self.send(place, person=person, text=json.dumps(raw), via="file")
        return self.send(place, person=person, token="r:advise", label="Advise now", via="tapped")

    def close(self):
        self.store.close()
