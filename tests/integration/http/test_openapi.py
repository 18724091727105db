"""Whatever the OpenAPI document allows, and what it does not, gets an answer that the document foresees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.http.conftest import Deployment, deployed

EXAMPLES = 8  # of each route, good and bad each
TRIALS = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """No worker speaks the default voices here, and nobody is to wait for that."""
    with deployed(tmp_path, NARRATOR_API_PATIENCE="0.3", NARRATOR_API_REQUESTS_PER_MINUTE="0") as found:
        yield found


def no_fault(ctx: object, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """503 is foreseen; 500 is a bug."""
    assert response.status_code != 500, response.text


CHECKS = [no_fault, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_every_route(deployment: Deployment) -> None:
    document = schemathesis.openapi.from_url(f"{deployment.url}/openapi.json")
    tried = set()
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @TRIALS
            @given(operation.as_strategy(generation_mode=mode))
            def check(case) -> None:
                case.call_and_validate(checks=CHECKS, timeout=60)

            try:
                check()
            except Unsatisfiable:  # a route without parameters cannot be asked wrongly
                assert mode is GenerationMode.NEGATIVE
            except Exception as error:
                raise AssertionError(f"{operation.label}, {mode}") from error
        tried.add(operation.label)
    assert {"POST /tts", "POST /v1/audio/speech", "POST /v1/lessons", "GET /v1/runs/{run}", "GET /metrics"} <= tried
