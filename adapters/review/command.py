"""`advisor review`: show past advisories in a browser, by a one-time link on this machine or with a password elsewhere."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from pathlib import Path

import click

from adapters.cli import FAILED, db_option, knowledge_base, stop
from adapters.cli_reading import viewer
from adapters.outside import now

MISSING = 'the web review needs Datasette, which is not installed; pip install "sourcing-advisor[review]"'


@click.command()
@db_option
@click.option("--as", "person", metavar="PERSON", help="The link shows only what PERSON (platform:tenant:user) may see.")
@click.option("--name", "names", multiple=True, metavar="HOST", help="A host name that browsers come by; repeatable.")
@click.option("--no-browser", is_flag=True, help="Print the link and open nothing.")
@click.option("--hash-password", is_flag=True, help="Ask for a password and print its hash for ADVISOR_REVIEW_PASSWORD_HASH.")
def review(db: Path | None, person: str | None, names: tuple[str, ...], no_browser: bool, hash_password: bool) -> None:
    """Read, search and review past advisories in a browser. Ends with Ctrl-C.

    On this machine a link that works once lets you in. Listening elsewhere (ADVISOR_REVIEW_HOST) takes a password.
    """
    if hash_password:
        _print_hash()
        return
    try:
        from adapters.review.app import CannotListen, serve
    except ImportError as error:
        if error.name and error.name.startswith(("adapters", "bot", "knowledge")):
            raise
        stop(MISSING, code=FAILED)
    from adapters.review.desk import Desk
    from adapters.review.settings import load
    from bot.erasure import apply_tombstones
    from bot.logs import configure
    from bot.settings import SettingsError
    from bot.store import Store
    from bot.store_errors import StoreError

    try:
        chosen = load()
    except SettingsError as error:
        stop(*error.problems)
    configure(chosen.advisor_log)
    path = db or chosen.advisor_db
    if not path.exists():
        stop(f"{path} does not exist; name a database with --db or ADVISOR_DB, or start one with `advisor chat`", code=FAILED)
    try:
        store = Store(path)
        try:
            apply_tombstones(store, now())
        finally:
            store.close()
    except StoreError as error:
        stop(str(error), code=FAILED)
    desk = Desk(path, knowledge_base(), chosen.advisor_reviewers, chosen.passwords)
    who = viewer(person, chosen.advisor_reviewers)

    def ready(address: str) -> None:
        link = f"{address}/sign-in?token={desk.sessions.link(who)}"
        click.echo(
            f"Past advisories: {address}\nThis link signs you in as {who.name or who.person}, once, within an hour:\n\n  {link}\n"
        )
        if desk.passwords:
            click.echo("Others sign in there with their name and password.")
        click.echo("Ctrl-C ends it.")
        if not no_browser and sys.stdout.isatty():
            webbrowser.open(link)

    try:
        asyncio.run(serve(desk, chosen.advisor_review_host, chosen.advisor_review_port, names, ready))
    except CannotListen as error:
        stop(str(error), code=FAILED)
    except KeyboardInterrupt:
        click.echo("Closed.")
    finally:
        desk.close()


def _print_hash() -> None:
    from adapters.review.passwords import FEWEST_LETTERS, MOST_LETTERS, hashed

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if not FEWEST_LETTERS <= len(password) <= MOST_LETTERS:
        stop(f"a password takes {FEWEST_LETTERS} to {MOST_LETTERS} letters; nothing was made")
    click.echo(hashed(password))
