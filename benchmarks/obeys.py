"""Does it obey? A flow is asked in words for products whose combination training never had; a judge reads them back.

One picture a product of the held-out combinations, asked for in English and in Chinese by a caption of category, colour
and material, another one each time. `named`: the judge names what was asked. `ΔE ≤ 10`: the paint that the judge names
is within 10 ΔE2000 of the one asked for. `area`: a tenth of the product, which is what differs from the ground, lies
within 10 ΔE2000 of what real photographs of that paint show. The same of real photographs stands below: no judge reads
all of them right.

usage: python -m benchmarks obeys --weights toyshop-flow --judge toyshop/judge.safetensors
       [--count 400] [--steps 12] [--guidance 2] [--sheet obeys.png]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from random import Random
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from benchmarks.judge import SHIPPED, named
from packshot import checkpoint
from packshot.catalogue.dataset.phrases import names_of
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.opening import open_pictures
from packshot.catalogue.toyshop.scenes.tables import PAINTS
from packshot.evaluation.tables import markdown_table
from packshot.imaging.compare import delta_e_map
from packshot.imaging.names import parse_colour
from packshot.models.drawing import drawing_in
from packshot.models.flowing import How
from packshot.models.sampling import Sampler, seed_of
from packshot.models.wishing import Wish, granted

TOLD = ("category", "colour", "material")
WANTED = {"category": 0.95, "colour": 0.85, "material": 0.80}
CLOSE = 10.0  # ΔE2000
AREA, GROUND = 0.1, 12.0  # share of the product; ΔE2000 from which a pixel is no ground
CELL, SHOWN = 96, 12


def prompt_of(wanted: dict[str, str], language: str, number: int) -> str:
    """A caption of category, colour and material, some name for each, always the same for the same product."""
    random = Random(f"{language} {number}")
    colour, material, category = (
        random.choice(names_of(name, wanted[name], language)) for name in ("colour", "material", "category")
    )
    return f"a {colour} {material} {category}" if language == "en" else f"{colour}{material}{category}"


def held_out(pictures: Pictures, count: int) -> list[int]:
    """Numbers of pictures of held-out combinations, one a product, in an order that does not depend on count."""
    seen, found = set(), []
    for number, row in enumerate(pictures.rows):
        if row.get("attributes", {}).get("held out") and row["sku"] not in seen:
            seen.add(row["sku"])
            found.append(number)
    Random(0).shuffle(found)
    return found[:count]


def drawn(sampler: Sampler, prompts: list[str]) -> tuple[Tensor, int]:
    """Bytes `(n, 3, h, w)`, one picture a prompt, and how many prompts were understood in all three attributes."""
    found, whole = [], 0
    for number, prompt in enumerate(prompts):
        got = granted(sampler, Wish(prompt))
        whole += set(TOLD) <= set(got.wanted)
        pixels = next(got.sampler.drawn([seed_of(0, number)], got.wanted, text=got.text)).pixels
        found.append(((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8))
    return torch.stack(found), whole


def judged(judge: Path, photos: Tensor, asked: list[dict[str, str]], shades: dict[str, Tensor]) -> dict[str, float]:
    """Shares of photos `(n, 3, h, w)` that show what was asked for."""

    class Made:
        def gather(self, rows: Tensor) -> Tensor:
            return photos[rows]

    told = named(judge, Made(), torch.arange(len(photos)))  # type: ignore[arg-type]
    shares = {name: sum(t == a[name] for t, a in zip(told[name], asked, strict=True)) / len(asked) for name in TOLD}
    near = [paint_distance(t, a["colour"]) <= CLOSE for t, a in zip(told["colour"], asked, strict=True)]
    area = [has_area(photo, shades[a["colour"]]) for photo, a in zip(photos, asked, strict=True)]
    return {**shares, "near": sum(near) / len(near), "area": sum(area) / len(area)}


def paint_distance(a: str, b: str) -> float:
    """ΔE2000 between two paints of the toyshop."""
    x, y = (torch.tensor(parse_colour(PAINTS[name][0])).view(1, 3, 1, 1) for name in (a, b))
    return float(delta_e_map(x, y))


def has_area(photo: Tensor, shades: Tensor) -> bool:
    """Whether a tenth of what is no ground is near one of the shades `(k, 3)` of a paint."""
    rgb = photo[None].float() / 255
    border = torch.cat([rgb[..., :3, :].flatten(2), rgb[..., :, :2].flatten(2), rgb[..., :, -2:].flatten(2)], dim=2)
    ground = border.median(2).values[..., None, None].expand_as(rgb)
    product = delta_e_map(rgb, ground)[0, 0] > GROUND
    if not bool(product.any()):
        return False
    near = torch.stack([delta_e_map(rgb, shade.view(1, 3, 1, 1).expand_as(rgb))[0, 0] for shade in shades]).amin(0)
    return float((near[product] <= CLOSE).float().mean()) >= AREA


def shades_of(pictures: Pictures, colours: set[str], each: int = 8) -> dict[str, Tensor]:
    """Colour → sRGB `(k, 3)` in [0, 1]: the median of the main region (layout 1) in some training photographs."""
    found: dict[str, Tensor] = {}
    for colour in colours:
        rows = pictures.where(split="train", colour=colour)[: 4 * each]
        medians = []
        for photo, layout in zip(pictures.gather(rows), pictures.gather(rows, "layout"), strict=True):
            region = photo[:, layout[0] == 1].float() / 255
            if region.shape[1] >= 30:
                medians.append(region.median(1).values)
        found[colour] = torch.stack(medians[:each])
    return found


def sheet(photos: Tensor, prompts: list[str], path: Path) -> None:
    """The first pictures with what was asked for."""
    page = Image.new("RGB", (4 * (CELL + 110), ((min(SHOWN, len(photos)) + 3) // 4) * CELL), "white")
    pen = ImageDraw.Draw(page)
    for number, (photo, prompt) in enumerate(zip(photos[:SHOWN], prompts, strict=False)):
        left, top = number % 4 * (CELL + 110), number // 4 * CELL
        page.paste(Image.fromarray(photo.permute(1, 2, 0).numpy()).resize((CELL, CELL)), (left, top))
        pen.multiline_text((left + CELL + 4, top + 8), "\n".join(prompt.split()), "black")
    page.save(path)


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks obeys")
    options.add_argument("--weights", default="toyshop-flow", help="a flow by name, file or folder")
    options.add_argument("--judge", type=Path, default=SHIPPED)
    options.add_argument("--catalogue", default="toyshop")
    options.add_argument("--count", type=int, default=400, help="products, each asked for in both languages")
    options.add_argument("--steps", type=int, default=12)
    options.add_argument("--guidance", type=float, default=2.0)
    options.add_argument("--sheet", type=Path)
    chosen = options.parse_args(arguments)
    try:
        stored = checkpoint.read(drawing_in(chosen.weights))
    except Exception as error:
        print(f"skipped: {error}")
        return
    if not chosen.judge.is_file():
        print(f"skipped: {chosen.judge} is not there; docs/toyshop.md says how it is made")
        return
    pictures, _ = open_pictures(chosen.catalogue)
    sampler = Sampler(stored).tuned(How(chosen.steps, chosen.guidance))
    numbers = held_out(pictures, chosen.count)
    asked = [{name: pictures.column(name)[number] for name in TOLD} for number in numbers]
    shades = shades_of(pictures, {a["colour"] for a in asked})
    rows: list[dict[str, Any]] = []
    for language in ("en", "zh"):
        prompts = [prompt_of(wanted, language, number) for number, wanted in zip(numbers, asked, strict=True)]
        photos, whole = drawn(sampler, prompts)
        found = judged(chosen.judge, photos, asked, shades)
        rows.append({"asked in": language, **found, "understood": whole / len(prompts), "n": len(prompts)})
        if chosen.sheet and language == "en":
            sheet(photos, prompts, chosen.sheet)
    real = judged(chosen.judge, pictures.gather(torch.tensor(numbers)), asked, shades)
    rows.append({"asked in": "real photographs", **real, "n": len(numbers)})
    rows.append({"asked in": "wanted", **WANTED, "near": WANTED["colour"]})
    heads = {"asked in": "asked in", "category": "category", "colour": "colour named", "near": "colour ΔE ≤ 10",
             "area": "area ΔE ≤ 10", "material": "material", "understood": "understood", "n": "n"}  # fmt: skip
    print(markdown_table(rows, heads, {k: ".1%" for k in heads if k not in ("asked in", "n")}))
    print(f"\n{sampler.name}, {chosen.steps} Heun steps, guidance {chosen.guidance:g}; one picture a prompt, seed 0.")


if __name__ == "__main__":
    main(sys.argv[1:])
