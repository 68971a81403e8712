"""The product in a process of its own, to be killed: `python telegram_child.py ADDRESS DATABASE polling|webhook PORT [real]`.

`real` keeps the pace that Telegram wants; without it nothing waits.
"""

import asyncio
import sys
from pathlib import Path

from telegram_talk import FAST, SECRET, settings

from adapters.outside import signalled
from adapters.telegram.app import serve
from adapters.telegram.pacing import Pacing
from bot.logs import configure
from bot.store import Store
from knowledge.load import packaged, packaged_files


def main(url, db, mode, port, pace="fast"):
    configure("info")
    more = {"telegram_mode": mode, "telegram_listen_port": int(port)}
    if mode == "webhook":
        more |= {"telegram_webhook_url": "https://bot.example/telegram", "telegram_webhook_secret": SECRET}
    chosen = settings(url, Path(db), **more)
    asyncio.run(serving(Store(Path(db)), chosen, Pacing() if pace == "real" else FAST))


async def serving(store, chosen, pacing):
    await serve(store, packaged(), packaged_files(), chosen, stopping=signalled(), pacing=pacing)


if __name__ == "__main__":
    main(*sys.argv[1:])
