"""Writes the Grafana dashboard: ``python infra/monitoring/dashboard.py > infra/monitoring/grafana/narrator.json``.

A panel is one line here; a test holds the committed file to it, and asks a real Prometheus every query.
"""

from __future__ import annotations

import json
from typing import Any

Panel = tuple[str, str, str, tuple[tuple[str, str], ...]]  # title, unit, kind, (query, legend) ...

PANELS: tuple[Panel, ...] = (
    ("Waiting", "short", "timeseries", (("max by (queue) (celery_queue_length)", "{{queue}}"),)),
    ("Processes", "short", "timeseries", (("max by (queue) (narrator_queue_processes)", "{{queue}}"),)),
    (
        "Segments a second",
        "short",
        "timeseries",
        (("sum by (outcome) (rate(narrator_segments_total[$__rate_interval]))", "{{outcome}}"),),
    ),
    (
        "Audio seconds a second",
        "short",
        "timeseries",
        (("sum by (bundle) (rate(narrator_audio_seconds_total[$__rate_interval]))", "{{bundle}}"),),
    ),
    (
        "RTF (CPU seconds for a second of audio)",
        "short",
        "timeseries",
        (
            (
                "sum by (bundle) (rate(narrator_synthesis_seconds_total[$__rate_interval]))"
                " / sum by (bundle) (rate(narrator_audio_seconds_total[$__rate_interval]))",
                "{{bundle}}",
            ),
            (
                "histogram_quantile(0.95, sum by (le) (rate(narrator_segment_rtf_bucket[$__rate_interval])))",
                "95 % of segments",
            ),
        ),
    ),
    (
        "Seconds in each stage (mean)",
        "s",
        "timeseries",
        (
            (
                "sum by (stage) (rate(narrator_stage_seconds_sum[$__rate_interval]))"
                " / sum by (stage) (rate(narrator_stage_seconds_count[$__rate_interval]))",
                "{{stage}}",
            ),
        ),
    ),
    (
        "Storing a segment (seconds)",
        "s",
        "timeseries",
        tuple(
            (
                f"histogram_quantile({q}, sum by (le)"
                f' (rate(narrator_stage_seconds_bucket{{stage="store"}}[$__rate_interval])))',
                f"{q * 100:g} %",
            )
            for q in (0.5, 0.95)
        ),
    ),
    (
        "Lessons assembled",
        "short",
        "timeseries",
        (("sum by (outcome) (increase(narrator_lessons_total[$__rate_interval]))", "{{outcome}}"),),
    ),
    (
        "Leases and lessons under way",
        "short",
        "timeseries",
        (
            ("max(narrator_leases)", "segments leased"),
            ("max(narrator_ready_lessons)", "lessons ready"),
            ("max(narrator_unacked_messages)", "messages taken"),
        ),
    ),
    ("Redis memory", "bytes", "timeseries", (("max(narrator_redis_memory_bytes)", "used"),)),
    (
        "Cache hit ratio",
        "percentunit",
        "stat",
        (("max(narrator_cache_hits_total) / (max(narrator_cache_hits_total) + max(narrator_cache_misses_total))", ""),),
    ),
    ("Given up", "short", "stat", (("max(narrator_quarantined_total)", ""),)),
    ("Messages of others", "short", "stat", (("max(narrator_rejected_messages)", ""),)),
    ("Workers", "short", "stat", (("max(narrator_workers)", ""),)),
)


def dashboard() -> dict[str, Any]:
    """Two panels a row; the numbers at the top."""
    stats = [panel for panel in PANELS if panel[2] == "stat"]
    panels = []
    for number, (title, unit, kind, queries) in enumerate([*stats, *(p for p in PANELS if p[2] != "stat")]):
        after = number - len(stats)
        place = (
            {"x": 6 * number, "y": 0, "w": 6, "h": 4}
            if kind == "stat"
            else {"x": 12 * (after % 2), "y": 4 + 8 * (after // 2), "w": 12, "h": 8}
        )
        panels.append(
            {
                "id": number + 1,
                "title": title,
                "type": kind,
                "datasource": {"type": "prometheus", "uid": "prometheus"},
                "gridPos": place,
                "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
                "targets": [
                    {"refId": chr(65 + i), "expr": expr, "legendFormat": legend}
                    for i, (expr, legend) in enumerate(queries)
                ],
            }
        )
    return {
        "uid": "narrator",
        "title": "narrator",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "panels": panels,
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=2))  # noqa: T201
