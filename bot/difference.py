"""What differs between two knowledge bases, entry by entry, and between two advices, as a reader would want to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.model import Knowledge

WORDS = "languages"


@dataclass(frozen=True)
class Change:
    """One entry that differs between two knowledge bases: `shelf.id`, and the values that differ."""

    shelf: str
    id: str
    values: tuple[tuple[str, object, object], ...]

    @property
    def text(self) -> str:
        """The change in a line."""
        told = "; ".join(f"{name}: {_short(old)} -> {_short(new)}" for name, old, new in self.values)
        return f"{self.shelf}.{self.id}: {told}"


@dataclass(frozen=True)
class Difference:
    """One statement that differs: what, then and now."""

    what: str
    then: object
    now: object


def changed(old: Knowledge, new: Knowledge) -> tuple[Change, ...]:
    """The entries that differ, words left out."""
    found = []
    for shelf in Knowledge.model_fields:
        if shelf in ("version", WORDS):
            continue
        before, after = getattr(old, shelf), getattr(new, shelf)
        for id in dict.fromkeys((*before, *after)):
            was, now = before.get(id), after.get(id)
            if was != now:
                found.append(Change(shelf, id, _values(was, now)))
    return tuple(found)


def _values(was: object, now: object) -> tuple[tuple[str, object, object], ...]:
    if was is None or now is None:
        return (("entry", "absent" if was is None else "present", "absent" if now is None else "present"),)
    one, other = was.__dict__, now.__dict__
    return tuple((name, one.get(name), other.get(name)) for name in one if one.get(name) != other.get(name))


def differences(then: Mapping[str, object], now: Mapping[str, object]) -> tuple[Difference, ...]:
    """What a reader would want to know of two advices, most important first; shares compared in whole per cents."""
    found = [
        Difference(what, then.get(what), now.get(what)) for what in ("recommended", "verdict") if then.get(what) != now.get(what)
    ]
    before, after = _options(then), _options(now)
    for id in dict.fromkeys((*before, *after)):
        was, becomes = before.get(id, {}), after.get(id, {})
        for what, rounded in (("excluded", _rule), ("rank", _plain), ("first", _percent)):
            one, other = rounded(was.get(what)), rounded(becomes.get(what))
            if one != other:
                found.append(Difference(f"{id}: {what}", one, other))
    for what in ("reasons", "against", "flips", "find_out", "safeguards", "contradictions"):
        one, other = _texts(then.get(what)), _texts(now.get(what))
        found += [Difference(what, text, None) for text in one if text not in other]
        found += [Difference(what, None, text) for text in other if text not in one]
    if bool(then.get("split")) != bool(now.get("split")):
        found.append(Difference("split", bool(then.get("split")), bool(now.get("split"))))
    return tuple(found)


def _options(advice: Mapping[str, object]) -> dict[str, dict[str, object]]:
    listed = advice.get("options")
    return {str(each["id"]): each for each in listed} if isinstance(listed, list) else {}


def _rule(excluded: object) -> object:
    return excluded.get("rule") if isinstance(excluded, dict) else None


def _plain(value: object) -> object:
    return value


def _percent(share: object) -> object:
    return f"{100 * share:.0f} %" if isinstance(share, int | float) else share


def _texts(many: object) -> list[str]:
    return [str(each["text"]) for each in many] if isinstance(many, list) else []


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"
