"""Rules of reading: each has an example that notices when it is missing, and an order that matters has a reason."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from models.text.languages import LANGUAGES
from models.text.normalise import fired, normalise, tables
from models.text.normalise.common import tidy
from models.text.normalise.rule import Fired, Kind, Rule, apply
from tests.tables import rows

TABLES = Path(__file__).parents[1] / "data" / "normalise"
MODULES = {language: importlib.import_module(f"models.text.normalise.{language}") for language in LANGUAGES}
CONVERTED = {language: module for language, module in MODULES.items() if hasattr(module, "RULES")}
RULES = [(language, rule) for language, module in CONVERTED.items() for rule in module.RULES]


def missing(module: ModuleType, rule: Rule) -> tuple[Rule, ...]:
    return tuple(other for other in module.RULES if other is not rule)


@cache
def texts() -> dict[str, list[str]]:
    """Every text of the tables and of the rules' examples, by main language."""
    found: dict[str, list[str]] = defaultdict(list)
    for language, text, *_ in (*rows(TABLES / "cases.tsv")[1:], *rows(TABLES / "spoken.tsv")):
        found[language].append(text)
    found["zh"] += [text for text, *_ in rows(TABLES / "mixed.tsv")[1:]]
    for language, rule in RULES:
        found[language] += [text for text, _ in rule.examples]
    return found


@pytest.fixture(scope="module")
def spelled() -> dict[str, set[str]]:
    """Texts that the rules of each language are given when all are read; for English also words in other languages."""
    given: dict[str, set[str]] = defaultdict(set)
    with pytest.MonkeyPatch.context() as patch:
        for language, module in CONVERTED.items():

            def spell(text, trace=None, language=language, own=module.spell):
                given[language].add(text)
                return own(text, trace)

            patch.setattr(module, "spell", spell)
        for language, all_of in texts().items():
            for text in all_of:
                normalise.__wrapped__(text, language)
    return given


def changing(rules: Sequence[Rule], text: str) -> Iterator[int]:
    """The places of the rules that change the text."""
    for at, rule in enumerate(rules):
        before, text = text, apply((rule,), text)
        if text != before:
            yield at


@pytest.mark.parametrize(("language", "rule"), RULES, ids=lambda one: getattr(one, "name", one))
def test_a_rule_reads_its_examples_as_it_says(language, rule):
    assert rule.examples
    assert [normalise(text, language) for text, _ in rule.examples] == [expected for _, expected in rule.examples]


@pytest.mark.parametrize(("language", "rule"), RULES, ids=lambda one: getattr(one, "name", one))
def test_without_a_rule_one_of_its_examples_is_read_otherwise(language, rule, monkeypatch):
    module = CONVERTED[language]
    assert any(one.name == rule.name for text, _ in rule.examples for one in fired(text, language)), "it never fires"
    monkeypatch.setattr(module, "RULES", missing(module, rule))
    assert any(normalise.__wrapped__(text, language) != expected for text, expected in rule.examples)


@pytest.mark.parametrize("language", CONVERTED)
def test_neighbours_whose_order_changes_a_text_have_a_stated_reason(language, spelled):
    rules, stated = CONVERTED[language].RULES, CONVERTED[language].ORDER
    matters: dict[tuple[str, str], str] = {}
    for text in spelled[language]:
        said = tidy(apply(rules, text))
        places = {at for change in changing(rules, text) for at in (change - 1, change)}
        for at in places & set(range(len(rules) - 1)):
            first, second = rules[at : at + 2]
            before = apply(rules[:at], text)
            turned = apply((second, first), before)
            if turned != apply((first, second), before) and tidy(apply(rules[at + 2 :], turned)) != said:
                matters.setdefault((first.name, second.name), text)
    untold = {pair: text for pair, text in matters.items() if pair not in stated}
    assert not untold, "say in ORDER why the first stands before the second, or find an order that does not matter"
    assert not stated.keys() - matters.keys(), "the order of these makes no difference to any text"
    assert all(stated.values())


@pytest.mark.parametrize("language", CONVERTED)
def test_a_name_belongs_to_one_rule_and_kinds_are_known(language):
    names = [rule.name for rule in CONVERTED[language].RULES]
    assert len(names) == len(set(names))
    assert {rule.kind for rule in CONVERTED[language].RULES} <= set(get_args(Kind))


def test_a_word_never_grows_together_with_its_neighbour():
    rule = Rule("about", "maths", "~|3", lambda m: {"~": "about", "3": "three"}[m[0]], ())
    assert apply((rule,), "HEAD~3tn") == "HEAD about three tn"
    assert apply((Rule("silent", "rest", "®", "", ()),), "Foo®bar, 가®나") == "Foo bar, 가나"


def test_what_was_one_word_stays_one():
    rule = Rule("plural", "abbreviations", r"([a-z])\(s\)", r"\1s", ())
    assert apply((rule,), "file(s)") == "files"


def test_a_trace_tells_what_each_rule_took_and_gave():
    assert fired("$3.5", "ko") == [Fired("amount of money", "money", "$3.5", "삼 점 오 달러")]
    assert fired("가나", "ko") == []


@pytest.mark.parametrize(
    ("lines", "fault"), [("a\tb\tc", "has over 2 columns"), ("\tb", "is empty"), ("a\tb\na\tc", "is there twice")]
)
def test_a_table_that_is_wrong_says_where(lines, fault, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_HERE", tmp_path)
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "units.tsv").write_text(f"unit\tword\n{lines}\n", "utf-8")
    with pytest.raises(ValueError, match=rf"units.tsv:[23]: .* {fault}.*Remedy"):
        tables.rows.__wrapped__("xx", "units")
