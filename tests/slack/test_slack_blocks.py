"""What is posted stays within Slack's limits for every question and for whole advices, and holds nobody's markup."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.slack.blocks import controlled, payloads
from adapters.slack.command import answer, asked, whisper
from adapters.slack.form import filled, form
from adapters.slack.history import Past
from adapters.slack.home import home
from adapters.slack.look import Look
from adapters.slack.uploads import LONGEST_ALT, LONGEST_TITLE, whole_sentences
from advices import every
from bot.advice.report import advise
from bot.answers import Answer, Money
from bot.case import Case
from bot.chart import alt
from bot.effects import About, Ask, Compare, Greet, HelpWith, Note, Recommend, Summarise
from bot.markup import blocks, escape
from bot.page import render
from bot.speak import Button, Message, pictured, speak
from knowledge.load import packaged

KNOWLEDGE = packaged()
LOOK = Look(KNOWLEDGE, "en")
CASE = Case(conversation="c", language="en", knowledge=KNOWLEDGE.version, order="file", starter="slack:T1:U1", started_at=0)


def characters(value: object) -> int:
    """All text in blocks."""
    match value:
        case dict():
            return sum(len(v) if k == "text" and isinstance(v, str) else characters(v) for k, v in value.items())
        case list():
            return sum(map(characters, value))
        case _:
            return 0


def check_element(element: dict) -> None:
    assert len(element["action_id"]) <= 255
    match element["type"]:
        case "button":
            assert 1 <= len(element["text"]["text"]) <= 75 and 1 <= len(element["value"]) <= 2000
        case "static_select":
            assert 1 <= len(element["options"]) <= 100 and len(element["placeholder"]["text"]) <= 150
        case "overflow":
            assert 1 <= len(element["options"]) <= 5
        case other:
            raise AssertionError(other)
    for option in element.get("options", []):
        assert 1 <= len(option["text"]["text"]) <= 75 and 1 <= len(option["value"]) <= 150


def check(posts: list[dict]) -> None:
    """Every limit of Slack's, and rich_text or plain_text only."""
    for post in posts:
        assert 1 <= len(post["text"]) <= 4000
        assert 1 <= len(post["blocks"]) <= 50
        assert characters(post["blocks"]) <= 12_000
        assert "mrkdwn" not in json.dumps(post["blocks"])
        for block in post["blocks"]:
            assert block["type"] in ("rich_text", "divider", "actions")
            if block["type"] == "actions":
                assert 1 <= len(block["elements"]) <= 25 and len(block["block_id"]) <= 255
                ids = [element["action_id"] for element in block["elements"]]
                assert len(ids) == len(set(ids))
                for element in block["elements"]:
                    check_element(element)


@pytest.mark.parametrize("id", KNOWLEDGE.questions)
@pytest.mark.parametrize("sure", [False, True])
def test_every_question_fits_and_has_the_control_of_its_kind(id: str, sure: bool) -> None:
    posts = payloads(speak(Ask(question=id, number=3, most=7, may_advise=sure, offer_skip=sure), CASE, KNOWLEDGE), 5, LOOK)
    check(posts)
    question = KNOWLEDGE.questions[id]
    kinds = [element["type"] for element in posts[-1]["blocks"][-1]["elements"]]
    assert kinds[-1] == "overflow"
    expected = len(question.choices) or len(question.quick) or len(question.items)
    assert kinds[:-1] == (["static_select"] if expected > 5 else ["button"] * expected)
    for label in (choice.label for choice in LOOK.words.questions[id].choices.values()):
        assert label.replace("&", "&amp;") in posts[-1]["text"]


ADVICES = every()


