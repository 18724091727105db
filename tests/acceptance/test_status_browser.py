"""The status page in a real browser: runs, failures and sentences to listen to, light and dark, narrow and wide."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.catalog import Catalogue
from tests.acceptance.browser import Browser
from tests.acceptance.test_preview_browser import CONTRAST, browser  # noqa: F401 (a fixture)
from tests.integration.http.conftest import Deployment, deployed
from tests.integration.submission import enlist, jobs_of, wait_for
from worker.ledger.ledger import Ledger
from worker.store import open_store

pytestmark = pytest.mark.root

Site = tuple[Deployment, dict[str, str]]  # and its runs
SHOTS = os.environ.get("NARRATOR_SCREENSHOTS", "")  # a folder to keep pictures in
HEAD = "---\nvoice: tiny/one\n---\n\n"
LEAF = (
    f"{HEAD}# Light into sugar\n\nA leaf is a small factory. It runs on light.\n\n- Water comes in.\n- Sugar goes out."
)
LONG = HEAD + "\n\n".join(f"Slow is the water of {a} and {b}." for a in "abcdefghijklmnop" for b in "abcdefghijklmnop")
REASON = "the voice has no sound for 'ǂ' in 'The word ǂnûu': write it in other letters, or give it a reading"


def submit(api: httpx.Client, text: str, lesson: str) -> str:
    asked = {"text": text, "course": "everyday-science", "lesson": lesson}
    return str(api.post("/v1/lessons", json=asked).raise_for_status().json()["run"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny_catalogue: Catalogue) -> Iterator[Site]:
    """A run that is done, one with a failure, one that was cancelled, and one that goes on for a while."""
    with deployed(tmp_path_factory.mktemp("status")) as there, httpx.Client(base_url=there.url, timeout=60) as api:
        runs = {"done": submit(api, LEAF, "light-into-sugar")}
        wait_for(lambda: api.get(f"/v1/runs/{runs['done']}").json()["state"] == "done", 30)
        jobs = jobs_of(tiny_catalogue, ["The word that nobody can say."])
        (failing,) = enlist(open_store(there.settings), there.ledger, {"clicks": jobs})
        tokens = there.ledger.lease(jobs, alone=False)
        there.ledger.fail(jobs[0].key, tokens[jobs[0].key], REASON)
        runs["incomplete"] = failing.run
        runs["cancelled"] = submit(api, LONG.replace("water", "rain"), "rain")
        api.post(f"/v1/runs/{runs['cancelled']}/cancel")
        runs["running"] = submit(api, LONG, "the-water-cycle")
        wait_for(lambda: api.get(f"/v1/runs/{runs['running']}").json()["rendered"] > 20, 60)
        yield there, runs


@pytest.fixture
def pages(browser: Browser, site: Site) -> Iterator[Browser]:  # noqa: F811
    """Nothing may have been complained of, or fetched from elsewhere, in the end."""
    yield browser
    assert browser.complaints == []
    assert [at for at in browser.requests if not at.startswith((site[0].url, "data:"))] == []


def shot(browser: Browser, name: str) -> None:  # noqa: F811
    if SHOTS:
        browser.screenshot(Path(SHOTS) / f"{name}.png")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1200])
def test_light_and_dark_narrow_and_wide(pages: Browser, site, width: int, dark: bool) -> None:
    there, runs = site
    look = f"{'dark' if dark else 'light'}-{'narrow' if width < 500 else 'wide'}"
    seen = {
        "/": ["h1", ".dim", ".state.done", ".state.incomplete", ".state.cancelled", "a", "button", ".bad"],
        f"/runs/{runs['incomplete']}": [".failures li", ".failures .dim", ".bad", "button"],
        "/lessons/everyday-science/light-into-sugar": ["h1", ".cues li", ".dim", "a"],
    }
    for path, selectors in seen.items():
        pages.open(there.url + path, width=width, height=900, dark=dark)
        shot(pages, f"status-{path.split('/')[1] or 'index'}-{look}")
        assert pages.value("document.documentElement.scrollWidth") <= width
        for selector in selectors:
            assert pages.value(CONTRAST % selector) >= 4.5, (path, selector)  # WCAG 2, level AA


def test_a_sentence_is_listened_to(pages: Browser, site) -> None:
    there, _ = site
    pages.open(there.url + "/lessons/everyday-science/light-into-sugar")
    assert pages.value("[...document.querySelectorAll('.cues li > span:first-child')].map((s) => s.textContent)") == [
        "Light into sugar", "A leaf is a small factory.", "It runs on light.", "Water comes in.", "Sugar goes out.",
    ]  # fmt: skip
    sound = "document.querySelectorAll('.cues audio')[1]"
    pages.send("Runtime.evaluate", expression=f"{sound}.play()", userGesture=True)
    pages.until(f"{sound}.currentTime > 0.1")
    assert pages.value(f"{sound}.duration") > 0.3


def test_by_keyboard_a_run_is_stopped_and_taken_up_again(pages: Browser, site) -> None:
    there, runs = site
    pages.open(there.url + "/runs/" + runs["incomplete"])
    assert REASON in pages.value("document.querySelector('.failures').textContent")
    pages.open(there.url + "/")
    reached = "[...document.querySelectorAll('a, button')].every((it) => it.tabIndex === 0)"
    assert pages.value(reached)
    cancel = f"document.querySelector('form[action=\"/runs/{runs['running']}/cancel\"] button')"
    pages.value(f"{cancel}.focus()")
    pages.press("Enter")
    pages.until("document.querySelector('.state.cancelled') && location.pathname.startsWith('/runs/')")
    retry = "document.querySelector('form[action$=\"/retry\"] button')"
    pages.value(f"{retry}.focus()")
    pages.press("Enter")
    pages.until(f"location.pathname !== '/runs/{runs['running']}' && document.querySelector('.state')")
    assert pages.value("document.querySelector('.state').textContent") in ("submitting", "running", "done")
    ledger: Ledger = there.ledger
    assert ledger.cancel(pages.value("location.pathname.split('/').pop()")) in (True, False)


def test_the_documentation_comes_from_here_alone(pages: Browser, site) -> None:
    pages.open(site[0].url + "/docs", height=900)
    pages.until("document.querySelectorAll('.opblock').length > 10")
    assert "/v1/audio/speech" in pages.value("document.body.innerText")
    shot(pages, "docs")
