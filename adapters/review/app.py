"""Datasette on a read-only connection with our plugin, behind the gate; and the server that shows it."""

from __future__ import annotations

import importlib
import secrets
import socket
from collections.abc import Callable
from importlib import resources
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from itsdangerous import BadSignature

from adapters.review import tables
from adapters.review.csv_answers import Defused
from adapters.review.desk import Desk
from adapters.review.gate import App, Gate
from adapters.review.settings import is_loopback
from adapters.review.story import web
from adapters.review.web import DESKS, link
from adapters.review.wording import Wording

PLUGIN = "adapters.review.plugin"
LOCAL = ("127.0.0.1", "localhost", "[::1]")
SETTINGS = {
    "allow_download": False,
    "allow_csv_stream": True,
    "default_page_size": 50,
    "max_returned_rows": 1000,
    "max_csv_mb": 50,
    "num_sql_threads": 2,
    "sql_time_limit_ms": 2000,
    "facet_time_limit_ms": 400,
    "suggest_facets": True,
    "truncate_cells_html": 300,
}


class Quiet(Database):  # type: ignore[misc]  # Datasette has no type hints
    """A database whose failed queries are not printed to the log, for they hold people's words."""

    async def execute(self, *args: Any, **options: Any) -> Any:
        """Datasette's own, without the printing."""
        return await super().execute(*args, **{**options, "log_sql_errors": False})


class CannotListen(Exception):
    """The address cannot be used; the text names the settings."""


def build(desk: Desk, names: tuple[str, ...] = LOCAL) -> tuple[App, Datasette]:
    """The application for an ASGI server; `names` are the host names that a browser may come by."""
    folder = resources.files("templates") / "review"
    datasette = Datasette(
        template_dir=str(folder),
        static_mounts=[("assets", str(folder / "assets"))],
        settings=SETTINGS,
        metadata={
            "title": "Past advisories",
            "databases": {
                "data": {
                    "tables": {
                        name: {"description": told, **tables.SEARCHED.get(name, {})} for name, told in tables.ABOUT.items()
                    }
                },
            },
        },
        secret=secrets.token_hex(32),
        files=[],
    )
    datasette.remove_database("_memory")
    datasette.add_database(Quiet(datasette, path=str(desk.path.absolute()), is_mutable=True), name="data")
    DESKS[datasette] = desk
    if not pm.has_plugin(PLUGIN):
        pm.register(importlib.import_module(PLUGIN), PLUGIN)
        pm.unregister(name="datasette.handle_exception")  # prints the values of variables, and so what people wrote
    words = Wording(desk.today)
    datasette.jinja_env.globals |= {"link": link, "words": words}
    datasette.jinja_env.filters |= {"clock": words.clock, "day": words.day, "web": web}

    def unsign(signed: str) -> str | None:
        try:
            return str(datasette.unsign(signed, "session"))
        except BadSignature:
            return None

    return Gate(Defused(datasette.app()), desk, names, unsign), datasette


async def serve(desk: Desk, host: str, port: int, names: tuple[str, ...], ready: Callable[[str], None]) -> None:
    """Show the pages until a signal; `ready` is told the address once they can be opened. Raises CannotListen."""
    app, datasette = build(desk, (*LOCAL, *names, *((host.lower(),) if not is_loopback(host) else ())))
    try:
        bound = _bound(host, port)
    except OSError as error:
        raise CannotListen(
            f"ADVISOR_REVIEW_HOST, ADVISOR_REVIEW_PORT: cannot listen on {host}:{port} ({error.strerror or error});"
            " choose another port, or 0 for any that is free"
        ) from error
    with bound:
        await datasette.invoke_startup()
        shown = host if is_loopback(host) else (names[0] if names else host)
        ready(f"http://{f'[{shown}]' if ':' in shown else shown}:{bound.getsockname()[1]}")
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            log_level="warning",
            lifespan="on",
            ws="none",
            server_header=False,
            proxy_headers=False,
        )
        await uvicorn.Server(config).serve(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)  # at once: until then, another process could take the same port
    except OSError:
        bound.close()
        raise
    return bound
