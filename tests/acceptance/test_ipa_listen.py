"""Phonemes in IPA, tones included, are what is heard in Chinese and Japanese, too: another word is written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import Catalogue
from models.text.segment import punctuated
from models.voice import Engine, FrontEnd, Speech, SpeechRequest
from producer import readers
from producer.plan.cut import cut_block
from tests.acceptance.listen import transcribe

pytestmark = [pytest.mark.listen, pytest.mark.timeout(600)]


def test_chinese_and_japanese_words_in_ipa_are_heard(voice: tuple[FrontEnd, Engine], tmp_path: Path) -> None:
    front_end, engine = voice
    for language, ipa, before, after, heard in (
        ("zh", "ʂaŋ˥˩xai˨˩˦", "我们在", "吃饭。", "上海"),
        ("ja", "toːkʲoː", "昨日、", "へ行きました。", "東京"),
    ):
        path = tmp_path / f"{language}.ssml"
        word = f'<phoneme alphabet="ipa" ph="{ipa}">甲乙</phoneme>'
        path.write_text(f'<speak xml:lang="{language}"><s>{before}{word}{after}</s></speak>', "utf-8")
        ((block,),) = (readers.read_body(lesson).blocks for lesson in readers.read_lessons(path))
        (cut,) = cut_block(block, language)
        said = cut.said
        ready = punctuated(said.text, said.language, cut.written.boundary)
        utterances = tuple(front_end.prepare(ready, said.language, said.readings))
        speaker = Catalogue.load().default(language).speaker
        ((_, speech),) = engine.speak([SpeechRequest(utterances, speaker, seed=1)])
        assert isinstance(speech, Speech), speech
        assert heard in transcribe(speech.samples, speech.sample_rate, language)
