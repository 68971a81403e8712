"""The bot as a process of its own, for tests: the settings from the environment, then `serve`."""

import asyncio
import sys

from adapters.outside import signalled
from adapters.slack.app import serve
from adapters.slack.settings import load
from bot.logs import configure
from bot.store import Store
from knowledge.load import packaged, packaged_files


async def serving(store, settings):
    await serve(store, packaged(), packaged_files(), settings, stopping=signalled())


if __name__ == "__main__":
    settings = load()
    configure(settings.advisor_log)
    store = Store(settings.advisor_db)
    asyncio.run(serving(store, settings))
    store.close()
    sys.exit(0)
