"""Who comes in: one-time links, passwords, sessions, and the name that a browser came by."""

import pytest
from review_site import ANN, BOB, RITA, Page, Site

from adapters.review import passwords
from adapters.review.passwords import FEWEST_ROUNDS, Passwords, hashed, read
from adapters.review.sessions import LINK_SECONDS, SESSION_SECONDS, TRIES, TRY_SECONDS, Sessions, Tries
from adapters.review.settings import is_loopback, load
from bot.settings import SettingsError
from talks import OPERATOR

SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def stored():
    return hashed(SECRET, FEWEST_ROUNDS)


@pytest.fixture
def guarded(talks, stored):
    made = Site(talks.path, passwords=Passwords(shared=stored, own={BOB: stored}))
    yield made
    made.close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_link_signs_in_once(site):
    address = f"/sign-in?token={site.desk.sessions.link(OPERATOR)}"
    first, second = site.visitor(), site.visitor()
    assert first.get(address).headers["location"] == "/" and first.get("/").status_code == 200
    refused = second.get(address)
    assert refused.status_code == 403 and "used already" in refused.text and second.get("/").status_code == 303


def test_the_cookie_is_for_this_site_alone_and_no_script_can_read_it(site):
    answer = site.visitor().get(f"/sign-in?token={site.desk.sessions.link(OPERATOR)}")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie and "secure" not in cookie
    answer = site.visitor(base_url="https://localhost").get(f"/sign-in?token={site.desk.sessions.link(OPERATOR)}")
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("value", ["", "x", "a.b", "InRlc3Qi.AAAA", '"quoted"'])
def test_a_cookie_that_we_did_not_sign_is_worth_nothing(site, value):
    assert site.visitor().get("/", headers={"cookie": f"advisor_session={value}"}).status_code == 303


def test_links_and_sessions_end_with_time():
    clock = Clock()
    sessions = Sessions(clock)
    late, used = sessions.link(OPERATOR), sessions.link(OPERATOR)
    session = sessions.redeem(used)
    clock.now = LINK_SECONDS + 1
    assert sessions.redeem(late) is None and sessions.viewer(session) == OPERATOR
    clock.now = SESSION_SECONDS + 1
    assert sessions.viewer(session) is None


def test_signing_out_ends_the_session_whatever_cookie_is_kept(site):
    visitor = site.operator
    kept = visitor.client.cookies["advisor_session"]
    assert visitor.post("/sign-out").status_code == 303
    assert site.visitor().get("/", headers={"cookie": f"advisor_session={kept}"}).status_code == 303


def test_without_a_session_every_page_leads_to_the_entrance_and_back(site, talks):
    stranger = site.visitor()
    for path in ("/", "/statistics", "/next", "/data", "/data/transcript.csv", f"/advisory/{talks.ann}/export.json"):
        answer = stranger.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"), path
    assert "next=%2Fadvisory%2F" in stranger.get(f"/advisory/{talks.ann}").headers["location"]
    assert "Go on to the page" in stranger.get("/sign-in?next=%2Fstatistics").text
    assert 'href="//evil' not in stranger.get("/sign-in?next=%2F%2Fevil.example").text
    assert "evil" not in stranger.get("/sign-in?next=https%3A%2F%2Fevil.example").text


def test_reviewers_share_a_password_and_each_other_person_has_their_own(guarded, talks):
    for person, expected in ((RITA, 303), (BOB, 303), (ANN, 403), ("nobody", 403)):
        visitor = guarded.visitor()
        answer = visitor.post("/sign-in", person=person, password=SECRET, next="/statistics", token=False)
        assert answer.status_code == expected, person
    bob = guarded.visitor()
    bob.post("/sign-in", person=BOB, password=SECRET, token=False)
    assert bob.get(f"/advisory/{talks.bob}").status_code == 200 and bob.get(f"/advisory/{talks.ann}").status_code == 404


def test_a_wrong_password_is_refused_in_the_same_words_as_a_wrong_name(guarded):
    def refused(person):
        answer = guarded.visitor().post("/sign-in", person=person, password="wrong")
        return answer.status_code, Page(answer.text).text

    assert refused(RITA) == refused("slack:T1:UNONE") and refused(RITA)[0] == 403


def test_passwords_can_be_tried_a_few_times_then_only_after_a_wait(guarded):
    visitor = guarded.visitor()
    for _ in range(TRIES):
        assert "do not fit" in visitor.post("/sign-in", person=RITA, password="wrong").text
    answer = visitor.post("/sign-in", person=RITA, password=SECRET)
    assert answer.status_code == 429 and "Wait" in answer.text


def test_tries_are_counted_by_address_and_together_and_forgotten_with_time():
    clock = Clock()
    tries = Tries(clock)
    assert [tries.wait("a") for _ in range(TRIES)] == [0] * TRIES and tries.wait("a") > 0 and tries.wait("b") == 0
    clock.now = TRY_SECONDS + 1
    assert tries.wait("a") == 0
    assert any(tries.wait(f"{number}") for number in range(100))


def test_without_a_password_set_the_form_lets_nobody_in(site):
    assert site.visitor().post("/sign-in", person=RITA, password="", token=False).status_code == 403
    assert 'type="password"' not in site.visitor().get("/sign-in").text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "10.0.0.1:8484", "[::2]"])
def test_a_name_that_was_not_given_is_refused_against_dns_rebinding(site, host):
    answer = site.operator.get("/", headers={"host": host})
    assert answer.status_code == 421 and "<" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8484", "[::1]:8484", "LOCALHOST:1"])
def test_this_machine_s_own_names_are_known(site, host):
    assert site.visitor().get("/sign-in", headers={"host": host}).status_code == 200


def test_a_hash_is_salted_fits_its_password_alone_and_is_of_the_usual_form(stored):
    assert stored != hashed(SECRET, FEWEST_ROUNDS) and stored.startswith("pbkdf2_sha256$100000$")
    assert passwords.fits(SECRET, stored) and not passwords.fits(SECRET + " ", stored)
    django = "pbkdf2_sha256$260000$mysaltmysalt$" + "A" * 43 + "="
    assert passwords.is_hash(django) and not passwords.is_hash(django.replace("260000", "1000"))


def test_the_setting_takes_one_hash_or_one_a_person(stored):
    assert read(stored) == Passwords(shared=stored)
    assert read(f"{ANN}={stored}, {BOB}={stored}") == Passwords(own={ANN: stored, BOB: stored})
    for wrong in ("secret", f"ann={stored}", f"{stored},{stored}", f"{ANN}=secret"):
        with pytest.raises(ValueError, match="hash-password"):
            read(wrong)


def test_another_host_than_this_machine_takes_a_password(monkeypatch, stored, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADVISOR_REVIEW_HOST", "0.0.0.0")
    with pytest.raises(SettingsError, match="ADVISOR_REVIEW_PASSWORD_HASH: not set; needed, since others can reach"):
        load()
    monkeypatch.setenv("ADVISOR_REVIEW_PASSWORD_HASH", "hunter2")
    with pytest.raises(SettingsError, match="not shown") as caught:
        load()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("ADVISOR_REVIEW_PASSWORD_HASH", stored)
    assert load().passwords == Passwords(shared=stored)


def test_only_this_machine_counts_as_this_machine():
    assert [is_loopback(each) for each in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert not any(is_loopback(each) for each in ("0.0.0.0", "::", "192.168.1.1", "localhost.evil.example", ""))
