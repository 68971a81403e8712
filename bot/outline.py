"""What the list of conversations shows of one, kept up to date with each event as far as it is another."""

from __future__ import annotations

from collections.abc import Sequence

from bot.case import Case, given
from bot.effects import Effect, Recommend
from bot.turn_store import TurnStore


def note(store: TurnStore, id: str, before: Case | None, after: Case, effects: Sequence[Effect], now: int) -> None:
    """Write the columns that an event changed, and no others: each is in an index or a trigger."""
    known = _described(before) if before else {}
    advices = [effect.advice for effect in effects if isinstance(effect, Recommend)]
    changed: dict[str, str | int | None] = {"last_at": now}
    if before is None or advices or (before.status, before.summarised) != (after.status, after.summarised):
        changed["status"] = _status(store, id, after, advised=bool(advices))
    changed |= {column: value for column, value in _described(after).items() if column not in known or known[column] != value}
    for advice in advices:
        changed |= {"recommended": advice.recommended, "verdict": advice.verdict, "knowledge": advice.knowledge_version}
    store.note(id, **changed)


def _status(store: TurnStore, id: str, case: Case, *, advised: bool) -> str:
    """Asking for advice may have led to a question first, such as which of two answers is wrong; then there is none yet."""
    given_now = case.summarised and (advised or store.latest_advice(id) is not None)
    return "advised" if case.status == "open" and given_now else case.status


def _described(case: Case) -> dict[str, str | None]:
    """Process and kind, as far as they were told."""
    process, kind = given(case.answers, "process"), given(case.answers, "kind")
    return {
        "process": process if isinstance(process, str) else None,
        "kind": kind if isinstance(kind, str) else None,
    }
