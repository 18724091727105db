"""Prints links to a course's lessons in the store, which any browser plays; they end after an hour."""

import os
import sys

import boto3
from botocore.config import Config

HOUR = 3600  # seconds


def main(course: str) -> None:
    """Look in the store of the settings; sign for the address that LINKS_FOR names."""
    bucket, _, prefix = os.environ["NARRATOR_STORE"].removeprefix("s3://").partition("/")
    path = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
    region = os.environ.get("NARRATOR_S3_REGION", "us-east-1")
    inside, outside = (
        boto3.client("s3", endpoint_url=os.environ[name], region_name=region, config=path)
        for name in ("NARRATOR_S3_ENDPOINT_URL", "LINKS_FOR")
    )
    folder = "/".join(part for part in (prefix.strip("/"), "lessons", course) if part) + "/"
    pages = inside.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    names = sorted(found["Key"] for page in pages for found in page.get("Contents", []))
    sounds = [name for name in names if name.endswith(".wav")]
    for name in sounds:
        print(outside.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": name}, ExpiresIn=HOUR))
    if not sounds:
        sys.exit(f"no narrated lesson of {course or 'any course'} in s3://{bucket}/{folder}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