def test_every_advice_fits_with_its_card_before_its_sums_and_sources() -> None:
    assert len(ADVICES) > 60
    for advice in ADVICES.values():
        posts = payloads(speak(Recommend(advice=advice, changed=("data",)), CASE, KNOWLEDGE), 9, LOOK)
        check(posts)
        card = controlled(posts)
        assert len(posts) <= 5
        assert "Sources" not in posts[card]["text"].splitlines() and card < len(posts) - 1
        kinds = [[element["type"] for element in block["elements"]] for block in posts[card]["blocks"][-2:]]
        assert kinds == [["button"] * 4 + ["overflow"], ["button"] * 2]
        check(payloads(speak(Compare(advice=advice), CASE, KNOWLEDGE), 9, LOOK))


def test_a_card_holds_three_of_each_list_and_what_follows_holds_the_rest() -> None:
    for advice in ADVICES.values():
        message = speak(Recommend(advice=advice), CASE, KNOWLEDGE)
        posts = payloads(message, 9, LOOK)
        lists = [element for block in posts[0]["blocks"] for element in block.get("elements", []) if "indent" in element]
        assert all(len(each["elements"]) <= 3 for each in lists)
        told = "".join(text for post in posts for text in texts(post["blocks"]))
        for block in blocks(message.markdown):
            assert "".join(span.text for span in block.spans) in told


def texts(value: object) -> Iterator[str]:
    match value:
        case {"type": "rich_text_section" | "rich_text_quote", "elements": list(elements)}:
            yield "".join(each["text"] for each in elements) + "\n"
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_every_advice_can_be_a_file_of_a_size_that_slack_takes(form: str) -> None:
    for advice in ADVICES.values():
        content = json.dumps(advice.as_json()) if form == "json" else render(advice, KNOWLEDGE, "en", form)
        assert 1_000 < len(content.encode()) < 1_000_000


def test_every_advice_is_pictured_with_an_alt_text_and_a_title_that_fit() -> None:
    for advice in ADVICES.values():
        told = whole_sentences(alt(advice, KNOWLEDGE))
        assert advice.headline in told and told.endswith(".") and len(told) <= LONGEST_ALT
        assert 1 <= len(advice.headline) <= LONGEST_TITLE
        check(payloads(pictured(Recommend(advice=advice), 3, CASE), 9, LOOK))


def test_sources_are_links_that_open() -> None:
    posts = payloads(speak(Recommend(advice=advise({}, KNOWLEDGE, "en")), CASE, KNOWLEDGE), 9, LOOK)
    assert '"type": "link"' in json.dumps(posts)


def test_other_messages_fit() -> None:
    everything = CASE.model_copy(update={"answers": {id: Answer(status="dont_know") for id in KNOWLEDGE.questions}})
    wide = Note(kind="what_to_change", questions=tuple(KNOWLEDGE.questions))
    for effect in (Greet(), About(), HelpWith(question="kind"), Summarise(final=True, stamp="1"), wide):
        check(payloads(speak(effect, everything, KNOWLEDGE), 1, LOOK))


HOSTILE = [
    "<!channel>",
    "<@U1>",
    "*b* _i_ ~s~ `c`",
    "<https://evil.example|Slack>",
    "https://evil.example/x",
    "@here #general",
    "&lt;!here&gt;",
    "\u202eabc",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_person_typed_stays_words(text: str) -> None:
    (post,) = payloads(Message(name="note", markdown=f"You said: {escape(text)}"), 1, LOOK)
    assert not set(post["text"]) & {"<", ">"}
    elements = post["blocks"][0]["elements"][0]["elements"]
    assert {each["type"] for each in elements} == {"text"} and not any("style" in each for each in elements)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=20_000), st.lists(st.text(min_size=1, max_size=120), max_size=130), st.integers(0, 12))
def test_any_words_and_any_number_of_choices_fit(text: str, labels: list[str], more: int) -> None:
    buttons = tuple(Button(label=label, token=f"a:q:{n}") for n, label in enumerate(labels))
    ways = tuple(Button(label=str(n), token=f"r:{n}") for n in range(more))
    check(payloads(Message(name="any", markdown=escape(text), buttons=buttons, more=ways), 1, LOOK))


