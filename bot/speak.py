"""From an effect to a message: the template of its name, filled with words and the values people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, assert_never

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound

from bot import taps, tell
from bot.agenda import pending, stamp
from bot.answers import Frozen
from bot.case import Case
from bot.effects import (
    About,
    Ask,
    AskConflict,
    Assure,
    Compare,
    Confirm,
    Define,
    Effect,
    Explain,
    Greet,
    HelpWith,
    Inform,
    Note,
    OfferStrike,
    Recommend,
    Strike,
    Summarise,
    WhatIf,
)
from bot.markup import Safe, escape, plain
from knowledge.model import Knowledge, Language, Question

_Other = (
    Greet | Confirm | AskConflict | OfferStrike | Strike | Summarise | Recommend
    | Assure | Compare | WhatIf | Explain | HelpWith | About | Define | Inform
)  # fmt: skip


Which = Literal["options", "money"]
"""The pictures of an advice."""


class Button(Frozen):
    """A label of at most a few words, and the token its tap sends back."""

    label: str
    token: str


class Message(Frozen):
    """What is sent: Markdown, buttons, and which question they belong to.

    `buttons` answer the open question; `more` are the ways round it. `ranking` asks for taps in order. `picture` is the number
    of the event whose advice is sent as a picture, `which` of its pictures, with this Markdown under it.
    """

    name: str
    markdown: str
    buttons: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    question: str | None = None
    ranking: bool = False
    picture: int | None = None
    which: Which = "options"

    @property
    def text(self) -> str:
        """The plain form that every surface can fall back to."""
        return plain(self.markdown)


class _Templates(BaseLoader):
    """Templates of one language, English where one is missing."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        del environment
        for language in (self.language, "en"):
            file = resources.files("templates") / language / template
            if file.is_file():
                return file.read_text("utf-8"), str(file), None
        raise TemplateNotFound(template)


@cache
def _environment(language: str) -> Environment:
    def finalize(value: object) -> object:
        return value if isinstance(value, Safe) else escape(str(value))

    return Environment(  # noqa: S701  the output is Markdown, and every value is escaped for Markdown
        loader=_Templates(language), undefined=StrictUndefined, finalize=finalize, trim_blocks=True, lstrip_blocks=True
    )


@lru_cache(maxsize=256)
def _template(language: str, name: str) -> Template:
    return _environment(language).get_template(f"{name}.md.j2")


def speak(effect: Effect, case: Case, knowledge: Knowledge, retention_days: int | None = None) -> Message:
    """The message for one effect."""
    match effect:
        case Ask():
            return _asked(effect, case.language, knowledge)
        case Note():
            return _noted(effect, tell.note(effect, case, knowledge), case.language, _buttons(effect, case, knowledge)[0])
        case _:
            pass
    name = _name(effect)
    markdown = filled(name, case.language, {"effect": effect, **_view(effect, case, knowledge, retention_days)})
    buttons, more = _buttons(effect, case, knowledge)
    return Message(name=name, markdown=markdown, buttons=buttons, more=more)


@lru_cache(maxsize=1024)  # the same questions are put to everyone
def _asked(effect: Ask, language: str, knowledge: Knowledge) -> Message:
    question = knowledge.questions[effect.question]
    return Message(
        name=_name(effect),
        markdown=filled(_name(effect), language, {"effect": effect, "words": knowledge.words(language).questions[question.id]}),
        buttons=_answers(question, knowledge.words(language)),
        more=_ways_round(effect, knowledge.words(language)),
        question=question.id,
        ranking=question.type == "ranking",
    )


@lru_cache(maxsize=1024)
def _noted(effect: Note, sentence: str, language: str, buttons: tuple[Button, ...]) -> Message:
    markdown = filled(_name(effect), language, {"effect": effect, "sentence": sentence})
    return Message(name=_name(effect), markdown=markdown, buttons=buttons)


