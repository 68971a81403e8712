"""Card, identity and contact data is found in its usual forms; quantities, money and part numbers are never taken for it."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.guard import MARK, VEIL, found, secrets, veiled, without
from knowledge.load import load, packaged, packaged_files

WORDS = packaged().words("en").private
HERE = Path(__file__).parent

PRIVATE = [
    ("card", "4111 1111 1111 1111"), ("card", "card 4111111111111111 exp 12/29"), ("card", "5500-0000-0000-0004"),
    ("card", "amex 3782 822463 10005"), ("card", "4111\u00a01111\u00a01111\u00a01111"),
    ("card", "４１１１ １１１１ １１１１ １１１１"),
    ("card", "6011 1111 1111 1117"), ("card", "3056 930902 5904"), ("card", "2223003122003222"),
    ("iban", "pay to DE89 3704 0044 0532 0130 00 please"), ("iban", "GB82WEST12345698765432"), ("iban", "no93 8601 1117 947"),
    ("identity", "my SSN is 123-45-6789"), ("identity", "passport number X1234567"), ("identity", "Passport no. 123456789"),
    ("identity", "national insurance QQ 12 34 56 C"), ("identity", "Aadhaar: 2345 6789 0123"),
    ("identity", "driver's license number D1234567"), ("identity", "078-05-1120"),
    ("email", "bob.smith+x@acme.co.uk"), ("email", "mail jane@corp.com."), ("email", "<max.müller@firma.de>"),
    ("phone", "+1 415 555 2671"), ("phone", "call me at (415) 555-2671"), ("phone", "415-555-2671"), ("phone", "1-415-555-2671"),
    ("phone", "tel 020 7946 0958"), ("phone", "+44 20 7946 0958"), ("phone", "phone: 0301234567"),
    ("phone", "call me on 5552671"),
    ("phone", "07700 900123"), ("phone", "+49 (0)30 1234567"), ("phone", "WhatsApp +919876543210"),
]  # fmt: skip

HARMLESS = [
    "200000", "20,000 a month", "$4,111,111", "4 111 111 111", "4,111,111,111,111,111", "part number 4111111111111111",
    "part no 123-45-6789", "order 415-555-2671", "99.5 %", "1.5 million", "2024-2025", "we process passports: 20000 a month",
    "passport 20000", "passport scans, 12000 per month", "1200000 calls", "phone calls: 1200000 a month",
    "phone 1200000 per month", "we take calls: 1500000 a month", "mobile 2000000 users", "AB-1234-5678", "0280-158-117",
    "192.168.1.10", "3.14159265", "12-11-2025", "+20%", "+200 000 000 items", "555-1234 units", "10:30", "2026-11-25T14:00",
    "@bob", "5@2.50", "support tickets 4155552671", "12 345 678 910", "1111 1111 1111 1111", "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 01", "000-12-3456", "987-65-4321", "visa and passport checks, 50k", "we key 12345 passport forms",
    "ISBN 978-3-16-148410-0", "version 10.0.19045.3803", "a@b", "x @ y.com", "40 hours/week, 52 weeks", "1-800 numbers",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), PRIVATE)
def test_private_data_is_found_in_its_usual_forms(kind, text):
    assert [each.kind for each in found(text, WORDS)] == [kind]


@pytest.mark.parametrize("text", HARMLESS)
def test_quantities_and_part_numbers_are_no_private_data(text):
    assert found(text, WORDS) == ()


def texts_of(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from texts_of(key)
            yield from texts_of(value)
    elif isinstance(node, list):
        for each in node:
            yield from texts_of(each)


def test_nothing_that_people_say_in_interviews_raises_a_false_alarm():
    said = [text for path in sorted(HERE.rglob("*.yaml")) for text in texts_of(yaml.safe_load(path.read_text("utf-8")))]
    talks = [path.read_text("utf-8") for path in sorted((HERE / "dialogues").glob("*.txt")) if path.stem != "private"]
    said += [line for talk in talks for line in talk.splitlines()]
    assert len(said) > 5000
    contact = {
        "call me at 555 123 4567",
        "call me on 0171 555 2201 if anything is unclear",
        "call me on 0171 555 0199",
    }  # telephone numbers they are
    alarms = {text for text in said if found(text, WORDS)}
    assert contact <= alarms
    assert all("@" in text for text in alarms - contact)  # and an address of e-mail is one


NUMBER = st.one_of(
    st.integers(0, 10**12).map(str),
    st.integers(0, 10**12).map("{:,}".format),
    st.integers(0, 10**12).map(lambda n: f"{n:,}".replace(",", " ")),
    st.integers(0, 10**12).map(lambda n: f"{n:,}".replace(",", ".")),
    st.integers(0, 10**12).map(lambda n: f"{n:,}".replace(",", "'")),
    st.floats(0, 10**9, allow_nan=False).map("{:.2f}".format),
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map("{0[0]}-{0[1]}".format),
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map("{0[0]} to {0[1]}".format),
    st.integers(0, 9999).map("{}k".format),
)
QUANTITY = st.sampled_from(
    ["{}", "{} a month", "about {} items", "${}", "€ {} per hour", "{} EUR", "{} %", "+{} %", "-{}", "~{}", "{} calls a day",
     "volume: {}", "we handle {} invoices", "{} passports", "({})", "{}/month", "{} minutes each", "no, {}", "{}x"]
)  # fmt: skip
PART = st.one_of(
    st.from_regex(r"[A-Z]{1,4}-[0-9]{2,6}(-[0-9A-Z]{1,6}){0,2}", fullmatch=True),
    st.from_regex(r"[0-9]{2,4}\.[0-9]{2,4}\.[0-9]{2,3}", fullmatch=True),
    st.from_regex(r"(part|item|order|invoice|SKU|batch) (no\. |number |#)?[0-9]{3}-[0-9]{2}-[0-9]{4}", fullmatch=True),
    st.from_regex(r"(part|item|order|invoice|SKU|batch) (no\. |number |#)?[0-9]{14,19}", fullmatch=True),
    st.from_regex(r"(part|item|order|invoice|SKU|batch) (no\. |number |#)?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}", fullmatch=True),
    st.dates().map(str),
    st.datetimes().map(lambda at: at.isoformat(" ", "seconds")),
    st.from_regex(r"v?[0-9]{1,3}(\.[0-9]{1,3}){1,3}", fullmatch=True),
)


@settings(max_examples=1500, deadline=None)
@given(NUMBER, QUANTITY)
@example("4155552671", "{}")
def test_no_quantity_is_taken_for_private_data(number, quantity):
    assert found(quantity.format(number), WORDS) == ()


@settings(max_examples=1000, deadline=None)
@given(PART)
def test_no_part_number_date_or_version_is_taken_for_private_data(part):
    assert found(part, WORDS) == ()


@st.composite
def cards(draw):
    """A card number with the right check digit, written in one of the usual ways."""
    first, length = draw(st.sampled_from([("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("36", 14), ("6011", 16)]))
    rest = length - 1 - len(first)
    body = first + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=rest, max_size=rest)))
    total = sum(int(d) if place % 2 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(reversed(body)))
    digits = body + str(-total % 10)
    cut = [4, 10] if length < 16 else [4, 8, 12]
    sign = draw(st.sampled_from(["", " ", "-"]))
    return sign.join(digits[a:b] for a, b in zip([0, *cut], [*cut, length], strict=True))


@settings(max_examples=500, deadline=None)
@given(cards())
def test_every_card_number_is_found_and_with_a_wrong_digit_it_is_not(card):
    assert [each.kind for each in found(f"here: {card}, thanks", WORDS)] == ["card"]
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert found(f"here: {wrong}, thanks", WORDS) == ()


@settings(max_examples=300, deadline=None)
@given(st.text(), st.sampled_from(PRIVATE), st.text())
def test_any_text_around_it_is_read_without_fail_and_covered_at_its_place(before, private, after):
    text = f"{before} {private[1]} {after}"
    spans = found(text, WORDS)
    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    covered = veiled(text, spans)
    assert len(covered) == len(text)
    outside = [i for i in range(len(text)) if not any(one.start <= i < one.end for one in spans)]
    assert all(covered[i] == text[i] for i in outside)
    assert covered.count(VEIL) >= sum(one.end - one.start for one in spans)


@given(st.sampled_from(PRIVATE))
def test_struck_words_are_gone_and_nothing_is_left_to_strike(private):
    text = f"our forms {private[1]} as said"
    struck = without(text, secrets(text, WORDS))
    assert MARK in struck
    assert found(struck, WORDS) == ()
    assert struck.startswith("our forms ") and struck.endswith(" as said")


LONG = [
    "1" * 20_000, ("+" + "1" * 31 + "x ") * 600, "a@" * 10_000, ("a@" + "b." * 30) * 300, "DE89 " * 4000,
    "passport no no no 1 " * 1000, "(1)-" * 5000, " " * 20_000 + "1",
]  # fmt: skip


@pytest.mark.parametrize("text", LONG)
def test_no_text_is_hard_to_read(text):
    assert found(text, WORDS) == ()


def test_a_knowledge_base_from_before_the_guard_can_still_be_read():
    older = {name: content for name, content in packaged_files().items() if not name.endswith("/private.yaml")}
    words = load(older).words("en").private
    assert found("passport number X1234567", words) == ()
    assert [each.kind for each in found("bob@acme.com", words)] == ["email"]
