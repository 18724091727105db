"""What only an S3 store can get wrong: credentials, servers that differ, connections that break, forks, kills."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from models.errors import Permanent
from tests.integration.s3_servers import BUCKET, MOTO_PAGE, Server, free_port, start
from worker.contract.settings import Settings
from worker.errors import Exists, StoreRefused, StoreUnavailable
from worker.store import open_store, s3_presence
from worker.store.probe import probe
from worker.store.s3 import S3Store

REFUSAL = b"<Error><Code>NotImplemented</Code><Message>no conditions here</Message></Error>"
REFUSAL = b"HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(REFUSAL) + REFUSAL


class Proxy:
    """A TCP relay in front of a server, which may change or cut what passes, and counts it."""

    def __init__(self, server: Server) -> None:
        self.upstream = urlsplit(server.endpoint)
        self.change: Callable[[bytes], bytes] = lambda data: data  # of what goes up
        self.refused: tuple[bytes, ...] = ()  # headers that are answered with 501
        self.refusals = 0
        self.cut_after = 1 << 60  # bytes down on one connection, after which it breaks off
        self.sent = 0
        self.hold_after = 1 << 60  # bytes up in all, after which nothing passes any more
        self.held = threading.Event()
        self.released = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection((self.upstream.hostname, self.upstream.port))
            self.open += [near, far]
            threading.Thread(target=self._relay, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(far, near, False), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, up: bool) -> None:
        passed = 0
        try:
            while data := source.recv(65536):
                if up and any(header in data for header in self.refused):
                    self.refusals += 1
                    source.sendall(REFUSAL)
                    source.shutdown(socket.SHUT_WR)
                    while source.recv(65536):
                        pass
                    break
                if up:
                    data = self.change(data)
                    self.sent += len(data)
                    if self.sent > self.hold_after:
                        self.held.set()
                        self.released.wait()
                        break
                passed += len(data)
                if not up and passed > self.cut_after:
                    self.cut_after = 1 << 60
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()
        self.released.set()
        for end in self.open:
            end.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    moto = start("moto")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto.secret_key)
    return moto


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    relay = Proxy(server)
    yield relay
    relay.close()


def open_at(endpoint: str, where: str = "") -> S3Store:
    store = open_store(Settings(store=where or f"s3://{BUCKET}/{uuid.uuid4().hex}", s3_endpoint_url=endpoint))
    assert isinstance(store, S3Store)
    return store


def test_a_namespace_is_a_folder_under_the_prefix(server: Server) -> None:
    prefix = uuid.uuid4().hex
    where = f"s3://{BUCKET}/{prefix}/"
    store = open_store(Settings(store=where, namespace="red", s3_endpoint_url=server.endpoint))
    assert store.url == f"s3://{BUCKET}/{prefix}/red"
    store.put("a/b", b"1")
    assert server.client().get_object(Bucket=BUCKET, Key=f"{prefix}/red/a/b")["Body"].read() == b"1"
    assert [entry.name for entry in open_at(server.endpoint, where).list()] == ["red/a/b"]


def test_content_types_are_kept(server: Server, tmp_path: Path) -> None:
    store = open_at(server.endpoint)
    store.create("a.wav", b"1", content_type="audio/wav")
    (tmp_path / "large").write_bytes(bytes((16 << 20) + 1))
    store.put_file("b.vtt", tmp_path / "large", content_type="text/vtt")
    key = store.url.removeprefix(f"s3://{BUCKET}/")
    heads = [server.client().head_object(Bucket=BUCKET, Key=f"{key}/{name}") for name in ("a.wav", "b.vtt")]
    assert [head["ContentType"] for head in heads] == ["audio/wav", "text/vtt"]


def test_listing_goes_on_past_a_page(server: Server) -> None:
    client = server.client()
    prefix = uuid.uuid4().hex
    for number in range(2 * MOTO_PAGE + 1):
        client.put_object(Bucket=BUCKET, Key=f"{prefix}/{number:04}", Body=b"")
    store = open_at(server.endpoint, f"s3://{BUCKET}/{prefix}")
    names = [f"{number:04}" for number in range(2 * MOTO_PAGE + 1)]
    assert [entry.name for entry in store.list()] == names
    assert store.existing([*names, "absent"]) == set(names)
    store.delete(names)
    assert list(store.list()) == []


@pytest.mark.parametrize("listed", [1, 2, 5])
def test_of_a_folder_with_many_names_a_listing_tells_as_far_as_it_goes(
    server: Server, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    """Every second name is there, and as many that nobody asks for: with 1 name listed for each, it ends half-way."""
    monkeypatch.setattr(s3_presence, "WORTH_LISTING", 40)
    monkeypatch.setattr(s3_presence, "LISTED_AS_ASKED", listed)
    store = open_at(server.endpoint)
    names = [f"lessons/course/{number:02}/a.wav" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(name, b""), [*names[::2], *(f"{name}.old" for name in names)]))
    assert store.existing([*names, "lessons/other/00/a.wav"]) == set(names[::2])


def test_a_real_server_may_list_folder_by_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """SeaweedFS does: ``a/b`` before ``a-b/1``. Past a page, and cut off anywhere, nothing is missed or doubled."""
    server = start("seaweedfs")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    store = open_at(server.endpoint)
    there = [f"lessons/course/{number}{joint}b" for number in range(350) for joint in ("/", "-b/1", ".")]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: store.put(name, b""), there))
    listed = [found.name for found in store.list("lessons/")]
    assert sorted(listed) == sorted(there)
    assert listed != sorted(there)  # or this tests nothing
    monkeypatch.setattr(s3_presence, "WORTH_LISTING", 1)
    monkeypatch.setattr(s3_presence, "LISTED_AS_ASKED", 1)
    for wanted in (there[::3], there[1::7], there[2::100], there):
        assert store.existing([*wanted, "lessons/course/absent", "lessons/course/1-b"]) == set(wanted)


def test_who_may_not_list_asks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise StoreRefused("no")

    monkeypatch.setattr(s3_presence, "WORTH_LISTING", 1)
    store = open_at(server.endpoint)
    store.put("lessons/a", b"")
    monkeypatch.setattr(store, "list", refused)
    assert store.existing(["lessons/a", "lessons/b"]) == {"lessons/a"}


@pytest.mark.parametrize("where", ["s3://", "s3:///prefix", f"s3://{BUCKET}/a/../b", f"s3://{BUCKET}/{'x' * 121}"])
def test_a_store_that_cannot_be_named_is_refused(where: str) -> None:
    with pytest.raises(Permanent, match=r"NARRATOR_STORE|prefix|store name"):
        open_at("http://127.0.0.1:1", where)


@pytest.mark.parametrize("endpoint", ["localhost:9000", "ftp://host", "http://"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(Permanent, match="NARRATOR_S3_ENDPOINT_URL"):
        open_at(endpoint)


def test_a_bucket_that_is_not_there_is_named_with_the_remedy(server: Server) -> None:
    store = open_at(server.endpoint, "s3://no-such-bucket/x")
    for action in (lambda: store.get("a"), lambda: store.put("a", b""), lambda: list(store.list())):
        with pytest.raises(Permanent, match=r"s3://no-such-bucket/x at http.*create the bucket"):
            action()
    [check] = probe(store)
    assert not check.ok
    assert check.remedy == "create the bucket, or mend NARRATOR_STORE"


def test_without_credentials_the_variables_are_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(Permanent, match=r"set AWS_ACCESS_KEY_ID"):
        open_at(server.endpoint).existing([f"{i}" for i in range(100)])


@pytest.mark.parametrize("name", ["seaweedfs", pytest.param("radosgw", marks=pytest.mark.root)])
def test_wrong_keys_are_denied_without_telling_the_secret(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "quite-the-wrong-secret")
    store = open_at(server.endpoint)
    actions: list[Callable[[], object]] = [lambda: store.get("a"), lambda: store.put("a", b"")]
    actions += [lambda: store.existing(["a"]), lambda: store.existing([f"{i}" for i in range(100)])]
    for action in actions:
        with pytest.raises(Permanent, match="access") as caught:
            action()
        assert "quite-the-wrong-secret" not in str(caught.value)


def test_a_server_that_is_away_is_a_passing_fault(server: Server) -> None:
    store = open_at(f"http://user:password@127.0.0.1:{free_port()}")
    with pytest.raises(StoreUnavailable, match=r"did not answer after 5 attempts") as caught:
        store.get("a")
    assert "password" not in str(caught.value)


def test_a_server_that_ignores_create_only_is_noticed(proxy: Proxy) -> None:
    proxy.change = lambda data: data.replace(b"If-None-Match:", b"If-Nose-Match:")
    store = open_at(proxy.endpoint)
    store.create("a", b"first")
    with pytest.raises(Exists):
        store.create("a", b"second")
    assert store.get("a")[0] == b"first"


def test_a_server_that_refuses_conditions_is_served_without(proxy: Proxy) -> None:
    store = open_at(proxy.endpoint)
    proxy.refused = (b"If-None-Match:", b"If-Match:")
    tag = store.create("a", b"first")
    with pytest.raises(Exists):
        store.create("a", b"second")
    new = store.replace("a", b"third", tag)
    with pytest.raises(Exists):
        store.replace("a", b"fourth", tag)
    assert store.get("a") == (b"third", new)
    assert proxy.refusals >= 2


def test_a_body_that_breaks_off_is_fetched_again(proxy: Proxy) -> None:
    store = open_at(proxy.endpoint)
    data = os.urandom(900_000)
    store.put("a.wav", data)
    proxy.cut_after = 400_000
    assert store.get("a.wav")[0] == data
    assert proxy.cut_after > 400_000  # it did break off
    with store.open("a.wav") as file:
        proxy.cut_after = 400_000
        assert file.read() == data


def test_connections_that_break_do_not_hide_objects(proxy: Proxy) -> None:
    store = open_at(proxy.endpoint)
    names = [f"{number:03}" for number in range(100)]
    for name in names[::2]:
        store.put(name, b"")
    proxy.cut_after = 200
    assert store.existing(names) == set(names[::2])
    assert proxy.cut_after > 200


def test_an_object_replaced_while_it_is_read_is_not_mixed(server: Server) -> None:
    store = open_at(server.endpoint)
    store.put("a", b"o" * 3_000_000)
    with store.open("a") as file:
        assert file.read(1) == b"o"
        store.put("a", b"n" * 3_000_000)
        with pytest.raises(StoreUnavailable, match="replaced while it was read"):
            file.read()


def test_a_store_survives_a_fork(server: Server) -> None:
    code = f"""