@cache
def _named(kind: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def _name(effect: Effect) -> str:
    """The template of an effect."""
    return _named(type(effect).__name__)


def filled(name: str, language: str, view: Mapping[str, object]) -> str:
    """A template with its values, as Markdown; every value is escaped that is not Markdown of ours."""
    return re.sub(r"\n{3,}", "\n\n", _template(language, name).render(view).strip())


def pictured(effect: Recommend, event_number: int, case: Case) -> Message:
    """The message that carries the picture of an advice, with the short verdict under it."""
    markdown = filled("picture", case.language, {"effect": effect})
    return Message(name="picture", markdown=markdown, picture=event_number)


def _view(effect: _Other, case: Case, knowledge: Knowledge, retention_days: int | None) -> Mapping[str, object]:
    match effect:
        case Greet() | About():
            return {"retention": tell.retention(retention_days, case, knowledge)}
        case Confirm():
            return tell.understood(effect, case, knowledge)
        case AskConflict():
            return tell.conflict(effect, case, knowledge)
        case OfferStrike():
            return tell.private(effect, case, knowledge)
        case Strike():
            return {}
        case Summarise():
            return tell.summary(case, knowledge)
        case Recommend(advice=advice, changed=changed):
            return tell.advice(advice, changed, case, knowledge)
        case Compare(advice=advice):
            return tell.comparison(advice, case, knowledge)
        case WhatIf():
            return tell.what_if(effect, case, knowledge)
        case Explain():
            return tell.explanation(effect, case, knowledge)
        case HelpWith(question=id):
            return tell.help_with(id, case, knowledge)
        case Define(term=term):
            return tell.definition(term, case, knowledge)
        case Inform() | Assure():
            return {}
        case _:
            assert_never(effect)


def _answers(question: Question, words: Language) -> tuple[Button, ...]:
    """The quick answers to a question."""
    id, labels = question.id, words.questions[question.id].choices
    choices = [Button(label=labels[c].label, token=taps.answer_token(id, c)) for c in question.choices]
    numbers = [Button(label=tell.quick(question, n, words), token=taps.number_token(id, n)) for n in question.quick]
    return (
        *choices,
        *numbers,
        *(Button(label=words.criteria[c].short, token=taps.ranking_token(question, (c,))) for c in question.items),
    )


def _ways_round(effect: Ask, words: Language) -> tuple[Button, ...]:
    """What can be done instead of answering."""
    tokens = {
        "advise": taps.request_token("advise"),
        "dont_know": taps.status_token(effect.question, "dont_know"),
        "skip": taps.request_token("skip"),
        "why": taps.request_token("why"),
        "back": taps.request_token("back"),
    }
    return tuple(
        Button(label=words.sentences[f"button_{key}"], token=token)
        for key, token in tokens.items()
        if key != "advise" or effect.may_advise
    )


def _buttons(effect: _Other | Note, case: Case, knowledge: Knowledge) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
    words = knowledge.words(case.language)

    def said(key: str, token: str) -> Button:
        return Button(label=words.sentences[f"button_{key}"], token=token)

    match effect:
        case Confirm() if effect.facts:
            return (said("right", f"y:{effect.stamp}"), said("change", f"x:{effect.stamp}")), ()
        case Confirm():
            return (said("right", f"y:{effect.stamp}"),), ()
        case AskConflict(questions=questions):
            either = [Button(label=words.questions[id].name.capitalize(), token=f"x:{effect.stamp}:{id}") for id in questions]
            return (*either, said("both_right", f"y:{effect.stamp}")), ()
        case OfferStrike():
            return (said("strike", f"y:{effect.stamp}"), said("keep", f"x:{effect.stamp}")), ()
        case Summarise(final=True):
            return (said("yes_advise", f"y:{effect.stamp}"), said("change", taps.request_token("change"))), ()
        case Recommend():
            change, compare = said("change_answer", taps.request_token("change")), said("compare", taps.request_token("compare"))
            return (change, said("what_if", taps.request_token("what_if")), compare), ()
        case Note(kind="which_wrong"):
            mark = stamp(case, pending(case, knowledge))
            ids = [id for id in effect.questions if id in words.questions]
            return tuple(Button(label=words.questions[id].name.capitalize(), token=f"x:{mark}:{id}") for id in ids), ()
        case Note(kind="what_to_change"):
            ids = [id for id in effect.questions if id in words.questions]
            return tuple(
                Button(label=words.questions[id].name.capitalize(), token=taps.request_token("change", id)) for id in ids
            ), ()
        case _:
            return (), ()
