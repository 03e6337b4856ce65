"""The DCGAN of the public tutorial against our best preset, the same processor time, several seeds.

    PACKSHOT_DATA=… python -m benchmarks headline [--seconds 1200] [--seeds 3] [--ours fashion-dcgan]

Plain: unconditional, batch normalisation, non-saturating loss on logits, Adam 2·10⁻⁴ with β₁ 0.5 and β₂ 0.999, batch
128, no average, no augmentation; 32 px instead of the tutorial's 64, so one layer less in both networks. As wide as the
tutorial has it (64), and as narrow as ours, which sees more pictures in the same time: the ratio is taken to the better
of the two. CAS needs labels, which what it draws does not have: not defined. Labels from a classifier that learned from
real pictures would score that classifier.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.learning.fashion import SIDE
from benchmarks.learning.measures import at_size
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import spread, told
from benchmarks.learning.trials import trained
from packshot.evaluation.tables import markdown_table
from packshot.training import presets
from packshot.training.preset import Preset, flat

OURS = "fashion-dcgan"
TUTORIAL = Preset(
    what="the public tutorial's DCGAN",
    objective="gan",
    networks={
        "generator": ("dcgan-generator", {"z_dim": 100, "width": 64}),
        "critic": ("dcgan-critic", {"width": 64}),
    },
    size=SIDE,
    channels=1,
    rules={"loss": "non-saturating"},
    settings={"batch": 128, "learning_rate": flat(2e-4), "beta1": 0.5, "beta2": flat(0.999), "average_images": 0},
)


def rows(ours: str) -> dict[str, Preset]:
    """What is trained, by name."""
    narrow = {role: (name, {**entries, "width": 32}) for role, (name, entries) in TUTORIAL.networks.items()}
    return {
        "tutorial, width 64": TUTORIAL,
        "tutorial, width 32": replace(TUTORIAL, networks=narrow),
        ours: at_size(presets.find(ours), SIDE),
    }


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=1200, seeds=3)
    options.add_argument("--ours", default=OURS, help="our preset")
    bench = opened("headline", options, argv)
    for seed in bench.seeds:
        for row, preset in rows(bench.told.ours).items():
            trained(bench, row, preset, seed)
    real = real_accuracy(bench)
    bench.finish(tables(bench, real))


def real_accuracy(bench: Bench) -> list[float]:
    """What the classifier of CAS reaches from the real training pictures, over seeds."""
    found = []
    for seed in bench.seeds:
        key = {"row": "real pictures", "seed": seed, "classifier_images": bench.ruler.images}

        def work(seed: int = seed) -> dict[str, Any]:
            rows = bench.ruler.training
            learned = bench.ruler.pictures.gather(rows)
            return {"cas": bench.ruler.accuracy(learned, bench.ruler.labels.codes[rows], seed)}

        found.append(bench.records.once(key, work)["cas"])
    return found


def tables(bench: Bench, real: list[float]) -> str:
    """One line a recipe; the ratio of mean FD to that of the better plain one."""
    values = {
        row: [
            r for seed in bench.seeds if (r := bench.records.find(row=row, seed=seed, seconds=bench.seconds, share=1.0))
        ]
        for row in rows(bench.told.ours)
    }
    whole = {row: [r["fd"] for r in found if "fd" in r] for row, found in values.items()}
    plain = min((spread(whole[row])[0] for row in list(whole)[:2] if whole[row]), default=None)
    lines = []
    for row, found in values.items():
        fd, cas = whole[row], [r["cas"] for r in found if "cas" in r]
        ratio = f"{spread(fd)[0] / plain:.2f}" if fd and plain else None
        images = told([r["images"] / 1000 for r in found if "images" in r], 0)
        ended = ", ".join(sorted({r["verdict"] for r in found})) or "not run"
        lines.append(
            {"recipe": row, "FD-own": told(fd), "ratio": ratio, "CAS": told(cas, 3) if cas else "not defined",
             "thousand images": images, "CPU minutes": f"{bench.seconds / 60:g}", "seeds": len(found),
             "N": found[0].get("n") if found else None, "ended": ended}
        )  # fmt: skip
    lines.append({"recipe": "real training pictures", "CAS": told(real, 3), "seeds": len(real)})
    columns = ["recipe", "FD-own", "ratio", "CAS", "thousand images", "CPU minutes", "seeds", "N", "ended"]
    return markdown_table(lines, columns)
