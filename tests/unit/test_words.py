"""The report of words in no list; and the lexicon in say, explain and words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.kokoro.alphabet import spelt, symbols
from producer.cli import main
from producer.lessons.options import NarrationOptions
from producer.lexicon import read_lexicon
from producer.tools.say import segment_of
from worker.contract.settings import Settings


def narrator(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# Zyxwick\n\nThe zyxwick and a zyxwick met Brobdin.\n\nPlain words only.\n")
    (tmp_path / "b.md").write_text("我们用Zyxwick部署。\n", encoding="utf-8")
    return tmp_path


def test_words_in_no_list_by_frequency(course: Path) -> None:
    done = narrator("words", str(course), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [(one["word"], one["count"], Path(one["where"]).name) for one in found["words"]] == [
        ("Zyxwick", 4, "a.md:1"), ("Brobdin", 1, "a.md:3"),
    ]  # fmt: skip
    assert (found["failures"], found["untold"]) == ([], {})
    assert narrator("words", str(course)).stdout.split()[:2] == ["4", "Zyxwick"]


def test_the_report_is_a_lexicon_that_changes_nothing(course: Path) -> None:
    before = json.loads(narrator("explain", str(course / "a.md"), "--json").stdout)
    done = narrator("words", str(course), "--toml")
    (course / "lexicon.toml").write_text(done.stdout, encoding="utf-8")
    assert [entry.written for entry in read_lexicon(course / "lexicon.toml")] == ["Zyxwick", "Brobdin"]
    (course / "lexicon.toml").write_text(done.stdout.replace('"Zyxwick"', '"zyxwick"'), encoding="utf-8")
    after = json.loads(narrator("explain", str(course / "a.md"), "--json").stdout)
    assert [one["phonemes"].replace("ˌ", "") for one in after] == [one["phonemes"].replace("ˌ", "") for one in before]
    assert after[0]["readings"][0].startswith("Zyxwick: /")
    assert json.loads(narrator("words", str(course), "--json").stdout)["words"] == []


def test_what_cannot_be_said_or_told_is_in_the_report(course: Path) -> None:
    (course / "c.md").write_text("Text with ж inside.\n", encoding="utf-8")
    (course / "d.md").write_text("---\nvoice: piper-joe/joe\n---\nA zyxwick.\n")
    done = narrator("words", str(course))
    assert done.exit_code == 1
    assert "c.md:1: no English sound for" in done.stderr
    assert "piper-joe/joe has no list of words: 1 of its sentences" in done.stderr


@pytest.mark.parametrize("sounds", ["kɹzIzˈuski", "ʤˌAˈɛs", "wˈɔTəɹ ʧˈOz tˈYz hˈWs", "bˈʌtᵊn ᵻz"])
def test_ipa_of_kokoros_symbols_gives_them_back(sounds: str) -> None:
    assert symbols(spelt(sounds), "en") == sounds


def test_explain_and_say_take_a_lexicon(course: Path) -> None:
    lexicon = course / "all.toml"
    lexicon.write_text('[words]\nzyxwick = "plain word"\nBrobdin = { ipa = "bɹɒb" }\n', encoding="utf-8")
    text = "A zyxwick met Brobdin."
    found = json.loads(narrator("explain", "--text", text, "--lexicon", str(lexicon), "--json").stdout)
    assert found["segments"] == ["A plain word met Brobdin."]
    assert "plˈAn wˈɜɹd mˈɛt bɹɒb" in found["phonemes"]
    segment = segment_of(text, NarrationOptions(lexicon=lexicon), Settings())
    assert segment.text == "A plain word met Brobdin."
    assert [(one.start, one.end, one.ipa) for one in segment.readings] == [(17, 24, "bɹɒb")]
    assert segment.key() != segment_of("A plain word met Brobdin.", NarrationOptions(), Settings()).key()
    lexicon.write_text("[words]\nzyxwick = 3\n")
    done = narrator("explain", "--text", text, "--lexicon", str(lexicon))
    assert done.exit_code == 2
    assert "all.toml:2: 'zyxwick': write" in done.stderr


def test_everyones_lexicon_may_be_named_in_the_environment(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from worker.contract.settings import load_settings

    lexicon = course / "all.toml"
    lexicon.write_text('[words]\nzyxwick = "plain word"\n')
    monkeypatch.setenv("NARRATOR_LEXICON", str(lexicon))
    load_settings.cache_clear()
    try:
        found = json.loads(narrator("explain", f"{course / 'a.md'}:3", "--json").stdout)
    finally:
        load_settings.cache_clear()
    assert found[0]["text"] == "The plain word and a plain word met Brobdin."
