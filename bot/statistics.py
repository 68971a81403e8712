"""How the advisor does: what it advises, who finishes, where people stop or do not know, and whether advice was followed."""

from __future__ import annotations

from dataclasses import dataclass

from bot.archive import Archive, Filter, Viewer
from bot.listing import scope


@dataclass(frozen=True)
class QuestionCount:
    """One question: how often its answer in force is a value or a way of not knowing, and how often people stopped there."""

    question: str
    given: int = 0
    dont_know: int = 0
    not_applicable: int = 0
    later: int = 0
    stopped: int = 0


@dataclass(frozen=True)
class Statistics:
    """Counts over the conversations that a viewer may see. `agreement`: (advised, chosen) -> how often."""

    conversations: int
    by_status: dict[str, int]
    by_platform: dict[str, int]
    by_kind: dict[str, int]
    by_recommended: dict[str, int]
    by_verdict: dict[str, int]
    advised: int
    questions: tuple[QuestionCount, ...]
    agreement: dict[tuple[str, str], int]
    agreed: int
    reviews: dict[str, int]

    @property
    def with_outcome(self) -> int:
        """Conversations with advice of which it is known what was chosen."""
        return sum(self.agreement.values())

    def as_json(self) -> dict[str, object]:
        """Plain data, shares included."""
        return {
            "conversations": self.conversations,
            "advised": self.advised,
            "completion": _share(self.advised, self.conversations),
            "by_status": self.by_status,
            "by_platform": self.by_platform,
            "by_kind": self.by_kind,
            "by_recommended": self.by_recommended,
            "by_verdict": self.by_verdict,
            "questions": [
                {**each.__dict__, "dont_know_share": _share(each.dont_know, each.given + each.dont_know)}
                for each in self.questions
            ],
            "agreement": {
                "outcomes": self.with_outcome,
                "agreed": self.agreed,
                "share": _share(self.agreed, self.with_outcome),
                "pairs": [{"advised": a, "chosen": b, "times": n} for (a, b), n in sorted(self.agreement.items())],
            },
            "reviews": self.reviews,
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def statistics(archive: Archive, viewer: Viewer, wanted: Filter) -> Statistics:
    """Count. One pass over the conversations wanted, and over their answers."""
    source, where, bound = scope(viewer, wanted)
    chosen = f"(SELECT c.id FROM {source} WHERE {where})"  # noqa: S608  ours

    def count(what: str, rest: str) -> dict[str, int]:
        sql = f"SELECT {what}, count(*) FROM {rest} GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608  ours
        return {str(name): int(n) for name, n in archive.store.connection.execute(sql, bound) if name is not None}

    def of(column: str) -> dict[str, int]:
        return count(column, f"{source} WHERE {where}")

    with archive.explained():
        statuses = of("c.status")
        advised = of("c.verdict IS NOT NULL").get("1", 0)
        stopped = count(
            "json_extract(o.body, '$.question')",
            f"{source} JOIN outbox o ON o.number = {_LAST_ASKED} WHERE c.verdict IS NULL AND {where}",
        )
        answers = archive.store.connection.execute(
            f"SELECT question, status, count(*) FROM current_answers WHERE conversation IN {chosen} GROUP BY 1, 2",  # noqa: S608  ours
            bound,
        ).fetchall()
        pairs = archive.store.connection.execute(
            f"SELECT coalesce(c.recommended, 'none'), c.chosen, count(*), sum({_AGREED}) FROM {source}"  # noqa: S608  ours
            f" WHERE c.chosen IS NOT NULL AND c.verdict IS NOT NULL AND {where} GROUP BY 1, 2",
            bound,
        ).fetchall()
        reviews = count("r.verdict", f"reviews r WHERE r.conversation IN {chosen}")
        return Statistics(
            conversations=sum(statuses.values()),
            by_status=statuses,
            by_platform=of("c.platform"),
            by_kind=of("c.kind"),
            by_recommended=of("c.recommended"),
            by_verdict=of("c.verdict"),
            advised=advised,
            questions=_questions(answers, stopped),
            agreement={(advised_, chosen_): int(n) for advised_, chosen_, n, _ in pairs},
            agreed=sum(int(n) for *_, n in pairs),
            reviews=reviews,
        )


_LAST_ASKED = (
    "(SELECT max(q.number) FROM outbox q"
    " WHERE q.conversation = c.id AND q.kind = 'send' AND json_extract(q.body, '$.question') IS NOT NULL)"
)
_SPLIT_OFFERED = (
    "(SELECT json_extract(a.advice, '$.split') IS NOT NULL FROM advice a"
    " WHERE a.conversation = c.id ORDER BY a.event_number DESC LIMIT 1)"
)
_AGREED = f"c.chosen IS coalesce(c.recommended, 'none') OR (c.chosen = 'split' AND coalesce({_SPLIT_OFFERED}, 0))"


def _questions(answers: list[tuple[str, str, int]], stopped: dict[str, int]) -> tuple[QuestionCount, ...]:
    found: dict[str, dict[str, int]] = {}
    for question, status, n in answers:
        found.setdefault(question, {})[status] = n
    for question, n in stopped.items():
        found.setdefault(question, {})["stopped"] = n
    return tuple(QuestionCount(question, **counts) for question, counts in found.items())
