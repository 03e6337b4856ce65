"""All limits and places of the service, written once: `packshot serve` makes its flags of them, and each is an
environment variable too (`PACKSHOT_SERVE_PORT=9000`). Imports no torch and no web framework.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from packshot.errors import ParameterError, complaints
from packshot.imaging.home import home
from packshot.operations.operation import parameter

PREFIX = "PACKSHOT_SERVE_"
SIGNING = {f"PACKSHOT_{name.upper()}": name for name in ("c2pa_cert", "c2pa_key", "c2pa_timestamp")}  # as every verb
MIB = 1 << 20


def _listed(value: Any) -> Any:
    """A text with commas between is a list."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise ValueError(f"expected networks such as 10.1.0.0/16, got {value!r} ({error})") from None
    return values


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Folders = Annotated[tuple[Path, ...], BeforeValidator(_listed)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_networks)]


class Settings(BaseModel):
    """Where the service listens, what it keeps where, and how much of everything it allows.

    >>> Settings(port=9000).port
    9000
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # Where it listens, and who may call
    host: str = parameter("127.0.0.1", "address to listen on; other than loopback only with keys")
    port: int = parameter(8080, "port to listen on; 0 = a free one", ge=0, le=65535)
    hosts: Texts = parameter((), "host names to answer to, commas between; none = loopback names, or any with keys")
    keys: Path | None = parameter(None, "file of API keys [default: DATA/keys.json]")
    https: bool = parameter(False, "a reverse proxy in front speaks TLS: cookies and browsers are told so")
    proxies: Networks = parameter((), "networks of reverse proxies whose X-Forwarded-For is believed")
    studio: bool = parameter(True, "serve the studio under / too")

    # What is kept where
    data: Path = parameter(Path(), "folder of the service [default: the home folder of packshot]/serve")
    store: str = parameter("", "database URL: SQLite or PostgreSQL [default: a SQLite file in DATA]")
    files: str = parameter("", "place of uploads and results: folder or fsspec URL [default: DATA/files]")
    roots: Folders = parameter((), "folders on this machine that jobs may read catalogues from, commas between")

    # Whose signature files leave with
    c2pa_cert: Path | None = parameter(None, "PEM chain to sign with [default: an own, untrusted one]")
    c2pa_key: Path | None = parameter(None, "PEM private key of that certificate")
    c2pa_timestamp: str = parameter("", "address of an RFC 3161 time stamp service to ask for every signature")

    # What one request may bring
    upload_mb: int = parameter(64, "most of one direct edit or check, all its pictures", unit="MiB", ge=1, le=65536)
    file_mb: int = parameter(4096, "most of one file for jobs (POST /v1/files)", unit="MiB", ge=1, le=1 << 20)
    json_kb: int = parameter(1024, "most of a request that is no upload", unit="KiB", ge=1, le=65536)
    megapixels: float = parameter(50.0, "most pixels of one picture, seen before it is decoded", ge=0.01, le=100)
    parts: int = parameter(16, "most parts of a form", ge=2, le=1000)

    # How much at once
    edit_workers: int = parameter(0, "processes for direct edits and checks; 0 = one per processor", ge=0, le=256)
    edit_queue: int = parameter(64, "most requests that wait for one; more are told to come back", ge=0, le=10000)
    edit_seconds: float = parameter(120.0, "most time of one edit or check", unit="s", ge=1, le=3600)
    memory_mb: int = parameter(0, "memory for pictures in work; 0 = half of what is free", unit="MiB", ge=0, le=1 << 24)
    connections: int = parameter(512, "most open connections", ge=8, le=100000)
    header_seconds: float = parameter(10.0, "most time until a request's head is there", unit="s", ge=0.1, le=600)
    body_seconds: float = parameter(15.0, "most time without a byte of an upload", unit="s", ge=0.1, le=600)
    body_kb_per_s: int = parameter(8, "slowest upload, after its first 15 seconds", unit="KiB/s", ge=0, le=100000)
    send_seconds: float = parameter(60.0, "most time until a part of an answer is taken", unit="s", ge=1, le=3600)
    idle_seconds: float = parameter(15.0, "most time of a connection without a request", unit="s", ge=1, le=3600)

    # How much in the long run; a key may state its own
    requests_per_minute: int = parameter(1200, "requests of one key; 0 = unbounded", ge=0, le=1_000_000)
    edits_per_day: int = parameter(0, "direct edits and checks of one key; 0 = unbounded", ge=0, le=1_000_000_000)

    # Jobs
    workers: int = parameter(0, "processes that work on jobs; 0 = one per processor", ge=0, le=256)
    job_processes: int = parameter(1, "processes that share the pictures of one job", ge=1, le=256)
    max_queued: int = parameter(1000, "most jobs that wait, of all keys together", ge=1, le=10_000_000)
    max_open_per_key: int = parameter(200, "most unfinished jobs of one key", ge=1, le=10_000_000)
    max_running_per_key: int = parameter(0, "most jobs of one key at work at once; 0 = unbounded", ge=0, le=10_000)
    jobs_per_day: int = parameter(0, "jobs of one key in a day; 0 = unbounded", ge=0, le=1_000_000_000)
    lease_seconds: float = parameter(
        30.0, "a job is another worker's after so long without news", unit="s", ge=1, le=3600
    )
    max_losses: int = parameter(
        5, "a job that so often ends its worker without getting further has failed", ge=1, le=1000
    )
    grace_seconds: float = parameter(
        60.0, "most time until a job obeys pause, cancel or shutdown", unit="s", ge=1, le=3600
    )
    device: str = parameter("auto", "device of jobs: auto, cpu, cuda, cuda:N or mps")

    # How long files are kept
    keep_days: float = parameter(
        30.0, "finished jobs and unused uploads are deleted after so long", unit="d", ge=0.001, le=36500
    )
    storage_mb: int = parameter(0, "most of one key's uploads and results; 0 = unbounded", unit="MiB", ge=0, le=1 << 30)
    free_mb: int = parameter(256, "uploads and jobs are refused with less disk free", unit="MiB", ge=0, le=1 << 24)

    # Webhooks
    webhook_tries: int = parameter(12, "most tries to deliver a webhook, over about two days", ge=1, le=100)

    # What it may fetch
    fetch_networks: Networks = parameter((), "own networks that pictures and webhooks may be fetched from and sent to")
    fetch_seconds: float = parameter(20.0, "most time of fetching a file", unit="s", ge=1, le=600)

    def model_post_init(self, _: Any) -> None:
        if self.data == Path():
            object.__setattr__(self, "data", home() / "serve")

    @property
    def keys_file(self) -> Path:
        """The file of API keys."""
        return self.keys or self.data / "keys.json"

    @property
    def upload_bytes(self) -> int:
        """Most bytes of one direct edit or check."""
        return self.upload_mb * MIB

    @property
    def file_bytes(self) -> int:
        """Most bytes of one file for jobs."""
        return self.file_mb * MIB

    @property
    def json_bytes(self) -> int:
        """Most bytes of a request that is no upload."""
        return self.json_kb * 1024

    @property
    def max_pixels(self) -> int:
        """Most pixels of one picture."""
        return int(self.megapixels * 1_000_000)

    @property
    def is_local(self) -> bool:
        """Whether only this machine is meant to reach it: it listens on loopback, and nothing speaks of a proxy."""
        behind = self.https or bool(self.proxies) or not all(map(is_loopback, self.hosts))
        return is_loopback(self.host) and not behind


def is_loopback(host: str) -> bool:
    """Whether an address (or name) stands for this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings(given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of environment variables with `given` over them. Raises ParameterError naming each that is wrong."""
    environment = os.environ if environment is None else environment
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    strange = sorted(key for key in environment if key.startswith(PREFIX) and key not in known)
    if strange:
        raise ParameterError(f"{strange[0]}: no such setting; expected one of {', '.join(known)}")
    values = {name: environment[key] for key, name in known.items() if key in environment}
    values |= {name: environment[key] for key, name in SIGNING.items() if key in environment and name not in values}
    values |= {name: value for name, value in (given or {}).items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ParameterError("; ".join(complaints(error, ""))) from None
