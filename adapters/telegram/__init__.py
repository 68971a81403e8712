"""Telegram: updates into the inbox, messages out of the outbox. Nothing here decides what to ask or to advise."""
