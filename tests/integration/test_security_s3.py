"""The least policies of infra/s3 on SeaweedFS and on Ceph, temporary credentials, and encryption by the server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from models.errors import Permanent
from tests.integration.s3_servers import BUCKET, POLICY_BUCKET, ROLES, Server, start
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment
from worker.store import open_store
from worker.store.s3 import PART_BYTES

POLICIES = Path(__file__).parents[2] / "infra" / "s3"
OTHER = "narrator-other"
NARRATOR = str(Path(sys.executable).with_name("narrator"))
CEPH = pytest.param("radosgw", marks=pytest.mark.root)


def bucket_policy() -> str:
    """The three documents as one policy of the bucket, each for its user."""
    statements = []
    for role in ROLES:
        document = json.loads((POLICIES / f"{role}.json").read_text().replace("BUCKET", POLICY_BUCKET))
        for statement in document["Statement"]:
            name = f"{role}{statement['Sid']}"
            statements.append({**statement, "Sid": name, "Principal": {"AWS": [f"arn:aws:iam:::user/{role}"]}})
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """With an empty bucket under the policies, and another that is nobody's business."""
    server = start(request.param)
    owner = server.client()
    for bucket in (POLICY_BUCKET, OTHER):
        if bucket not in {known["Name"] for known in owner.list_buckets()["Buckets"]}:
            owner.create_bucket(Bucket=bucket)
        for page in owner.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", []):
                owner.delete_object(Bucket=bucket, Key=found["Key"])
    if server.name == "radosgw":  # SeaweedFS has them beside its identities
        owner.put_bucket_policy(Bucket=POLICY_BUCKET, Policy=bucket_policy())
    owner.put_object(Bucket=OTHER, Key="lessons/theirs", Body=b"theirs")
    return server


def credentials(server: Server, role: str) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": f"{server.access_key}-{role}", "AWS_SECRET_ACCESS_KEY": server.secret_key}


