"""The task `models`: weights that are here, with their cards, licences and what was measured of their engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packshot import checkpoint, models
from packshot.errors import PackshotError
from packshot.models import bench, community, engines
from packshot.models.drawing import DRAWING
from packshot.serve.direct.desk import Desk
from packshot.serve.direct.frames import Blobs


def listed(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{models: [{name, network, licence, commercial, engine, bytes, digest, draws, measurable, card, bench}]}`."""
    return {"models": [_row(path) for path in models.available()]}, {}


def _row(path: Path) -> dict[str, Any]:
    plain = {"name": path.stem, "bytes": path.stat().st_size}
    if community.is_foreign(path):
        licence = community.licence_of(path)
        return plain | {"network": "community", "licence": licence, "commercial": licence in models.COMMERCIAL}
    try:
        stored = checkpoint.read(path)
    except PackshotError as error:
        return plain | {"network": "", "licence": "", "commercial": False, "trouble": " ".join(str(error).split())}
    licence = str(stored.card.get("licence", "unstated"))
    return plain | {
        "network": stored.network,
        "licence": licence,
        "commercial": licence in models.COMMERCIAL,
        "digest": stored.digest,
        "engine": bench.remembered(stored.digest),
        "bench": bench.rows_of(stored.digest),
        "config": dict(stored.config),
        "measurable": engines.serves(stored),
        "draws": str(stored.card.get("role", "")) in DRAWING,
        "card": dict(stored.card),
    }
