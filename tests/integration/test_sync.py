"""A night: real workers of the embedded stack, a real webhook receiver, the command line as cron runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from models.errors import Permanent, Transient
from producer.errors import Locked
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.nightly import webhook
from producer.nightly.lock import StoreLock
from producer.nightly.source import open_source
from producer.nightly.sync import Night, NightBounds, sync
from tests.conftest import TINY_VOICES
from worker.contract.settings import Settings
from worker.store import open_store

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def write(folder: Path, name: str, sentences: int = 2, word: str = "river") -> Path:
    path = folder / f"{name}.md"
    text = " ".join(f"Sentence {n} of {name} is about a {word}." for n in range(sentences))
    path.write_text(f"---\ncourse: c\nvoice: tiny/one\n---\n{text}\n")
    return path


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = tmp_path / "lessons"
    folder.mkdir()
    for name in ("first", "second", "third"):
        write(folder, name)
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(voices_dir=TINY_VOICES, store=str(tmp_path / "store"), lease_seconds=2.0, sweep_seconds=0.2)


def night(lessons: Path, settings: Settings, options: NarrationOptions = NO_OPTIONS, **wishes: Any) -> Night:
    return sync(str(lessons), options, NightBounds(here=True, processes=1, **wishes), settings=settings)


def test_the_second_night_does_nothing_and_an_edit_renders_one_sentence(lessons: Path, here: Settings) -> None:
    first = night(lessons, here)
    assert (first.lessons, first.done, first.rendered, first.exit_code) == (3, 3, 6, 0)
    second = night(lessons, here)
    assert (second.unchanged, second.done, second.rendered, second.run) == (3, 0, 0, "")
    path = lessons / "second.md"
    path.write_text(path.read_text().replace("1 of second", "99 of second"))
    third = night(lessons, here)
    assert (third.unchanged, third.done, third.rendered) == (2, 1, 1)


def test_renamed_and_removed_lessons(lessons: Path, here: Settings) -> None:
    night(lessons, here)
    (lessons / "third.md").rename(lessons / "fourth.md")
    (lessons / "first.md").unlink()
    kept = night(lessons, here)
    assert (kept.gone, kept.pruned, kept.rendered, kept.done) == (("c/first", "c/third"), 0, 0, 1)
    store = open_store(here)
    assert store.get("lessons/c/first/manifest.json")
    (lessons / "broken.md").write_text("---\nvoice: nobody\n")
    unreadable = night(lessons, here, prune=True)  # who knows which lesson that file is: nothing is removed
    assert (unreadable.pruned, unreadable.gone, unreadable.exit_code) == (0, (), 1)
    (lessons / "broken.md").unlink()
    pruned = night(lessons, here, prune=True)
    assert (pruned.gone, pruned.pruned) == (("c/first", "c/third"), 2)
    assert not store.existing(["lessons/c/first/manifest.json", "lessons/c/third/manifest.json"])
    assert store.existing(["lessons/c/fourth/manifest.json"])
    assert night(lessons, here, prune=True).gone == ()


def test_an_emptied_source_prunes_nothing(lessons: Path, here: Settings) -> None:
    night(lessons, here)
    for path in lessons.iterdir():
        path.unlink()
    with pytest.raises(Permanent, match="no lessons found"):
        night(lessons, here, prune=True)
    assert open_store(here).existing(["lessons/c/first/manifest.json"])


def test_a_limit_takes_whole_lessons_and_the_next_nights_go_on(lessons: Path, here: Settings) -> None:
    seen = [night(lessons, here, limit=3) for _ in range(4)]
    assert [(n.done, n.left, n.stopped, n.exit_code) for n in seen] == [
        (1, 2, "limit", 0),
        (1, 1, "limit", 0),
        (1, 0, "", 0),
        (0, 0, "", 0),
    ]


def test_a_deadline_stops_cleanly_and_the_next_night_goes_on(lessons: Path, here: Settings) -> None:
    write(lessons, "long", sentences=400)
    stopped = night(lessons, here, until=time.time())
    assert (stopped.stopped, stopped.failed, stopped.exit_code) == ("deadline", 0, 0)
    assert stopped.left >= 1
    assert not stopped.failures
    again = night(lessons, here)
    assert (again.left, again.unchanged + again.done) == (0, 4)
    assert (
        stopped.rendered + again.rendered >= 406 - 64
    )  # what was rendered in the first night's last moments is reused


def test_a_new_speed_waits_for_a_yes(lessons: Path, here: Settings) -> None:
    night(lessons, here)
    careful = here.model_copy(update={"rerender_budget": 5})
    with pytest.raises(Permanent, match=r"6 segments would be rendered again \(speed changed: 6\), about 0.0 h on 1"):
        night(lessons, careful, NarrationOptions(speed=1.5))
    assert night(lessons, careful, NarrationOptions(speed=1.5), yes=True).rendered == 6


def test_new_lessons_need_no_yes(lessons: Path, here: Settings) -> None:
    assert night(lessons, here.model_copy(update={"rerender_budget": 0})).rendered == 6


def test_two_nights_never_overlap(lessons: Path, here: Settings) -> None:
    name = open_source(str(lessons), here).name
    with StoreLock(open_store(here), f"sync-{name}"), pytest.raises(Locked):
        night(lessons, here)


# --- webhook


class Receiver(BaseHTTPRequestHandler):
    """Answers what it is told to, and keeps what it got."""

    answers: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.answers, Receiver.got = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook?token=hush"
    server.shutdown()
    server.server_close()


def hooked(settings: Settings, url: str, secret: str = SECRET) -> Settings:
    return settings.model_copy(update={"webhook_url": SecretStr(url), "webhook_secret": SecretStr(secret)})


def test_the_webhook_hears_of_the_end_signed(lessons: Path, here: Settings, receiver: str) -> None:
    done = night(lessons, hooked(here, receiver))
    [(headers, body)] = Receiver.got
    told = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "sync.completed"
    assert told["data"] == json.loads(json.dumps(done.as_json()))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"completed", b"cancelled"), headers)


def test_the_webhook_hears_of_a_bad_end(lessons: Path, here: Settings, receiver: str) -> None:
    with pytest.raises(Permanent, match="no such folder"):
        sync(str(lessons / "nowhere"), settings=hooked(here, receiver))
    assert json.loads(Receiver.got[0][1])["type"] == "sync.failed"


def test_an_absent_receiver_is_tried_again_with_the_same_id(here: Settings, receiver: str) -> None:
    Receiver.answers = [503, 500]
    webhook.send(hooked(here, receiver), {"a": 1}, backoff=0)
    assert len(Receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in Receiver.got}) == 1


@pytest.mark.parametrize(("answers", "error", "said"), [([410], Permanent, "410"), ([503] * 5, Transient, "5 times")])
def test_a_receiver_that_refuses_is_named_without_its_token(
    here: Settings, receiver: str, answers: list[int], error: type[Exception], said: str
) -> None:
    Receiver.answers = list(answers)
    with pytest.raises(error, match=said) as caught:
        webhook.send(hooked(here, receiver), {}, backoff=0)
    assert "127.0.0.1" in str(caught.value)
    assert "hook?" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(("url", "secret"), [("ftp://x/y", SECRET), ("hook", SECRET), ("http://x/y", "whsec_abc")])
def test_a_webhook_that_cannot_work_is_said_before_the_night(
    lessons: Path, here: Settings, url: str, secret: str
) -> None:
    with pytest.raises(Permanent, match="NARRATOR_WEBHOOK_"):
        night(lessons, hooked(here, url, secret))
    assert not list(open_store(here).list("lessons/"))


# --- the command line


def narrator(*arguments: str, settings: Settings) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NARRATOR_VOICES_DIR": str(settings.voices_dir), "NARRATOR_STORE": settings.store}
    return subprocess.run(
        [Path(sys.executable).with_name("narrator"), *arguments], capture_output=True, text=True, env=environment
    )


def test_sync_pull_and_gc_as_cron_runs_them(lessons: Path, here: Settings, tmp_path: Path) -> None:
    (lessons / "bad.md").write_text("---\nvoice: nobody\n---\nWords.\n")
    made = narrator("sync", str(lessons), "--here", settings=here)
    assert made.returncode == 1
    assert made.stdout.count("\n") == 1
    assert "3 of 4 lessons made, 6 segments rendered, 0 unchanged, 1 failed" in made.stdout
    assert f"{lessons / 'bad.md'}:2: " in made.stderr
    (lessons / "bad.md").unlink()
    again = narrator("sync", str(lessons), "--here", "--json", settings=here)
    assert (again.returncode, json.loads(again.stdout)["unchanged"], again.stderr) == (0, 3, "")
    pulled = narrator("pull", "c", "--out", str(tmp_path / "audio"), "--json", settings=here)
    assert pulled.returncode == 0, pulled.stderr
    assert (tmp_path / "audio/c/first/first.wav").stat().st_size > 1000
    assert narrator("pull", "nothing", "--out", str(tmp_path / "audio"), settings=here).returncode == 2
    swept = narrator("store", "gc", "--dry-run", "--json", settings=here)
    assert json.loads(swept.stdout)["segments"] == 0
    nowhere = narrator("sync", str(tmp_path / "nowhere"), settings=here)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "no such folder" in nowhere.stderr
