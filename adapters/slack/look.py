"""What drawing in Slack needs besides the message: the words, the addresses that may become links, and text objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from adapters.slack.address import Json
from knowledge.model import Knowledge, Language


@dataclass(frozen=True)
class Look:
    """A knowledge base and the language people are spoken to in."""

    knowledge: Knowledge
    language: str

    @property
    def words(self) -> Language:
        """The words of the language."""
        return self.knowledge.words(self.language)

    @cached_property
    def links(self) -> frozenset[str]:
        """The addresses of our sources."""
        return frozenset(source.url for source in self.knowledge.sources.values() if source.url)

    def sentence(self, key: str, **values: str) -> str:
        """A sentence of ours."""
        return self.words.sentences[f"slack_{key}"].format(**values)


def plain(text: str, longest: int) -> Json:
    """A plain_text object, cut to size."""
    return {"type": "plain_text", "text": text if len(text) <= longest else text[: longest - 1] + "…", "emoji": False}


def escaped(text: str) -> str:
    """Text in which nothing is a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
