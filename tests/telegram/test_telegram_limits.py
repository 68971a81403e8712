"""Whatever the knowledge base can say stays within Telegram's limits, and is well-formed HTML."""

import random
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram_stub import check_keyboard, check_text, parsed, units

import adapters.telegram as telegram_room
from adapters.telegram.address import Address
from adapters.telegram.formatting import LONGEST_CAPTION, parts
from adapters.telegram.gateway import TelegramGateway
from adapters.telegram.history import Past, card, delete_question, listed
from adapters.telegram.keyboards import explained, ordered, ranking
from adapters.telegram.own_data import told
from adapters.telegram.pacing import Pacing
from adapters.telegram.pictures import in_words
from bot.advice.report import advise
from bot.answers import Answer, Money
from bot.case import Case
from bot.chart import pictures
from bot.effects import (
    About,
    Ask,
    AskConflict,
    Compare,
    Confirm,
    Define,
    Explain,
    Greet,
    HelpWith,
    Inform,
    Note,
    Recommend,
    Summarise,
    WhatIf,
)
from bot.markup import blocks, escape, plain
from bot.receipts import Receipt
from bot.records import Outgoing
from bot.speak import Message, pictured, speak
from bot.store import Store
from bot.taps import LONGEST, ranked_so_far
from bot.understand.reading import Fact
from knowledge.load import packaged
from telegram import Bot

BASE = packaged()
WORDS = BASE.words("en")
OUTGOING = Outgoing(1, "abcd2345", "telegram", "telegram:1:2", "{}", "send", None, "", "pending", 0, None, None)


@pytest.fixture(scope="module", autouse=True)
def gateway(tmp_path_factory):
    """The gateway that composes what `fits` checks."""
    store = Store(tmp_path_factory.mktemp("limits") / "advisor.db")
    fits.gateway = TelegramGateway(Bot("123456:" + "x" * 35), "AdvisorBot", store, BASE, "en", Pacing(), lambda: 0)
    yield
    store.close()


def case(**more):
    return Case(conversation="c", language="en", knowledge=BASE.version, order="adaptive", starter="p", started_at=0, **more)


def fits(effect, **more):
    """Say it, and check the message as the server would."""
    return shown(speak(effect, case(**more), BASE, 30))


def shown(message):
    """A message in its parts, checked as the server would."""
    for private in (True, False):
        found, keyboard = fits.gateway._composed(Address(chat=2, private=private), OUTGOING, message)
        for part in found:
            check_text(parsed(part.html, "HTML"), 4096)
            check_text(part.text, 4096)
            assert parsed(part.html, "HTML").split() == part.text.split()
        check_keyboard(keyboard.to_dict() if keyboard is not None else None)
    return found


def answers(seed):
    """Random answers to a random part of the questions."""
    chance, found = random.Random(seed), {}
    for question in BASE.questions.values():
        if chance.random() < 0.2:
            continue
        match question.type:
            case "choice":
                value = chance.choice(question.choices)
            case "text":
                value = "checking <b>every</b> & any *item*"
            case "ranking":
                value = tuple((item,) for item in chance.sample(question.items, len(question.items)))
            case "money":
                value = Money(amount=chance.choice(question.quick), currency=chance.choice(["USD", "EUR", "INR"]))
            case _:
                value = chance.choice(question.quick)
        found[question.id] = Answer(value=value, unsure=chance.random() < 0.1)
    return found


@pytest.mark.parametrize("id", BASE.questions)
def test_every_question_with_its_help_fits(id):
    for may_advise in (False, True):
        fits(Ask(question=id, number=3, most=23, may_advise=may_advise, offer_skip=True))
    fits(Explain(question=id))
    fits(HelpWith(question=id))
    fits(Note(kind="not_understood", question=id, offer_skip=True))


@pytest.mark.parametrize("seed", range(24))
def test_every_advice_fits(seed):
    given = answers(seed)
    advice = advise(given, BASE, "en")
    assert fits(Recommend(advice=advice), answers=given)
    fits(Compare(advice=advice), answers=given)
    fits(Summarise(final=True, stamp="12345678"), answers=given)
    (caption,) = parts(pictured(Recommend(advice=advice), 1, case(answers=given)).markdown, LONGEST_CAPTION)
    check_text(parsed(caption.html, "HTML"), 1024)
    for which in pictures(advice):
        shown(in_words(advice, BASE, "en", which))
    then = advise(answers(seed + 1000), BASE, "en")
    fits(WhatIf(question="volume", value=500.0, now=advice, then=then), answers=given)


@pytest.mark.parametrize("kind", get_args(Note.model_fields["kind"].annotation))
def test_every_remark_fits(kind):
    every = tuple(BASE.questions)
    for id in (*every, None):
        fits(Note(kind=kind, question=id, questions=every, offer_skip=True), answers=answers(4))
        fits(Note(kind=kind, question=id), answers=answers(5))


