"""What a process loads: the author's side no inference runtime, the command line nothing heavy, models no queue.

Which module may import which is written in pyproject.toml, for import-linter.
"""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

LOADED = "import sys, {modules}; print('\\n'.join(sys.modules))"


def loaded(modules: str) -> set[str]:
    """Names of everything that importing these modules brings in, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(modules=modules)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("producer.cli", "celery redis boto3 onnxruntime numpy pydantic rich yaml markdown_it"),
        (
            "producer.local.make, producer.run.submit, producer.plan.planner, producer.run.watch, producer.run.report",
            "onnxruntime soundfile torch",
        ),
        (
            "producer.tools.explain, producer.tools.doctor, producer.tools.say, producer.outputs.deliver, "
            "producer.run.listen_back",
            "onnxruntime torch soundfile faster_whisper",
        ),
        ("producer.http.app", "onnxruntime torch spacy"),
        ("models.catalog, models.family, models.text.segment", "onnxruntime celery redis boto3 spacy"),
        ("worker.contract.messages, worker.contract.settings, worker.store", "boto3 celery redis onnxruntime"),
        (
            "worker.process.tasks, worker.render.batch, worker.assemble.task, worker.process.main",
            "producer torch spacy",
        ),
    ],
)
def test_heavy_things_stay_out(modules: str, absent: str) -> None:
    assert loaded(modules).isdisjoint(absent.split())


def test_no_import_circle() -> None:
    graph = grimp.build_graph("models", "worker", "producer")
    assert len(graph.modules) > 200
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))
