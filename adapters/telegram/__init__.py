"""Telegram: updates into the inbox, messages out of the outbox. Nothing here decides what to ask or to advise."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "1")  # python-telegram-bot's own way out of a deprecation warning with each 429
