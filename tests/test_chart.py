"""The pictures of an advice: nothing clipped or overlapping, the same bytes each time, and words for those who see none."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from resvg_py import svg_to_bytes

from advices import drawn, every, examples
from bot.bars import LONGEST, bars
from bot.chart import NoPicture, alt, draw, pictures
from bot.chart_money import money_scene
from bot.chart_options import options_scene
from bot.chart_words import cheapest, digits, has_money, lead_told, moving, points, priced, reaches, share, target, turning_point
from bot.lettering import balanced, fitted, width, wrapped
from bot.scene import EDGE, WIDTH
from knowledge.load import packaged

WORDS = packaged().words("en")
ALL = every()
SVG = "{http://www.w3.org/2000/svg}"


def scenes(advice):
    found = [options_scene(advice, WORDS)]
    return [*found, money_scene(advice, WORDS, "en")] if "money" in pictures(advice) else found


def apart(a, b):
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def within(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def assert_nothing_collides(scene):
    for text in scene.texts:
        left, top, right, bottom = text.bounds
        assert left >= EDGE - 1 and right <= WIDTH - EDGE + 1, text
        assert top >= 0 and bottom <= scene.height, text
    for one, other in itertools.combinations(scene.texts, 2):
        assert apart(one.bounds, other.bounds), (one, other)
    for box in scene.boxes:
        assert box.x >= EDGE - 1 and box.x + box.width <= WIDTH - EDGE + 1 and box.width > 0, box
        edges = (box.x, box.y, box.x + box.width, box.y + box.height)
        for text in scene.texts:
            assert apart(edges, text.bounds) or within(text.bounds, edges), (box, text)


@pytest.mark.parametrize("name", ALL)
def test_no_label_is_clipped_and_no_two_overlap(name):
    for scene in scenes(ALL[name]):
        assert_nothing_collides(scene)


@pytest.mark.parametrize("name", examples())
@pytest.mark.parametrize(
    ("currency", "times"),
    [("CHF", 1), ("SEK", 10), ("PLN", 4), ("AED", 4), ("ZAR", 18), ("INR", 80), ("IDR", 16_000), ("JPY", 150)],
)
def test_prices_in_other_currencies_and_of_other_sizes_collide_with_nothing(name, currency, times):
    def dear(percentiles):
        return tuple(times * each for each in percentiles)

    options = [
        option.model_copy(
            update={
                "cost": option.cost.model_copy(
                    update={
                        "currency": currency,
                        "per_correct": dear(option.cost.per_correct),
                        "per_item": dear(option.cost.per_item),
                    }
                )
            }
        )
        if option.cost and option.cost.per_correct
        else option
        for option in examples()[name].options
    ]
    assert_nothing_collides(money_scene(examples()[name].model_copy(update={"options": tuple(options)}), WORDS, "en"))


@pytest.mark.parametrize("name", ALL)
def test_there_is_no_empty_space(name):
    for scene in scenes(ALL[name]):
        marks = sorted([(t.bounds[1], t.bounds[3]) for t in scene.texts] + [(b.y, b.y + b.height) for b in scene.boxes])
        reached = 0.0
        for top, bottom in marks:
            assert top - reached <= 60, f"{top - reached:.0f} px of nothing above {top:.0f}"
            reached = max(reached, bottom)
        assert scene.height - reached <= 60


def test_no_word_of_the_picture_is_cut_off():
    cut = {text.text for advice in ALL.values() for scene in scenes(advice) for text in scene.texts if text.text.endswith("…")}
    assert not cut


def test_the_drawn_advices_are_of_every_kind():
    kinds = {advice.verdict for advice in ALL.values()}
    out = {sum(option.excluded is not None for option in advice.options) for advice in drawn().values()}
    assert kinds == {"clear", "likely", "close", "abstain"}
    assert {0, 1, 2, 3} <= out


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", examples())
def test_the_same_advice_gives_the_same_bytes(name, theme):
    for which in pictures(examples()[name]):
        first, again = (draw(examples()[name], packaged(), "en", which, theme) for _ in range(2))
        assert first == again
        assert first.png.startswith(b"\x89PNG") and int.from_bytes(first.png[16:20]) == 1000


def test_a_picture_without_glyphs_would_be_noticed():
    picture = draw(examples()["close"], packaged())
    bare = re.sub(r"<text .*?</text>\n", "", picture.svg)
    without_fonts = bytes(svg_to_bytes(svg_string=picture.svg, skip_system_fonts=True))
    assert bytes(svg_to_bytes(svg_string=bare, skip_system_fonts=True)) == without_fonts
    assert picture.png != without_fonts


def test_every_character_of_the_pictures_is_in_the_font():
    from bot.lettering import _advances

    known = _advances(False)[0].keys() & _advances(True)[0].keys()
    shown = {each for advice in ALL.values() for scene in scenes(advice) for text in scene.texts for each in text.text}
    assert {ord(each) for each in shown} <= known


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "which"), [("split", "options"), ("clear", "options"), ("close", "money")])
def test_texts_stand_out_from_what_is_behind_them(name, which, theme):
    root = ET.fromstring(draw(examples()[name], packaged(), "en", which, theme).svg)
    paper = root.find(f"{SVG}rect").get("fill")
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get("x")]
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.get("x")), float(text.get("y")) - 5
        behind = [b.get("fill") for b in boxes if _inside(b, x, y)]
        assert contrast(text.get("fill"), behind[-1] if behind else paper) >= 4.5, text.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_shade_of_a_score_carries_its_number(theme):
    scored = examples()["close"]
    options = [o.model_copy(update={"criteria": dict.fromkeys(o.criteria, i / 5)}) for i, o in enumerate(scored.options)]
    for shift in (0.0, 0.125):
        shaded = [o.model_copy(update={"criteria": {c: min(v + shift, 1) for c, v in o.criteria.items()}}) for o in options]
        svg = draw(scored.model_copy(update={"options": tuple(shaded)}), packaged(), "en", "options", theme).svg
        root = ET.fromstring(svg)
        boxes = [box for box in root.iter(f"{SVG}rect") if box.get("x") and float(box.get("x")) > 400]
        for text in root.iter(f"{SVG}text"):
            x, y = float(text.get("x")), float(text.get("y")) - 5
            behind = [b.get("fill") for b in boxes if _inside(b, x, y)]
            assert not behind or contrast(text.get("fill"), behind[0]) >= 4.5, text.text


def _inside(box, x, y):
    left, top = float(box.get("x")), float(box.get("y"))
    return left <= x <= left + float(box.get("width")) and top <= y <= top + float(box.get("height"))


def contrast(one, other):
    """WCAG 2 contrast ratio of two colours."""

    def luminance(colour):
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ALL)
def test_the_alt_text_has_the_numbers_of_the_picture(name):
    told = alt(ALL[name], packaged())
    for option in ALL[name].options:
        short = WORDS.options[option.id].short
        assert short in told
        if option.rank is not None:
            assert f"{short}, score {points(option.value, digits(ALL[name]))}" in told
        else:
            assert option.excluded.text in told
    assert ALL[name].headline in told


@pytest.mark.parametrize("name", [name for name in ALL if "money" in pictures(ALL[name])])
def test_the_alt_text_of_the_money_has_the_amounts_of_the_picture(name):
    told = alt(ALL[name], packaged(), "en", "money")
    amounts = [t.text for t in money_scene(ALL[name], WORDS, "en").texts if t.anchor == "end"]
    assert amounts
    assert all(each in told for each in amounts)


def test_an_abstention_crowns_nobody():
    open_ = next(advice for advice in ALL.values() if advice.recommended is None)
    assert not any(box.tone == "accent" and box.x < 400 for box in options_scene(open_, WORDS).boxes[: len(open_.options) * 7])
    assert "**" not in bars(open_, WORDS)
    for advice in ALL.values():
        if advice.recommended is None and has_money(advice):
            scene = money_scene(advice, WORDS, "en")
            assert not any(box.tone == "accent" for box in scene.boxes)
            assert "No advice yet" in scene.texts[0].text


def test_the_money_names_as_cheapest_what_reaches_the_accuracy_asked_for_where_something_does():
    seen = 0
    for advice in ALL.values():
        rows = priced(advice) if has_money(advice) else []
        good = [option for option, _, cost in rows if reaches(cost, advice)]
        if target(advice) is not None and 0 < len(good) < len(rows):
            seen += 1
            assert WORDS.options[good[0].id].short in cheapest(advice, WORDS, "en")
            only = [t for t in money_scene(advice, WORDS, "en").texts if ", only " in t.text]
            assert len(only) == len(rows) - len(good)
    assert seen > 3


def test_the_bar_that_the_heading_speaks_of_comes_first_and_then_those_that_turn_the_advice():
    for advice in ALL.values():
        told = (advice.flips if advice.recommended and advice.flips else advice.find_out)[:1]
        bars = moving(advice)
        if told and any(bar.question == told[0].question for bar in bars):
            assert bars.pop(0).question == told[0].question
        known = {each.question for each in advice.answers if each.status == "given" and not each.unsure}
        turning = [(bar.fixed and bar.question in known, bar.low >= 0) for bar in bars]
        assert turning == sorted(turning)


@pytest.mark.parametrize(
    ("lead", "told"), [(0.0306, "+3.1"), (-0.0592, "−5.9"), (0.0001, "+0.01"), (-0.0004, "−0.04"), (0.0, "0"), (1.0, "+100.0")]
)
def test_a_lead_is_told_as_it_is_and_never_as_none_where_there_is_one(lead, told):
    assert lead_told(lead) == told


def test_a_chance_counted_over_drawn_worlds_is_never_told_as_a_certainty():
    told = {share(first, WORDS) for first in (0.0, 0.001, 0.0049, 0.995, 1.0)}
    assert told == {"under 1 %", "over 99 %"}
    shown = " ".join(t.text for advice in ALL.values() for scene in scenes(advice) for t in scene.texts if t.x < 450)
    assert not re.search(r"(?<![\d.])(?:0|100) %", shown)


def test_an_abstention_says_truly_which_option_comes_first_most_often():
    for advice in ALL.values():
        if advice.verdict == "abstain":
            most = max(advice.options, key=lambda option: option.first)
            leader = next(option for option in advice.options if option.rank == 1)
            assert ("comes first most often" in advice.sure) == (most.first == leader.first)


def test_a_split_that_is_better_is_in_the_picture_and_in_its_words():
    advice = examples()["split"]
    drawn_text = " ".join(text.text for text in options_scene(advice, WORDS).texts)
    assert advice.split.gain > 0 and "Better still, a split" in drawn_text
    assert advice.split.text in alt(advice, packaged())


def test_the_first_thousand_characters_of_the_alt_text_hold_the_finding_the_turn_and_every_score():
    for advice in ALL.values():
        told = alt(advice, packaged())[:1000]
        assert turning_point(advice, WORDS) in told
        assert all(f"score {points(o.value, digits(advice))}" in told for o in advice.options if o.rank is not None)


def test_each_end_of_a_bar_names_an_answer_that_brings_it():
    for advice in ALL.values():
        given = {each.question for each in advice.answers if each.status == "given"}
        for bar in moving(advice):
            assert bar.low_at is not None or bar.question not in given
            assert bar.high_at is not None or bar.question not in given
            assert bar.low_at != bar.high_at


def test_an_advice_without_handling_time_has_no_picture_of_the_money():
    unpriced = next(advice for advice in ALL.values() if "money" not in pictures(advice))
    with pytest.raises(NoPicture, match="handling time"):
        draw(unpriced, packaged(), "en", "money")


def test_what_a_person_wrote_cannot_become_markup():
    hostile = examples()["close"].model_copy(update={"headline": '<script>alert(1)</script> & "quotes"'})
    svg = draw(hostile, packaged()).svg
    assert "<script" not in svg
    assert "script" in "".join(ET.fromstring(svg).itertext())


@pytest.mark.parametrize("name", ALL)
def test_bars_of_the_terminal_align_and_show_every_option(name):
    lines = bars(ALL[name], WORDS).split("\\\n")[1:]
    assert len(lines) == len(ALL[name].options)
    starts = {line.replace("*", "").index(WORDS.options[o.id].short) for line, o in zip(lines, ALL[name].options, strict=True)}
    assert starts == {3}
    assert all(line.count("█") <= LONGEST for line in lines)


def test_text_is_wrapped_within_its_room_and_cut_with_an_ellipsis():
    text = "one two three four five six seven eight nine ten 100 %"
    lines = wrapped(text, 20, 150)
    assert " ".join(lines).replace("\N{NO-BREAK SPACE}", " ") == text
    assert all(width(line, 20) <= 150 for line in lines)
    assert wrapped(text, 20, 150, most=2)[-1].endswith("…")
    assert width(fitted(text, 20, 100), 20) <= 100
    assert len(balanced(text, 20, 400, True)) == len(wrapped(text, 20, 400, True))
