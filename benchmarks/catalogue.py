"""How a catalogue scales: opening, streaming, lookups and reading a table, with the memory they take.

    python -m benchmarks catalogue        python benchmarks/catalogue.py [--rows 1000000]

Every line is measured in a process of its own; memory is the peak of that process above the peak before the step.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

LINE = (
    '{{"sku":"SKU-{0:07d}","title":"Product number {0}","titles":{{"zh":"商品{0}"}},"category":"shoes/{1}",'
    '"attributes":{{"colour":"red","material":"wool"}},"price":"{1}.90","currency":"CNY","images":[{{"path":"images/{0}.jpg",'
    '"width":1600,"height":1600}},{{"path":"images/{0}-2.jpg"}}],"licence":"CC0-1.0"}}\n'
)
STEPS = {
    "open": "catalogue = Catalogue(folder)",
    "len": "assert len(Catalogue(folder)) == rows",
    "stream all products": "assert sum(1 for _ in Catalogue(folder)) == rows",
    "build the index, look up one sku": "assert Catalogue(folder).find(last).sku == last",
    "open with the index there, look up 1,000 skus": (
        "c = Catalogue(folder); assert all(c.find(f'SKU-{i * rows // 1000:07d}') for i in range(1000))"
    ),
    "stream all pictures with their keys": "assert sum(1 for _ in Catalogue(folder).images()) == 2 * rows",
    "count everything (catalogue show)": "assert summarise(Catalogue(folder)).products == rows",
    "read a CSV of as many rows": "assert ingest(folder / 'in.csv', folder / 'made').products == rows",
}
PROGRAM = """
import resource, sys, time
from pathlib import Path
import numpy
from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.ingest import ingest
from packshot.catalogue.show import summarise
folder, rows = Path(sys.argv[1]), int(sys.argv[2])
last = f"SKU-{{rows - 1:07d}}"
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.perf_counter()
{step}
print(time.perf_counter() - start, peak() - before, peak())
"""


def main(argv=None):
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    rows = arguments.parse_args(argv).rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "products.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(LINE.format(i, i % 100) for i in range(rows))
        with (folder / "in.csv").open("w", encoding="utf-8") as file:
            file.write("sku,title,标题,colour,price,image\n")
            file.writelines(
                f"SKU-{i:07d},Product {i},商品{i},red,{i % 100}.90,https://x.example/{i}.jpg\n" for i in range(rows)
            )
        print(f"{rows:,} rows, {(folder / 'products.jsonl').stat().st_size / 1e6:,.0f} MB\n")
        print("| step | seconds | peak memory grew by, MB | peak, MB |\n|---|---|---|---|")
        for step, code in STEPS.items():
            command = [sys.executable, "-c", PROGRAM.format(step=code), str(folder), str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, grew, peak = map(float, done.stdout.split())
            print(f"| {step} | {seconds:.3f} | {grew:.1f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
