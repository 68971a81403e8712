"""Requests: what a person wants instead of answering, recognised only where it is the whole message.

A phrase of requests.yaml must cover the message but for courtesies, or each of its clauses; so process descriptions and
answers that merely hold such words are never requests. A message without facts that no phrase covers is judged by what
was learned from labelled messages. What remains and is put as a question is about the subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from bot.answers import Value
from bot.understand.asking import Subjects
from bot.understand.choose import choices_of, read_answer
from bot.understand.facts import understand
from bot.understand.phrasing import Filled, Hit, Phrases
from bot.understand.reading import Request, RequestKind
from bot.understand.requested import KINDS, evidence, requested
from bot.understand.slips import slips
from bot.understand.slots import Named
from bot.understand.wording import wording
from bot.understand.words import Token
from knowledge.model import Knowledge

_MOST_WORDS = 40
_MOST_CHARACTERS = 400
_MOST_UNREAD = 4  # words of a new value that are not understood before the whole is no request
_MOST_REASON = 10  # words of a reason given with a request
_MOST_SLIPS = 2
_FEWEST_JUDGED, _MOST_JUDGED = 2, 30  # words of a message that no phrase covers
_LIKELY = 0.3  # the least probability of a request that no phrase covers
_CLEARLY = 0.8  # of a lone word, of one with figures or doubts, in place of a description, or like a question about the subject
_SURELY = 0.995  # of one that would write "don't know" although the message names a choice or a place
# What writes an answer of its own, ends the interview or throws its answers away must be likelier than others.
_WRITES: frozenset[RequestKind] = frozenset({"dont_know", "not_applicable", "later", "skip"})
_LIKELIER: dict[RequestKind, float] = {"cancel": 0.95, "restart": 0.6, **dict.fromkeys(_WRITES, 0.9)}
# "Maybe personal data, I'd have to check" says more than these.
_HEDGED: frozenset[RequestKind] = frozenset({"later", "dont_know"})
# What a person may ask for in place of a description; all else is part of one.
_WHILE_DESCRIBING: frozenset[RequestKind | str] = frozenset({"help", "cancel", "pause", "history", "later"})
# A first clause of these kinds only leads up to another request: "no, go back", "no idea, ask me later".
_LEADS_UP: frozenset[RequestKind] = frozenset({"yes", "no", "dont_know", "change"})
# After these a person may say why: "no idea, nobody ever counted".
_MAY_GIVE_REASONS: frozenset[RequestKind] = frozenset({"dont_know", "not_applicable", "later", "skip", "pause", "why"})


def request(
    text: str, knowledge: Knowledge, language: str = "en", open_question: str | None = None, *, settled: bool = False
) -> Request | None:
    """The request that the text makes, or None where it is not clearly one.

    Where the open question is `settled` by an answer, nothing less than a phrase leaves it out or takes the answer back.
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    return _grammar(knowledge, language).request(text, open_question, settled=settled)


def changes(text: str, knowledge: Knowledge, language: str = "en") -> dict[str, Value | None]:
    """The several answers that the text changes, each with its new value where it names one; empty where it changes but one."""
    return _grammar(knowledge, language).changes(text) if len(text) <= _MOST_CHARACTERS else {}


def drops(text: str, knowledge: Knowledge, language: str = "en") -> bool:
    """Whether the text takes back what was begun rather than to end the interview: "never mind"."""
    return wording(knowledge.words(language)).drops(wording(knowledge.words(language)).words(text))


def named_questions(text: str, knowledge: Knowledge, language: str = "en") -> tuple[str, ...]:
    """The questions that the text names."""
    return _grammar(knowledge, language).named(text)


def names_choice(text: str, knowledge: Knowledge, language: str = "en") -> bool:
    """Whether the text names a choice of any question, other than by a denial."""
    return _grammar(knowledge, language).chooses(text)


