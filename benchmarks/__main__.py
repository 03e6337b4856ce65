"""`python -m benchmarks [NAME …] [OPTIONS of the last one]`: run the measurements, each printing Markdown tables.

Without a name all quick ones run; those of `learning/` train networks for hours and run only when named.
"""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
LEARNING = ("survey", "headline", "autoencoders", "augmentation", "low_data", "semi_supervised", "step")


def main() -> int:
    words = sys.argv[1:]
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    wanted, options = [word.replace("-", "_") for word in words[:first]] or NAMES, words[first:]
    unknown = [name for name in wanted if name not in (*NAMES, *LEARNING)]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; expected one of {', '.join((*NAMES, *LEARNING))}")
        return 2
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        place = "benchmarks.learning" if name in LEARNING else "benchmarks"
        importlib.import_module(f"{place}.{name}").main(options if name == wanted[-1] else [])
    return 0


if __name__ == "__main__":
    sys.exit(main())
