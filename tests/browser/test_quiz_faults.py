"""Twenty questions in a real browser, and at every fifth of them something goes wrong: no answer that the server has
acknowledged is lost, none counts twice, there is exactly one result, and what only the device had is sent later.

The whole, seven faults at four steps, is `very_slow`; a seeded sample runs with every other test.
"""

import os
import random
import re
import signal
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Browser, Dialog, Page, Response, expect

from organisations.models import Person
from organisations.services import consents
from quizzes.models import Attempt, AttemptOutcome
from tests import databases, live
from tests.browser.visitor import Visitor
from tests.factories.organisations import PASSWORD, PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

QUESTIONS, STEPS = 20, (5, 10, 15, 20)
RIGHT, LETTERS = "B", "ABCDE"
# Another seed draws other cases for every round of tests.
SEED, DRAWN = 20261123, 4
# The page itself waits up to half a minute before it tries again; then a slow machine needs its time.
PATIENCE_MS = 120_000


class Sitting:
    """A learner before a quiz of twenty questions.

    `chosen` is what stands on the screen, `acknowledged` what the server has answered for: question → (counter, value).
    """

    def __init__(self, browser: Browser, site: live.Site, person: Person, attempt: Attempt) -> None:
        self.browser, self.site, self.person, self.attempt = browser, site, person, attempt
        self.questions = questions_of(attempt)
        with translation.override("zh-hans"):
            self.path = reverse("quizzes:attempt", args=[attempt.public_id])
        self.chosen: dict[str, str] = {}
        self.acknowledged: dict[str, tuple[int, str]] = {}
        self.warnings = 0
        self.visitor = Visitor(browser, site.url)
        self.visitor.context.on("response", self._heard)
        self.visitor.context.on("dialog", self._warned)
        self.visitor.sign_in(person.username, PASSWORD)
        self.page = self.visitor.page
        self.load()

    def _heard(self, response: Response) -> None:
        request = response.request
        if request.method != "POST" or "/api/v1/attempts/" not in request.url or response.status != 200:
            return
        for event in request.post_data_json["events"]:
            known = self.acknowledged.get(event["question"], (0, ""))
            self.acknowledged[event["question"]] = max(known, (event["counter"], event["value"]))

    def _warned(self, dialog: Dialog) -> None:
        """Leaving with unsent answers warns; this learner leaves all the same."""
        self.warnings += 1
        dialog.accept()

    # What the learner does

    def load(self, page: Page | None = None) -> None:
        (page or self.page).goto(self.path)

    def answer(self, number: int, value: str, *, page: Page | None = None) -> None:
        question = self.questions[number % QUESTIONS]
        (page or self.page).check(f'input[name="q-{question}"][value="{value}"]')
        self.chosen[question] = value

    def answers_two_more(self, step: int, *, page: Page | None = None) -> None:
        """The next two questions, from the first again after the last; an answered one gets another answer."""
        for number in (step, step + 1):
            before = self.chosen.get(self.questions[number % QUESTIONS], "")
            self.answer(number, LETTERS[(LETTERS.find(before) + 1) % len(LETTERS)], page=page)

    def submits(self, *, twice: bool = False) -> None:
        button = self.page.locator("[data-quiz-target=submit]")
        if len(self.chosen) < QUESTIONS:
            button.click()
            self.notice().wait_for()  # it asks once for what is open
        button.dblclick() if twice else button.click()
        self.page.locator("form.quiz").wait_for(state="detached", timeout=PATIENCE_MS)

    # What the learner sees

    def status(self, number: int, *, page: Page | None = None) -> Any:
        question = self.questions[number % QUESTIONS]
        return (page or self.page).locator(f'fieldset[data-item="{question}"] .question__status')

    def notice(self) -> Any:
        return self.page.locator("[data-quiz-target=notice]")

    def sees_only_here(self, step: int) -> None:
        for number in (step, step + 1):
            expect(self.status(number)).to_have_class(re.compile("is-local"))

    def sees_all_saved(self, *, page: Page | None = None) -> None:
        """Everything on the screen is on the server, and it is what was chosen."""
        shown = page or self.page
        expect(shown.locator(".question__status.is-local")).to_have_count(0, timeout=PATIENCE_MS)
        expect(shown.locator(".question__status.is-saved")).to_have_count(len(self.chosen))
        for question, value in self.chosen.items():
            expect(shown.locator(f'input[name="q-{question}"][value="{value}"]')).to_be_checked()
        # A click becomes an unsent answer a moment later: all is saved once the server has said so for every one.
        waited = 0
        while self.kept() != self.chosen and waited < PATIENCE_MS:
            shown.wait_for_timeout(100)
            waited += 100
        assert self.kept() == self.chosen
        self.check_kept()

    # What must be true

    def kept(self) -> dict[str, str]:
        """What the server has acknowledged, by question."""
        return {question: value for question, (_counter, value) in self.acknowledged.items()}

    def check_kept(self) -> None:
        """Whatever was acknowledged is in the database, or something newer by the same learner."""
        stored = Attempt.objects.get(pk=self.attempt.pk).answers
        for question, (counter, value) in self.acknowledged.items():
            answer = stored[question]
            assert (answer["counter"], answer["value"]) == (counter, value) or answer["counter"] > counter

    def check_result(self) -> None:
        self.attempt.refresh_from_db()
        stored = {question: answer["value"] for question, answer in self.attempt.answers.items()}
        assert (self.attempt.state, stored) == ("submitted", self.chosen)
        assert self.attempt.points == sum(value == RIGHT for value in self.chosen.values())
        assert AttemptOutcome.objects.filter(subject=self.attempt).count() == 1
        assert Attempt.objects.filter(person=self.person).count() == 1


