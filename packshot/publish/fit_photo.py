"""One photo fitted into every channel that takes it: framed, exported, checked, put in its place or held back."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from packshot.errors import TooLarge
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Record
from packshot.pipeline.run import Claim, Item
from packshot.pipeline.work import Failure, Job, Opened, State, context, explain, written
from packshot.pipeline.work import opened as opened_photo
from packshot.publish import filenames, fitting
from packshot.publish.channel import Channel
from packshot.publish.check import check_picture
from packshot.publish.filenames import HELD
from packshot.publish.findings import Finding, Judge


@dataclass(frozen=True)
class Fitting(Item):
    """A photo and where its pictures go: channel → name. own_ground: it shows more than the product, and may."""

    places: Mapping[str, filenames.Name] = field(default_factory=dict)
    own_ground: bool = False


@dataclass(frozen=True)
class FitJob(Job):
    """A photo for a worker.

    notes: channel → what is worth knowing of the file's name. barred: channel → why that name must not be uploaded.
    """

    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    barred: Mapping[str, str] = field(default_factory=dict)
    own_ground: bool = False


@dataclass(frozen=True)
class FitWork:
    """What is done to every photo: the pipeline's steps without a frame, then every channel's own."""

    channels: Mapping[str, Channel]
    recipe: Recipe
    max_upscale: float
    digests: Mapping[str, str]

    def __call__(self, job: Job) -> list[Record]:
        assert isinstance(job, FitJob)
        return fit_photo(job, self)

    def names(self, item: Item, claim: Claim) -> dict[str, str]:
        assert isinstance(item, Fitting)
        return {channel: "" if item.refused else _claimed(name.path, claim) for channel, name in item.places.items()}

    def settings(self, variant: str) -> str:
        return self.digests[variant]

    def job(self, item: Item, out: Path, outputs: Mapping[str, str]) -> FitJob:
        assert isinstance(item, Fitting)
        notes = {channel: _name_notes(name, outputs.get(channel, "")) for channel, name in item.places.items()}
        barred = {channel: _barred(name, outputs.get(channel, "")) for channel, name in item.places.items()}
        return FitJob(
            sku=item.sku,
            image=item.image,
            source=item.source,
            out=str(out),
            outputs=outputs,
            values={"sku": item.sku, **item.values},
            notes=notes,
            barred={channel: why for channel, why in barred.items() if why},
            own_ground=item.own_ground,
            refused=item.refused,
        )

    def places(self, name: str) -> tuple[str, ...]:
        return (name, _held(name)) if name else ()


def _claimed(path: str, claim: Claim) -> str:
    """The path, or the next free one of its kind: two products never share a file."""
    stem, dot, suffix = path.rpartition(".")
    number = 1
    while not claim(path):
        number += 1
        path = f"{stem}-{number}{dot}{suffix}"
    return path


def _held(path: str) -> str:
    """Where a file lies until it is found good; one that is not to be uploaded whatever it shows lies there already."""
    return path if path.startswith(f"{HELD}/") else f"{HELD}/{path}"


def _barred(name: filenames.Name, given: str) -> str:
    if name.refused or not given or given == name.path or not name.unique:
        return name.refused
    return f"the name {name.path} is taken by another picture, and a number behind it makes another identifier of it"


def _name_notes(name: filenames.Name, given: str) -> tuple[str, ...]:
    if given and given != name.path:
        return (*name.notes, f"the name {name.path} is taken by another picture, so it is {given}")
    return name.notes


def fit_photo(job: FitJob, work: FitWork) -> list[Record]:
    """All channels of one photo. Failures become records with a reason; nothing is raised for a bad picture."""
    started = time.perf_counter()
    photo = opened_photo(job)
    if isinstance(photo, Failure):
        return [photo.record(job, c, work.settings(c), time.perf_counter() - started) for c in job.outputs]
    master = fitting.Master(photo.picture, work.recipe, context(work.recipe, job, photo.picture), dict(job.values))
    records = []
    for name in _in_order(job, work):
        try:
            record = _fitted(job, work.channels[name], master, photo, work)
        except Exception as error:
            record = Failure(photo.info.sha256, explain(error)).record(job, name, work.settings(name))
            (Path(job.out) / _held(job.outputs[name])).unlink(missing_ok=True)
        now = time.perf_counter()
        records.append(replace(record, seconds=round(now - started, 4)))
        started = now
    return records


def _in_order(job: FitJob, work: FitWork) -> list[str]:
    """The channels of a photo, those that share a ground together, so that it is laid once."""

    def key(name: str) -> tuple[str, bool]:
        channel = work.channels[name]
        return fitting.ground_of(channel, keeps_ground=job.own_ground), fitting.takes_shadow(channel)

    return sorted(job.outputs, key=key)


def _fitted(job: FitJob, channel: Channel, master: fitting.Master, photo: Opened, work: FitWork) -> Record:
    """One picture framed, written under `held/`, checked, and moved to its place if the channel would take it."""
    ground = fitting.ground_of(channel, keeps_ground=job.own_ground)
    laid = master.on(ground, shadow=fitting.takes_shadow(channel), scene=job.own_ground)
    plan = fitting.plan(laid.picture, channel, work.max_upscale)
    state = master.framed(laid, plan, channel.id)
    try:
        record = _written(job, channel, state, photo, work)
    except TooLarge:  # too many bytes even at the least quality: fewer pixels, where the channel takes them
        smaller = fitting.least_plan(plan, channel)
        if smaller is None:
            raise
        record = _written(job, channel, master.framed(laid, smaller, channel.id), photo, work)
    return _judged(job, channel, record, plan, work.recipe.policy.name)


def _judged(job: FitJob, channel: Channel, record: Record, plan: fitting.Plan, policy: str) -> Record:
    """The record after the channel's own check, the file where it belongs."""
    findings = _labelled(check_picture(Path(job.out) / record.output, channel), channel, record, policy)
    barred = job.barred.get(channel.id, "")
    refusals = [*([f"{channel.id}: names: {barred}"] if barred else []), *_told(channel, findings, "fail")]
    name, of_name = job.outputs[channel.id], [f"{channel.id}: {note}" for note in job.notes.get(channel.id, ())]
    target = Path(job.out) / name
    if refusals and name != record.output:
        target.unlink(missing_ok=True)  # what an earlier run took for ready is no longer to be uploaded
    elif not refusals:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(Path(job.out) / record.output, target)
    short = [f"{channel.id}: {plan.short}"] if refusals and plan.lacking else []
    reasons = [*([record.reason] if record.reason else []), *refusals, *short]
    warned = [f for f in findings if not (of_name and f.rule == "names")]
    return replace(
        record,
        output=record.output if refusals else name,
        status="flagged" if reasons else "done",
        reason="; ".join(reasons),
        notes=(*record.notes, *of_name, *_told(channel, warned, "warn")),
        checks=tuple(f.to_json() for f in findings if f.outcome != "pass"),
    )


