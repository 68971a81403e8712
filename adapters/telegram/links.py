"""Deep links: what `https://t.me/<bot>?start=…` may carry in 64 characters of `[A-Za-z0-9_-]`.

`a-<id>` reopens an advisory of one's own, `history` lists them. `p-<question>-<answer>-<question>-<answer>…` starts with
answers already given; in a number `_` stands for the decimal point, as in `p-kind-tagging-minutes-0_5`.
"""

from __future__ import annotations

import json
import re

from bot.answers import Answer, Refused, check
from knowledge.model import Knowledge

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
HISTORY = "history"
_REOPEN = re.compile(r"a-([a-z0-9]{4,40})")


def reopening(conversation: str) -> str:
    """The payload that reopens an advisory."""
    return f"a-{conversation}"


def resumed(payload: str) -> str | None:
    """The advisory that a payload reopens."""
    found = _REOPEN.fullmatch(payload)
    return found[1] if found else None


def preset(payload: str, knowledge: Knowledge) -> str | None:
    """The answers of a preset as the text of an answer file; what does not fit its question is left out."""
    if not _PAYLOAD.fullmatch(payload) or not payload.startswith("p-"):
        return None
    words = payload.split("-")[1:]
    answers: dict[str, object] = {}
    for id, said in zip(words[::2], words[1::2], strict=False):
        answer = _answer(id, said, knowledge)
        if answer is not None:
            answers[id] = answer.model_dump(mode="json")
    return json.dumps(answers) if answers else None


def _answer(id: str, said: str, knowledge: Knowledge) -> Answer | None:
    question = knowledge.questions.get(id)
    if question is None or question.type in ("text", "ranking"):
        return None
    try:
        value: str | float = said if question.type == "choice" else float(said.replace("_", "."))
        return Answer(value=check(question, value, knowledge.words("en")))
    except (Refused, ValueError):
        return None