def questions_of(attempt: Attempt) -> list[str]:
    return [item["id"] for group in attempt.paper["groups"] for item in group["items"]]


def kill_the_server(sitting: Sitting, step: int) -> None:
    sitting.site.kill()
    sitting.answers_two_more(step)
    sitting.sees_only_here(step)
    expect(sitting.notice()).to_be_visible()
    sitting.site.start()
    sitting.sees_all_saved()
    expect(sitting.notice()).to_be_hidden()


def drop_the_network(sitting: Sitting, step: int) -> None:
    sitting.visitor.context.set_offline(True)
    sitting.answers_two_more(step)
    sitting.sees_only_here(step)
    expect(sitting.notice()).to_be_visible()
    sitting.visitor.context.set_offline(False)
    sitting.sees_all_saved()
    expect(sitting.notice()).to_be_hidden()


def expire_the_session(sitting: Sitting, step: int) -> None:
    Session.objects.all().delete()
    live.empty_shared_state()
    sitting.answers_two_more(step)
    sitting.sees_only_here(step)
    way_back = sitting.page.locator("[data-quiz-target=signIn] a")
    way_back.click()
    page = sitting.visitor.page
    page.fill("input[name=login]", sitting.person.username)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form:has(input[name=login]) button[type=submit]").click()
    page.wait_for_url(f"**{sitting.path}")
    sitting.sees_all_saved()


def kill_the_tab(sitting: Sitting, step: int) -> None:
    """With answers that nobody but the device has: the tab's process dies, nothing of the page runs any more."""
    context = sitting.visitor.context
    context.set_offline(True)
    sitting.answers_two_more(step)
    sitting.sees_only_here(step)
    session = sitting.browser.new_browser_cdp_session()
    with sitting.page.expect_event("crash"):
        for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] == "renderer":
                os.kill(process["id"], signal.SIGKILL)
    session.detach()
    sitting.page.close()
    context.set_offline(False)
    sitting.page = sitting.visitor.page = context.new_page()
    sitting.load()
    sitting.sees_all_saved()


def double_the_tab(sitting: Sitting, step: int) -> None:
    """Both tabs answer, also the same question; then the first is closed."""
    twin = sitting.visitor.context.new_page()
    sitting.load(twin)
    sitting.sees_all_saved(page=twin)
    sitting.answer(step, "C", page=twin)
    expect(sitting.status(step, page=twin)).to_have_class(re.compile("is-saved"))
    sitting.answer(step + 1, "D")
    sitting.sees_all_saved()  # the first tab has taken over what the twin answered
    sitting.answer(step, "E")
    sitting.sees_all_saved()
    sitting.page.close()
    sitting.page = sitting.visitor.page = twin
    sitting.answers_two_more(step + 2)
    sitting.sees_all_saved()


def submit_twice(sitting: Sitting, step: int) -> None:
    sitting.submits(twice=True)


def reload_with_unsent_answers(sitting: Sitting, step: int) -> None:
    sending = re.compile(r"/api/v1/attempts/.*/answers/")
    sitting.visitor.context.route(sending, lambda route: route.abort())
    sitting.answers_two_more(step)
    sitting.sees_only_here(step)
    warnings = sitting.warnings
    sitting.page.reload()
    assert sitting.warnings == warnings + 1
    sitting.visitor.context.unroute(sending)
    sitting.sees_all_saved()


FAULTS: list[Callable[[Sitting, int], None]] = [
    *(kill_the_server, drop_the_network, expire_the_session, kill_the_tab),
    *(double_the_tab, submit_twice, reload_with_unsent_answers),
]
CASES = [pytest.param(fault, step, id=f"{fault.__name__}-{step}") for fault, step in product(FAULTS, STEPS)]


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, django_db_blocker: Any, assets: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[live.Site]:
    """One running site for all cases, on a database that commits; every case brings its own learner."""
    live.empty_shared_state()
    with django_db_blocker.unblock(), databases.copy_of_template("faults") as name:
        running = live.Site(name, tmp_path_factory.mktemp("faults") / "site.log")
        running.start()
        yield running
        running.stop()


def sit(browser: Browser, site: live.Site, fault: Callable[[Sitting, int], None], step: int) -> None:
    person = PersonFactory.create()
    consents.accept(person=person, language="zh-hans")
    attempt = AttemptFactory.create(person=person, quiz=QuizFactory.create(questions=QUESTIONS))
    sitting = Sitting(browser, site, person, attempt)
    try:
        for number in range(step):
            sitting.answer(number, LETTERS[number % len(LETTERS)])
        sitting.sees_all_saved()
        fault(sitting, step)
        if fault is not submit_twice:
            for number in range(step, QUESTIONS):
                if sitting.questions[number] not in sitting.chosen:
                    sitting.answer(number, LETTERS[number % len(LETTERS)])
            sitting.submits()
        sitting.check_kept()
        sitting.check_result()
        assert sitting.visitor.foreign == []
    finally:
        sitting.visitor.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("fault", "step"), random.Random(SEED).sample(CASES, DRAWN))
def test_answers_outlive_a_fault_drawn_by_lot(
    chromium: Browser, site: live.Site, fault: Callable[[Sitting, int], None], step: int
) -> None:
    sit(chromium, site, fault, step)


@pytest.mark.very_slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("fault", "step"), CASES)
def test_answers_outlive_every_fault(
    chromium: Browser, site: live.Site, fault: Callable[[Sitting, int], None], step: int
) -> None:
    sit(chromium, site, fault, step)