def _labelled(findings: list[Finding], channel: Channel, record: Record, policy: str) -> list[Finding]:
    """The findings with what is known of the label that the policy drew: a channel without text cannot take it."""
    label = record.marks.get("visible_label", "")
    if not label or channel.overlay is None or channel.overlay.most > 0:
        return findings
    measured = f"the policy {policy} drew a visible label ({label}), so policy and channel contradict each other"
    mend = "choose: another policy (--policy cn-art9, if article 9 is your case), or a picture that needs no label"
    told = Judge(dt.date.today()).say("overlay", channel.overlay, False, measured, "no added text", mend)
    return [*(finding for finding in findings if finding.rule != "overlay"), told]


def _told(channel: Channel, findings: Sequence[Finding], outcome: str) -> list[str]:
    """The findings of one outcome, each in a line that says which channel it is about ("; " divides reasons)."""
    lines = [f"{channel.id}: {f.rule}: {f.measured}, expected {f.expected}" for f in findings if f.outcome == outcome]
    return [line.replace("; ", ", ") for line in lines]


def _written(job: FitJob, channel: Channel, state: State, photo: Opened, work: FitWork) -> Record:
    held = _held(job.outputs[channel.id])
    settings, encoding = work.settings(channel.id), fitting.encoding_of(channel)
    return written(job, channel.id, held, state, photo, work.recipe, settings, encoding)
