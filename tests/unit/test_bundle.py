"""Bundles: read from TOML, found, verified, joined from parts, named by a fingerprint."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import models.bundle
from models.atomic_files import write_atomically
from models.bundle import Bundle
from models.errors import Permanent, VoiceNotInstalled
from models.records import MAX_DESCRIPTION

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NARRATOR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fields(**changes: Any) -> dict[str, Any]:
    """A bundle of two voices, one of which has a file of its own."""
    return {
        "id": "pair",
        "family": "kokoro",
        "title": "Pair",
        "licence": "CC0-1.0",
        "sample_rate": 24000,
        "precision": "int8",
        "remedy": "pip install 'narrator[pair]'",
        "parameters": {"steps": 4},
        "files": [
            {"name": "model.onnx", "sha256": SHA256, "size": len(CONTENT)},
            {"name": "styles/ann.npy", "sha256": SHA256, "size": len(CONTENT)},
        ],
        "voices": [
            {"name": "ann", "languages": ["en"], "file": "styles/ann.npy"},
            {"name": "bo", "languages": ["zh", "en"], "parameters": {"speaker_id": 1}},
        ],
        **changes,
    }


def write(folder: Path, **changes: Any) -> Bundle:
    """The bundle on disk with its files, read back."""
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(CONTENT)
    (folder / "styles/ann.npy").write_bytes(CONTENT)
    (folder / "voice.toml").write_text(Bundle.model_validate(fields(**changes)).to_toml())
    return Bundle.read(folder / "voice.toml")


def test_what_is_described_is_read_back(tmp_path: Path) -> None:
    bundle = write(tmp_path, title='A "quoted"\ttitle \x7f 中文', record={"when": [1, 2.5, True, {"a b": "c"}]})
    assert bundle == Bundle.model_validate(
        fields(
            title='A "quoted"\ttitle \x7f 中文',
            record={"when": [1, 2.5, True, {"a b": "c"}]},
            origin=tmp_path / "voice.toml",
        )
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id = ", "not valid TOML"),
        ("\xff", "not valid TOML"),
        ("id = 'Upper'", "id: String should match"),
        ("colour = 'red'", "colour: Extra inputs"),
        ("id = 'a'", "family: Field required"),
        ("voices = []", "voices: Tuple should have at least 1 item"),
        ("#" * (MAX_DESCRIPTION + 1), "larger than"),
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "voice.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(Permanent, match=complaint) as error:
        Bundle.read(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/passwd", "a/../../b", "", "c:\\model", "a\0b"])
def test_a_file_name_may_not_leave_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain relative path"):
        Bundle.model_validate(fields(files=[{"name": name, "sha256": SHA256, "size": 1}]))


def test_a_link_may_not_leave_the_folder(tmp_path: Path) -> None:
    bundle = write(tmp_path / "pair")
    outside = tmp_path / "outside"
    outside.write_bytes(CONTENT)
    (tmp_path / "pair/model.onnx").unlink()
    (tmp_path / "pair/model.onnx").symlink_to(outside)
    with pytest.raises(Permanent, match="leads out of the bundle's folder"):
        bundle.path("model.onnx")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"voices": [{"name": "a", "languages": ["en"]}] * 2}, "voice 'a' is described twice"),
        ({"files": fields()["files"] + fields()["files"][:1]}, "file 'model.onnx' is described twice"),
        ({"voices": [{"name": "a", "languages": ["en"], "file": "b.npy"}]}, "'b.npy', which is not under"),
    ],
)
def test_names_must_fit_together(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Permanent, match=complaint):
        write(tmp_path, **changes)


def fingerprint(speaker: str = "ann", **changes: Any) -> str:
    return Bundle.model_validate(fields(**changes)).fingerprint(speaker)


def test_the_fingerprint_is_pinned() -> None:
    assert fingerprint() == "1f748e755a5c3141e425be1fc293f949aec010c9033fd6b63f2a0fb814507637"


@pytest.mark.parametrize(
    "changes",
    [
        {"family": "piper"},
        {"backend": "openvino"},
        {"precision": "fp32"},
        {"sample_rate": 22050},
        {"parameters": {"steps": 5}},
        {"files": [{**fields()["files"][0], "sha256": "0" * 64}, fields()["files"][1]]},
        {"files": [fields()["files"][0], {**fields()["files"][1], "sha256": "0" * 64}]},
        {"voices": [{**fields()["voices"][0], "parameters": {"speaker_id": 2}}]},
    ],
)
def test_whatever_shapes_the_sound_changes_the_fingerprint(changes: dict[str, Any]) -> None:
    assert fingerprint(**changes) != fingerprint()


def test_the_engine_s_version_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setitem(models.bundle.RENDERING, "kokoro", 99)  # type: ignore[arg-type]
    assert fingerprint() != before


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Other", "licence": "MIT", "remedy": "", "record": {"rtf": 0.5}},
        {"files": [{**fields()["files"][0], "parts": [{"distribution": "a", "path": "a/b"}]}, fields()["files"][1]]},
        {
            "files": [*fields()["files"], {"name": "cy.npy", "sha256": "0" * 64, "size": 1}],
            "voices": [*fields()["voices"], {"name": "cy", "languages": ["ja"], "file": "cy.npy"}],
        },
    ],
)
def test_what_cannot_be_heard_does_not(changes: dict[str, Any]) -> None:
    assert fingerprint(**changes) == fingerprint()


def test_another_speaker_s_file_does_not_count() -> None:
    changed = [fields()["files"][0], {**fields()["files"][1], "sha256": "0" * 64}]
    assert fingerprint("bo", files=changed) == fingerprint("bo")
    assert fingerprint("bo") != fingerprint("ann")


def test_a_file_is_found_and_verified_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = write(tmp_path)
    assert bundle.installed("ann")
    assert bundle.path("styles/ann.npy") == tmp_path / "styles/ann.npy"

    def no_hashing(*_: object) -> None:
        raise AssertionError("hashed again")

    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", no_hashing)
        bundle.path("styles/ann.npy")
        with pytest.raises(AssertionError):
            bundle.path("model.onnx")  # the first time


def test_damage_is_found_even_after_verification(tmp_path: Path) -> None:
    bundle = write(tmp_path)
    path = bundle.path("model.onnx")
    damaged = CONTENT[:-1] + b"!"
    path.write_bytes(damaged)
    assert bundle.installed("ann")  # cheap: the size is right
    with pytest.raises(VoiceNotInstalled) as error:
        bundle.path("model.onnx")
    for words in ("model.onnx", SHA256, hashlib.sha256(damaged).hexdigest(), "pip install 'narrator[pair]'"):
        assert words in str(error.value)


@pytest.mark.parametrize("size", [0, len(CONTENT) - 1, len(CONTENT) + 1])
def test_an_incomplete_file_is_not_installed(tmp_path: Path, size: int) -> None:
    bundle = write(tmp_path)
    (tmp_path / "styles/ann.npy").write_bytes((CONTENT + b"x")[:size])
    assert not bundle.installed("ann")
    assert bundle.installed("bo")
    with pytest.raises(VoiceNotInstalled, match=r"styles/ann.npy.*expected 7000 bytes.*Remedy: pip install"):
        bundle.path("styles/ann.npy")


def test_an_unknown_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="describes no file 'other'"):
        write(tmp_path).path("other")


def distribution(site: Path, name: str, content: bytes) -> None:
    """A distribution as pip leaves it, whose package must never be imported."""
    package = name.replace("-", "_")
    (site / package).mkdir(parents=True)
    (site / package / "__init__.py").write_text("raise RuntimeError('imported')")
    (site / package / "part.bin").write_bytes(content)
    (site / f"{package}-1.0.dist-info").mkdir()
    (site / f"{package}-1.0.dist-info/METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


def parted(folder: Path) -> Path:
    """A bundle whose model comes in two parts; returns its TOML."""
    parts = [{"distribution": f"weights-{i}", "path": f"weights_{i}/part.bin"} for i in (1, 2)]
    model = {"name": "model.onnx", "sha256": SHA256, "size": len(CONTENT), "parts": parts}
    write(folder, files=[model], voices=[{"name": "ann", "languages": ["en"]}])
    return folder / "voice.toml"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def test_parts_are_joined_in_the_cache(tmp_path: Path, site: Path, cache: Path) -> None:
    bundle = Bundle.read(parted(tmp_path / "pair"))
    assert not bundle.installed("ann")
    with pytest.raises(VoiceNotInstalled, match=r"weights-1: weights_1/part.bin, weights-2"):
        bundle.path("model.onnx")
    distribution(site, "weights-1", CONTENT[:3000])
    assert not bundle.installed("ann")
    distribution(site, "weights-2", CONTENT[3000:])
    assert bundle.installed("ann")
    joined = bundle.path("model.onnx")
    assert joined.is_relative_to(cache)
    assert joined.read_bytes() == CONTENT
    inode = joined.stat().st_ino
    assert bundle.path("model.onnx").stat().st_ino == inode  # not written again
    joined.write_bytes(b"x" * len(CONTENT))
    assert bundle.path("model.onnx").read_bytes() == CONTENT  # damaged in the cache: joined again
    assert sorted(path.name for path in joined.parent.iterdir()) == [joined.name]  # nothing left over


def test_a_joined_file_needs_its_parts_no_more(tmp_path: Path, site: Path, cache: Path) -> None:
    bundle = Bundle.read(parted(tmp_path / "pair"))
    distribution(site, "weights-1", CONTENT[:3000])
    distribution(site, "weights-2", CONTENT[3000:])
    joined = bundle.path("model.onnx")
    for part in site.glob("weights_*/part.bin"):
        part.unlink()
    assert bundle.installed("ann")
    assert bundle.path("model.onnx") == joined
    joined.unlink()
    assert not bundle.installed("ann")


def test_damaged_parts_are_not_installed(tmp_path: Path, site: Path) -> None:
    bundle = Bundle.read(parted(tmp_path / "pair"))
    distribution(site, "weights-1", CONTENT[:3000])
    distribution(site, "weights-2", CONTENT[3000:-1] + b"!")
    with pytest.raises(VoiceNotInstalled, match="damaged: sha256 is"):
        bundle.path("model.onnx")


def test_processes_may_join_at_the_same_time(tmp_path: Path, site: Path) -> None:
    toml = parted(tmp_path / "pair")
    distribution(site, "weights-1", CONTENT[:3000])
    distribution(site, "weights-2", CONTENT[3000:])
    code = "import hashlib, sys, pathlib; from models.bundle import Bundle; sys.stdin.read(1)\n"
    code += "path = Bundle.read(pathlib.Path(sys.argv[1])).path('model.onnx')\n"
    code += "print(hashlib.sha256(path.read_bytes()).hexdigest())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(Path.cwd())])}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(toml)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    assert [racer.communicate()[0].strip() for racer in racers] == [SHA256] * 3


def test_a_cache_that_cannot_be_written_names_the_remedy(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = Bundle.read(parted(tmp_path / "pair"))
    distribution(site, "weights-1", CONTENT[:3000])
    distribution(site, "weights-2", CONTENT[3000:])
    (tmp_path / "plain").touch()
    monkeypatch.setenv("NARRATOR_CACHE_DIR", str(tmp_path / "plain"))
    with pytest.raises(Permanent, match="set NARRATOR_CACHE_DIR"):
        bundle.path("model.onnx")


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = write(tmp_path / "pair")
    (tmp_path / "plain").touch()
    monkeypatch.setenv("NARRATOR_CACHE_DIR", str(tmp_path / "plain"))
    assert bundle.path("model.onnx").read_bytes() == CONTENT


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")

    def blocks() -> Any:
        yield b"half"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "file", blocks())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"before"
