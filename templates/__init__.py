"""The words of every message, as Markdown templates: one folder a language, one file an effect."""
