"""The client: `packshot.Client(url, key)`, typed, patient, with the errors of the Python door; needs no extra.

    client = packshot.Client("http://127.0.0.1:8080")
    client.edit("background", "mug.jpg", colour="white").save("out/mug.jpg")
    job = client.submit("listing", files=client.upload_folder("photos"), channels=["amazon_main"])
    client.wait(job.id, on_progress=print)
    client.download_zip(job.id, "listing.zip")

What fails is the class of `packshot.errors` that the service met. A busy service (429, 503) is asked again when it said
so; a broken connection with growing pauses. Everything is safe to send twice: edits change nothing, jobs carry an
idempotency key, downloads go beside their place and are renamed.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

from packshot.errors import ParameterError, Unavailable
from packshot.serve import wire
from packshot.serve.answers import Edited, Stored, error_of
from packshot.serve.jobs.model import FINISHED, Event, Job, Result
from packshot.serve.wire import Answer, Part, Source

AGAIN = (429, 503)
LONGEST_WAIT = 60.0  # seconds between two tries, whatever the service says
Command = Literal["pause", "resume", "cancel", "retry"]


class Client:
    """A service. url: its address; key: an API key, where it wants one; timeout: seconds of silence; tries: a call."""

    def __init__(
        self, url: str = "http://127.0.0.1:8080", key: str = "", *, timeout: float = 300.0, tries: int = 8
    ) -> None:
        self.line = wire.Line(url, key, timeout)
        self.tries = tries

    # One picture at once

    def edit(
        self,
        operation: str,
        photo: Source | Stored,
        *,
        mask: Source | None = None,
        seed: int = 0,
        output: Mapping[str, Any] | None = None,
        policy: str = "default",
        pictures: Mapping[str, Source] | None = None,
        **parameters: Any,
    ) -> Edited:
        """One operation on one photo; `pictures` are those that parameters name. Raises what the Python door raises."""
        said = {"parameters": json.dumps(parameters)}
        extra = {**({"mask": mask} if mask is not None else {}), **(pictures or {})}
        return self._edited(f"/v1/edit/{quote(operation, safe='')}", photo, said, extra, seed, output, policy)

    def edit_steps(
        self,
        photo: Source | Stored,
        steps: Sequence[Mapping[str, Any] | str],
        *,
        seed: int = 0,
        output: Mapping[str, Any] | None = None,
        policy: str = "default",
        pictures: Mapping[str, Source] | None = None,
    ) -> Edited:
        """Several operations `{operation, parameters, mask}` on one photo, without a file in between."""
        return self._edited("/v1/edit", photo, {"steps": json.dumps(list(steps))}, pictures or {}, seed, output, policy)

    def check(self, photo: Source | Stored, *channels: str) -> dict[str, Any]:
        """`{outcome, channels: {id: {outcome, findings}}}`."""
        parts = [*_photo(photo), Part("channel", ",".join(channels))]
        return self._json("POST", "/v1/check", parts=parts)

    def verify(self, photo: Source | Stored) -> dict[str, Any]:
        """The marks of a picture, and whether they hold."""
        return self._json("POST", "/v1/verify", parts=_photo(photo))

    # What there is

    def operations(self) -> list[dict[str, Any]]:
        """Every operation with its parameters."""
        return self._rows("operations")

    def channels(self) -> list[dict[str, Any]]:
        """Every channel with its rules."""
        return self._rows("channels")

    def pipelines(self) -> list[dict[str, Any]]:
        """The pipelines that come with packshot."""
        return self._rows("pipelines")

    def presets(self) -> list[dict[str, Any]]:
        """What can be trained."""
        return self._rows("presets")

    def models(self) -> list[dict[str, Any]]:
        """Weights that are there."""
        return self._rows("models")

    def kinds(self) -> list[dict[str, Any]]:
        """Kinds of jobs with their parameters."""
        found: list[dict[str, Any]] = self._json("GET", "/v1/jobs/kinds")["kinds"]
        return found

    # Catalogues of its machine

    def find(
        self, catalogue: str, *text: str, like: Stored | None = None, without: Sequence[str] = (), count: int = 12
    ) -> dict[str, Any]:
        """Products of a catalogue under its roots that fit words or look like an upload: `{products, pictures, …}`."""
        asked = [("path", catalogue), *(("text", one) for one in text), *(("without", one) for one in without)]
        asked += [("count", str(count)), *([("file", like.id)] if like else [])]
        return self._json("GET", f"/v1/catalogue/find?{urlencode(asked)}")

    # Files

    def upload(self, source: Source, name: str = "") -> Stored:
        """Bring a file. name: what it is called there; by default as here."""
        told = [Part("name", name)] if name else []
        return Stored(**self._json("POST", "/v1/files", parts=[Part.of_source("file", source), *told]))

    def upload_folder(
        self, folder: str | Path, pattern: str = "**/*", *, on_progress: Callable[[int, int], None] | None = None
    ) -> list[Stored]:
        """Every file of a folder, with its path in it; hidden ones stay. on_progress: told how many of how many."""
        top = Path(folder)
        if not top.is_dir():
            raise ParameterError(f"folder: expected a folder, got {str(top)!r}")
        within = ((path, path.relative_to(top)) for path in sorted(top.glob(pattern)) if path.is_file())
        wanted = [(path, name) for path, name in within if not any(part.startswith(".") for part in name.parts)]
        found = []
        for path, name in wanted:
            found.append(self.upload(path, name.as_posix()))
            if on_progress is not None:
                on_progress(len(found), len(wanted))
        return found

    def fetch(self, url: str, name: str = "") -> Stored:
        """Have the service fetch a file from a public address."""
        return Stored(**self._json("POST", "/v1/files", {"url": url, **({"name": name} if name else {})}))

    def download_file(self, file: str | Stored, path: str | Path) -> Path:
        """Write an uploaded file to `path`."""
        name = file.id if isinstance(file, Stored) else file
        return self._saved(f"/v1/files/{quote(name, safe='')}/content", path)

    def delete_file(self, file: str | Stored) -> None:
        """Forget an uploaded file."""
        name = file.id if isinstance(file, Stored) else file
        self._asked("DELETE", f"/v1/files/{quote(name, safe='')}")

    # Jobs

    def submit(
        self,
        kind: str,
        *,
        files: Iterable[str | Stored] = (),
        catalogue: str = "",
        webhook: str = "",
        idempotency_key: str = "",
        **parameters: Any,
    ) -> Job:
        """Hand in a job; sent twice by a shaky line, it is made once. idempotency_key: your own, such as an order's."""
        ids = [file.id if isinstance(file, Stored) else file for file in files]
        wanted = {"kind": kind, "parameters": parameters, "files": ids, "catalogue": catalogue, "webhook": webhook}
        key = idempotency_key or uuid.uuid4().hex
        return _job(self._json("POST", "/v1/jobs", wanted, headers={"Idempotency-Key": key}))

    def job(self, job: str) -> Job:
        """A job as it stands."""
        return _job(self._json("GET", _at(job)))

    def jobs(self, *, states: Sequence[str] = (), kind: str = "", limit: int = 50) -> list[Job]:
        """Jobs, the newest first."""
        query = urlencode([*(("state", state) for state in states), ("kind", kind), ("limit", limit)])
        return [_job(row) for row in self._json("GET", f"/v1/jobs?{query}")["jobs"]]

    def command(self, job: str, command: Command) -> Job:
        """Pause, resume, cancel or retry a job; twice is as once."""
        return _job(self._json("POST", f"{_at(job)}/{command}"))

    def delete(self, job: str) -> None:
        """Forget a finished job with its results."""
        self._asked("DELETE", _at(job))

    def events(self, job: str, after: int = 0) -> Iterator[Event]:
        """What happens to a job as it happens, until it has ended; a broken line is taken up after the last event."""
        broken = 0
        while True:
            seen = after
            try:
                answer = self._asked("GET", f"{_at(job)}/events?after={after}")
                if answer.status == 204:
                    return
                for number, name, data in wire.events(answer):
                    after = number
                    yield Event(number=number, at=data.pop("at"), name=name, data=data)
            except Unavailable:
                broken = 0 if after > seen else broken + 1
                if broken >= self.tries:
                    raise
            if after == seen:
                time.sleep(_pause(broken))

    def wait(
        self,
        job: str,
        *,
        timeout: float | None = None,
        on_progress: Callable[[Job], None] | None = None,
        every: float = 0.5,
    ) -> Job:
        """The job once it has ended (done, failed or cancelled). on_progress: called whenever it got further.

        Raises Unavailable after `timeout` seconds.
        """
        until, told = None if timeout is None else time.monotonic() + timeout, -1
        while True:
            now = self.job(job)
            if on_progress is not None and now.last_event != told:
                told = now.last_event
                on_progress(now)
            if now.state in FINISHED:
                return now
            if until is not None and time.monotonic() > until:
                raise Unavailable(f"job {job}: is {now.state} after {timeout:g} s", every)
            time.sleep(every)

    def results(self, job: str, status: str = "") -> Iterator[Result]:
        """The results of a job in the order of their names. status: only done, flagged or failed ones."""
        after = ""
        while True:
            page = self._json("GET", f"{_at(job)}/results?{urlencode({'after': after, 'status': status})}")
            for row in page["results"]:
                after = row["name"]
                yield Result(**{k: v for k, v in row.items() if k in Result.model_fields}, tenant="")
            if not page["more"]:
                return

    def download(self, job: str, name: str, path: str | Path) -> Path:
        """Write one result to `path`, or into it where it is a folder."""
        target = Path(path) / Path(name).name if Path(path).is_dir() else Path(path)
        return self._saved(f"{_at(job)}/results/{quote(name)}", target)

    def download_zip(self, job: str, path: str | Path) -> Path:
        """Write all results to a zip."""
        return self._saved(f"{_at(job)}/zip", path)

    def webhook_secret(self) -> str:
        """The key by which webhooks are signed (`packshot.serve.webhooks.verify` proves one)."""
        return str(self._json("GET", "/v1/webhooks/secret")["secret"])

    # How it is asked

    def _edited(
        self,
        path: str,
        photo: Source | Stored,
        said: Mapping[str, str],
        pictures: Mapping[str, Source],
        seed: int,
        output: Mapping[str, Any] | None,
        policy: str,
    ) -> Edited:
        parts = [*_photo(photo), *(Part.of_source(name, source) for name, source in pictures.items())]
        texts = {**said, "seed": str(seed), "policy": policy}
        texts |= {"output": json.dumps(dict(output))} if output else {}
        parts += [Part(name, text) for name, text in texts.items()]
        answer = self._asked("POST", path, parts=parts, headers={"Accept": "image/*"})
        data = answer.read()
        report = answer.headers.get("Packshot-Report", "")
        return Edited(data, answer.headers.get("Content-Type", ""), json.loads(report) if report else {})

    def _rows(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("GET", f"/v1/{name}")[name]
        return found

    def _saved(self, path: str, to: str | Path) -> Path:
        """Beside its place, then renamed: what is there is whole. Begun anew where the line breaks."""
        for attempt in range(self.tries):
            try:
                return wire.written(Path(to), self._asked("GET", path).pieces())
            except Unavailable:
                if attempt + 1 == self.tries:
                    raise
                time.sleep(_pause(attempt))
        raise AssertionError("tries is at least 1")

    def _json(self, method: str, path: str, said: Any = None, **how: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._asked(method, path, said, **how).read() or b"{}")
        return found

    def _asked(
        self,
        method: str,
        path: str,
        said: Any = None,
        *,
        parts: Sequence[Part] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, asked again while the service is busy or the line is broken. Raises what the service met."""
        for attempt in range(max(1, self.tries)):
            last = attempt + 1 >= self.tries
            try:
                answer = self.line.ask(method, path, said, parts, headers or {})
            except Unavailable:
                if last:
                    raise
                time.sleep(_pause(attempt))
                continue
            if answer.status < 400:
                return answer
            error = error_of(answer)
            if last or answer.status not in AGAIN:
                raise error
            time.sleep(min(LONGEST_WAIT, max(getattr(error, "retry_after", 0.0), 0.1) * random.uniform(1.0, 1.25)))
        raise AssertionError("tries is at least 1")


def _photo(photo: Source | Stored) -> list[Part]:
    return [Part("file", photo.id)] if isinstance(photo, Stored) else [Part.of_source("picture", photo)]


def _job(row: Mapping[str, Any]) -> Job:
    return Job(**{key: value for key, value in row.items() if key in Job.model_fields}, tenant="")


def _at(job: str) -> str:
    return f"/v1/jobs/{quote(job, safe='')}"


def _pause(attempt: int) -> float:
    return float(min(30.0, 0.25 * 2**attempt) * random.uniform(0.75, 1.25))
