"""Where a store is, as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.errors import Permanent
from worker.contract.settings import Settings, store_address
from worker.store import open_store


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("S3://Bucket/A", "s3://Bucket/A"),
        ("FILE:///tmp/x", "file:///tmp/x"),
        ("store", "store"),
        ("/srv/store", "/srv/store"),
        ("~/store", "~/store"),
        ("physics:1/store", "physics:1/store"),
        ("C:/store", "C:/store"),
        ("", ""),
    ],
)
def test_the_kind_of_store_may_be_written_in_any_case(written: str, meant: str) -> None:
    assert store_address(written) == Settings(store=written).store == meant


@pytest.mark.parametrize("written", ["gs://bucket", "GS://bucket", "s3:bucket", "S3:/bucket", "s3:", "https://x/y"])
def test_no_folder_is_made_of_what_is_meant_as_an_address(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError, match="give a directory or s3://bucket/prefix"):
        Settings(store=written)
    with pytest.raises(Permanent, match="give a directory or s3://bucket/prefix"):
        open_store(Settings(), written)
    assert not list(tmp_path.iterdir())


def test_s3_in_capitals_is_a_bucket_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for store in (open_store(Settings(store="S3://bucket/a")), open_store(Settings(), "S3://bucket/a")):
        assert store.url == "s3://bucket/a"
    assert not list(tmp_path.iterdir())
