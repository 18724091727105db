"""What the doctor finds on a healthy machine and on sick ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from producer.tools.doctor import doctor
from tests.conftest import TINY_VOICES, Valkey
from worker.contract.settings import Settings
from worker.store.probe import Check


def examine(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in doctor(settings)}


def test_a_healthy_machine(settings: Settings) -> None:
    checks = examine(settings)
    ill = {name for name, check in checks.items() if not check.ok} - {"memory"}  # which is the machine's own affair
    assert not ill
    assert {"cores", "embedded Valkey", "voice tiny", "broker", "broker memory", "clock", "workers"} <= set(checks)
    assert "2 voices" in checks["voice tiny"].detail
    assert "none is running" in checks["workers"].detail
    assert not any(check.remedy for check in checks.values() if check.ok)


def test_a_broker_that_forgets(settings: Settings, valkey: Valkey) -> None:
    valkey.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        check = examine(settings)["broker memory"]
    finally:
        valkey.client.config_set("maxmemory-policy", "noeviction")
    assert not check.ok
    assert "noeviction" in check.remedy


def test_a_broker_that_is_away(settings: Settings, tmp_path: Path) -> None:
    url = SecretStr(f"unix://:hunter2@{tmp_path}/gone.sock")
    check = examine(settings.model_copy(update={"redis_url": url}))["broker"]
    assert not check.ok
    assert "gone.sock" in check.detail
    assert "hunter2" not in check.detail


def test_times_that_contradict_each_other(settings: Settings) -> None:
    check = examine(settings.model_copy(update={"visibility_timeout": 60, "segment_seconds": 120.0}))["broker"]
    assert not check.ok
    assert "NARRATOR_VISIBILITY_TIMEOUT" in check.detail


def test_a_damaged_voice(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARRATOR_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "voices" / "tiny"
    shutil.copytree(TINY_VOICES / "tiny_voice", folder)
    weights = bytearray((folder / "model.onnx").read_bytes())
    weights[100] ^= 1
    (folder / "model.onnx").write_bytes(weights)
    check = examine(settings.model_copy(update={"voices_dir": tmp_path / "voices"}))["voice tiny"]
    assert not check.ok
    assert "sha256" in check.detail


def test_a_store_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = examine(settings.model_copy(update={"store": str(tmp_path / "file" / "store")}))
    ill = [check for name, check in found.items() if "store" in name.lower() and not check.ok]
    assert ill
    assert ill[0].remedy
