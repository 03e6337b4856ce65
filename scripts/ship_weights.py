"""Put a trained network into the package, its card completed, and write docs/weights.md from all the cards.

`python scripts/ship_weights.py CHECKPOINT NAME --trained-on TEXT --source URL [--score FILE] [--note TEXT]`, the file
being the `score.json` of `packshot score`.
For weights that cut out: the `scores.jsonl` of `benchmarks segmentation`; others: numbers of a benchmark by --measured.
`python scripts/ship_weights.py --page [--check]`: the page alone; with --check, say whether it is true.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from packshot import checkpoint
from packshot.evaluation.tables import markdown_table

ROOT = Path(__file__).parent.parent
WEIGHTS, PAGE = ROOT / "packshot" / "weights", ROOT / "docs" / "weights.md"
MOST = 24  # entries of a list that the page shows
LEFT_OUT = ("pictures", "features", "split", "seed", "real", "generated", "kernel_spread")
HEAD = """# Weights

Made by `python scripts/ship_weights.py` from the cards inside the files: `packshot models list` finds them by name. All
are trained by this project, by a preset, on data whose licence allows it, and are under Apache-2.0. Long lists are cut
short here; `packshot models show NAME` prints the whole card.

"""


def ship(
    file: Path, target: Path, trained_on: str, source: str, score: Path | None, measured: dict[str, float], note: str
) -> Path:
    """Write `target` in half precision; returns it."""
    stored = checkpoint.read(file)
    card = {**stored.card, "trained_on": trained_on, "data_source": source}
    if note:
        card["note"] = note
    if score is not None:
        text = score.read_text(encoding="utf-8")
        lines = score.suffix == ".jsonl"
        card["metrics"] = cut_metrics(text, stored.digest) if lines else metrics(json.loads(text), stored.digest)
    elif measured:
        card["metrics"] = measured
    checkpoint.write(target, stored.build(), stored.network, card, torch.float16)
    return target


def metrics(score: dict[str, Any], digest: str) -> dict[str, Any]:
    """What `packshot score` found of these very weights, and of training pictures in the same place."""
    if score["digest"] != digest:
        raise SystemExit("score.json is of other weights")
    rows = {row["pictures"]: row for row in score["rows"]}
    kept = {name: {k: float(f"{v:.4g}") for k, v in row.items() if k not in LEFT_OUT} for name, row in rows.items()}
    own = rows["generated"]
    return {"split": own["split"], "pictures": own["generated"], "against": own["real"], "seed": own["seed"], **kept}


def cut_metrics(text: str, digest: str) -> dict[str, Any]:
    """What `benchmarks segmentation` found of these very weights (its `scores.jsonl`): means over each set."""
    records = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    own = [record for record in records if record["digest"].startswith(digest[:16])]
    if not own:
        raise SystemExit("scores.jsonl has nothing of these weights")
    found = {}
    for name in sorted({record["set"] for record in own}):
        group = [record for record in own if record["set"] == name]
        means = {key: sum(r[key] for r in group) / len(group) for key in ("iou", "boundary", "mae")}
        found[name] = {"pictures": len(group)} | {key: float(f"{value:.4g}") for key, value in means.items()}
    return found


def shortened(value: Any) -> Any:
    """A card's value to be read by a person: of long lists the first entries, flat lists as one line of text."""
    if isinstance(value, dict):
        return {key: shortened(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    flat = all(
        isinstance(each, str | int | float) and (not isinstance(each, str) or each.isprintable()) for each in value
    )
    if len(value) <= MOST:
        return ", ".join(str(each) for each in value) if flat else [shortened(each) for each in value]
    if flat:
        return ", ".join(str(each) for each in value[:MOST]) + f" … ({len(value):,} in all)"
    return f"({len(value):,} entries)"


def page() -> str:
    """The document."""
    rows, parts = [], []
    for file in sorted(WEIGHTS.glob("*.safetensors")):
        stored = checkpoint.read(file)
        row = {"name": f"`{file.stem}`", "what": stored.card["what"], "network": f"`{stored.network}`"}
        size = {"million": sum(t.numel() for t in stored.tensors.values()) / 1e6, "MB": file.stat().st_size / 1e6}
        data = f"{stored.card['trained_on']} ({', '.join(stored.card['data_licences'])})"
        rows.append({**row, **size, "data": data})
        card = json.dumps(shortened(dict(stored.card)), indent=1, ensure_ascii=False)
        parts.append(f"## {file.stem}\n\n```json\n{card}\n```\n")
    table = markdown_table(rows, list(rows[0]), {"million": ".2f", "MB": ".2f"})
    return HEAD + table + "\n\n" + "\n".join(parts)


def main() -> None:
    """Ship, or write or check the page."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("checkpoint", nargs="?", type=Path)
    told.add_argument("name", nargs="?")
    told.add_argument("--trained-on", default="")
    told.add_argument("--source", default="")
    told.add_argument("--score", type=Path)
    told.add_argument("--measured", action="append", default=[], metavar="NAME=NUMBER", help="of a benchmark's table")
    told.add_argument("--note", default="")
    told.add_argument("--into", type=Path, default=WEIGHTS, help="another folder, for what is not part of the package")
    told.add_argument("--page", action="store_true")
    told.add_argument("--check", action="store_true")
    given = told.parse_args()
    if given.check:
        raise SystemExit(PAGE.read_text(encoding="utf-8") != page())
    if not given.page:
        if not (given.checkpoint and given.name and given.trained_on and given.source):
            told.error("expected CHECKPOINT NAME --trained-on TEXT --source URL")
        measured = {name: float(value) for name, _, value in (text.partition("=") for text in given.measured)}
        target = given.into / f"{given.name}.safetensors"
        print(ship(given.checkpoint, target, given.trained_on, given.source, given.score, measured, given.note))
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
