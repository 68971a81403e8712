"""Every kind of delivery that a workspace sends, one file each: acknowledged with 200, kept or not, and read as what it is."""

import json
from pathlib import Path

import pytest
from slack_office import Office, post, web
from slack_payloads import TEAM, US

from adapters.slack.address import is_aside
from adapters.slack.deliveries import delivery
from adapters.slack.parse import DELETED, EDITED, Own, parse
from bot.messages import Ignored
from bot.store import Store

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
OWN = Own(team=TEAM, user=US, bot="B1")
INTERVIEW = {"type": "message", "channel": "C1", "user": "U1", "text": f"<@{US}> we tag photos", "ts": "1795634560.000001"}
DIRECT = INTERVIEW | {"channel": "D1", "channel_type": "im", "text": "hello", "ts": "1795634561.000004"}
BEGAN = ("mention_as_message", "mention_as_app_mention", "direct_message")
"""The messages that the interviews began with: delivered again they are known."""
KEPT = ("said", "aside", "edited", "deleted", "gone")


def read(body: dict) -> str:
    """What a delivery is read as."""
    found = parse(delivery(body, 1).raw, OWN)
    if isinstance(found, Ignored):
        return "gone" if found.why.startswith("access is gone") else "ignored"
    revised = {EDITED: "edited", DELETED: "deleted"}.get(found.token or "")
    return revised or ("aside" if is_aside(found.address) else "said")


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
async def test_a_delivery_is_acknowledged_and_is_what_its_record_says(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_text())
    body, expected = case["delivery"], case["expect"]
    if "event" in body and expected not in ("page",) and path.stem != "tokens_of_people_revoked":
        assert read(body) == expected
    async with web(Office(Store(tmp_path / "advisor.db"))) as (http, office):
        for n, began in enumerate((INTERVIEW, DIRECT)):
            office.hear({"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{n}", "event": began})
        before = office.inbox()
        answer = await post(http, body, form="command" in body)
        assert answer.status == 200
        kept = len(office.inbox()) - len(before)
        assert kept == (expected in KEPT and path.stem not in BEGAN)
        assert (await post(http, body, form="command" in body)).status == 200
        assert len(office.inbox()) - len(before) == kept


def test_a_mention_counts_once_in_whichever_pair_of_events_it_comes() -> None:
    with_a_file = ("mention_with_a_file", "mention_with_a_file_as_message")
    for one, other in (("mention_as_message", "mention_as_app_mention"), with_a_file):
        pair = [path for path in RECORDED if path.stem in (one, other)]
        keys = {delivery(json.loads(path.read_text())["delivery"], 1).message_key for path in pair}
        assert len(keys) == 1 and None not in keys


def test_there_is_a_record_for_every_row_of_what_slack_may_send() -> None:
    seen = {json.loads(path.read_text())["expect"] for path in RECORDED}
    assert seen == {*KEPT, "ignored", "page", "command"}
