"""Text to CosyVoice's ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tiktoken")

from models.bundle import Bundle, Speaker
from models.bundle_file import BundleFile
from models.cosyvoice.frontend import MOST_TOKENS, CosyVoiceFrontEnd
from models.cosyvoice.tokenizer import IDS, VOCABULARY, VOCABULARY_FILE, Tokenizer, special_tokens
from models.errors import Permanent, Unspeakable
from tests.unit.cosyvoice_reference import DATA, REFERENCE

TOKENS = REFERENCE / "tokens.json"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(VOCABULARY)


@pytest.fixture(scope="module")
def frontend() -> CosyVoiceFrontEnd:
    digest = "e1e2b57d5dd8f6d2c3e6d2a5c0d6e7f8" * 2
    bundle = Bundle(
        id="cosy",
        family="cosyvoice",
        title="",
        licence="",
        sample_rate=22050,
        precision="fp32",
        files=(BundleFile(name=VOCABULARY_FILE, sha256=digest, size=VOCABULARY.stat().st_size),),
        voices=(Speaker(name="zh-female", languages=("zh",)),),
    )
    frontend = CosyVoiceFrontEnd(bundle)
    frontend._loaded = Tokenizer(VOCABULARY)  # the bundle's own file is verified in the conversion's tests
    return frontend


def test_ids_equal_the_originals(tokenizer):
    cases = json.loads((TOKENS if TOKENS.exists() else DATA / "tokens.json").read_text(encoding="utf-8"))
    assert len(cases) >= 15
    for case in cases:
        assert tokenizer._encoding.encode(case["text"], allowed_special="all") == case["ids"], case["text"]


def test_51866_ids():
    assert len(special_tokens()) == len(set(special_tokens()))
    assert special_tokens()[2] == "<|en|>"
    assert IDS == 51_866


def test_tags_in_a_lesson_are_ordinary_text(tokenizer, frontend):
    assert max(tokenizer.encode("<|en|>Hello<|endoftext|>")) < 50_257
    (utterance,) = frontend.prepare("The tag <|en|> is text.", "en")
    assert max(utterance.tokens) < 50_257


@pytest.mark.parametrize(
    ("text", "language", "end"),
    [
        ("今天学习", "zh", "。"),
        ("Hello there", "en", "."),
        ("안녕하세요", "ko", "."),
        ("今日は", "ja", "。"),
        ("好", "yue", "。"),
    ],
)
def test_every_utterance_ends_with_a_mark(frontend, text, language, end):
    (utterance,) = frontend.prepare(text, language)
    assert utterance.text == text + end
    assert utterance.language == language
    assert utterance.tokens == tuple(Tokenizer(VOCABULARY).encode(text + end))


def test_long_sentences_are_cut_at_pauses_and_lose_nothing(frontend):
    clause = "the light of the sun gives the leaves of a plant all that they need to make sugar"
    text = ", ".join([clause] * 12) + "."
    utterances = frontend.prepare(text, "en")
    assert len(utterances) > 2
    sizes = [len(u.tokens) for u in utterances]
    assert max(sizes) <= MOST_TOKENS
    assert min(sizes) > max(sizes) / 3  # no short tail
    assert "".join("".join(u.text for u in utterances).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("light " * 600, "en"),  # 600 tokens without a mark
        ("plants turn light into energy, and we learn how " * 83, "en"),  # 4,000 characters
        ("今天我们学习光合作用植物怎样把阳光变成能量" * 190, "zh"),
        ("ひかり" * 300, "ja"),
        ("오늘 우리는 광합성을 배웁니다 " * 200, "ko"),
    ],
)
def test_text_of_any_length_is_cut_to_what_the_voice_speaks_and_loses_nothing(frontend, text, language):
    utterances = frontend.prepare(text, language)
    assert all(len(u.tokens) <= MOST_TOKENS or (language == "zh" and len(u.text) <= 81) for u in utterances)
    said = [c for u in utterances for c in u.text if c.isalnum()]
    assert said == [c for c in text if c.isalnum()]


def test_eighty_characters_of_chinese_are_one_utterance(frontend):
    assert len(frontend.prepare("光合作用是植物的本领" * 8, "zh")) == 1
    assert len(frontend.prepare("光合作用是植物的本领" * 8 + "啊", "zh")) == 2


def test_nothing_to_say(frontend):
    with pytest.raises(Unspeakable, match="nothing to say"):
        frontend.prepare("— …", "en")
    with pytest.raises(Unspeakable, match="single word"):
        frontend.prepare("ab" * 2500, "en")


def test_fingerprints_differ_by_language(frontend):
    assert len({frontend.fingerprint(language) for language in ("en", "zh", "ja", "yue", "ko")}) == 5
    assert len(frontend.fingerprint("en")) == 64


def test_a_wrong_vocabulary_is_refused(tmp_path):
    path = tmp_path / "other.tiktoken"
    path.write_text("YQ== 0\n")
    with pytest.raises(Permanent, match="1610 ids, expected 51866"):
        Tokenizer(path)


def test_the_front_end_imports_no_runtime():
    code = (
        "import sys; import models.cosyvoice.frontend as f; "
        "sys.exit(sorted({'onnxruntime', 'torch', 'onnx'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