def test_long_words_are_split_and_none_is_lost() -> None:
    posts = payloads(Message(name="any", markdown="word " * 6_000), 1, LOOK)
    assert len(posts) > 1 and sum(characters(post["blocks"]) for post in posts) >= 5 * 6_000 - 10


def test_the_form_has_every_question_within_the_limits_of_a_modal() -> None:
    view = form(LOOK)
    assert len(view["blocks"]) <= 100 and len(view["title"]["text"]) <= 24 and len(view["submit"]["text"]) <= 24
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["block_id"] for block in inputs] == list(KNOWLEDGE.questions)
    for block in inputs:
        assert len(block["label"]["text"]) <= 2000 and len(block.get("hint", {}).get("text", "")) <= 2000
        assert len(block["block_id"]) <= 255 and len(block["element"].get("placeholder", {}).get("text", "")) <= 150
        assert len(block["element"].get("options", [])) <= 100
        for option in block["element"].get("options", []):
            assert len(option["text"]["text"]) <= 75 and len(option["value"]) <= 150
            assert len(option.get("description", {}).get("text", "")) <= 75


def typed(**values: str) -> dict:
    return {"state": {"values": {id: {"value": {"type": "plain_text_input", "value": value}} for id, value in values.items()}}}


def test_a_form_is_read_whole_or_every_error_is_said_at_its_field() -> None:
    read = filled(typed(volume="20k", hourly_cost="28 EUR", priorities="quality, then cost"), LOOK)
    assert (
        not read.errors
        and read.answers["volume"].value == 20_000
        and read.answers["hourly_cost"].value == Money(amount=28, currency="EUR")
    )
    wrong = filled(typed(volume="a few", accuracy="120 %", minutes="2"), LOOK)
    assert set(wrong.errors) == {"volume", "accuracy"}
    assert set(filled(typed(), LOOK).errors) == {"process"}
    assert filled({"state": None}, LOOK).errors


PAST = [
    Past(f"c{n}", "slack:T1:U1", "{}", 1_700_000_000_000, status, "<!channel> *x* " * 20)
    for n, status in enumerate(["advised", "open", "cancelled", "paused"] * 3)
]


def test_app_home_fits_and_holds_no_markup_of_anybody() -> None:
    view = home(PAST[:10], LOOK, "note", "C1")
    assert len(view["blocks"]) <= 100 and "mrkdwn" not in json.dumps(view) and len(json.dumps(view)) < 250_000
    longest = {"header": 150, "section": 3_000}
    for block in view["blocks"]:
        if block["type"] in longest:
            assert 1 <= len(block["text"]["text"]) <= longest[block["type"]]
        for element in block["elements"] if block["type"] == "actions" else []:
            check_element(element)
            confirm = element.get("confirm")
            assert confirm is None or (len(confirm["title"]["text"]) <= 100 and len(confirm["text"]["text"]) <= 300)
    ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(ids) == len(set(ids))
    assert "home:forget" not in json.dumps(home([], LOOK))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "help"),
        ("help", "help"),
        ("nonsense", "help"),
        (" LIST ", "list"),
        ("continue", "continue"),
        ("cancel", "cancel"),
        ("form", "form"),
        ("tag our photos", "opening"),
    ],
)
def test_a_command_is_understood_or_gets_help(text: str, kind: str) -> None:
    assert asked(text) == kind
    found = answer("T1", "U1", text, PAST, LOOK)
    reply = whisper(found.reply, LOOK)
    assert reply["response_type"] == "ephemeral" and not set(reply["text"]) & {"<", ">"}
    check([reply])
    assert (found.incoming is not None) == (kind in ("continue", "cancel", "opening"))


def test_a_command_about_nothing_says_so() -> None:
    assert answer("T1", "U1", "continue", [], LOOK).reply == answer("T1", "U1", "cancel", PAST[:1], LOOK).reply
