"""The terminal: rich on a terminal, plain lines in a pipe. Every line typed goes through the same inbox and outbox."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import IO

from bot.markup import Span, blocks, clean
from bot.messages import Incoming, Unreadable
from bot.records import Delivery
from bot.speak import Message
from bot.turn_store import TurnStore
from knowledge.model import Knowledge, Language

PLATFORM = "console"
_LETTERS = {ord(block): "#" for block in "█▉▊▋▌▍▎▏"}


def parse(raw: str) -> Incoming:
    """A delivery of the terminal: JSON of the fields of an incoming message."""
    try:
        return Incoming.model_validate_json(raw)
    except ValueError:
        raise Unreadable("not a console delivery") from None


def delivery(incoming: Incoming, place: str, number: int, now: int, session: str) -> Delivery:
    """A typed line as a delivery; the session and line number make it unique."""
    return Delivery(PLATFORM, f"{session}:{number}", None, place, f"{number:09d}", now, incoming.model_dump_json())


def pick(text: str, message: Message | None) -> str | None:
    """The token of the button that a typed number or label means; None if the text is to be read as words."""
    if message is None or message.question is not None:  # questions are answered in words, numbers among them
        return None
    typed = text.strip().casefold().rstrip(".)")
    for number, button in enumerate(message.buttons, start=1):
        if typed in (str(number), button.label.casefold().rstrip(" …")):
            return button.token
    return None


def drain(store: TurnStore, now: int, places: set[str], words: Language) -> Iterator[Message]:
    """Messages to show, in order, a picture as bars; each is on its way while shown, and sent when the next is asked for."""
    while True:
        due = [each for each in store.due(PLATFORM, now, 1000) if each.place in places]
        if not due:
            return
        for outgoing in due:
            with store.transaction():
                store.sending([outgoing.number], now)
            if outgoing.kind != "settle":  # the screen keeps what was said
                message = Message.model_validate_json(outgoing.body)
                yield message if message.picture is None else _barred(message, store, outgoing.conversation, words)
            with store.transaction():
                store.sent(outgoing.number, str(outgoing.number), now)


def _barred(message: Message, store: TurnStore, conversation: str, words: Language) -> Message:
    from bot.advice.advice import Advice
    from bot.bars import bars

    given = store.advice_at(conversation, message.picture or 0)
    try:
        told = bars(Advice.from_json(json.loads(given.text)), words) if given else message.markdown
    except Exception:  # whatever is wrong with the bars, the advice follows in words
        told = f"{message.markdown}\n\n{words.sentences['picture_failed']}"
    return message.model_copy(update={"markdown": told})


class Screen:
    """Where messages are shown."""

    def __init__(self, out: IO[str], knowledge: Knowledge, language: str) -> None:
        self.out, self.knowledge, self.words = out, knowledge, knowledge.words(language)
        self.rich = bool(out.isatty())

    def show(self, message: Message) -> None:
        """Show a message with its numbered choices."""
        if self.rich:
            self._show_rich(message)
        else:
            self._write(clean(message.text) + "\n" + "".join(f"{line}\n" for line in self.choices(message)) + "\n")
        self.out.flush()

    def _write(self, text: str) -> None:
        """Write what the other end can read; blocks become `#` where there are only letters."""
        encoding = getattr(self.out, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_LETTERS).encode(encoding, "replace").decode(encoding)
        self.out.write(text)

    def choices(self, message: Message) -> list[str]:
        """The choices of a message as numbered lines."""
        question = self.knowledge.questions.get(message.question or "")
        if question is None:
            return [f"  {n}. {button.label}" for n, button in enumerate(message.buttons, start=1)]
        words = self.words.questions[question.id]
        if question.choices:
            return [
                f"  {n}. {_choice(words.choices[c].label, words.choices[c].means)}"
                for n, c in enumerate(question.choices, start=1)
            ]
        if question.items:
            return [
                f"  {n}. {self.words.criteria[c].short}: {self.words.criteria[c].means}"
                for n, c in enumerate(question.items, start=1)
            ]
        return [f"  {self._example(self.words, question.id)}"]

    @staticmethod
    def _example(words: Language, id: str) -> str:
        return f"({words.sentences['for_example']}: {words.questions[id].example})"

    def _show_rich(self, message: Message) -> None:
        from rich.console import Console
        from rich.text import Text

        console = Console(file=self.out, highlight=False, soft_wrap=False)
        before = ""
        for block in blocks(message.markdown):
            if before and not (before == block.kind == "item"):
                console.print()
            before = block.kind
            if block.kind == "rule":
                console.rule()
                continue
            text = Text.assemble(*((clean(span.text), _style(span)) for span in block.spans))
            if block.kind == "heading":
                text.stylize("bold cyan")
            indent = "  " * block.depth + (f"{block.mark} " if block.mark else "│ " if block.kind == "quote" else "")
            for i, wrapped in enumerate(text.wrap(console, max(console.width - len(indent), 20))):
                console.print(Text(indent if i == 0 or block.kind == "quote" else " " * len(indent)) + wrapped)
        for line in self.choices(message):
            console.print(Text(line, style="green" if message.buttons else "dim"))
        console.print()


def _choice(label: str, means: str) -> str:
    return f"{label}: {means}" if means else label


def _style(span: Span) -> str:
    styles = [name for name, on in (("bold", span.bold), ("italic dim", span.italic), ("cyan", span.code)) if on]
    return " ".join(styles)


def lines(prompt: str) -> Iterator[str]:
    """Typed lines: with editing on a terminal, plain from a pipe; ends at end of file."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession()
    while True:
        try:
            yield session.prompt(prompt)
        except EOFError:
            return
