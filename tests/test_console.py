"""What the terminal shows is on its way while it is shown: a terminal that dies then shows it again."""

from __future__ import annotations

from pathlib import Path

from adapters.console import delivery, drain
from bot.messages import Incoming
from bot.records import Delivery
from talk import ME, Talk


def shown(talk: Talk, most: int) -> list[str]:
    """Show that many messages; then the terminal is gone, in the middle of the last."""
    messages = drain(talk.store, talk.now, {talk.place}, talk.service.knowledge.words("en"))
    return [next(messages).name for _ in range(most)]


def statuses(talk: Talk) -> list[str]:
    return [status for (status,) in talk.store.connection.execute("SELECT status FROM outbox ORDER BY number")]


def test_a_message_counts_as_sent_only_once_it_has_been_shown(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "advisor.db")
    talk.service.receive([_greeting(talk)])
    while talk.service.work():
        pass
    assert shown(talk, 1) == ["greet"]
    assert statuses(talk) == ["sending", "pending"]
    assert shown(talk, 2) == ["greet", "ask"], "what was being shown is shown again"
    assert statuses(talk) == ["sent", "sending"]
    assert shown(talk, 1) == ["ask"]
    talk.send(Incoming(person=ME, tenant="local", text="product photos"))
    assert set(statuses(talk)) == {"sent"}
    talk.store.close()


def _greeting(talk: Talk) -> Delivery:
    return delivery(Incoming(person=ME, tenant="local", fresh=True), talk.place, 0, 1, "t")
