"""`packshot check` on planted violations and on real photos: precision and recall by rule, false alarms, speed.

    [PACKSHOT_DATA=…] python -m benchmarks check
    python benchmarks/check.py [--text strokes|ocr] [--bases 21] [--missed]

Planted: the 16 samples cut out by their exact mattes and five drawn products, each on white without fault and with
every rule broken in several ways (`_check_plants.py`). A finding counts as raised whatever its severity; a rule that
was skipped is a miss. Rules that a plant leaves open do not count.
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks import _check_plants
from packshot.evaluation.tables import markdown_table
from packshot.publish import channels
from packshot.publish.check import check_picture

SAMPLES = Path(__file__).parent.parent / "packshot" / "samples"


def bases(most):
    """So many of the products, evenly chosen: the samples first, then the drawn ones."""
    every = [*_check_plants.sample_bases(SAMPLES), *_check_plants.drawn_bases()]
    return every[:: max(1, round(len(every) / most))][:most]


def channel():
    """The channel that states every rule, from a file of overrides."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planted.yaml"
        path.write_text(_check_plants.CHANNEL)
        return channels.find("planted", path)


def judge(base, text):
    """For every plant of a base: (way, rule, planted, raised, words, seconds)."""
    import cv2

    cv2.setNumThreads(1)
    rules, rows = channel(), []
    for plant in _check_plants.plants(base):
        started = time.perf_counter()
        findings = check_picture(plant.data, rules, name=plant.name, text=text)
        seconds = time.perf_counter() - started
        seen = {f.rule: f for f in findings}
        for rule in {*plant.breaks, *seen} - plant.open:
            found = seen.get(rule)
            words = found.measured if found else "not judged"
            rows.append((base.name, plant.way, rule, rule in plant.breaks, bool(found and found.bad), words, seconds))
    return rows


def table(rows):
    """Precision and recall by rule, and by way where not all were found."""
    counts, ways, missed = defaultdict(Counter), defaultdict(set), Counter()
    for _, way, rule, planted, raised, _, _ in rows:
        counts[rule][planted, raised] += 1
        if planted:
            ways[rule].add(way)
            missed[rule, way] += not raised
    found = []
    for rule, c in sorted(counts.items()):
        hit, false, miss = c[True, True], c[False, True], c[True, False]
        found.append(
            {
                "rule": rule,
                "ways": len(ways[rule]),
                "planted": hit + miss,
                "sound": false + c[False, False],
                "precision": hit / (hit + false) if hit + false else None,
                "recall": hit / (hit + miss) if hit + miss else None,
                "missed": ", ".join(f"{way} {n}" for (r, way), n in sorted(missed.items()) if r == rule and n),
            }
        )
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", default="strokes", choices=("strokes", "ocr"))
    parser.add_argument("--bases", type=int, default=21)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--missed", action="store_true", help="list every miss and false alarm")
    given = parser.parse_args(arguments)
    with ProcessPoolExecutor(given.workers) as pool:
        rows = [row for part in pool.map(partial(judge, text=given.text), bases(given.bases)) for row in part]
    formats = {"precision": ".3f", "recall": ".3f"}
    print(markdown_table(table(rows), ["rule", "ways", "planted", "sound", "precision", "recall", "missed"], formats))
    if given.missed:
        for name, way, rule, planted, raised, words, _ in rows:
            if planted != raised:
                print(f"{'missed' if planted else 'false'}  {rule}  {name}  {way}: {words}")


if __name__ == "__main__":
    main()
