"""`advisor backup`, `advisor forget` and `advisor doctor`: what an operator does to a database."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli import FAILED, as_json_option, db_option, emit, settings, stop
from adapters.outside import now

if TYPE_CHECKING:
    from bot.origins import Sources
    from bot.receipts import Receipt


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder (default: `backups` beside the database).")
@click.option("--keep", type=click.IntRange(min=1), default=7, show_default=True, help="How many of the latest to keep.")
@click.option("--restore", "copy", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Go back to a backup.")
@db_option
@as_json_option
def backup(out: Path | None, keep: int, copy: Path | None, db: Path | None, as_json: bool) -> None:
    """Copy the database while the advisor runs, and check the copy; or, with --restore, put a copy in its place.

    Restoring needs the advisor stopped. The database of before is kept beside it, and erasures done since the backup are
    repeated from the file DATABASE.erased.
    """
    from bot.backup import back_up
    from bot.copies import folder_of
    from bot.restore import restore
    from bot.store_errors import StoreError

    database = db or settings().advisor_db
    try:
        if copy is not None:
            restored = restore(copy, database, now())
            if as_json:
                emit(asdict(restored))
            else:
                click.echo(f"Restored {restored.restored} to {restored.to}: {_many(restored.conversations, 'conversation')}.")
                if restored.replaced:
                    click.echo(f"The database of before is kept as {restored.replaced}; delete it when you no longer need it.")
                if restored.erasures:
                    click.echo(f"Erasures repeated: {_counts(restored.erasures)}.")
            if restored.erasures and not restored.erasures.complete:
                stop(_unfinished(restored.erasures), code=FAILED)
            return
        made = back_up(database, out or folder_of(database), keep, now())
    except StoreError as error:
        stop(str(error), code=FAILED)
    if as_json:
        emit(asdict(made))
        return
    click.echo(f"{made.backup}: {made.bytes} bytes, {_many(made.conversations, 'conversation')}, integrity {made.integrity}")
    click.echo(f"sha256 {made.sha256}")
    click.echo(f"kept {len(made.kept)}" + (f", removed {', '.join(made.removed)}" if made.removed else ""))


@click.command()
@click.option("--person", metavar="PLATFORM:TENANT:USER", help="Everything a person started or said.")
@click.option("--conversation", metavar="ID", help="One conversation.")
@click.option("--words", multiple=True, metavar="TEXT", help="With --conversation: only these words in it; repeatable.")
@click.option("--older-than", "days", metavar="DAYS", type=click.IntRange(1, 36_500), help="All that was not used for so long.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@db_option
@as_json_option
def forget(
    person: str | None,
    conversation: str | None,
    words: tuple[str, ...],
    days: int | None,
    dry_run: bool,
    db: Path | None,
    as_json: bool,
) -> None:
    """Erase a person, a conversation, words, or what is old: tables, index, free pages, write-ahead log. Cannot be undone."""
    from bot.copies import candidates, folder_of
    from bot.erasure import forget_conversation, forget_person, forget_words
    from bot.retention import purge
    from bot.store import Store
    from bot.store_errors import StoreError

    if sum(each is not None for each in (person, conversation, days)) != 1:
        stop("name one of --person PLATFORM:TENANT:USER, --conversation ID and --older-than DAYS")
    if words and conversation is None:
        stop("--words goes with --conversation ID")
    path = db or settings().advisor_db
    if not path.exists():
        stop(f"{path} does not exist; name a database with --db or ADVISOR_DB", code=FAILED)
    try:
        store = Store(path)
        try:
            if person is not None:
                receipt = forget_person(store, person, now(), dry_run=dry_run)
            elif conversation is not None and words:
                receipt = forget_words(store, conversation, words, now(), dry_run=dry_run)
            elif conversation is not None:
                receipt = forget_conversation(store, conversation, now(), dry_run=dry_run)
            else:
                receipt = purge(store, days or 0, now(), dry_run=dry_run)
        finally:
            store.close()
    except ValueError as error:
        stop(f"{'--words' if words else '--person'}: {error}")
    except StoreError as error:
        stop(str(error), code=FAILED)
    older = [each.name for each in candidates(path, folder_of(path))]
    if as_json:
        emit({**asdict(receipt), "backups_that_may_still_hold_it": older if receipt.erased else []})
    else:
        _tell(receipt, older)
    if not receipt.complete:
        stop(_unfinished(receipt), code=FAILED)
    if not receipt.erased and days is None:
        what = f"none of these words in {conversation}" if words else f"nothing of {person or conversation} in {path}"
        stop(f"{what}; `advisor transcripts list` and `show` tell what there is", code=FAILED)


def _tell(receipt: Receipt, older: list[str]) -> None:
    if receipt.erased:
        click.echo(f"{'Would erase' if receipt.dry_run else 'Erased'}: {_counts(receipt)}.")
    elif receipt.act == "purge":
        click.echo("Nothing is that old.")
    if receipt.erased and not receipt.dry_run:
        if receipt.scrubbed:
            click.echo("Index, free pages and write-ahead log are clean.")
        if receipt.tombstones:
            click.echo(f"Tombstones: {', '.join(each[:16] for each in receipt.tombstones)}")
        if older:
            click.echo(f"{_many(len(older), 'backup')} may still hold it until rotated away; restoring one repeats the erasure.")


def _unfinished(receipt: Receipt) -> str:
    if receipt.left:
        return f"still found in {', '.join(receipt.left)}; look there and remove it by hand"
    return f"erased, but not yet from free pages and write-ahead log: {receipt.why}. Close it and run the same command again"


def _counts(receipt: Receipt) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(receipt.erased.items())) or "nothing"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _refused(platform: str) -> list[str]:
    """What the platform itself says against its settings; nothing is connected to."""
    from importlib import import_module

    from bot.settings import SettingsError

    try:
        module = import_module(f"adapters.{platform}.settings")
        (getattr(module, "load", None) or getattr(module, f"load_{platform}_settings"))()
    except SettingsError as error:
        return error.problems
    except ImportError as error:
        return [f"{platform} needs {error.name}, which is not installed; pip install sourcing-advisor[{platform}]"]
    return []


def _review() -> tuple[dict[str, object], list[str]]:
    """Whether the web review can be opened, and what its settings say against it. Datasette is not imported."""
    from importlib.util import find_spec

    from adapters.review.settings import load
    from bot.settings import SettingsError

    try:
        chosen = load()
    except SettingsError as error:
        return {"state": "incomplete"}, [each for each in error.problems if each.startswith("ADVISOR_REVIEW_")]
    state = "ready" if find_spec("datasette") else 'not installed: pip install "sourcing-advisor[review]"'
    address = f"http://{chosen.advisor_review_host}:{chosen.advisor_review_port}"
    return {"state": state, "address": address, "password": bool(chosen.passwords)}, []


def _health(found: Sources) -> tuple[list[str], list[str]]:
    """What is wrong with the address of the health pages, and what is only noted: a default gives way, a setting does not."""
    from adapters.connections import port_of_health
    from bot.settings import SettingsError, load_settings

    try:
        chosen = load_settings()
    except SettingsError:
        return [], []
    host, port = chosen.advisor_health_host, chosen.advisor_health_port
    address = f"{host}:{port}"
    match port_of_health(host, port):
        case "ours":
            return [], [f"health pages are at {address}; another process needs an ADVISOR_HEALTH_PORT of its own to have them"]
        case "taken" if found.get("ADVISOR_HEALTH_PORT"):
            return [f"ADVISOR_HEALTH_PORT: {address} is taken by another program; choose another port"], []
        case "taken":
            return [], [f"{address} is taken by another program; without an ADVISOR_HEALTH_PORT there are no health pages"]
        case _:
            return [], []


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask Slack and Telegram whether they know the tokens.")
@db_option
@as_json_option
def doctor(offline: bool, db: Path | None, as_json: bool) -> None:
    """Check settings, connections and database, and say what to do. Ends with 0 if all is right, 1 if something is wrong."""
    from adapters.connections import connection
    from bot.checkup import check_up
    from bot.origins import misspelt, origins, platforms, problems, sources
    from bot.settings import HOME

    found = sources()
    wrong = [*problems(), *misspelt(found)]
    served = platforms(found)
    wrong += [f"{each.name}: {', '.join(each.missing)} missing; see the README" for each in served if each.state == "incomplete"]
    refused = {each.name: _refused(each.name) for each in served if each.state == "ready"}
    wrong += [problem for problems in refused.values() for problem in problems]
    connections = [connection(name, found) for name, problems in refused.items() if not problems and not offline]
    wrong += [each.wrong for each in connections if each.wrong]
    review, against = _review()
    unhealthy, notes = _health(found)
    wrong += [*against, *unhealthy]
    path = db or Path(found.get("ADVISOR_DB") or HOME).expanduser()
    state = check_up(path)
    wrong += state.wrong
    if as_json:
        emit(
            {
                "ok": not wrong,
                "wrong": wrong,
                "notes": [*state.notes, *notes],
                "settings": [asdict(each) for each in origins(found)],
                "platforms": [asdict(each) for each in served],
                "review": review,
                "connections": [asdict(each) for each in connections],
                "database": {
                    "path": state.path,
                    "exists": state.exists,
                    **state.facts,
                    "backlog": state.backlog,
                    "locks": state.locks,
                },
            }
        )
        sys.exit(FAILED if wrong else 0)
    click.echo("Settings")
    for each in origins(found):
        click.echo(f"  {each.name:<30} {'—' if each.shown is None else each.shown}  ({each.origin})")
    click.echo("Platforms")
    for platform in served:
        lacks = f": {', '.join(platform.missing)}" if platform.missing else ""
        click.echo(f"  {platform.name:<10} {platform.state} ({platform.mode}){lacks}")
    click.echo(f"  {'review':<10} {review['state']}" + (f" ({review['address']})" if "address" in review else ""))
    for asked in connections:
        click.echo(f"  {asked.name:<10} {f'connected as {asked.who}' if asked.who else 'not connected'}")
    click.echo(f"Database {state.path}")
    for name, value in state.facts.items():
        click.echo(f"  {name:<15} {value}")
    for name, counts in state.backlog.items():
        click.echo(f"  {name:<15} {', '.join(f'{count} {status}' for status, count in counts.items())}")
    for name, holder in state.locks.items():
        click.echo(f"  {name:<15} held by {holder}")
    for note in (*state.notes, *notes):
        click.echo(f"Note: {note}.")
    if wrong:
        stop(*(f"Wrong: {each}" for each in wrong), code=FAILED)
    click.echo("All right.")
