"""Take out of an image's environment what no worker ever opens: a third of its size.

    python infra/image/slim.py VENV        # after the installation, in the build stage

Tests, headers and type stubs of the libraries, the symbols of their debuggers, and the parts of a voice's weights once
they are joined in NARRATOR_CACHE_DIR. What is left is compiled, because a read-only root cannot keep bytecode later.
"""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from pathlib import Path

from models.catalog import Catalogue
from models.text.phonemes import english

FOLDERS = ("tests", "test", "include", "__pycache__")  # anywhere inside a library
TOOLS = ("onnxruntime/transformers", "onnxruntime/quantization", "onnxruntime/tools", "onnxruntime/datasets", "pip")
UNUSED = (  # what nothing of ours asks a library for: other models, British English, Jython's tables, pictures of decks
    "jieba/lac_small", "jieba/analyse", "jieba/posseg/*.p", "misaki/data/gb_*", "pygments/lexers",
    *(f"{english.PIPELINE}/{english.PIPELINE}-*/{name}" for name in english.UNUSED),
    *(f"PIL/_{name}.*.so" for name in ("avif", "webp", "imagingft", "imagingcms", "imagingtk")),
    *(f"pillow.libs/lib{name}*" for name in ("avif", "harfbuzz", "freetype", "webp", "sharpyuv", "lcms2", "brotli")),
)  # fmt: skip
TWICE = "onnxruntime/capi/libonnxruntime.so.*"  # for programs in C; Python's module has the runtime inside
ENDINGS = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.cpp", "*.h")
AWS = ("s3", "sts", "sso", "sso-oidc", "signin")  # the services that boto3 is asked for, credentials included
STRIPPED = ("spacy", "thinc", "blis", "srsly", "cymem", "preshed", "murmurhash", "pyopenjtalk")


def main(venv: Path) -> None:
    """Slim the environment in place."""
    site = next(venv.glob("lib/python3*/site-packages"))
    join_weights()
    for found in [found for pattern in (*TOOLS, *UNUSED) for found in site.glob(pattern)]:
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    for folder in [found for name in FOLDERS for found in site.rglob(name) if found.is_dir()]:
        shutil.rmtree(folder, ignore_errors=True)
    for file in [*site.glob(TWICE), *(found for ending in ENDINGS for found in site.rglob(ending))]:
        file.unlink()
    for service in (site / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in AWS:
            shutil.rmtree(service)
    for library in [found for name in STRIPPED for found in (site / name).rglob("*.so")]:
        subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)
    if not compileall.compile_dir(str(site), quiet=2, workers=0, force=True):
        print("some files could not be compiled; they are run from their source")  # noqa: T201


def join_weights() -> None:
    """Join the weights that come in parts, and drop the parts."""
    catalogue = Catalogue.load()
    for name in {voice.bundle for voice in catalogue.voices if catalogue.installed(voice)}:
        bundle = catalogue.bundle(name)
        for file in bundle.files:
            if len(file.parts) > 1:
                bundle.path(file.name)  # joined and verified
                for part in file.parts:
                    if place := part.locate():
                        place.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
