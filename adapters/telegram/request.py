"""python-telegram-bot's way to the server, on aiohttp: a fraction of the processor time of its own, and one library for all ways.

What went wrong is the cause of the error that is raised; errors.py reads from it whether a request can have arrived.
"""

from __future__ import annotations

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 100
CONNECT_SECONDS, READ_SECONDS = 10.0, 20.0


def session() -> aiohttp.ClientSession:
    """The connections of one bot; its owner closes it. Waiting for a free one counts as connecting."""
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=timeout, trust_env=True)


class Request(BaseRequest):
    """Requests on a session."""

    def __init__(self, opened: aiohttp.ClientSession) -> None:
        self.session = opened

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """The session is open already."""

    async def shutdown(self) -> None:
        """The session is closed by its owner."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises TimedOut or NetworkError."""
        del read_timeout, write_timeout, connect_timeout, pool_timeout  # the session's are used
        try:
            async with self.session.request(method, url, data=_body(request_data)) as answer:
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from error
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from error


def _body(data: RequestData | None) -> aiohttp.FormData | aiohttp.JsonPayload | None:
    """Parameters as JSON, which costs a tenth of a form; a form where there is a file."""
    if data is None or not data.contains_files:
        return aiohttp.JsonPayload(data.parameters) if data is not None else None
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
