"""The decision memo: what it must hold, for every advice, and that it prints on two pages at most."""

import math
import re
import shutil
import subprocess
from datetime import date

import pytest
from click.testing import CliRunner

from adapters.cli import main
from advices import drawn, every, examples, precedents
from bot.advice.advice import Advice
from bot.advice.report import advise
from bot.answer_file import read
from bot.answers import Answer, Money
from bot.case import Case
from bot.memo import memo, memo_page
from bot.memo_view import MOST_ASKED, MOST_ASSUMPTIONS
from bot.page import markdown
from bot.tell import comparison
from knowledge.load import packaged
from talk import Talk
from talks import Talks

ALL = every()
DAY = date(2026, 11, 25)
WORDS = packaged().words("en")


def told(advice):
    return memo(advice, packaged(), "en", DAY, "case0001")


def section(text, *titles):
    """A section of a memo by its heading, which must be there."""
    found = [part for part in re.split(r"^## ", text, flags=re.M) if part.partition("\n")[0] in titles]
    assert len(found) == 1, (titles, len(found))
    return found[0]


@pytest.mark.parametrize("name", ALL)
def test_the_memo_holds_the_whole_decision(name):
    advice = ALL[name]
    text = told(advice).replace("\\", "")
    assert text.startswith("# Client brief" if advice.provider else "# Decision memo")
    assert advice.knowledge_version in text and advice.answers_digest[:19] in text
    if advice.provider:
        assert all(point.text in text for point in advice.provider.stress)
        return
    assert advice.headline in text and advice.sure in text
    for option in advice.options:
        if option.id != advice.recommended:
            assert f"**{WORDS.options[option.id].short}**" in text
        if option.excluded:
            assert option.excluded.text in text
    assert all(each.text in text for each in advice.find_out[:5])
    if advice.recommended:
        assert all(flip.text in text for flip in advice.flips[:5])
        assert all(guard.text in text for guard in advice.safeguards)


@pytest.mark.parametrize("name", ALL)
def test_the_sources_of_the_memo_are_those_that_it_cites(name):
    body, _, sources = told(ALL[name]).partition("## Sources")
    cited = {id for group in re.findall(r"\(([^()]*)\)", body) for id in re.findall(r"\b[CEDKXO]\d{2,3}\b", group)}
    listed = {id for line in sources.splitlines() if line.startswith("- S") for id in line.rpartition(": ")[2].split(", ")}
    assert cited == listed
    for line in sources.splitlines():
        if line.startswith("- S"):
            assert re.search(r"\([^()]+\): [CDEKXO]\d+(, [CDEKXO]\d+)*$", line), line
            source = line[2:].partition(":")[0]
            assert all(source == packaged().sources_of(id)[0] for id in line.rpartition(": ")[2].split(", "))


