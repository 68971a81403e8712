"""A transcript as a conversation: who said what and when, what it was understood as, the advice, and what became of it.

Names and values are told with the knowledge base of the time; an id that it does not know is shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from bot import tell
from bot.answers import Answer, Value
from bot.archive import Transcript
from bot.events import Act, Answered, CameLate, Confirmed, Exposed, Heard, Missed, Proposed, Rejected, Requested, Upgraded
from bot.markup import clean, escape
from knowledge.model import Knowledge

HEARD = ("typed", "tapped", "file", "deleted")
"""Lines of a person that were understood as something; others are noted beside them."""


@dataclass(frozen=True)
class Said:
    """One thing said, or noted between; `by` is None for the advisor."""

    event_number: int
    at: int
    by: str | None
    how: str
    text: str
    understood: tuple[str, ...] = ()


def clock(at: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time of the database, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime(form)


class Retelling:
    """The words for one transcript: `base` is the knowledge of its time, `today` holds the sentences."""

    def __init__(self, base: Knowledge, today: Knowledge, language: str) -> None:
        self.base, self.language = base, language
        self.sentences = today.words(language).sentences

    def say(self, key: str, **values: object) -> str:
        """A sentence of the knowledge base, what people wrote cleaned."""
        return self.sentences[f"transcript_{key}"].format(**{name: clean(str(value)) for name, value in values.items()})

    def name(self, question: str) -> str:
        """What a question is called."""
        words = self.base.words(self.language).questions.get(question)
        return words.name if words else question

    def value(self, question: str, value: Value | None) -> str:
        """A value in words."""
        try:
            return tell.value(question, value, self.base, self.language)
        except KeyError:
            return str(value)

    def answer(self, question: str, answer: Answer) -> str:
        """An answer in words, the ways of not knowing kept apart."""
        try:
            told = tell.answered(question, answer, self.base, self.language)
        except KeyError:
            told = str(answer.value) if answer.status == "given" else answer.status
        return f"{told} {self.sentences['transcript_unsure']}" if answer.unsure else told

    def acts(self, act: Act) -> Iterator[str]:
        """What an act was understood as."""
        match act:
            case Answered(question=id, answer=answer):
                yield self.say("answered", name=self.name(id), value=self.answer(id, answer))
            case Proposed(facts=facts, doubts=doubts):
                for fact in facts:
                    yield self.say(
                        "stated", name=self.name(fact.question), value=self.value(fact.question, fact.value), said=fact.said
                    )
                for doubt in doubts:
                    yield self.say("doubt", name=self.name(doubt.question), said=doubt.said)
            case Confirmed():
                yield self.say("confirmed")
            case Rejected(question=id):
                yield self.say("rejected_one", name=self.name(id)) if id else self.say("rejected")
            case Requested(request=request):
                about = self.name(request.about or "")
                about = f"{about} = {self.value(request.about or '', request.value)}" if request.value is not None else about
                kind = request.kind.replace("_", " ")
                yield self.say("request_about", kind=kind, about=about) if about else self.say("request", kind=kind)
            case Missed():
                yield self.say("missed")
            case CameLate(question=id):
                yield self.say("late", name=self.name(id))
            case Exposed(kinds=kinds):
                yield self.say("exposed", kinds=", ".join(self.sentences[f"private_{kind}"] for kind in kinds))
            case _:
                assert_never(act)

    def conversation(self, transcript: Transcript) -> Iterator[Said]:
        """Everything in order. The words are those of the transcript, since a span may have been struck out there."""
        lines = list(transcript.lines)
        for number, event in enumerate(transcript.events):
            here = [line for line in lines if line.event_number == number]
            if isinstance(event, Upgraded):
                yield Said(number, event.at, None, "", self.say("upgraded", version=event.knowledge))
            for line in here:
                if line.speaker == "person":
                    heard = event.acts if isinstance(event, Heard) and line.message in HEARD else ()
                    acts = tuple(told for act in heard for told in self.acts(act))
                    how = self.sentences.get(f"transcript_{line.message}", line.message)
                    yield Said(number, line.at, line.person or "", how, clean(line.text), acts)
                else:
                    yield Said(number, line.at, None, line.message, clean(line.text))

    # --- documents -----------------------------------------------------------------------------------------------------

    def head(self, transcript: Transcript) -> list[str]:
        """What it is, in a few lines."""
        s = transcript.summary
        lines = [
            self.say("when", start=clock(s.started_at), end=clock(s.last_at)),
            self.say("who", person=s.person, platform=s.platform),
            self.say("state", status=s.status, knowledge=s.knowledge, unknowns=s.unknowns),
        ]
        return [*lines, *(self.say("answered", name=self.name("process"), value=s.process) for _ in [0] if s.process)]

    def text(self, transcript: Transcript) -> Iterator[str]:
        """For a terminal: plain lines."""
        yield self.say("title", id=transcript.summary.id)
        yield from (f"  {line}" for line in self.head(transcript))
        for said in self.conversation(transcript):
            yield ""
            who = self.sentences["transcript_advisor"] if said.by is None else f"{clean(said.by)}, {said.how}"
            yield f"{clock(said.at)}  {who}"
            yield from (f"    {line}" for line in said.text.splitlines())
            if said.understood:
                yield f"    → {self.say('understood', acts='; '.join(said.understood))}"
        for heading, lines in self._ends(transcript):
            yield ""
            yield heading
            yield from (f"  - {line}" for line in lines)

    def markdown(self, transcript: Transcript) -> str:
        """For a document."""
        parts = [f"# {escape(self.say('title', id=transcript.summary.id))}", ""]
        parts += [f"- {escape(line)}" for line in self.head(transcript)]
        parts += ["", f"## {self.sentences['transcript_conversation']}"]
        for said in self.conversation(transcript):
            who = self.sentences["transcript_advisor"] if said.by is None else f"{said.by}, {said.how}"
            parts += ["", f"**{escape(who)}** {escape(clock(said.at))}", ""]
            parts += [f"> {escape(line)}\\" if line.strip() else ">" for line in said.text.splitlines()]
            parts[-1] = parts[-1].removesuffix("\\") if not parts[-1].endswith("\\\\\\") else parts[-1][:-1]
            if said.understood:
                parts += ["", f"*{escape(self.say('understood', acts='; '.join(said.understood)))}*"]
        for heading, lines in self._ends(transcript):
            parts += ["", f"## {escape(heading)}", "", *(f"- {escape(line)}" for line in lines)]
        return "\n".join(parts) + "\n"

    def _ends(self, transcript: Transcript) -> Iterator[tuple[str, list[str]]]:
        """The advice on record with its reasons and sources, reviews, and outcomes."""
        for given in transcript.advice:
            advice = json.loads(given.text)
            yield (
                self.say("advice", at=clock(given.at), knowledge=given.knowledge),
                [
                    clean(f"{advice.get('headline', given.recommended)} ({given.verdict}, {given.recommended}; {given.digest})"),
                    *_rested(self.sentences["transcript_reasons"], advice.get("reasons", [])),
                    *_rested(self.sentences["transcript_against"], advice.get("against", [])),
                ],
            )
            kept = [each for reasons in ("reasons", "against") for each in advice.get(reasons, [])]
            behind = {id for each in kept for fact in _facts(each) for id in self.base.sources_of(fact)}
            sources = [
                clean(f"{each['id']}: {each['title']}, {each['publisher']} ({each.get('dated') or 'n.d.'}) {each['url']}")
                for each in advice.get("sources", [])
                if each["id"] in behind or not behind
            ]
            yield self.sentences["transcript_sources"], sources
        if transcript.reviews:
            yield (
                self.sentences["transcript_reviews"],
                [
                    self.say("review", at=clock(r.at), reviewer=r.reviewer, verdict=r.verdict, note=r.note)
                    + (f" {self.sentences['transcript_flagged']}" if r.flag else "")
                    for r in transcript.reviews
                ],
            )
        if transcript.outcomes:
            yield (
                self.sentences["transcript_outcomes"],
                [
                    self.say("outcome", at=clock(o.at), person=o.person, chosen=o.chosen, happened=o.happened)
                    for o in transcript.outcomes
                ],
            )


def _facts(reason: dict[str, object]) -> list[str]:
    """The claims and evidence that a reason rests on."""
    found: list[str] = []
    for ids in (reason.get("claims"), reason.get("evidence")):
        found += [str(id) for id in ids] if isinstance(ids, list) else []
    return found


def _rested(label: str, reasons: list[dict[str, object]]) -> list[str]:
    """Reasons with the ids that they rest on."""
    found = []
    for reason in reasons:
        rest = ", ".join(_facts(reason)) or str(reason.get("assumption") or reason.get("rule") or "")
        found.append(clean(f"{label}: {reason.get('text')} [{rest}]"))
    return found
