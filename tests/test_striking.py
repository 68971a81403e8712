"""Private data that a person pasted: warned of, written nowhere by accident, and gone from every table when it is struck out."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.cli import main
from bot.agenda import pending
from bot.archive import Archive
from bot.engine import fold, step
from bot.erasure import apply_tombstones, forget_words, made_up_for
from bot.events import EVENT, Heard, Started
from bot.guard import MARK
from bot.receipts import unscrubbed
from bot.replay import knowledge_of, replay
from bot.retell import Retelling
from bot.search import search
from bot.store import Store
from bot.understand.hear import hear
from talks import BASE, OPERATOR, Talks
from test_guard import PRIVATE

CARD, MAIL, CALL = "4111 1111 1111 1111", "bob_smith@acme.com", "+1 415 555 2671"
OPENING = f"We tag 20,000 product photos a month; ask {MAIL} or {CALL}, pay with {CARD}"
NOW = 1_800_000_000_000
SECRETS = (CARD, MAIL, CALL, "bob_smith", "acme.com", "415 555", "1111 1111")


@pytest.fixture
def talks(tmp_path):
    found = Talks(tmp_path / "a.db")
    yield found
    found.close()


def stored(store):
    """Every value of every table, as text."""
    tables = [
        row[0] for row in store.connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    ]
    return [str(value) for table in tables for row in store.connection.execute(f"SELECT * FROM {table}") for value in row]


def left(store, *words):
    """Which of these words are in the database, markup escaping set aside."""
    values = [value.replace("\\", "") for value in stored(store)]
    return [word for word in words if any(word in value for value in values)]


def last(talks):
    body = talks.store.connection.execute("SELECT body FROM outbox WHERE kind = 'send' ORDER BY number DESC LIMIT 1").fetchone()[
        0
    ]
    return json.loads(body)


def exposed(talks, text=OPENING):
    talks.send("p1", fresh=True)
    return talks.send("p1", text=text)


def tap(talks, label):
    button = next(each for each in last(talks)["buttons"] if each["label"] == label)
    return talks.send("p1", token=button["token"], label=label, via="tapped")


def test_the_warning_names_what_it_saw_and_offers_two_buttons(talks):
    exposed(talks)
    message = last(talks)
    assert "a payment card number" in message["markdown"] and "an e-mail address" in message["markdown"]
    assert [each["label"] for each in message["buttons"]] == ["Strike it out", "Keep it"]
    assert not any(secret in message["markdown"] for secret in SECRETS)


@pytest.mark.parametrize("how", ["tap", "yes", "strike it out", "delete it please", "Remove it."])
def test_struck_words_are_in_no_table_and_the_rest_stays(talks, how):
    id = exposed(talks)
    talks.store.index()
    assert left(talks.store, *SECRETS) == list(SECRETS)
    tap(talks, "Strike it out") if how == "tap" else talks.send("p1", text=how)
    assert left(talks.store, *SECRETS) == []
    said = f"We tag 20,000 product photos a month; ask {MARK} or {MARK}, pay with {MARK}"
    assert talks.store.events(id)[1].said == said
    assert talks.store.connection.execute("SELECT process FROM conversations").fetchone() == (said,)
    assert talks.store.connection.execute("SELECT text FROM transcript WHERE speaker = 'person'").fetchone() == (said,)
    assert "20,000 items a month" in last(talks)["markdown"], "what was understood besides is confirmed next"
    for word in ("bob_smith", "acme", "4111", "415"):
        assert not talks.store.connection.execute(
            "SELECT 1 FROM transcript_search WHERE transcript_search MATCH ?", (f'"{word}"',)
        ).fetchall()
    assert talks.store.connection.execute("SELECT count(*) FROM inbox WHERE raw != ''").fetchone() == (0,)


def test_no_byte_of_struck_words_is_left_once_scrubbed(talks, tmp_path):
    exposed(talks)
    tap(talks, "Strike it out")
    assert unscrubbed(talks.store.connection) == 1
    assert made_up_for(talks.store, 1).complete
    assert unscrubbed(talks.store.connection) == 0
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert not [secret for secret in (*SECRETS, "smith", "4111") if secret.encode() in content]


def test_the_next_opening_makes_up_for_the_scrubbing(talks):
    exposed(talks)
    tap(talks, "Strike it out")
    assert apply_tombstones(talks.store, 1).complete
    assert apply_tombstones(talks.store, 2) is None


@pytest.mark.parametrize("how", ["tap", "no", "keep it", "leave it in"])
def test_declining_keeps_the_words(talks, how):
    id = exposed(talks)
    tap(talks, "Keep it") if how == "tap" else talks.send("p1", text=how)
    assert left(talks.store, *SECRETS) == list(SECRETS)
    assert talks.store.events(id)[1].said == OPENING
    assert "Kept as you wrote it" in last(talks)["markdown"]
    assert talks.store.connection.execute("SELECT count(*) FROM receipts").fetchone() == (0,)


def test_the_advice_after_striking_replays_byte_for_byte(talks):
    exposed(talks)
    tap(talks, "Strike it out")
    talks.send("p1", text="yes")
    id = talks.send("p1", text="advise")
    archive = Archive(talks.path)
    whole = archive.transcript(OPERATOR, id, "replay")
    assert replay(whole, whole.advice[-1], knowledge_of(BASE.version, archive.store.knowledge_files(BASE.version))).identical
    shown = "\n".join(Retelling(BASE, BASE, "en").text(whole))
    assert "private data: an e-mail address, a telephone number, a payment card number" in shown
    assert not search(archive, OPERATOR, "bob_smith")
    archive.close()


def test_words_struck_out_after_the_advice_leave_its_replay_the_same(talks):
    talks.advised("p1", words="Photos for Zebrafish Limited")
    id = talks.store.latest_at("p1").id
    assert forget_words(talks.store, id, ["Zebrafish Limited"], NOW).complete
    assert left(talks.store, "Zebrafish") == []
    archive = Archive(talks.path)
    whole = archive.transcript(OPERATOR, id, "replay")
    assert MARK in whole.advice[0].text
    assert replay(whole, whole.advice[0], BASE).identical
    archive.close()


def test_private_data_in_an_answer_file_is_warned_of_and_struck_too(talks):
    talks.send("p1", fresh=True)
    talks.send("p1", text=json.dumps({"process": {"value": f"claims; {MAIL}"}, "volume": {"value": 41555526.0}}), via="file")
    assert last(talks)["name"] == "offer_strike"
    talks.send("p1", text="yes")
    assert left(talks.store, MAIL, "bob_smith") == []
    assert talks.store.connection.execute("SELECT value FROM answers WHERE question = 'volume'").fetchone() == ("41555526.0",)


def test_two_messages_with_private_data_are_struck_together(talks):
    exposed(talks, f"photos, {MAIL}")
    talks.send("p1", text=f"and {CARD}")
    assert "an e-mail address and a payment card number" in last(talks)["markdown"]
    talks.send("p1", text="yes")
    assert left(talks.store, MAIL, CARD) == []


def test_a_late_tap_on_an_earlier_warning_strikes_nothing_more(talks):
    exposed(talks, f"photos, {MAIL}")
    earlier = last(talks)["buttons"][0]["token"]
    tap(talks, "Keep it")
    talks.send("p1", text=f"my card {CARD}")
    talks.send("p1", token=earlier, label="Strike it out", via="tapped")
    assert left(talks.store, MAIL, CARD) == [MAIL, CARD]
    assert last(talks)["name"] == "offer_strike"


def test_a_cancelling_message_with_private_data_is_warned_of_as_well(talks):
    exposed(talks, "photos")
    talks.send("p1", text="cancel")
    talks.send("p1", text=f"my card is {CARD}")
    assert last(talks)["name"] == "offer_strike"
    talks.send("p1", text="yes")
    assert left(talks.store, CARD) == []


def test_a_service_that_has_the_case_in_memory_forgets_words_struck_by_another_process(talks):
    talks.send("p1", fresh=True)
    id = talks.send("p1", text="Photos for Zebrafish Limited")
    other = Store(talks.path)
    assert forget_words(other, id, ["Zebrafish"], NOW).erased
    other.close()
    talks.send("p1", text="summary")
    assert left(talks.store, "Zebrafish") == []


def test_too_short_or_unknown_words_are_not_struck(talks):
    id = talks.advised("p1")
    with pytest.raises(ValueError, match="too short"):
        forget_words(talks.store, id, ["a"], NOW)
    assert forget_words(talks.store, id, ["zebrafish"], NOW).erased == {}
    assert forget_words(talks.store, "none", ["zebrafish"], NOW).erased == {}
    before = stored(talks.store)
    assert forget_words(talks.store, id, ["Photo tags"], NOW, dry_run=True).erased["lines"] >= 1
    assert stored(talks.store) == before


def test_an_operator_strikes_words_from_the_command_line(talks):
    id = talks.advised("p1", words="Photos for Zebrafish Limited")

    def run(*arguments):
        return CliRunner().invoke(main, ["forget", *arguments, "--db", str(talks.path)])

    assert run("--words", "Zebrafish").exit_code == 2
    assert run("--conversation", id, "--words", "Unicorn").exit_code == 1
    found = run("--conversation", id, "--words", "Zebrafish Limited", "--json")
    assert found.exit_code == 0, found.output
    receipt = json.loads(found.stdout)
    assert receipt["act"] == "strike" and receipt["scrubbed"] and receipt["erased"]["lines"] == 1
    assert left(talks.store, "Zebrafish") == []


def test_markup_and_spacing_do_not_hide_struck_words(talks):
    talks.send("p1", fresh=True)
    id = talks.send("p1", text="Photos for *Zebra_fish*   [Limited]")
    talks.send("p1", text="summary")
    assert forget_words(talks.store, id, ["*Zebra_fish* [Limited]"], NOW).complete
    assert left(talks.store, "Zebra", "Limited") == []


def test_a_quotation_that_holds_only_a_part_of_the_words_is_struck_too(talks):
    talks.send("p1", fresh=True)
    id = talks.send("p1", text="photos for Zebrafish in Oslo need labels every month, no personal data")
    quoted = [text for text in stored(talks.store) if "Zebrafish" in text and "labels every month" not in text]
    assert quoted
    assert forget_words(talks.store, id, ["Zebrafish in Oslo need labels every month"], NOW).complete
    assert left(talks.store, "Zebrafish") == []


BESIDES = ["20000", "tagging", "why", "skip", "yes", "no", "back", "advise", "change the volume to 300", "strike it"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*(each for _, each in PRIVATE), *BESIDES]), min_size=1, max_size=8))
def test_a_warning_writes_no_answer_and_what_is_folded_is_what_was_stepped(said):
    events = [Started(at=0, by="p", conversation="c", knowledge=BASE.version, order="file")]
    case = step(None, events[0], BASE).case
    for text in said:
        before, waiting = case, pending(case, BASE).kind
        event = Heard(at=1, by="p", said=text, via="typed", acts=hear(text, case, BASE))
        assert EVENT.validate_json(event.model_dump_json()) == event
        case = step(case, event, BASE).case
        events.append(event)
        if waiting == "private":
            words = {id for id, answer in before.answers.items() if isinstance(answer.value, str)}
            assert {id: a for id, a in case.answers.items() if id not in words} == {
                id: a for id, a in before.answers.items() if id not in words
            }
            assert set(case.answers) == set(before.answers)
        assert fold(events, BASE) == case
