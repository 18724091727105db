"""Planning: what is missing and why, who speaks, what is unchanged, and how much that costs."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.catalog import Catalogue
from producer.lessons.options import NarrationOptions
from producer.plan.planner import plan, plan_with_settings
from producer.plan.previous import EDITED, GONE, NEW_LESSON, NEW_TEXT
from producer.plan.result import Plan
from producer.plan.voices import KnownVoices
from tests.conftest import TINY_VOICES
from worker.contract.manifest import Cue, LessonPart, Manifest, MeasuredLoudness
from worker.contract.messages import LessonPlan, lesson_folder, segment_name
from worker.contract.settings import Settings
from worker.errors import StoreUnavailable
from worker.store.directory import DirectoryStore

TINY = NarrationOptions(voice="tiny/one")


class FrontEnd:
    """Gives fingerprints, and counts who asks; preparing text while planning would be a fault."""

    def __init__(self, version: str, asked: Counter[str]) -> None:
        self.version, self.asked = version, asked

    def fingerprint(self, language: str) -> str:
        self.asked[language] += 1
        return hashlib.sha256(f"{self.version}/{language}".encode()).hexdigest()

    def prepare(self, text: str, language: str, readings: object = ()) -> list[object]:
        raise AssertionError("planning never phonemises")


class Desk:
    """A folder of lessons, a store, and a catalogue whose voices can change."""

    def __init__(self, root: Path) -> None:
        self.root = root / "course"
        self.root.mkdir()
        self.store = DirectoryStore(root / "store")
        self.catalogue = Catalogue.load(TINY_VOICES)
        self.version = "1"
        self.asked: Counter[str] = Counter()

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self, options: NarrationOptions = TINY) -> Plan:
        return plan([self.root], options, KnownVoices(self.catalogue, self.frontend), self.store)

    def frontend(self, bundle: Bundle) -> FrontEnd:
        return FrontEnd(self.version, self.asked)

    def render(self, made: Plan) -> None:
        """What workers leave behind: segments, parts, and a manifest by the real schema, last."""
        for lesson in made.lessons:
            if lesson.plan:
                for entry in lesson.plan.entries:
                    self.store.put(segment_name(entry.key), b"wav")
                folder = lesson_folder(lesson.course, lesson.lesson)
                self.store.put(folder + "lesson.wav", b"wav")
                self.store.put(folder + "manifest.json", manifest(lesson.plan).model_dump_json().encode())

    def change_weights(self) -> None:
        bundle = self.catalogue.bundle("tiny")
        files = (bundle.files[0].model_copy(update={"sha256": "0" * 64}), *bundle.files[1:])
        self.catalogue = Catalogue([bundle.model_copy(update={"files": files})])


def manifest(made: LessonPlan) -> Manifest:
    cues = tuple(
        Cue(key=e.key, segment=e.segment, caption=e.caption, role=e.role, line=e.line, start=0, end=1)
        for e in made.entries
    )
    part = LessonPart(kind="audio", name="lesson.wav", media_type="audio/wav", size=3, sha256="0" * 64)
    return Manifest(
        course=made.course, lesson=made.lesson, title=made.title, language=made.language, source=made.source,
        source_digest=made.source_digest, lesson_key=made.lesson_key(), plan=made.plan_id(), submitted=1,
        sample_rate=16000, samples=1, parts=(part,), cues=cues,
        loudness=MeasuredLoudness(target=None, integrated=None, true_peak=0, gain=0),
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def entries(made: Plan, lesson: int = 0) -> list[tuple[str, str, str]]:
    found = made.lessons[lesson].plan
    assert found
    return [(e.segment.voice, e.segment.language, e.segment.text) for e in found.entries]


def test_a_new_lesson(desk):
    desk.write("a.md", "# Title\n\nOne. Two.\n\n- item\n- One.\n")
    made = desk.plan()
    (lesson,) = made.lessons
    assert (lesson.course, lesson.lesson, lesson.unchanged) == ("course", "a", False)
    assert [(e.caption, e.segment.text, e.role, e.pause_ms, e.line) for e in lesson.plan.entries] == [
        ("Title", "Title.", "heading", 700, 1),
        ("One.", "One.", "sentence", 250, 3),
        ("Two.", "Two.", "paragraph", 500, 3),
        ("item", "item.", "list_item", 350, 5),
        ("One.", "One.", "list_item", 350, 6),
    ]
    assert (lesson.entries, lesson.reused, len(lesson.missing)) == (5, 0, 4)
    assert lesson.reasons == {NEW_LESSON: 4}
    assert (made.segments, made.missing, made.reused) == (4, 4, 0)
    assert lesson.plan.title == "Title"
    assert made.estimated_audio_seconds > made.estimated_seconds > 0


def test_the_second_run_is_unchanged_and_parses_nothing(desk, monkeypatch):
    desk.write("a.md", "One. Two.")
    desk.render(desk.plan())
    monkeypatch.setattr("producer.readers.markdown.body", lambda lesson: pytest.fail("parsed an unchanged lesson"))
    made = desk.plan()
    (lesson,) = made.lessons
    assert (lesson.unchanged, lesson.plan, lesson.missing, lesson.reasons) == (True, None, (), {})
    assert (lesson.entries, lesson.reused, made.segments, made.missing) == (2, 2, 2, 0)


def test_one_sentence_edited(desk):
    path = desk.write("a.md", "One. Two. Three.")
    desk.write("b.md", "Four.")
    desk.render(desk.plan())
    path.write_text("One. Two and a half. Three.")
    made = desk.plan()
    first, second = made.lessons
    assert second.unchanged
    assert [e.segment.text for e in first.plan.entries if e.key in first.missing] == ["Two and a half."]
    assert (first.reasons, first.reused, made.segments, made.missing) == ({EDITED: 1}, 2, 4, 1)
    path.write_text("One. Two. Three. More.")
    assert desk.plan().reasons == {NEW_TEXT: 1}


def test_a_sentence_is_rendered_once_however_often_it_is_said(desk):
    desk.write("a.md", "Same. Same. Other.")
    desk.write("b.md", "Same.")
    made = desk.plan()
    assert [len(lesson.missing) for lesson in made.lessons] == [2, 1]
    assert (made.segments, made.missing, made.reasons) == (2, 2, {NEW_LESSON: 2})


def test_segments_of_other_lessons_in_the_store_are_reused(desk):
    desk.write("a.md", "Same. Other.")
    desk.render(desk.plan())
    desk.write("b.md", "Same. New.")
    _, second = desk.plan().lessons
    assert (len(second.missing), second.reused, second.reasons) == (1, 1, {NEW_LESSON: 1})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda desk: desk.change_weights(), "voice's files changed"),
        (lambda desk: setattr(desk, "version", "2"), "front-end changed"),
    ],
)
def test_a_changed_voice_or_front_end_renders_again_and_says_why(desk, change, reason):
    desk.write("a.md", "One. Two.")
    desk.render(desk.plan())
    change(desk)
    assert desk.plan().reasons == {reason: 2}


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        (NarrationOptions(voice="tiny/two"), {"voice changed": 2}),
        (NarrationOptions(voice="tiny/one", speed=1.5), {"speed changed": 2}),
        (NarrationOptions(voice="tiny/one", take=1), {"another take": 2}),
        (NarrationOptions(voice="tiny/one", speed=0.5, take=1), {"speed changed, another take": 2}),
        (NarrationOptions(voice="tiny/one", loudness="-19"), {}),
        (NarrationOptions(voice="tiny/one", outputs=("wav", "mp3")), {}),
    ],
)
def test_options_that_change_the_sound_render_again_others_only_assemble(desk, options, reasons):
    desk.write("a.md", "One. Two.")
    desk.render(desk.plan())
    made = desk.plan(options)
    assert made.reasons == reasons
    assert not made.lessons[0].unchanged


def test_pauses_only_assemble(desk):
    path = desk.write("a.md", "One. Two.")
    desk.render(desk.plan())
    path.write_text("One. [pause 1s] Two. [pause 500ms] [pause 1s]")
    (lesson,) = desk.plan().lessons
    assert [(e.segment.text, e.role, e.pause_ms) for e in lesson.plan.entries] == [
        ("One.", "sentence", 1250), ("Two.", "paragraph", 2000),
    ]  # fmt: skip
    assert lesson.missing == ()


def test_a_pause_inside_a_sentence_cuts_it(desk):
    desk.write("a.md", "Think [pause 1s] about it.")
    assert entries(desk.plan()) == [("tiny/one", "en", "Think,"), ("tiny/one", "en", "about it.")]


def test_too_much_silence_is_an_error(desk):
    desk.write("a.md", "\nOne. " + "[pause 300s]" * 3)
    (failure,) = desk.plan().failures
    assert str(failure).endswith("a.md:2: pauses of more than 10 minutes in a row")


def test_parts_gone_from_the_store_are_assembled_again_without_rendering(desk):
    desk.write("a.md", "One. Two.")
    desk.render(desk.plan())
    desk.store.delete([lesson_folder("course", "a") + "lesson.wav"])
    (lesson,) = desk.plan().lessons
    assert (lesson.unchanged, lesson.missing, lesson.entries) == (False, (), 2)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"{}", b'{"version": 1}', b'{"version": 2}', b"[]", b'{"version":1,"cues":[1]}']
)
def test_an_unreadable_manifest_counts_as_none(desk, data):
    desk.write("a.md", "One. Two.")
    made = desk.plan()
    desk.render(made)
    desk.store.put(lesson_folder("course", "a") + "manifest.json", data)
    desk.store.delete([segment_name(made.lessons[0].missing[0])])
    (lesson,) = desk.plan().lessons
    assert (len(lesson.missing), lesson.reused, lesson.unchanged) == (1, 1, False)


def test_without_a_store_everything_is_missing(desk):
    desk.write("a.md", "One.")
    desk.render(desk.plan())
    made = plan([desk.root], TINY, KnownVoices(desk.catalogue, desk.frontend), None)
    assert (made.missing, made.reasons) == (1, {NEW_LESSON: 1})


def test_one_bad_lesson_spares_the_others(desk):
    desk.write("a.md", "Fine.")
    desk.write("b.md", "---\nvoice: nobody\n---\nHello.")
    desk.write("c.md", "Hi.\n\n[pause 5 minuts]")
    desk.write("d.md", "")
    made = desk.plan()
    assert [lesson.lesson for lesson in made.lessons] == ["a"]
    assert [(f.path.name, f.line) for f in made.failures] == [("b.md", 2), ("c.md", 3), ("d.md", 0)]
    assert "no voice 'nobody'" in made.failures[0].message


def test_two_files_cannot_be_the_same_lesson(desk):
    desk.write("a.md", "One.")
    desk.write("b.md", "---\nlesson: A\n---\nTwo.")
    made = desk.plan()
    (failure,) = made.failures
    assert str(failure).startswith(str(desk.root / "b.md") + ":2: ")
    assert "a.md is lesson course/A already" in failure.message


def test_ids_that_differ_only_in_unicode_form_are_the_same(desk):
    desk.write("a.md", "---\nlesson: caf\u00e9\n---\nOne.")
    desk.write("b.md", "---\nlesson: cafe\u0301\n---\nTwo.")
    assert len(desk.plan().failures) == 1


# --- who speaks


@pytest.fixture
def kokoro(desk, monkeypatch) -> Desk:
    """The built-in voices, installed or not."""
    desk.catalogue = Catalogue.load()
    monkeypatch.setattr(desk.catalogue, "installed", lambda voice: True)
    return desk


@pytest.mark.parametrize(
    ("front", "text", "expected"),
    [
        ("language: en", "Hi there.", "en"),
        ("language: en\nvoice: am_michael", "Hi there.", "kokoro/am_michael"),
        ("language: en\nvoice: am_michael", "今天学习。", "zh"),  # he speaks no Chinese
        ("language: en\nvoices:\n  zh: zm_yunxi", "今天学习。", "kokoro/zm_yunxi"),
        ("language: zh\nvoice: zf_xiaoxiao", "In English, please.", "kokoro/zf_xiaoxiao"),  # she speaks English, too
        ("language: zh\nvoice: zf_xiaoxiao\nvoices:\n  en: af_bella", "In English, please.", "kokoro/af_bella"),
        ("language: zh\nvoices:\n  en: af_bella", "用 Python 写代码。", "zh"),
        ("language: en\nvoice: am_michael", "The word 你好 means hello.", "kokoro/am_michael"),  # with a guest
        ("language: en\nvoice: am_michael", "[voice af_bella]\n\nHi there.", "kokoro/af_bella"),
        ("language: en", "[language zh]\n\n3！", "zh"),
    ],
)
def test_the_first_voice_that_speaks_all_of_a_sentence(kokoro, front, text, expected):
    kokoro.write("a.md", f"---\n{front}\n---\n{text}")
    made = kokoro.plan(NarrationOptions())
    assert made.failures == ()
    voice = expected if "/" in expected else kokoro.catalogue.default(expected).id  # a language stands for its default
    assert [found for found, _, _ in entries(made)] == [voice]


def test_a_lesson_names_who_says_its_foreign_words(kokoro):
    kokoro.write("a.md", "---\nlanguage: zh\nvoices: {en: bf_emma}\n---\n用 Python 写代码。今天学习。")
    kokoro.write("b.md", "---\nlanguage: zh\nvoices: {en: zf_xiaobei}\n---\n用 Python 写代码。")  # not her own language
    kokoro.write("c.md", "---\nlanguage: zh\n---\n用 Python 写代码。")
    made = kokoro.plan(NarrationOptions())
    emma = kokoro.catalogue.find("bf_emma").fingerprint
    named, plain = (entry.segment.options for entry in made.lessons[0].plan.entries)
    assert (named, plain) == ({"guest-en": f"bf_emma/{emma}"}, {})
    others = [made.lessons[n].plan.entries[0].key for n in (1, 2)]
    assert others[0] == others[1] != made.lessons[0].plan.entries[0].key


def test_options_take_the_place_of_what_the_head_says_where_the_voice_can(kokoro):
    kokoro.write("a.md", "---\nvoice: af_bella\nspeed: 2\n---\nHi.")
    kokoro.write("b.md", "Hi.")
    kokoro.write("c.md", "---\nlanguage: zh\nvoice: zm_yunxi\n---\n你好。")
    made = kokoro.plan(NarrationOptions(voice="am_michael", speed=1.5, language="en"))
    voices = [entries(made, lesson)[0][0] for lesson in range(3)]
    assert voices == ["kokoro/am_michael", "kokoro/am_michael", "kokoro/zm_yunxi"]
    assert [lesson.plan.entries[0].segment.speed for lesson in made.lessons] == [1500, 1500, 1500]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\nlanguage: zh\nvoice: af_heart\n---\n你好。", 3, "the voice kokoro/af_heart does not speak zh"),
        ("---\nlanguage: zh\nvoices:\n  ja: af_heart\n---\n你好。", 3, "does not speak ja"),
        ("Hi.\n\n[voice af_heart]\n\n今天学习。", 3, "does not speak zh (it speaks en): '今天学习。'"),
        ("Hi.\n\n[voice af_hart]\n\nYes.", 3, "no voice 'af_hart'; did you mean af_heart"),
        ("---\nlanguage: ko\n---\n안녕하세요.", 0, "no installed voice speaks 'ko'"),
    ],
)
def test_voices_that_cannot(kokoro, text, line, message):
    kokoro.write("a.md", text)
    (failure,) = kokoro.plan(NarrationOptions()).failures
    assert failure.line == line
    assert message in failure.message


def test_a_span_that_no_voice_can_speak_with_the_rest_is_noted(kokoro):
    kokoro.write("a.md", "---\nlanguage: en\n---\nHello.\n\nSay 안녕 to 日本の人 now, please do say it.")
    (lesson,) = kokoro.plan(NarrationOptions()).lessons
    voice = kokoro.catalogue.default("en").id
    assert lesson.notes == (f"6: the voice {voice} does not speak ko: 'Say 안녕 to 日本の人 now, please do say it.'",)


def test_a_store_that_does_not_answer_is_no_lessons_fault(desk):
    desk.write("a.md", "One.")

    class Down:
        width = 1

        def get(self, name):
            raise StoreUnavailable("down")

    with pytest.raises(StoreUnavailable):
        plan([desk.root], TINY, KnownVoices(desk.catalogue, desk.frontend), Down())


def test_planning_asks_a_front_end_once_a_language(desk):
    for n in range(5):
        desk.write(f"{n}.md", "One. 今天学习。 Two.")
    desk.plan()
    assert desk.asked == {"en": 1, "zh": 1}


def test_planning_with_settings(desk, tmp_path):
    desk.write("a.md", "One.")
    made = plan_with_settings([desk.root], TINY, Settings(voices_dir=TINY_VOICES, store=str(tmp_path / "store")))
    assert made.as_json() | {"estimated_seconds": 0, "estimated_audio_seconds": 0, "details": []} == {
        "lessons": 1, "unchanged": 0, "segments": 1, "reused": 0, "missing": 1, "reasons": {NEW_LESSON: 1},
        "relaxed": False, "failures": [], "details": [], "estimated_seconds": 0, "estimated_audio_seconds": 0,
    }  # fmt: skip


def test_relaxed_checks_are_in_the_keys_and_a_strict_plan_takes_nothing_of_them(desk):
    desk.write("a.md", "One.")
    relaxed = desk.plan(TINY.with_settings(Settings(relaxed_checks=True)))
    assert relaxed.relaxed
    assert relaxed.lessons[0].plan.entries[0].segment.relaxed
    desk.render(relaxed)
    strict = desk.plan(TINY.with_settings(Settings()))
    assert (strict.relaxed, strict.missing) == (False, 1)
    assert strict.reasons == {"NARRATOR_RELAXED_CHECKS changed": 1}


def test_many_lessons(desk):
    """300 lessons of 10 segments: planned twice, the second time without parsing; about a second on an idle core."""
    for n in range(300):
        desk.write(f"{n:03}.md", "\n\n".join(f"Sentence {n} {m} is here." for m in range(10)))
    made = desk.plan()
    assert (made.segments, made.missing, len(made.lessons)) == (3000, 3000, 300)
    assert [lesson.lesson for lesson in made.lessons] == [f"{n:03}" for n in range(300)]


def test_a_segment_gone_from_a_drafted_lesson_says_so(desk):
    path = desk.write("a.md", "One. Two.")
    made = desk.plan()
    desk.render(made)
    path.write_text("One. Two. ")
    assert desk.plan().lessons[0].missing == ()  # the manifest's word is taken
    assert GONE not in desk.plan().reasons
