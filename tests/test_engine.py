"""Conversations of any shape: a stateful search for one that breaks a promise."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.agenda import pending
from bot.case import effective, set_aside
from bot.engine import fold, step
from bot.events import EVENT, Heard, Started, Upgraded
from bot.speak import speak
from bot.taps import LONGEST, answer_token, number_token, ranking_token, request_token, status_token, tap
from bot.understand.hear import hear
from bot.understand.reading import REQUEST_KINDS
from knowledge.load import packaged
from talk import ME

BASE = packaged()
QUESTIONS = list(BASE.questions.values())
PHRASES = [
    "tagging", "public", "personal data", "yes", "no", "why", "back", "go back", "skip", "don't know", "later",
    "not applicable", "help", "what is an SLA?", "summary", "start over", "pause", "resume", "cancel",
    "change the volume to 300", "what if data were personal?", "200k", "300 a day", "cost, quality", "99.5 %", "$28/h",
    "3 minutes", "we type 500 forms a week, names and addresses, EU only", "is microlabor secure?", "advise now", "compare",
    "both are right", "", "   ", "\x00\u202e<b>*x*</b>", "1", "2",
]  # fmt: skip


def tokens():
    answers = [answer_token(q.id, choice) for q in QUESTIONS for choice in q.choices]
    numbers = [number_token(q.id, number) for q in QUESTIONS for number in q.quick]
    statuses = [status_token(q.id, status) for q in QUESTIONS for status in ("dont_know", "not_applicable", "later")]
    rankings = [ranking_token(q, q.items[:n]) for q in QUESTIONS for n in range(1, len(q.items) + 1)]
    requests = [request_token(kind) for kind in REQUEST_KINDS] + [request_token("change", q.id) for q in QUESTIONS]
    return [*answers, *numbers, *statuses, *rankings, *requests]


TOKENS = tokens()


def test_every_token_fits_the_narrowest_platform():
    assert all(len(token.encode()) <= LONGEST for token in TOKENS)


class Conversation(RuleBasedStateMachine):
    """Typed words, taps of any age, and restarts, against what must always hold."""

    @initialize(order=st.sampled_from(["file", "adaptive"]))
    def begin(self, order):
        self.events = [Started(at=0, by=ME, conversation="c", knowledge=BASE.version, order=order)]
        self.case = step(None, self.events[0], BASE).case
        self.messages = []

    def heard(self, said, via, acts):
        event = Heard(at=len(self.events), by=ME, said=said, via=via, acts=acts)
        assert EVENT.validate_json(event.model_dump_json()) == event
        stepped = step(self.case, event, BASE)
        self.messages = [speak(effect, stepped.case, BASE) for effect in stepped.effects]
        self.events.append(event)
        self.before, self.case = self.case, stepped.case

    @rule(text=st.sampled_from(PHRASES))
    def says(self, text):
        self.heard(text, "typed", hear(text, self.case, BASE))

    @rule(token=st.sampled_from(TOKENS))
    def taps(self, token):
        open_before = pending(self.case, BASE).question
        before = self.case.answers
        self.heard("tap", "tapped", (tap(token, self.case, BASE),))
        asked = token.split(":")[1]
        if token[0] in "ansk" and asked != open_before:
            assert self.case.answers == before, "a late tap changed an answer"
        if token[0] == "r":
            assert set(self.case.answers) <= set(before), "a request wrote an answer"

    @rule()
    def comes_back_after_a_restart(self):
        self.case = fold(self.events, BASE)

    @rule()
    def meets_a_renewed_knowledge_base(self):
        event = Upgraded(at=len(self.events), by=ME, knowledge=BASE.version)
        self.events.append(event)
        self.case = step(self.case, event, BASE).case

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def the_fold_of_the_events_is_the_case(self):
        assert fold(self.events, BASE) == self.case

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def answers_count_or_are_set_aside(self):
        counting, aside = effective(BASE, self.case.answers), set_aside(BASE, self.case.answers)
        assert set(counting) | aside == set(self.case.answers)
        assert not set(counting) & aside

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def something_is_asked_or_the_advice_was_given(self):
        waiting = pending(self.case, BASE)
        assert waiting.kind != "question" or waiting.question in BASE.questions
        assert waiting.kind != "nothing" or self.case.summarised or self.case.status == "cancelled"
        for message in self.messages:
            assert message.markdown.strip()
            assert all(len(button.token.encode()) <= LONGEST for button in (*message.buttons, *message.more))


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_nothing_that_a_person_types_raises_or_becomes_markup(text):
    case = step(None, Started(at=0, by=ME, conversation="c", knowledge=BASE.version, order="file"), BASE).case
    for _ in range(2):
        acts = hear(text, case, BASE)
        stepped = step(case, Heard(at=1, by=ME, said=text, via="typed", acts=acts), BASE)
        for effect in stepped.effects:
            assert speak(effect, stepped.case, BASE).text is not None
        case = stepped.case


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_any_token_is_harmless(token):
    case = step(None, Started(at=0, by=ME, conversation="c", knowledge=BASE.version, order="file"), BASE).case
    stepped = step(case, Heard(at=1, by=ME, said="", via="tapped", acts=(tap(token, case, BASE),)), BASE)
    assert stepped.case.answers == {}
