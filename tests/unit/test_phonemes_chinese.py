from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import Unspeakable, VoiceNotInstalled
from models.kokoro.vocabulary import vocabulary
from models.text.phonemes.chinese import Chinese

ALPHABET = set(vocabulary())


@pytest.fixture(scope="module")
def chinese() -> Chinese:
    return Chinese()


def said(chinese: Chinese, text: str) -> str:
    return chinese.joined(chinese.pieces(text))


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        # syllables: initials, apical vowels, ü, tones
        ("你好", "ni↓xau↓"),
        ("中国", "ꭧʊ→ŋkwo↗"),
        ("知道", "ꭧɨ→tau↘"),
        ("自己", "ʦɨ↘ʨi↓"),
        ("日本", "ɻɨ↘pə↓n"),
        ("儿子", "ɚ↗ʦɨ"),
        ("去", "ʨʰy↘"),
        ("绿色", "ly↘sɤ↘"),
        ("女儿", "ny↓ɚ↗"),
        ("学习", "ɕɥe↗ɕi↗"),
        ("选择", "ɕɥɛ↓nʦɤ↗"),
        ("四十四", "sɨ↘ʂɨ↗sɨ↘"),
        ("嗯", "n↗"),
        ("〇", "li↗ŋ"),
        # characters with several readings, by word
        ("银行", "i↗nxa↗ŋ"),
        ("行走", "ɕi↗ŋʦou↓"),
        ("长大", "ꭧa↓ŋta↘"),
        ("长度", "ꭧʰa↗ŋtu↘"),
        ("重要", "ꭧʊ↘ŋjau↘"),
        ("重复", "ꭧʰʊ↗ŋfu↘"),
        ("音乐", "i→nɥe↘"),
        ("快乐", "kʰwai↘lɤ↘"),
        ("角色", "ʨɥe↗sɤ↘"),
        ("得到", "tɤ↗tau↘"),
        # and by context
        ("第一行代码", "ti↘i→xa↗ŋ tai↘ma↓"),
        ("一行人", "i→ɕi↗ŋ ɻə↗n"),
        ("运行", "y↘nɕi↗ŋ"),
        ("行和列", "xa↗ŋxɤ↗lje↘"),
        ("我得走了", "wo↓ tei↓ ʦou↓ lɤ"),
        ("说得好", "ʂwo→tɤxau↓"),
        ("跑得快", "pʰau↓tɤkʰwai↘"),
        ("慢慢地走", "ma↘nma↘n tɤ ʦou↓"),
        ("这块地很大", "ꭧɤ↘kʰwai↘ ti↘ xə↓nta↘"),
        # terms of courses
        ("光合作用", "kwa→ŋxɤ↗ʦwo↘jʊ↘ŋ"),
        ("叶绿体", "je↘ly↘tʰi↓"),
        ("细胞", "ɕi↘pau→"),
        # pauses stay
        ("好，谢谢！", "xau↓, ɕje↘ɕje↘!"),
        ("《红楼梦》", "“xʊ↗ŋlou↗mə↘ŋ”"),
        ("“真的吗？”", "“ꭧə→ntɤ ma?”"),
        ("好……", "xau↓……"),
        ("（好）、好；好：好。", "(xau↓), xau↓; xau↓: xau↓."),
        ("", ""),
    ],
)
def test_words_sound_as_they_should(chinese: Chinese, text: str, phonemes: str) -> None:
    assert said(chinese, text) == phonemes
    assert set(phonemes) <= ALPHABET


@pytest.mark.parametrize("text", ["第3课", "好abc", "𠮷", "好→坏", "カ"])
def test_what_has_no_sound_is_refused_and_quoted(chinese: Chinese, text: str) -> None:
    with pytest.raises(Unspeakable, match=r"no Mandarin (sound|reading) for"):
        said(chinese, text)


def test_absent_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(VoiceNotInstalled, match=r"jieba.*pip install 'narrator\[kokoro\]'"):
        Chinese()


def test_loading_prints_nothing_and_leaves_no_cache_in_the_temporary_folder(tmp_path: Path) -> None:
    code = "from models.text.phonemes.chinese import Chinese; Chinese().pieces('你好')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"TMPDIR": str(tmp_path), "PATH": ""},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(tmp_path.iterdir()) == []