@lru_cache(maxsize=8)
def _grammar(knowledge: Knowledge, language: str) -> Requests:
    # Knowledge hashes and compares by its version, so this is keyed by version and language.
    return Requests(knowledge, language)


class _Message(NamedTuple):
    """The words of a message, or of one clause of it."""

    text: str
    found: tuple[Token, ...]
    words: tuple[str, ...]
    open_question: str | None
    settled: bool

    def written(self, start: int, end: int) -> str:
        """What was typed for words[start:end], with the signs around it that are no words."""
        before = self.found[start - 1].end if start else self.found[0].start
        after = self.found[end].start if end < len(self.found) else self.found[-1].end
        return self.text[before:after].strip(" \t\n,;:.!?\"'")


def _message(text: str, found: Sequence[Token], open_question: str | None, *, settled: bool = False) -> _Message:
    return _Message(text, tuple(found), tuple(token.word for token in found), open_question, settled)


class Requests:
    """The phrases of one language with the names that their slots take."""

    def __init__(self, knowledge: Knowledge, language: str) -> None:
        self._knowledge = knowledge
        self._language = language
        self._words = knowledge.words(language)
        self._wording = ready = wording(self._words)
        self._phrases = Phrases(ready.spelled, frozenset(ready.said.skips), frozenset(ready.said.articles))
        self._marks: dict[frozenset[str], RequestKind] = {}
        for kind, phrases in ready.said.requests.items():
            for phrase in (*{"yes": ready.said.answers.yes, "no": ready.said.answers.no}.get(kind, ()), *phrases):
                if ready.words(phrase):
                    self._phrases.add(phrase, kind)
                else:
                    self._marks[frozenset(phrase)] = kind
        self._named = Named(knowledge, self._words, ready)
        self._requested = requested(self._words)
        self._opening = next(iter(knowledge.questions))
        self._telling: dict[str, frozenset[str]] = {kind: frozenset(words) for kind, words in ready.said.telling.items()}
        self._subjects = Subjects(knowledge, self._words, ready)
        self._vocabulary = frozenset(
            self._phrases.vocabulary
            | ready.openers.vocabulary
            | ready.closers.vocabulary
            | {word for names in self._named.slots.values() for phrase, _ in names for word in phrase}
        )

    def request(self, text: str, open_question: str | None, *, settled: bool = False) -> Request | None:
        """See `request`."""
        found = self._wording.tokens(text)
        if not found:
            kind = self._marks.get(frozenset(text.strip()))
            return Request(kind=kind) if kind else None
        if len(found) > _MOST_WORDS:
            return None
        message = _message(text, found, open_question, settled=settled)
        mended = self._mended(message)
        return (
            self._whole(message)
            or self._clauses(message)
            or self._term(message)
            or (self._whole(mended) if mended else None)
            or self._judged(message)
        )

    def named(self, text: str) -> tuple[str, ...]:
        """See `named_questions`."""
        return tuple(self._named.questions(self._wording.words(text)))

    def chooses(self, text: str) -> bool:
        """See `names_choice`."""
        return self._named.chooses(self._wording.words(text))

    def changes(self, text: str) -> dict[str, Value | None]:
        """See `changes`. Each part names a question; without "change" or the like before them each names a value, too."""
        parts = [_message(text, part, None) for part in self._wording.joined(self._wording.tokens(text))]
        if len(parts) < 2:
            return {}
        first, *others = parts
        led = self._whole(first)
        told = [self._named.assigned(part.written(0, len(part.words))) for part in (others if led else parts)]
        if led is not None and led.kind == "change" and led.about is not None:
            told = [(led.about, led.value), *told]
        found = {each[0]: each[1] for each in told if each is not None}
        whole = len(found) == len(parts) and (led is not None or None not in found.values())
        return found if whole else {}

    def _whole(self, message: _Message) -> Request | None:
        """The request of a phrase that covers all of the message but courtesies."""
        words = message.words
        ends = self._wording.courteous_ends(words)
        ranked: list[tuple[tuple[int, int, int], Hit]] = []
        for start in self._wording.courteous_starts(words):
            for hit in self._phrases.find(words, start, self._named.slot(words)):
                if hit.end in ends and hit.end > start:
                    loose = sum(held[1] - held[0] for _, held in hit.filled if isinstance(held, tuple))
                    ranked.append(((loose, start + len(words) - hit.end, hit.order), hit))
        ranked.sort(key=lambda each: each[0])
        tried: set[tuple[str, tuple[Filled, ...]]] = set()
        for _, hit in ranked:
            if (hit.label, hit.filled) not in tried and (found := self._request(hit, message)):
                return found
            tried.add((hit.label, hit.filled))
        return None

    def _request(self, hit: Hit, message: _Message) -> Request | None:
        """What a phrase asks for once its slots are read; None where they do not hold what they should."""
        kind = KINDS.validate_python(hit.label)
        filled = dict(hit.filled)
        spans = [held for _, held in hit.filled if isinstance(held, tuple)]
        said = message.written(*spans[0]) if spans else ""
        about = next((held for slot, held in hit.filled if slot in ("question", "term") and isinstance(held, str)), None)
        match kind:
            case "change" if message.open_question == self._opening:
                return None  # nothing has been answered yet: "update contracts" describes the work
            case "change" if about and "value" in filled:
                value = read_answer(said, self._knowledge.questions[about], self._words)
                unread = value is None and spans[0][1] - spans[0][0] > _MOST_UNREAD
                return None if unread else Request(kind=kind, about=about, value=value)
            case "change" if "value" in filled:
                return Request(kind=kind) if self._named.is_value(said) else None
            case "what_if":
                supposed = self._named.supposed(said, message.open_question)
                return Request(kind=kind, about=supposed[0], value=supposed[1]) if supposed else None
            case _:
                return Request(kind=kind, about=about)

    def _term(self, message: _Message) -> Request | None:
        """A lone term with a question mark."""
        if not message.text.rstrip().endswith("?"):
            return None
        fill, ends = self._named.slot(message.words), self._wording.courteous_ends(message.words)
        terms = [id for start in self._wording.courteous_starts(message.words) for end, id in fill("term", start) if end in ends]
        return Request(kind="define", about=str(terms[0])) if terms else None

    def _clauses(self, message: _Message) -> Request | None:
        """The one request of a message whose every clause is a request, a courtesy, or leads up to the last."""
        parts = [
            _message(message.text, tuple(part), message.open_question)
            for _, part in groupby(message.found, key=lambda token: token.clause)
        ]
        if len(parts) < 2:
            return None
        found: list[Request] = []
        for place, part in enumerate(parts):
            if len(part.words) in self._wording.courteous_starts(part.words) or 0 in self._wording.courteous_ends(part.words):
                continue
            if each := self._whole(part):
                found.append(each)
            elif not (found and found[0].kind in _MAY_GIVE_REASONS and self._is_reason(parts[place:], message)):
                return None
            else:
                break
        while len(found) > 1 and found[0].kind in _LEADS_UP and found[0].kind != found[1].kind:
            del found[0]
        return found[0] if found and len({each.kind for each in found}) == 1 else None

    def _judged(self, message: _Message) -> Request | None:
        """The request that a message most likely makes; a question about the subject unless it is clearly something else."""
        subject = self._subjects.request(message.text, message.found, message.open_question)
        if self._requested is None or len(message.words) > _MOST_JUDGED:
            return subject
        if sum(map(self._requested.knows, message.words)) < min(_FEWEST_JUDGED, len(message.words)):
            return subject
        judged = self._requested.judge(message.found, evidence(message.text, message.found, self._named))
        if subject is not None and (judged.kind == "subject" or judged.probability < _CLEARLY):
            return subject
        return self._made(judged.kind, judged.probability, message) if judged.kind else None

    def _made(self, kind: RequestKind, probability: float, message: _Message) -> Request | None:
        """The request judged, with what it names; None where it is not likely enough, or the message rather states or answers."""
        words = message.words
        question = self._knowledge.questions.get(message.open_question or "")
        opening = question is not None and question.type == "text"
        bare = len(words) < _FEWEST_JUDGED or any(word[0].isdecimal() for word in words)
        least = _CLEARLY if bare or opening or kind == "subject" else _LIKELY
        if probability < max(least, _LIKELIER.get(kind, least)):
            return None
        if kind in _HEDGED and self._named.is_value(message.text):
            return None  # "no idea, perhaps 500" is a guess
        if kind in _WRITES and (message.settled or (self._says_more(message) and (kind == "skip" or probability < _SURELY))):
            return None
        unsaid = self._telling.get(kind, frozenset()).isdisjoint(words) or (bare and kind != "what_if")
        if unsaid and self._states(message, kind, probability):
            return None
        answers = question is not None and (
            choices_of(question, self._words).mentions(message.found)
            if question.choices
            else not opening and read_answer(message.text, question, self._words) is not None
        )
        if answers or (opening and kind not in _WHILE_DESCRIBING):
            return None
        named = self._named.mentioned("question", words)
        about = named[0] if len(named) == 1 else None
        match kind:
            case "define":
                if "?" not in message.text and self._telling.get(kind, frozenset()).isdisjoint(words):
                    return None  # "I'm a BPO" tells, and asks for nothing
                terms = self._named.mentioned("term", words)
                return Request(kind="define", about=terms[0]) if terms else Request(kind="help", about=about)
            case "change" | "why" | "help" | "what_if":
                return Request(kind=kind, about=about)
            case "subject":
                return None if bare else Request(kind=kind, about=message.text.strip())
            case _:
                return Request(kind=kind)

    def _says_more(self, message: _Message) -> bool:
        """The message names a choice or a place, or does no more than deny: "not personal", "not in India", "not here"."""
        ready = self._wording
        return self._named.chooses(message.words) or ready.names_place(message.text) or ready.only_denies(message.words)

    def _states(self, message: _Message, kind: RequestKind, probability: float) -> bool:
        """The message states facts, or doubts that say more than a hedge that is not quite clear."""
        reading = understand(message.text, self._knowledge, self._language)
        return bool(reading.facts or (reading.doubts and kind in _HEDGED and probability < _CLEARLY))

    def _is_reason(self, parts: Sequence[_Message], message: _Message) -> bool:
        """The clauses after a request could not be an answer: no number, no hedge, no choice of the open question."""
        question = self._knowledge.questions.get(message.open_question or "")
        tokens = [token for part in parts for token in part.found]
        if question is None or question.type == "text" or len(tokens) > _MOST_REASON:
            return False
        words = tuple(token.word for token in tokens)
        hedged = any(
            next(names.at(words, place), None)
            for names in (self._wording.hedges, self._wording.contrasts)
            for place in range(len(words))
        )
        choices = choices_of(question, self._words).mentions(tokens) if question.choices else ()
        said = message.text[tokens[0].start :]
        return not (hedged or choices or self._named.is_value(said))

    def _mended(self, message: _Message) -> _Message | None:
        """The message with up to two slips of the key mended; None where there are none, or more.

        A lone word must lack a letter or have two swapped: "cancer" is no slip for "cancel", "resumes" none for "resume".
        """
        unknown = [place for place, word in enumerate(message.words) if word not in self._vocabulary and not word[0].isdecimal()]
        if not 0 < len(unknown) <= _MOST_SLIPS:
            return None
        words = list(message.words)
        for place in unknown:
            first = words[place][0]  # right in every slip; most of the vocabulary is passed over by it
            near = [known for known in self._vocabulary if known[0] == first and slips(words[place], known) == 1]
            if len(words) == 1:
                near = [known for known in near if len(known) > len(words[0]) or sorted(known) == sorted(words[0])]
            if len(near) != 1:
                return None
            words[place] = near[0]
        return message._replace(words=tuple(words))
