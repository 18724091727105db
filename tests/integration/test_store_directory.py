"""What only a directory store can get wrong: links, twins, full disks, killed writers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import Permanent
from worker.contract.settings import Settings
from worker.errors import Missing
from worker.store import Store, open_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(Settings(store=str(root)))


def temporaries(root: Path) -> list[Path]:
    return list((root / ".tmp").iterdir())


def test_a_namespace_is_a_folder_of_its_own(root: Path) -> None:
    open_store(Settings(store=f"file://{root}", namespace="red")).put("a", b"1")
    assert (root / "red" / "a").read_bytes() == b"1"
    assert list(open_store(Settings(store=str(root), namespace="blue")).list()) == []


def test_importing_the_stores_leaves_boto3_alone() -> None:
    code = "import sys, worker.store, worker.store.probe, worker.store.directory; print('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_link_out_of_the_root_is_not_followed(store: Store, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "lessons").symlink_to(outside)
    (root / "link").symlink_to(outside / "secret")
    for action in (store.get, store.open, lambda n: store.put(n, b"x"), lambda n: store.delete([n])):
        with pytest.raises(Permanent, match="symbolic link"):
            action("lessons/secret")
    with pytest.raises(Permanent, match="symbolic link"):
        store.get("link")
    with pytest.raises(Permanent, match="link"):
        store.create("link", b"x")
    store.put("link", b"mine")  # replaces the link, not what it leads to
    assert (outside / "secret").read_bytes() == b"secret"
    assert [entry.name for entry in store.list()] == ["link"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("Intro", "intro"), ("café", unicodedata.normalize("NFD", "café")), ("straße", "STRASSE")],
)
def test_lessons_that_a_mac_would_mix_up_are_refused(store: Store, first: str, second: str) -> None:
    store.put(f"lessons/course/{first}/manifest.json", b"1")
    with pytest.raises(Permanent, match="case or Unicode form"):
        store.put(f"lessons/course/{second}/manifest.json", b"2")
    assert [entry.name for entry in store.list()] == [f"lessons/course/{first}/manifest.json"]
    store.put(f"lessons/course/{first}/lesson.wav", b"3")
    store.delete(entry.name for entry in list(store.list()))
    store.put(f"lessons/course/{second}/manifest.json", b"2")  # after the first is gone, the name is free


def test_a_full_disk_is_named_and_leaves_nothing(root: Path) -> None:
    code = f"""
import resource
from worker.contract.settings import Settings
from worker.store import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(Settings(store={str(root)!r}))
store.put("small", b"x" * 50_000)
try:
    store.create("segments/aa/big.wav", b"x" * 60_000)
except Exception as error:
    print(type(error).__name__, error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith("StoreRefused ")
    assert "big.wav: File too large" in said
    assert "raise the limit" in said
    assert [entry.name for entry in open_store(Settings(store=str(root))).list()] == ["small"]
    assert temporaries(root) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], check=False).returncode == 0
    if not mounted:
        pytest.skip("may not mount a file system here")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_really_full_disk_is_named_and_leaves_nothing(tiny_disk: Path, tmp_path: Path) -> None:
    store = open_store(Settings(store=str(tiny_disk / "store")))
    store.put("a", b"x" * 100_000)
    big = tmp_path / "big"
    big.write_bytes(b"x" * 300_000)
    for action in (lambda: store.put("b", big.read_bytes()), lambda: store.put_file("b", big)):
        with pytest.raises(Permanent, match="No space left on device: free some disk space"):
            action()
    assert [entry.name for entry in store.list()] == ["a"]
    store.put("c", b"x" * 50_000)  # what the failed writes had taken is free again


def test_a_place_that_cannot_be_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for where in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(Permanent, match=r"file.*name another directory"):
            open_store(Settings(store=str(where)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_named(store: Store, root: Path) -> None:
    (root / ".tmp").chmod(0o500)
    with pytest.raises(Permanent, match="permission"):
        store.put("a", b"x")


def test_objects_and_folders_in_each_others_way_are_named(store: Store) -> None:
    store.put("a/b", b"x")
    with pytest.raises(Missing):
        store.get("a")
    for action in (store.put, store.create):
        with pytest.raises(Permanent, match="folder"):
            action("a", b"x")
        with pytest.raises(Permanent, match="folder"):
            action("a/b/c", b"x")
    assert store.get("a/b")[0] == b"x"


def test_a_writer_killed_in_the_middle_leaves_no_object(store: Store, root: Path, tmp_path: Path) -> None:
    store.put("lesson.wav", b"old")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"""
from pathlib import Path
from worker.contract.settings import Settings
from worker.store import open_store
open_store(Settings(store={str(root)!r})).put_file("lesson.wav", Path({str(pipe)!r}))
"""
    writer = subprocess.Popen([sys.executable, "-c", code])
    with contextlib.suppress(BrokenPipeError), pipe.open("wb", buffering=0) as feed:
        feed.write(b"x" * 3_000_000)
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size for path in temporaries(root)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert store.get("lesson.wav")[0] == b"old"
    [left] = temporaries(root)
    assert [entry.name for entry in open_store(Settings(store=str(root))).list()] == ["lesson.wav"]
    assert temporaries(root) == [left]  # it might still be written to
    os.utime(left, (time.time() - 90_000, time.time() - 90_000))
    open_store(Settings(store=str(root)))
    assert temporaries(root) == []


def test_an_open_reader_keeps_its_version(store: Store) -> None:
    store.put("a", b"old")
    with store.open("a") as file:
        store.put("a", b"new")
        assert file.read() == b"old"


def test_a_lost_lock_holder_frees_the_lock(store: Store, root: Path) -> None:
    code = f"import fcntl, time; f = open({str(root / '.lock')!r}, 'w'); fcntl.flock(f, 2)\n"
    code += "print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    store.put("a", b"x")
    assert store.get("a")[0] == b"x"
