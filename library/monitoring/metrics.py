"""Metrics for Prometheus. They are read from the database, so every process reports the same."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from library.selectors import analysis_parts, damaged_counts, health, originals_due, pruned_table_sizes


class SiteCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        queue = health.analysis_backlog()
        age = (
            (timezone.now() - queue.oldest_waiting_since).total_seconds()
            if queue.oldest_waiting_since
            else 0.0
        )
        depth = GaugeMetricFamily(
            "earmark_tracks_unfinished", "Tracks that are not analysed yet.", labels=["state"]
        )
        depth.add_metric(["waiting"], queue.waiting)
        depth.add_metric(["in_work"], queue.being_analysed)
        yield depth
        yield GaugeMetricFamily(
            "earmark_queue_age_seconds", "How long the first track in the queue has been waiting.", age
        )
        failed = GaugeMetricFamily("earmark_tracks_failed", "Tracks whose analysis failed.", labels=["code"])
        for code, count in sorted(health.failures_by_code().items()):
            failed.add_metric([code], count)
        yield failed
        lacking = GaugeMetricFamily(
            "earmark_tracks_incomplete",
            "Analysed tracks that lack a part of their analysis.",
            labels=["part"],
        )
        for part, count in sorted(analysis_parts.lacking_counts().items()):
            lacking.add_metric([part], count)
        yield lacking
        damaged = GaugeMetricFamily(
            "earmark_originals_damaged", "Originals that are no longer what was uploaded.", labels=["damage"]
        )
        for damage, count in damaged_counts().items():
            damaged.add_metric([damage], count)
        yield damaged
        yield GaugeMetricFamily(
            "earmark_originals_to_verify",
            "Originals that were not read within EARMARK_VERIFY_DAYS days.",
            originals_due().count(),
        )
        yield GaugeMetricFamily(
            "earmark_disk_free_bytes", "Room on the disk of the data folder.", _free_bytes()
        )
        rows = GaugeMetricFamily(
            "earmark_rows", "Rows of what the worker deletes after a while.", labels=["table"]
        )
        for table, count in pruned_table_sizes().items():
            rows.add_metric([table], count)
        yield rows
        stages = SummaryMetricFamily(
            "earmark_analysis_seconds", "Time in each stage of an analysis.", labels=["stage"]
        )
        for stage, (times, seconds) in sorted(health.stage_times().items()):
            stages.add_metric([stage], times, seconds)
        yield stages


def _free_bytes() -> int:
    disk = os.statvfs(settings.DATA_DIR)
    return disk.f_bavail * disk.f_frsize


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(SiteCollector())
    return generate_latest(registry)
