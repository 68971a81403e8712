"""`advisor chat`: the terminal conversation, through the same inbox, engine and outbox as every platform."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import click

from adapters.cli import FAILED, UNFINISHED, db_option, emit, knowledge_base, settings, spoken, stop
from adapters.console import PLATFORM, Screen, delivery, drain, lines, parse, pick
from adapters.outside import new_id, now
from bot.erasure import apply_tombstones
from bot.logs import configure
from bot.messages import Incoming
from bot.records import Conversation
from bot.service import Service, World
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.load import packaged_files

PERSON = "console:local:you"


@click.command()
@click.option("--answers", type=click.Path(path_type=Path), help="Start from an answer file.")
@click.option("--resume", metavar="ID", help="Go on with an earlier conversation.")
@db_option
@click.option("--lang", default=None, help="Language of the words (default: ADVISOR_LANG).")
@click.option("--json", "as_json", is_flag=True, help="Print the advice as JSON at the end; the conversation goes to stderr.")
def chat(answers: Path | None, resume: str | None, db: Path | None, lang: str | None, as_json: bool) -> None:
    """Be interviewed in the terminal and get advice. Reads lines from a pipe as well."""
    chosen = settings()
    configure("error")
    base = knowledge_base()
    language = spoken(base, lang)
    try:
        store = Store(db or chosen.advisor_db)
        apply_tombstones(store, now())
    except StoreError as error:
        stop(str(error), code=FAILED)
    service = Service(
        store,
        PLATFORM,
        parse,
        base,
        packaged_files(),
        World(now, new_id),
        language=language,
        retention_days=chosen.advisor_retention_days,
    )
    if resume is not None and store.conversation(resume) is None:
        stop(f"no conversation {resume} in {store.path}; `advisor transcripts list` shows them")
    filled = _filled(answers) if answers else None
    screen = Screen(sys.stderr if as_json else sys.stdout, base, language)
    try:
        _Talk(service, screen, resume, as_json).run(filled, lines("> "))
    except StoreError as error:
        stop(str(error), code=FAILED)
    except BrokenPipeError:
        sys.exit(FAILED)
    finally:
        store.close()


def _filled(path: Path) -> str:
    """The answers of a file as the text of a delivery. Ends with every problem if it cannot be used."""
    from bot.answer_file import Invalid, read_file

    try:
        filled = read_file(path, knowledge_base())
    except Invalid as error:
        stop(*error.problems)
    if filled.figures or filled.swing:
        stop(f"{path}: a conversation takes answers only; 'parameters' and 'swing' are for `advisor advise`")
    return json.dumps({id: answer.model_dump(mode="json") for id, answer in filled.answers.items()})


class _Talk:
    """One run of the terminal on one conversation."""

    def __init__(self, service: Service, screen: Screen, resume: str | None, as_json: bool) -> None:
        self.service, self.screen, self.resume, self.as_json = service, screen, resume, as_json
        self.session = new_id()
        known = service.store.conversation(resume) if resume else None
        self.place = known.place if known else f"console:{self.session}"
        self.number = 0
        self.last: Message | None = None

    def run(self, filled: str | None, typed: Iterable[str]) -> None:
        """Talk until the input ends."""
        try:
            self._send(Incoming(person=PERSON, tenant="local", fresh=self.resume is None, resume=self.resume))
            if self.screen.rich:  # while the greeting is read, make ready to understand the answer
                threading.Thread(target=self.service.warm, daemon=True).start()
            if filled is not None:
                self._send(Incoming(person=PERSON, tenant="local", text=filled, via="file"))
            for line in typed:
                if self._past(line):
                    continue
                token = pick(line, self.last)
                self._send(Incoming(person=PERSON, tenant="local", text=line, token=token, via="tapped" if token else "typed"))
                if self._over():
                    break
        except KeyboardInterrupt:
            pass
        self._farewell()

    def _send(self, incoming: Incoming) -> None:
        incoming = incoming.model_copy(update={"resume": self.resume}) if self.resume else incoming
        at = now()
        self.service.receive([delivery(incoming, self.place, self.number, at, self.session)])
        self.number += 1
        while self.service.work():
            pass
        for message in drain(self.service.store, now(), {self.place}, self.screen.words):
            self.screen.show(message)
            self.last = message

    def _past(self, line: str) -> bool:
        """Whether the line only asks for one's past advisories, or for the advice as a file."""
        if not any(letter.isalpha() for letter in line):
            return False
        from adapters.cli_handout import Handouts
        from adapters.cli_history import History

        store, base, state = self.service.store, self.service.knowledge, self._state()
        if Handouts(store, base, self.service.language, self.screen, Path.cwd()).answers(line, state):
            return True
        own = History(store.path, PERSON, base, self.service.language, self.screen)
        return own.answers(line, state.id if state else None)

    def _state(self) -> Conversation | None:
        conversation = self.service.store.latest_at(self.place)
        return self.service.store.conversation(self.resume) if self.resume else conversation

    def _over(self) -> bool:
        state = self._state()
        return state is not None and state.status == "cancelled"

    def _farewell(self) -> None:
        """Say how to come back; end with 3 if there is no advice yet."""
        state = self._state()
        if state is None:
            return
        advice = self.service.store.latest_advice(state.id) if state.status == "advised" else None
        if self.as_json:
            emit(json.loads(advice.text) if advice else {"conversation": state.id, "recommended": None, "unfinished": True})
        if advice is None:
            click.echo(f"\nYour answers are kept. Go on with: advisor chat --resume {state.id}", err=True)
            sys.exit(UNFINISHED)
        click.echo(f"\nKept as {state.id}. Come back with: advisor chat --resume {state.id}", err=True)
