"""A converted vocoder as a folder, ``vocoder.json`` with checksums beside its files, and how a bundle takes it in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from models.atomic_files import write_atomically
from models.bundle import DESCRIPTION, Bundle
from models.bundle_file import BundleFile
from models.errors import Permanent
from models.records import FrozenRecord, from_json, read_description

VOCODER = "vocoder.json"


class VocoderFolder(FrozenRecord):
    """The description in ``vocoder.json``; ``record`` is for people: where it came from, what it measured."""

    name: Literal["hifigan"]
    title: str
    licence: str
    files: Annotated[tuple[BundleFile, ...], Field(min_length=1)]  # the graph, and the licence that goes with it
    record: dict[str, JsonValue]

    @classmethod
    def read(cls, folder: Path) -> VocoderFolder:
        """Read the description in a folder. Raises Permanent naming the file and what is wrong."""
        path = folder / VOCODER
        remedy = "`narrator voices convert hifigan` makes such a folder"
        return from_json(cls, read_description(path, "a description of a vocoder", remedy=remedy), path)

    def content(self, folder: Path, file: BundleFile) -> bytes:
        """Read one of the files, verified. Raises Permanent where it is missing or damaged."""
        path = folder / file.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Permanent(f"{path}: cannot be read: {error.strerror}; convert the vocoder again") from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise Permanent(f"{path}: damaged, its sha256 is another; convert the vocoder again")
        return content


def add_vocoder(bundle_dir: Path, vocoder_dir: Path) -> Bundle:
    """Give a CosyVoice bundle a vocoder beside its own; returns the bundle as it is then.

    The bundle's fingerprint changes, so that what it has said before is rendered again: do this before the first
    course. Adding the same vocoder twice changes nothing. Raises Permanent where the bundle is another family's, or
    has another vocoder of this name.
    """
    bundle, vocoder = Bundle.read(bundle_dir / DESCRIPTION), VocoderFolder.read(vocoder_dir)
    if bundle.family != "cosyvoice":
        raise Permanent(f"{bundle.origin}: a {bundle.family} voice makes its sound itself and takes no vocoder")
    if set(vocoder.files) <= set(bundle.files):
        return bundle
    if {file.name for file in vocoder.files} & {file.name for file in bundle.files}:
        raise Permanent(
            f"{bundle.origin}: has another {vocoder.name} already; convert the voice again into a new folder"
        )
    about: dict[str, JsonValue] = {"title": vocoder.title, "licence": vocoder.licence, **vocoder.record}
    wider = bundle.model_copy(
        update={
            "files": (*bundle.files, *vocoder.files),
            "licence": f"{bundle.licence} AND {vocoder.licence}",
            "record": {**bundle.record, vocoder.name: about},
        }
    )
    try:
        for file in vocoder.files:
            write_atomically(bundle_dir / file.name, [vocoder.content(vocoder_dir, file)])
        write_atomically(bundle_dir / DESCRIPTION, [wider.to_toml().encode()])
    except OSError as error:
        raise Permanent(f"{bundle_dir}: cannot be written: {error.strerror}") from None
    return Bundle.read(bundle_dir / DESCRIPTION)
