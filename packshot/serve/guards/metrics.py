"""What /metrics tells Prometheus. Names of routes, never of callers or files, so that the number of rows is bounded."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The numbers of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = self._counter("requests", "requests by route and status", "method", "route", "status")
        self.seconds = Histogram(
            "packshot_request_seconds", "time of requests", ["route"], buckets=SECONDS, registry=self.registry
        )
        self.work = self._counter("direct_work", "pieces of direct work by what came of them", "task", "outcome")
        self.jobs = Gauge("packshot_jobs", "jobs by state", ["state"], registry=self.registry)
        self.work_seconds = Histogram(
            "packshot_direct_work_seconds", "time at work", ["task"], buckets=SECONDS, registry=self.registry
        )

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"packshot_{name}", what, labels, registry=self.registry)

    def gauge(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A number that is read when asked for."""
        Gauge(f"packshot_{name}", what, registry=self.registry).set_function(read)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def worked(self, task: str, outcome: str, seconds: float) -> None:
        """Count a piece of direct work."""
        self.work.labels(task, outcome).inc()
        self.work_seconds.labels(task).observe(seconds)

    def page(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)
