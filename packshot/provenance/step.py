"""One step of a picture's history, as it is written to `edits.jsonl` and into the marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """An operation that was applied, and what it gave.

    operation: name in the table of operations.
    parameters: all of them, defaults included, as plain JSON values.
    numbers: what it measured (units in the names).
    fidelity: what the product lock measured against the step's own input (empty if the step may change the product).
    digital_source_type: IPTC term the step's result deserves; None = the picture stays what it was.
    weights: name → digest of every network used.
    """

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)
    fidelity: Mapping[str, float] = field(default_factory=dict)
    digital_source_type: str | None = None
    weights: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary; empty entries are left out."""
        pairs = {
            "operation": self.operation,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "numbers": dict(self.numbers),
            "fidelity": dict(self.fidelity),
            "digital_source_type": self.digital_source_type,
            "weights": dict(self.weights),
        }
        return {k: v for k, v in pairs.items() if k in ("operation", "parameters", "seed") or v}