@pytest.mark.parametrize("name", ["x" * 500, "😀" * 250, "<b>&amp; *all* [of](it)\n\n# it", ""])
def test_all_that_is_said_of_ones_own_data_fits(name):
    link = "https://t.me/AdvisorBot?start=a-abcd2345"
    statuses = [id.removeprefix("telegram_status_") for id in WORDS.sentences if id.startswith("telegram_status_")]
    past = [Past("abcd2345", 0, 1, status, name, option) for status in statuses for option in (*BASE.options, None)]
    shown(listed(past[:10], WORDS))
    for each in past:
        shown(card(each, WORDS, link))
        shown(delete_question(each, WORDS))
    receipt = Receipt("forget", 0, {"answers": 10**9}, ["f" * 64])
    assert "ffffffffffff" in shown(Message(name="receipt", markdown=told(receipt, WORDS)))[0].text


def test_every_sentence_of_telegrams_own_is_used_and_fits_a_caption():
    code = "".join(file.read_text() for file in Path(telegram_room.__file__).parent.glob("*.py"))
    for id, text in WORDS.sentences.items():
        if id.startswith("telegram_"):
            check_text(text, 4096)
            stem = id.rpartition("_")[0]
            assert id in code or f"{stem}_{{" in code, f"nothing says {id}"
    for id in ("telegram_document", "telegram_my_data_caption"):
        assert len(parts(WORDS.sentences[id], LONGEST_CAPTION)) == 1


def test_all_else_that_is_said_fits():
    fits(Greet())
    fits(HelpWith(question=None))
    fits(About())
    fits(Note(kind="what_to_change", questions=tuple(BASE.questions)), answers=answers(1))
    for term in WORDS.glossary:
        fits(Define(term=term))
    for id, conflict in BASE.conflicts.items():
        fits(AskConflict(conflict=id, questions=tuple(conflict.when), stamp="12345678"), answers=answers(2))
    facts = tuple(Fact(question=id, value=a.value, said="x" * 300, span=(0, 300)) for id, a in answers(3).items())
    fits(Confirm(facts=facts, doubts=(), stamp="12345678"))
    for claim in BASE.claims.values():
        fits(Inform(text=f"{escape(repr(claim))}" * 3))


def test_every_ranking_can_be_tapped_to_any_order():
    for question in BASE.questions.values():
        if question.type != "ranking":
            continue
        asked = speak(Ask(question=question.id, number=1, most=2), case(), BASE)
        waiting, done = [()], set()
        while waiting:
            so_far = waiting.pop()
            for button in ranking(asked, question, so_far, WORDS).buttons:
                assert len(button.token.encode()) <= LONGEST
                unfinished = ordered(button.token, BASE)
                if unfinished is None:
                    done.add(ranked_so_far(button.token, BASE))
                elif unfinished[1]:
                    assert unfinished[0] is question
                    waiting.append(unfinished[1])
        assert {order for order in done if len(order) == len(question.items)} == _orders(question.items)
        assert explained(asked, BASE, "en").startswith(asked.markdown)


def _orders(items):
    from itertools import permutations

    return set(permutations(items))


PIECE = st.sampled_from(["**bold words here**", "*slanted*", "`code`", "[link](https://x.y/z)", "plain words", "\n\n", "\n- "])
TEXT = st.text(alphabet=st.sampled_from("ab <>&\"'*_[]()`#-\n.!😀é\u2066\x00\ud800"), max_size=300)


@settings(max_examples=150, deadline=None)
@given(TEXT, st.integers(min_value=20, max_value=200))
def test_any_words_are_shown_as_they_are_and_split_within_the_limit(text, longest):
    found = parts(f"**Said:** {escape(text)}\n\n- {escape(text)}\n\n> *{escape(text)}*", longest)
    assert found
    for part in found:
        assert 1 <= units(parsed(part.html, "HTML").strip()) <= longest
        assert units(part.text) <= longest
    shown = "".join(part.text for part in found)
    wanted = plain(f"**Said:** {escape(text)}\n\n- {escape(text)}\n\n> *{escape(text)}*").replace("> ", "", 0)
    letters = [letter for letter in wanted if not letter.isspace() and letter not in ">•"]
    assert [letter for letter in shown if not letter.isspace() and letter not in ">•"] == letters


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["**bold words here**", "*slanted*", "`code`", "[link](https://x.y/z)", "plain words", "\n\n", "\n- "]),
        max_size=60,
    )
)
def test_no_part_cuts_a_styled_run_that_fits(pieces):
    markdown = " ".join(pieces)
    whole = {span.text for block in blocks(markdown) for span in block.spans if span.bold or span.code or span.link}
    for part in parts(markdown, 60):
        parsed(part.html, "HTML")
        shown = [span.text for block in blocks(markdown) for span in block.spans if span.bold and span.text in part.text]
        assert all(text in whole for text in shown)
        assert part.html.count("<b>") == part.html.count("</b>")
        assert "bold words here" in part.text or "bold words" not in part.text


def test_a_caption_and_a_hundred_entities_are_kept_to():
    assert all(units(part.text) <= LONGEST_CAPTION for part in parts("word " * 1000, LONGEST_CAPTION))
    many = parts(" ".join(f"**b{number}**" for number in range(250)))
    assert len(many) == 3
    assert all(part.html.count("<b>") <= 100 for part in many)
