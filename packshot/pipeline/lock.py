"""The product lock: the only runner of an operation, and the proof that the product was left alone.

The truth of a step is its own input, carried through the transform that the step declares by
`picture.to_source`. Where the operation may not touch the product, the truth's pixels are pasted back inside the
eroded matte, and what is left of any change is measured there (ΔE2000, edge shift, SSIM). What the operation
would have done without the paste is measured too: an operation that moved the product leaves a ghost beside the
pasted one, so a shift before the paste is a breach as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from packshot.errors import LockBreach
from packshot.imaging import compare, geometry, mattes
from packshot.imaging.picture import Picture
from packshot.operations import name_of
from packshot.operations.operation import Context, Operation, Result
from packshot.pipeline.recipe import Limits
from packshot.pipeline.weights import noted
from packshot.provenance.step import Step

INNER_PX = 2  # how far the matte is eroded: the edge itself is mixed with the background


@dataclass(frozen=True)
class Locked:
    """A result whose product has been proven, and the step as history keeps it."""

    result: Result
    step: Step


def apply_locked(
    operation: Operation,
    picture: Picture | None,
    context: Context,
    *,
    limits: Limits | None = None,
    weights: Mapping[str, str] | None = None,
) -> Locked:
    """Apply one operation and hold it to its promise.

    limits: what may differ inside the eroded matte. weights: name → digest of networks used besides those it loads.
    Raises LockBreach with the measured values, and whatever the operation raises.
    """
    used = dict(weights or {})
    context = replace(context, load_model=noted(context.load_model, used))
    with torch.inference_mode():
        result = operation.apply(picture, context)
        fidelity: dict[str, float] = {}
        if picture is not None and not operation.touches_product():
            result, fidelity = _lock(operation, picture, result, limits or Limits())
    step = Step(
        operation=name_of(operation),
        parameters=operation.model_dump(mode="json"),
        seed=context.seed,
        numbers=dict(result.numbers),
        fidelity=fidelity,
        digital_source_type=operation.source_type(),
        weights=used,
    )
    return Locked(result, step)


def carried(picture: Picture, to_source: Tensor, size: tuple[int, int]) -> Picture:
    """`picture` in the pixels of a picture of `size` whose `to_source` is given; the same object if nothing moved."""
    to_old = torch.linalg.solve(picture.to_source, to_source)
    if size == picture.size and torch.allclose(to_old, torch.eye(3, dtype=to_old.dtype), rtol=0, atol=1e-9):
        return picture
    return geometry.carry(picture, to_old, size)


def _lock(operation: Operation, before: Picture, result: Result, limits: Limits) -> tuple[Result, dict[str, float]]:
    after = result.picture
    truth = carried(before, after.to_source, after.size)
    matte = truth.matte if truth.matte is not None else after.matte
    if matte is None:
        return result, {}
    inside = mattes.inner(matte, INNER_PX)
    if not bool(inside.any()):
        return result, {}
    found = compare.fidelity(truth.rgb, after.rgb, inside)
    if found["delta_e_max"] > 0:
        unlocked = found
        after = after.replace(rgb=torch.where(inside, truth.rgb, after.rgb))
        result = replace(result, picture=after)
        found = compare.fidelity(truth.rgb, after.rgb, inside)
        found |= {f"unlocked_{key}": unlocked[key] for key in ("delta_e_p99", "edge_shift_px")}
    _judge(operation, found, limits)
    return result, found


def _judge(operation: Operation, found: Mapping[str, float], limits: Limits) -> None:
    shift = max(found["edge_shift_px"], found.get("unlocked_edge_shift_px", 0.0))
    if found["delta_e_p99"] <= limits.delta_e_p99 and shift <= limits.edge_shift_px:
        return
    raise LockBreach(
        f"{name_of(operation)} changed the product: ΔE2000 p99 {found['delta_e_p99']:.2f} "
        f"(limit {limits.delta_e_p99:g}), edges moved {shift:.2f} px (limit {limits.edge_shift_px:g})"
    )


def encoded_fidelity(before: Picture, encoded: Picture) -> dict[str, float]:
    """ΔE2000 and SSIM between the finished picture and its file as decoded again; empty without a matte.

    A transparent file is compared where it is opaque, which the eroded matte is.
    """
    if before.matte is None:
        return {}
    inside = mattes.inner(before.matte, INNER_PX)
    return compare.fidelity(before.rgb, encoded.rgb, inside, edges=False) if bool(inside.any()) else {}