def temporary(server: Server, role: str) -> dict[str, str]:
    """Credentials of an hour, from the server's token service."""
    own = credentials(server, role)
    iam = boto3.session.Session().client(
        "iam",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name="us-east-1",
    )
    allowed = {"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=role, PolicyName="sts", PolicyDocument=policy)
    sts = boto3.session.Session().client(
        "sts",
        endpoint_url=server.endpoint,
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    given = sts.get_session_token(DurationSeconds=3600)["Credentials"]
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    return {name: given[key] for name, key in {**names, "AWS_SESSION_TOKEN": "SessionToken"}.items()}


@contextlib.contextmanager
def at_work(settings: Settings, log: Path, who: dict[str, str]) -> Iterator[None]:
    """A real worker with these credentials."""
    queues = f"{assemble_queue(settings.queue_prefix)},{render_queue(settings.queue_prefix, 'tiny')}"
    command = [sys.executable, "-P", "-m", "worker", "--queues", queues]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=settings_environment(settings) | who, stderr=output) as worker,
    ):
        try:
            yield
        finally:
            worker.kill()


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ("seaweedfs", credentials),
        pytest.param("radosgw", credentials, marks=pytest.mark.root),
        pytest.param("radosgw", temporary, marks=pytest.mark.root),
    ],
    indirect=["server"],
)
def test_a_whole_run_with_the_least_rights(
    kind: Callable[[Server, str], dict[str, str]], server: Server, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"store": f"s3://{POLICY_BUCKET}", "s3_endpoint_url": server.endpoint})
    name = f"course-{kind.__name__}"
    (tmp_path / name).mkdir()
    lesson(tmp_path / name, "first", [f"{name}: {sentence(number)}" for number in range(6)])
    submit = [NARRATOR, "submit", str(tmp_path / name), "--wait"]
    producer = settings_environment(settings) | kind(server, "producer")
    with at_work(settings, tmp_path / "worker.log", kind(server, "worker")):
        for _ in range(2):  # the second finds everything there
            done = subprocess.run(submit, env=producer, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, (done.stderr, (tmp_path / "worker.log").read_text()[-4000:])
    reader = client(server, kind(server, "reader"))
    listed = reader.list_objects_v2(Bucket=POLICY_BUCKET, Prefix=f"lessons/{name}/")
    names = [found["Key"] for found in listed["Contents"]]
    assert any(name.endswith("manifest.json") for name in names)
    assert all(reader.get_object(Bucket=POLICY_BUCKET, Key=name)["Body"].read() for name in names)


def client(server: Server, who: dict[str, str]):
    return boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=who["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=who["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=who.get("AWS_SESSION_TOKEN"),
        region_name="us-east-1",
    )


@pytest.mark.parametrize("server", ["seaweedfs", CEPH], indirect=True)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_can_do_more(server: Server, role: str) -> None:
    owner = server.client()
    for folder in ("segments", "plans", "lessons", "elsewhere"):
        owner.put_object(Bucket=POLICY_BUCKET, Key=f"{folder}/there", Body=b"there")
    asks = client(server, credentials(server, role))
    may_write = {"worker": ("segments", "lessons"), "producer": ("plans",), "reader": ()}[role]
    forbidden: dict[str, Callable[[], object]] = {
        "delete": lambda: asks.delete_object(Bucket=POLICY_BUCKET, Key="segments/there"),
        "list another bucket": lambda: asks.list_objects_v2(Bucket=OTHER),
        "read another bucket": lambda: asks.get_object(Bucket=OTHER, Key="lessons/theirs"),
        "write another bucket": lambda: asks.put_object(Bucket=OTHER, Key="lessons/x", Body=b""),
        "read elsewhere": lambda: asks.get_object(Bucket=POLICY_BUCKET, Key="elsewhere/there"),
        "remove the bucket": lambda: asks.delete_bucket(Bucket=POLICY_BUCKET),
        "change the policy": lambda: asks.put_bucket_policy(Bucket=POLICY_BUCKET, Policy=bucket_policy()),
        "drop the policy": lambda: asks.delete_bucket_policy(Bucket=POLICY_BUCKET),
        "publish an object": lambda: asks.put_object_acl(Bucket=POLICY_BUCKET, Key="lessons/there", ACL="public-read"),
    }
    for folder in ("segments", "plans", "lessons", "elsewhere"):
        if folder not in may_write:
            forbidden[f"write {folder}"] = lambda at=folder: asks.put_object(
                Bucket=POLICY_BUCKET, Key=f"{at}/x", Body=b""
            )
    if role == "reader":
        forbidden["list everything"] = lambda: asks.list_objects_v2(Bucket=POLICY_BUCKET)
        forbidden["read segments"] = lambda: asks.get_object(Bucket=POLICY_BUCKET, Key="segments/there")
    several = {"Objects": [{"Key": "lessons/there"}]}
    forbidden["delete several"] = lambda: asks.delete_objects(Bucket=POLICY_BUCKET, Delete=several)
    codes = {name: code_of(ask) for name, ask in forbidden.items()}
    assert set(codes.values()) == {"AccessDenied"}, codes
    assert owner.get_object(Bucket=POLICY_BUCKET, Key="lessons/there")["Body"].read() == b"there"


def code_of(ask: Callable[[], Any]) -> str:
    """What the server answers; of several objects, about the first that it refuses, as AWS does."""
    try:
        answer = ask()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return str(next((refused["Code"] for refused in answer.get("Errors", [])), "done"))


KEY = "arn:aws:kms:us-east-1:123456789012:key/abcd"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (None, None)),
        ({"s3_sse": "AES256"}, ("AES256", None)),
        ({"s3_sse": "aws:kms", "s3_sse_key_id": KEY}, ("aws:kms", KEY)),
    ],
)
def test_every_write_asks_for_encryption(
    changes: dict[str, str], expected: tuple[str | None, str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start("moto")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    settings = Settings(store=f"s3://{BUCKET}/{tmp_path.name}", s3_endpoint_url=server.endpoint, **changes)
    store = open_store(settings)
    large = tmp_path / "large"
    large.write_bytes(bytes(PART_BYTES + 1))
    store.create("a/created", b"1")
    store.replace("a/replaced", b"2", store.put("a/replaced", b"1"))
    store.put("a/put", b"1")
    store.put_file("a/small", Path(__file__))
    store.put_file("a/large", large)
    names = [entry.name for entry in store.list("a/")]
    heads = [server.client().head_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{name}") for name in names]
    assert len(heads) == 5
    assert {(head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")) for head in heads} == {expected}


def test_a_key_that_would_not_be_used_is_refused() -> None:
    with pytest.raises(Permanent, match="NARRATOR_S3_SSE=aws:kms"):
        open_store(Settings(store="s3://bucket", s3_sse_key_id=KEY))
