"""Whatever comes in, by the queue, a name, a setting or a voice's description: our errors, and nothing else."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.bundle import Bundle
from models.errors import NarrationError, Permanent
from worker.contract.messages import AssembleLesson, LessonPlan, RenderBatch, lesson_folder, plan_name, segment_name
from worker.contract.settings import Settings, load_settings
from worker.store.base import check_name
from worker.store.directory import DirectoryStore

TRIES = int(os.environ.get("NARRATOR_FUZZ_EXAMPLES", "100"))
many = settings(
    max_examples=TRIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

DIGEST = "0" * 64
LESSON = {"version": 1, "run": "run-1", "course": "course", "lesson": "lesson", "plan": DIGEST, "submitted": 1}
SEGMENT = {"voice": "tiny/one", "fingerprint": DIGEST, "backend": "onnxruntime", "precision": "fp32", "language": "en"}
SEGMENT |= {"text": "Hello.", "frontend": DIGEST}
BATCH = {"version": 1, "bundle": "tiny", "jobs": [{"key": DIGEST, "segment": SEGMENT}], "alone": False}

HOSTILE = (
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../b",
    "a\x00b",
    "a\\b",
    ".hidden",
    "a\nb",
    "lesson\n",
    "x" * 101,
)
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=120))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), names, st.integers(10**300, 10**301), st.sampled_from(HOSTILE)
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@pytest.mark.parametrize(("kind", "good"), [(AssembleLesson, LESSON), (RenderBatch, BATCH), (LessonPlan, {})])
def test_messages(kind, good) -> None:
    @many
    @given(anything, st.sampled_from([*good, "other"]), st.booleans())
    def check(value: object, field: str, whole: bool) -> None:
        try:
            taken = kind.model_validate(value if whole else {**good, field: value})
        except ValidationError:
            return
        if isinstance(taken, AssembleLesson):
            for name in (f"{lesson_folder(taken.course, taken.lesson)}manifest.json", plan_name(taken.plan)):
                assert check_name(name).count("/") == name.count("/") <= 3
        if isinstance(taken, RenderBatch):
            assert all(check_name(segment_name(job.key)) for job in taken.jobs)

    check()


@pytest.mark.parametrize("name", HOSTILE)
def test_ids_that_lead_elsewhere_are_refused(name: str) -> None:
    for field in ("run", "course", "lesson", "plan"):
        with pytest.raises(ValidationError):
            AssembleLesson.model_validate({**LESSON, field: name})
    with pytest.raises(ValidationError):
        RenderBatch.model_validate({**BATCH, "bundle": name})
    for field in ("voice", "fingerprint", "backend", "precision", "language", "frontend"):
        with pytest.raises(ValidationError):
            RenderBatch.model_validate({**BATCH, "jobs": [{"key": DIGEST, "segment": {**SEGMENT, field: name}}]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 10**400, 1.5, "1e999", [1], {"a": 1}, None])
def test_numbers_that_make_no_sense_are_refused(value: object) -> None:
    for field in ("version", "submitted"):
        with pytest.raises(ValidationError):
            AssembleLesson.model_validate({**LESSON, field: value})
    for field in ("speed", "take"):
        with pytest.raises(ValidationError):
            RenderBatch.model_validate({**BATCH, "jobs": [{"key": DIGEST, "segment": {**SEGMENT, field: value}}]})


def test_lengths_are_bounded() -> None:
    RenderBatch.model_validate(BATCH)
    for segment in ({"text": "x" * 4001}, {"text": ""}, {"options": {str(n): n for n in range(17)}}):
        with pytest.raises(ValidationError):
            RenderBatch.model_validate({**BATCH, "jobs": [{"key": DIGEST, "segment": {**SEGMENT, **segment}}]})
    for jobs in ([], BATCH["jobs"] * 65):
        with pytest.raises(ValidationError):
            RenderBatch.model_validate({**BATCH, "jobs": jobs})


def test_store_names(tmp_path: Path) -> None:
    root = tmp_path / "outside" / "root"
    store = DirectoryStore(root)
    (tmp_path / "outside" / "secret").write_text("secret")
    pieces = st.lists(st.one_of(names, st.just("a")), min_size=1, max_size=5).map("/".join)

    @many
    @given(st.one_of(names, pieces, st.just("../secret")))
    def check(name: str) -> None:
        try:
            store.put(name, b"data")
            assert store.get(name)[0] == b"data"
            assert name in {entry.name for entry in store.list()}
            store.delete([name])
        except NarrationError:
            return
        finally:
            assert {path.name for path in (tmp_path / "outside").iterdir()} <= {"root", "secret"}
            assert (tmp_path / "outside" / "secret").read_text() == "secret"

    check()


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = sorted(Settings.model_fields)
    words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)

    @many
    @given(st.sampled_from(fields), st.one_of(words, st.integers().map(str), st.floats().map(str)))
    def check(field: str, value: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NARRATOR_REDIS_URL", "redis://:PLANTED@host/0")
            patch.setenv(f"NARRATOR_{field.upper()}", value)
            load_settings.cache_clear()
            said = f"NARRATOR_{field.upper()}"
            try:
                load_settings()
            except Permanent as error:
                said = str(error)
            load_settings.cache_clear()
            assert f"NARRATOR_{field.upper()}" in said
            assert "PLANTED" not in said

    check()


def test_descriptions_of_voices(tmp_path: Path) -> None:
    path = tmp_path / "voice.toml"
    good = (Path(__file__).parents[1] / "data" / "tiny_voice" / "voice.toml").read_bytes()

    @many
    @given(st.integers(0, len(good)), st.integers(0, 40), st.one_of(st.binary(max_size=20), names.map(repr).map(ascii)))
    def check(at: int, cut: int, put: bytes | str) -> None:
        data = put if isinstance(put, bytes) else put.encode()
        path.write_bytes(good[:at] + data + good[at + cut :])
        try:
            bundle = Bundle.read(path)
        except NarrationError:
            return
        for file in bundle.files:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("NARRATOR_CACHE_DIR", str(tmp_path / "cache"))
                with contextlib.suppress(NarrationError):
                    assert bundle.path(file.name).is_relative_to(tmp_path)

    check()