def table(text):
    """The rows of the table of prices: option -> its cells by their headings."""
    lines = [line for line in section(text, "The sums").splitlines() if line.startswith("| ")]
    heads, *rows = ([cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---"))
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def priced(advice):
    return any(each.question == "minutes" and each.status == "given" for each in advice.answers)


@pytest.mark.parametrize("name", [name for name, advice in ALL.items() if priced(advice) and not advice.provider])
def test_an_option_has_the_same_price_accuracy_and_chance_wherever_it_is_shown(name):
    advice = ALL[name]
    memo_rows, text = table(told(advice)), markdown(advice, packaged(), "en").replace("\\", "")
    scores = {row["name"]: row["scores"] for row in comparison(advice, CASE, packaged())["options"]}
    standing = told(advice).replace("\\", "")
    for option in advice.options:
        short = WORDS.options[option.id].short
        if option.excluded:
            assert short not in memo_rows
            continue
        row = memo_rows[short]
        line = re.search(
            rf"^- {short}: (\S+) an item \((\S+) to (\S+)\)(?:, (\S+) with errors counted)?, (\S+) % right; first in (.+)$",
            text,
            re.M,
        )
        price, low, high, errors, right, first = line.groups()
        assert row["an item"] == (price if low == high else f"{price} ({low}–{high})")
        assert row["with errors"] == (errors or price)
        assert row["right"].startswith(f"{right} %") and row["comes first in"] == first
        behind = re.search(rf"\*\*{short}\*\*: .*furthest behind on .* \((\d+) against \d+\)", standing)
        assert behind is None or re.search(rf" {behind[1]}(,|$)", scores[short])
    sentence = next(
        (each.text for each in (*advice.reasons, *advice.against) if each.rule is None and each.criterion == "cost"), ""
    )
    for amount in re.findall(r"[$€£]\d[\d,.]*\d", sentence):
        assert "errors" in sentence and amount in {row["with errors"] for row in memo_rows.values()}


CASE = Case(conversation="", language="en", knowledge=packaged().version, order="file", starter="", started_at=0, summarised=True)


@pytest.mark.parametrize("name", ALL)
def test_sums_agree_with_the_table_above_them(name):
    advice = ALL[name]
    costs = {WORDS.options[option.id].name.casefold(): option.cost for option in advice.options if option.cost}
    for line in advice.sums:
        match line.rule:
            case "sum_dominated":
                cheap, dear = re.match(r"(.*) is both cheaper and at least as accurate as (.*) here", line.text).groups()
                cheap, dear = costs[cheap.casefold()], costs[dear.casefold()]
                assert cheap.per_item[1] < dear.per_item[1]
                assert round(cheap.accuracy[1], 3) >= round(dear.accuracy[1], 3)
            case "sum_setup" | "sum_no_setup":
                option = next(each for each in advice.options if each.id == line.option)
                assert (
                    f" {100 * next(way for way in option.setups if way.chosen).accuracy[1]:.1f} % right in the middle"
                    in line.text
                )
                target = next(each.value for each in advice.answers if each.question == "accuracy")
                assert re.search(rf"reaches {target:g} %", line.text)
            case "sum_horizon" | "sum_payback" | "sum_payback_soon" | "sum_no_payback":
                assert WORDS.options[line.option].name in line.text and "errors" in line.text


@pytest.mark.parametrize("name", [name for name, advice in ALL.items() if advice.recommended and not advice.provider])
def test_the_sums_of_the_memo_are_about_the_leader_and_a_crowd_in_the_running(name):
    advice = ALL[name]
    text = told(advice).replace("\\", "")
    shown = [line for line in advice.sums if line.text in text and line.option]
    running = {option.id for option in advice.options if option.rank in (1, 2)}
    for line in shown:
        assert line.option == advice.recommended or (line.rule in ("sum_setup", "sum_no_setup") and line.option in running)


@pytest.mark.parametrize("name", ALL)
def test_every_weak_answer_becomes_a_question_to_providers(name):
    advice = ALL[name]
    if advice.provider or not advice.recommended:
        return
    text = told(advice)
    asked = {tender.question: WORDS.rules[tender.id].text for tender in packaged().tender.values()}
    unsure = [each.question for each in advice.answers if each.status in ("dont_know", "later") or each.unsure]
    weak = [each for each in dict.fromkeys([*(each.question for each in advice.find_out), *unsure]) if each in asked]
    for question in weak[:MOST_ASKED]:
        assert asked[question] in text.replace("\\", "")


def test_assumptions_have_an_owner_and_a_review_date_half_a_year_on():
    table = section(told(examples()["close"]), "Assumptions to settle")
    rows = [line for line in table.splitlines() if line.startswith("| ") and "owner" not in line]
    assert rows
    assert all(row.endswith("| 2027-05-26 |") for row in rows)
    assert all(any(f"| {owner} |" in row for owner in ("Procurement", "Operations", "Finance", "Quality")) for row in rows)


@pytest.mark.parametrize("name", [name for name, advice in ALL.items() if not advice.provider])
def test_the_assumptions_that_move_the_lead_most_are_shown_and_the_others_counted(name):
    advice = ALL[name]
    effects = {each.name: each.effect for each in advice.assumptions}
    shown = section(told(advice).replace("\\", ""), "Assumptions to settle")
    listed = [line.strip("| ").partition(" |")[0] for line in shown.splitlines() if line.startswith("| ")][1:]
    assert 0 < len(listed) <= MOST_ASSUMPTIONS
    assert [effects[each] for each in listed] == sorted((effects[each] for each in listed), reverse=True)
    more = re.search(r"and (\d+) more, in the advice as JSON", shown)
    assert more is None or (len(listed) == MOST_ASSUMPTIONS and int(more[1]) <= len(advice.assumptions) - len(listed))


def answered(advice, **values):
    given = tuple(
        each.model_copy(update={"status": "given", "value": values[each.question]}) if each.question in values else each
        for each in advice.answers
    )
    return advice.model_copy(update={"answers": given})


def pilot(advice):
    return section(told(advice), "Pilot before signing", "Measure yourselves first", "Offer a pilot").replace("\\", "")


def binomial(errors, items, rate):
    return math.fsum(math.comb(items, k) * rate**k * (1 - rate) ** (items - k) for k in range(errors + 1))


def test_the_pilot_fits_the_target_and_the_volume():
    close = examples()["close"]
    assert "Pass if at most 12 of the 1,941 are wrong" in pilot(close)
    assert "Pass only if none of the 299 is wrong" in pilot(answered(close, volume=300.0))
    assert "No pilot of a practical size shows 99 %: 100 items without a single error show 97.05 %" in pilot(
        answered(close, volume=100.0)
    )
    assert "No sample can show 100 %" in pilot(answered(close, accuracy=100.0))
    assert "Settle first which share of items must be right" in pilot(close.model_copy(update={"answers": ()}))


@pytest.mark.parametrize("name", [name for name, advice in ALL.items() if advice.recommended or advice.provider])
def test_the_chance_that_what_is_piloted_passes_is_printed_and_a_low_one_stands_above_the_plan(name):
    plan = pilot(ALL[name])
    sample = re.search(r"Pass (?:if at most (\d+) of the ([\d,]+) are wrong|only if none of the ([\d,]+) is wrong)", plan)
    if sample is None:
        assert "chance" not in plan
        return
    errors, items = int(sample[1] or 0), int((sample[2] or sample[3]).replace(",", ""))
    right = float(re.search(r"is expected to get ([\d.]+) % right", plan)[1]) / 100
    chance = binomial(errors, items, 1 - right)
    printed = re.search(r"chance of passing (?:this pilot|the pilot below) is (.*?) %", plan)[1]
    assert printed == ("over 99" if chance >= 0.995 else "under 1" if chance < 0.005 else f"{100 * chance:.0f}")
    assert (chance < 0.5) == ("**Careful:**" in plan.partition("\n1. ")[0]) == ("second check of every item" in plan)


def test_work_near_its_target_is_piloted_on_a_sample_that_can_tell_it_from_bad_work():
    clear = pilot(examples()["clear"])
    assert "expected to get 96.0 % right" in clear and "work that misses 95 %" in clear
    assert "work with 96 % right in at least 4 of 5" in clear and "2,698 items" in clear


def test_a_crowd_is_piloted_with_the_set_up_that_the_plan_needs_at_its_price():
    clear = examples()["clear"]
    option = next(each for each in clear.options if each.id == "crowd_vendor")
    counted = next(way for way in option.setups if way.chosen)
    assert counted.accuracy == option.cost.accuracy and counted.per_item == option.cost.per_item
    few = pilot(answered(clear, volume=2_000.0))  # too few to tell 96 % from 95 %
    dearer = re.search(r"The set-up to try: asking on until one answer is two ahead, at about (\S+) an item\.", few)
    assert dearer and "361 items" in few
    assert "The one that the sums count with ($0.13 an item, 96.0 % right)" in few
    assert "Careful" not in few


def test_what_is_piloted_is_who_would_do_the_work():
    assert "What to pilot: microlabor through a managing vendor" in pilot(examples()["split"])
    assert "What to pilot: an onshore BPO provider" in pilot(examples()["close"])
    provider = next(advice for advice in ALL.values() if advice.provider and advice.recommended and _target(advice))
    text = told(provider)
    assert (
        f"What to pilot: your own offer. The figures here are those of {WORDS.options[provider.provider.best_offer].name}" in text
    )
    assert "have your own experts" not in text


def _target(advice):
    return any(each.question == "accuracy" and each.status == "given" for each in advice.answers)


@pytest.mark.parametrize("gain", [0.01, 0.0, -0.2])
def test_only_a_split_that_gains_is_recommended_and_piloted(gain):
    advice = examples()["split"]
    text = told(advice.model_copy(update={"split": advice.split.model_copy(update={"gain": gain})}))
    assert ("**Better still, a split:**" in text) == (gain > 0)
    assert ("- **A split** (" in section(text, "Options refused, and why")) == (gain <= 0)
    assert ("What to pilot: microlabor through a managing vendor" in text) == (gain > 0)
    assert ("## Measure yourselves first" in text) == (gain <= 0)


@pytest.mark.parametrize("name", [name for name, advice in ALL.items() if advice.recommended and not advice.provider])
def test_dissent_says_whom_it_speaks_for_and_repeats_nothing_that_stands_under_why(name):
    advice = ALL[name]
    text = told(advice).replace("\\", "")
    dissent = section(text, "Dissent: the strongest case against")
    for each in advice.against[:3]:
        name_of = WORDS.options[each.favours].name
        assert f"**For {name_of}**: {each.text}" in dissent or each.text.casefold().startswith(name_of.casefold())
    assert not {each.text for each in advice.reasons} & {each.text for each in advice.against}


def test_an_abstention_has_a_shape_of_its_own():
    found = [advice for advice in ALL.values() if advice.recommended is None and not advice.provider]
    assert found
    for advice in found:
        text = told(advice)
        for title in ("Options refused", "What would change it", "Dissent", "ilot before signing", "Safeguards", "Ask every"):
            assert title not in text
        assert "Where the options stand" in text and "Nothing to sign yet" in text
        assert not re.search(r"\((\d+) against \1\)", text)


def test_a_memo_on_work_that_nothing_is_known_of_says_so_and_lists_only_questions_whose_answers_were_tried():
    text = told(advise(read("answers:\n  process: Some work\n", "", packaged()).answers, packaged()))
    assert "Nothing was told about the work yet but what it is." in text
    asked = re.search(r"Not asked, so every answer was tried: (.*)\.", text)[1].split(", ")
    assert WORDS.questions["volume"].name in asked
    assert WORDS.questions["perspective"].name not in asked and WORDS.questions["hourly_cost"].name not in asked


ONCE = """answers:
  {kind: data_entry, volume: 80000, minutes: 2, demand: one_off, months: 4, data: public, accuracy: 96, skill: anyone,
   hourly_cost: {value: 24, currency: EUR}, priorities: [cost, quality]}
"""


def test_work_that_is_done_once_is_priced_in_all():
    advice = advise(read(ONCE, "", packaged()).answers, packaged())
    rows = table(told(advice))
    assert all("in all" in row and "a month" not in row for row in rows.values())
    item = next(each.cost.per_item[1] for each in advice.options if each.id == "in_house")
    assert math.isclose(float(re.search(r"[\d,]+", rows["In-house"]["in all"])[0].replace(",", "")), 80_000 * item, rel_tol=0.05)


@pytest.mark.parametrize("name", ALL)
def test_no_range_has_two_equal_ends(name):
    assert not re.search(r"\((\S+)–\1\)", told(ALL[name]))


def test_an_advice_of_an_earlier_version_still_makes_a_memo():
    for name in ("clear", "close"):
        plain = examples()[name].as_json()
        for option in plain["options"]:
            del option["setups"], option["cost"]["with_errors"]
        for line in (*plain["sums"], *plain["reasons"], *plain["against"]):
            del line["option"]
        for each in plain["assumptions"]:
            del each["name"], each["effect"]
        text = told(Advice.from_json(plain))
        assert "## The sums" in text and "with errors |" not in text and "Those that bear on the first two options" in text


def test_answers_come_back_from_the_advice_as_they_were_given():
    stated = {each.question: each.answer for each in examples()["close"].answers}
    assert stated["hourly_cost"] == Answer(value=Money(amount=31.5, currency="EUR"))
    assert stated["priorities"] == Answer(value=(("cost",), ("quality",), ("security",), ("flexibility",)))
    assert stated["accuracy"] == Answer(value=99.0, unsure=True)
    assert stated["residency"] == Answer(status="dont_know")
    assert stated["ip"] is None


def test_the_page_loads_nothing_and_runs_nothing():
    page = memo_page(examples()["split"], packaged(), "en", DAY)
    assert "default-src 'none'" in page
    assert "<script" not in page and "@import" not in page and "url(" not in page


@pytest.mark.parametrize("name", ["clear", "close", "split"])
def test_on_the_page_a_figure_is_never_parted_from_its_sign_and_every_section_has_its_name(name):
    page = memo_page(examples()[name], packaged(), "en", DAY)
    assert not re.search(r"\d %", page) and re.search(r"\d\u00a0%", page)
    for section_name in ("head", "question", "why", "refused", "prices", "sums", "dissent", "pilot", "sources", "receipt"):
        assert page.count(f'<section class="{section_name}">') == 1


def test_a_process_with_markup_is_shown_as_it_was_typed():
    hostile = tuple(
        each.model_copy(update={"value": "<b>x</b> | *y* [z](http://evil.example)"}) if each.question == "process" else each
        for each in examples()["close"].answers
    )
    page = memo_page(examples()["close"].model_copy(update={"answers": hostile}), packaged(), "en", DAY)
    assert "<b>x</b>" not in page and 'href="http://evil.example"' not in page


def printed(page, folder):
    """How many A4 pages Chromium prints it on."""
    (folder / "memo.html").write_text(page, "utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-sync", "--disable-component-update", f"--user-data-dir={folder / 'profile'}"]
    flags += ["--no-pdf-header-footer", f"--print-to-pdf={folder / 'memo.pdf'}", (folder / "memo.html").as_uri()]
    subprocess.run(["chromium", *flags], check=True, capture_output=True, timeout=120)
    return len(re.findall(rb"/Type\s*/Page\b", (folder / "memo.pdf").read_bytes()))


PROVIDER = """answers:
  {perspective: provider, process: Moderating the photos that users upload to a marketplace before they are shown to anyone,
   kind: moderation, volume: 150000, minutes: 0.5, demand: spiky, months: 24, data: personal, deidentify: partly, ip: none,
   access: "no", divisible: "yes", checkable: sampling, skill: trained, accuracy: 97, error_impact: costly, turnaround: hours,
   recourse: useful, oversight: some, distressing: "yes", residency: anywhere, hourly_cost: {value: 22, currency: GBP},
   priorities: [quality, cost, flexibility, security]}
"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to print with")
def test_the_longest_memo_prints_on_two_pages(tmp_path):
    pages = {name: memo_page(advice, packaged(), "en", DAY, name) for name, advice in {**examples(), **precedents()}.items()}
    for name in sorted(pages, key=lambda name: len(pages[name]))[-2:]:
        assert printed(pages[name], tmp_path) in (1, 2), name


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to print with")
def test_the_longest_client_brief_of_a_provider_prints_on_one_page(tmp_path):
    pages = [memo_page(advice, packaged(), "en", DAY, name) for name, advice in drawn().items() if advice.provider]
    assert len(pages) > 5
    real = advise(read(PROVIDER, "", packaged()).answers, packaged())
    assert all(each.status == "given" for each in real.answers)
    assert "your side" not in told(real).casefold()
    assert printed(memo_page(real, packaged(), "en", DAY, "case0001"), tmp_path) == 1
    for page in sorted(pages, key=len)[-2:]:
        assert printed(page, tmp_path) == 1


def test_a_past_advisory_is_exported_as_a_memo(tmp_path):
    talk = Talk(tmp_path / "advisor.db")
    talk.begin()
    talk.say("we tag 20,000 public product photos a month, half a minute each, cost first")
    talk.say("yes")
    talk.say("advise now")
    talk.store.close()
    run = CliRunner().invoke(
        main,
        ["transcripts", "export", "--memo", "--format", "html", "--db", str(tmp_path / "advisor.db"), "--out", "-", "case0001"],
    )
    assert run.exit_code == 0, run.output
    assert "Decision memo" in run.output and "transcripts replay case0001" in run.output


def test_memos_on_stdout_are_one_markdown_document_and_never_several_pages_in_one(tmp_path):
    talks = Talks(tmp_path / "advisor.db")
    for place in ("p1", "p2"):
        talks.advised(place)
    talks.close()
    call = ["transcripts", "export", "--memo", "--db", str(tmp_path / "advisor.db"), "--out", "-"]
    run = CliRunner().invoke(main, call)
    assert run.exit_code == 0 and run.stdout.count("# Decision memo") == 2 and run.stdout.count("\n---\n") == 1
    refused = CliRunner().invoke(main, [*call, "--format", "html"])
    assert refused.exit_code == 2 and "2 pages cannot be one; give --out DIR" in refused.output


def test_a_conversation_without_advice_has_no_memo(tmp_path):
    talk = Talk(tmp_path / "advisor.db")
    talk.begin()
    talk.store.close()
    run = CliRunner().invoke(
        main, ["transcripts", "export", "--memo", "--db", str(tmp_path / "advisor.db"), "--out", "-", "case0001"]
    )
    assert run.exit_code == 0
    assert "there is no advice that a memo could be made of" in run.output


def test_the_command_writes_picture_and_memo(tmp_path):
    chart, page = tmp_path / "chart.png", tmp_path / "memo.html"
    run = CliRunner().invoke(main, ["advise", "docs/examples/close.yaml", "--chart", str(chart), "--memo", str(page)])
    assert run.exit_code == 0, run.output
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert "Decision memo" in page.read_text("utf-8")


@pytest.mark.parametrize("option", ["--chart", "--memo"])
def test_a_file_of_another_kind_is_refused_with_what_is_taken(option, tmp_path):
    run = CliRunner().invoke(main, ["advise", "docs/examples/close.yaml", option, str(tmp_path / "file.gif")])
    assert run.exit_code == 2
    assert "expected a file name that ends in ." in run.output
