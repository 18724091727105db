"""OpenTelemetry traces from submission to upload: on where ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set, else free.

A submission's trace goes on in the tasks that it queues: W3C ``traceparent`` travels in the messages' headers.
Needs the extra ``[otel]``; the exporter's own ``OTEL_*`` variables say where traces go and how many are kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from models.errors import Permanent

HEADER = "traceparent"
_SHAPE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_tracers: dict[int, Any] = {}  # by process: exporters have threads, which no fork carries over


def enabled() -> bool:
    """Tell whether traces are wanted."""
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def check_installed() -> None:
    """Raise Permanent where traces are wanted and their libraries are not here."""
    if enabled():
        try:
            import opentelemetry.exporter.otlp.proto.http
            import opentelemetry.sdk.trace  # noqa: F401
        except ImportError:
            raise Permanent(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: pip install 'narrator[otel]'"
            ) from None


def _tracer() -> Any:
    if os.getpid() not in _tracers:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # The default name stands under the one that OTEL_SERVICE_NAME gives.
        resource = Resource.create({} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "narrator"})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        _tracers.clear()
        _tracers[os.getpid()] = provider.get_tracer("narrator")
        _tracers[-1] = provider
    return _tracers[os.getpid()]


@contextmanager
def span(name: str, headers: Mapping[str, Any] | None = None, **attributes: str | int | float) -> Iterator[None]:
    """A span around what is done inside, under the current one, or under the one that a message's headers name."""
    if not enabled():
        yield
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({HEADER: traceparent(headers)}) if headers is not None else None
    named = {f"narrator.{key}": value for key, value in attributes.items()}
    with _tracer().start_as_current_span(name, context=parent, attributes=named):
        yield


def headers() -> dict[str, str]:
    """The headers that a message carries so that its task goes on with the current trace; none without one."""
    if not enabled():
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {HEADER: carrier[HEADER]} if HEADER in carrier else {}


def traceparent(headers: Mapping[str, Any]) -> str:
    """A message's ``traceparent`` where it is one; whoever can write to the queue may have put anything there."""
    value = headers.get(HEADER)
    return value if isinstance(value, str) and _SHAPE.fullmatch(value) else ""


def flush() -> None:
    """Send what is waiting: at the end of a task or of a submission, before the process may be gone."""
    if (provider := _tracers.get(-1)) is not None and os.getpid() in _tracers:
        provider.force_flush(2000)
