"""The interview on one page: a modal with every question, and what was filled in, checked at once. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from adapters.slack.address import Json
from adapters.slack.look import Look, plain
from bot.answers import Answer
from bot.tell import accepted
from bot.understand.choose import exact, read_answer
from knowledge.model import Question

CALLBACK = "form"
_VALUE = "value"


@dataclass
class Filled:
    """What a submitted form says: answers, or what is wrong with which field."""

    answers: dict[str, Answer] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The answers as a delivery carries them."""
        return json.dumps({id: answer.model_dump(mode="json") for id, answer in self.answers.items()})


def form(look: Look) -> Json:
    """The modal; every field may be left empty."""
    inputs = [_input(question, look) for question in look.knowledge.questions.values()]
    intro = {"type": "section", "text": plain(look.sentence("form_intro"), 3_000)}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(look.sentence("form_title"), 24),
        "submit": plain(look.sentence("form_submit"), 24),
        "close": plain(look.sentence("form_close"), 24),
        "blocks": [intro, *inputs],
    }


def _input(question: Question, look: Look) -> Json:
    words = look.words.questions[question.id]
    element: Json
    if question.choices:
        element = {
            "type": "static_select",
            "placeholder": plain(look.sentence("choose"), 150),
            "options": [
                {"text": plain(words.choices[id].label, 75), "value": id, "description": plain(words.choices[id].means, 75)}
                if words.choices[id].means
                else {"text": plain(words.choices[id].label, 75), "value": id}
                for id in question.choices
            ],
        }
    else:
        element = {"type": "plain_text_input", "multiline": question.type == "text"}
        if question.longest is not None:
            element["max_length"] = question.longest
    found: Json = {
        "type": "input",
        "block_id": question.id,
        "optional": True,
        "label": plain(words.ask, 2_000),
        "element": element | {"action_id": _VALUE},
    }
    hint = accepted(question.id, look.knowledge, look.language) if not question.choices else ""
    return found | ({"hint": plain(hint, 2_000)} if hint else {})


def filled(view: Json, look: Look) -> Filled:
    """Read a submitted form: all answers, or every error by its field."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    found = Filled()
    for id, question in look.knowledge.questions.items():
        typed = _typed(values.get(id) if isinstance(values, dict) else None)
        if not typed:
            continue
        value = exact(typed, question, look.words)
        value = value if value is not None else read_answer(typed, question, look.words)
        if value is None:
            takes = accepted(id, look.knowledge, look.language)
            found.errors[id] = look.words.sentences["note_not_understood"].format(accepted=takes)
        else:
            found.answers[id] = Answer(value=value)
    if not found.answers and not found.errors:
        found.errors[next(iter(look.knowledge.questions))] = look.sentence("form_empty")
    return found


def _typed(block: object) -> str:
    match block:
        case {"value": {"value": str(text)}} | {"value": {"selected_option": {"value": str(text)}}}:
            return text.strip()
        case _:
            return ""
