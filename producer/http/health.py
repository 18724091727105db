"""Health and metrics: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from producer.http.service import Shared
from producer.run.connection import broker_faults
from worker.contract.messages import segment_name

router = APIRouter(tags=["health"])

PROBE = segment_name("0" * 64)  # is not there


class Health(BaseModel):
    """Health: it is well."""

    status: Literal["ok"] = "ok"


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> Health:
    """Answer: this process is alive."""
    return Health()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz")
def readyz(service: Shared) -> Health:
    """Answer once Redis and the store do, too. Workers may come on demand: those there are stand in /metrics."""
    with broker_faults(service.settings):
        service.ledger.now()
    service.store.existing([PROBE])
    return Health()


@router.get(
    "/metrics", response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def metrics(service: Shared) -> Response:
    """Give Prometheus this process's counts, and what waits in the queues."""
    return Response(generate_latest(service.counts.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