import os
from worker.contract.settings import Settings
from worker.store import open_store
store = open_store(Settings(store="s3://{BUCKET}/{uuid.uuid4().hex}", s3_endpoint_url="{server.endpoint}"))
store.put("parent", b"1")
kept = store._session.client
if (child := os.fork()) == 0:
    store.put("child", b"2")
    os._exit(0 if store._session.client is not kept else 1)
assert os.waitpid(child, 0)[1] == 0
assert store._session.client is kept
print(sorted(store.existing(["parent", "child"])))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said == "['child', 'parent']\n"


@pytest.mark.parametrize("name", ["seaweedfs", pytest.param("radosgw", marks=pytest.mark.root)])
def test_a_writer_killed_in_mid_upload_leaves_the_old_object(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = start(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    path = tmp_path / "file"
    for size in (40 << 20, 12 << 20):  # in parts, and whole
        path.write_bytes(bytes(size))
        where = f"s3://{BUCKET}/{uuid.uuid4().hex}"
        store = open_at(server.endpoint, where)
        store.put("old.wav", b"old")
        relay = Proxy(server)
        relay.hold_after = size + size // 2  # the first file is there, half of the second on its way
        code = f"""
from pathlib import Path
from worker.contract.settings import Settings
from worker.store import open_store
store = open_store(Settings(store="{where}", s3_endpoint_url="{relay.endpoint}"))
for name in ("new.wav", "old.wav"):
    store.put_file(name, Path("{path}"))
"""
        writer = subprocess.Popen([sys.executable, "-c", code])
        assert relay.held.wait(60)
        assert writer.poll() is None
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        relay.close()
        assert store.get("old.wav")[0] == b"old"
        assert {entry.name: entry.size for entry in store.list()} == {"new.wav": size, "old.wav": 3}


def test_browsers_may_keep_what_never_changes(server: Server, tmp_path: Path) -> None:
    store = open_at(server.endpoint)
    names = {
        "segments/ab/abcd.wav": "immutable",
        "lessons/course/one/one.0123abcd.wav": "immutable",
        "lessons/course/one/manifest.json": "no-cache",
    }
    for name in names:
        store.put(name, b"x", content_type="audio/wav")
    large = tmp_path / "large"
    large.write_bytes(bytes(17 << 20))
    store.put_file("lessons/course/one/one.0123abcd.mp3", large, content_type="audio/mpeg")
    names["lessons/course/one/one.0123abcd.mp3"] = "immutable"
    for name, said in names.items():
        there = server.client().head_object(Bucket=BUCKET, Key=f"{store.url.partition(BUCKET + '/')[2]}/{name}")
        assert said in there["CacheControl"]
        assert there["ContentType"] in ("audio/wav", "audio/mpeg")
