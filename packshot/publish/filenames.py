"""Which picture goes into which slot of a channel, and what its file is called there.

Sources: Amazon, `ASIN.VARIANT.ext` with the variants MAIN, PT01 …, SWCH, TOPP and so on (Seller Central Australia,
image file naming); Walmart, GTIN-14. Where a platform asks for nothing the
channel's template is packshot's own. A sku that is a path trick is refused; any other is escaped as in catalogues.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from packshot.catalogue.names import file_stem, has_control
from packshot.catalogue.product import Image, Product
from packshot.errors import UnsafePath
from packshot.publish.channel import Channel
from packshot.publish.identifiers import Shared, asin_of, faults, filed_under, gtin14, named

MAIN_ROLES = ("main", "front", "hero", "主图", "正面")
SCENE_ROLES = ("lifestyle", "scene", "in use", "model", "场景", "场景图", "生活")
OWN_GROUND_ROLES = (*SCENE_ROLES, "detail", "size", "swatch", "packaging", "infographic", "细节", "尺寸", "包装")
FURTHER = ("amazon_secondary", "gmc_additional")  # slots for every picture but the main one
VARIANTS = {  # role → Amazon's code of the view
    "back": "BACK", "side": "SIDE", "left": "LEFT", "right": "RGHT", "top": "TOPP", "bottom": "BOTT",
    "swatch": "SWCH", "facts": "FACT", "ingredients": "INGR",
    "背面": "BACK", "侧面": "SIDE", "俯视": "TOPP", "底部": "BOTT", "色样": "SWCH",
}  # fmt: skip
HELD = "held"  # folder of what a channel would refuse
PLAIN = "{sku}.{ext}"
NUMBERED = "{sku}-{position}.{ext}"
SAME = "same-identifier"  # folder in it of products that share what their files would be named by
LEFT_OVER = "left-over"  # folder in it of files whose photo is no longer in the catalogue, or made under another name


@dataclass(frozen=True)
class Slot:
    """One picture in one channel.

    number: which of the slot's pictures it is, from 1; position: which of the product's, from 1. variant: Amazon's.
    """

    image: Image
    number: int
    position: int
    variant: str = "MAIN"


@dataclass(frozen=True)
class Name:
    """Where a file goes, relative to the output folder, and what is worth knowing of its name.

    refused: why it must not be uploaded under that name, "" if it may. unique: the platform files a product under it,
    so that it cannot be numbered.
    """

    path: str
    notes: tuple[str, ...] = ()
    refused: str = ""
    unique: bool = False


def slots(channel: Channel, product: Product) -> Iterator[Slot]:
    """The pictures of a product that this channel takes, in order, as many as it takes.

    A slot for one picture takes the main one; one for a scene takes pictures whose role says that they are one;
    further slots take all but the main picture.
    """
    ordered = _ordered(product)
    if channel.background is not None and channel.background.kind == "scene":
        ordered = [(position, image) for position, image in ordered if _role(image) in SCENE_ROLES]
    elif channel.id in FURTHER:
        ordered = ordered[1:]
    most = channel.count.most if channel.count is not None else None
    codes = _codes([image for _, image in ordered])
    for number, ((position, image), variant) in enumerate(zip(ordered[:most], codes, strict=False), start=1):
        yield Slot(image, number, position, variant)


def _ordered(product: Product) -> list[tuple[int, Image]]:
    """`(position, picture)` of every picture that is a file, the main one first."""
    images = [image for image in product.images if image.path]
    images.sort(key=lambda image: _role(image) not in MAIN_ROLES)  # a stable sort: the rest stays in its order
    return list(enumerate(images, start=1))


def _role(image: Image) -> str:
    return image.role.strip().casefold()


def keeps_ground(image: Image) -> bool:
    """Whether a picture is meant to show more than the product, so that a ground is only changed where it must be."""
    return _role(image) in OWN_GROUND_ROLES


def _codes(images: list[Image]) -> list[str]:
    """Amazon's variant of every further picture: the code of its view once each, PT01 and on for the rest."""
    codes: list[str] = []
    for image in images:
        code = VARIANTS.get(_role(image), "")
        if not code or code in codes:
            code = f"PT{1 + sum(c.startswith('PT') for c in codes):02d}"
        codes.append(code)
    return codes


def file_name(channel: Channel, product: Product, slot: Slot, ext: str, shared: Shared | None = None) -> Name:
    """The name of a picture in a channel, `channel/…`. Raises UnsafePath for a sku that leaves the folder.

    shared: identifiers that several products state; a product that would be filed under one is refused, and named by
    its sku in a folder apart.
    """
    refuse_tricks(product.sku)
    template = (channel.names.template if channel.names else "") or (PLAIN if slot.number == 1 else NUMBERED)
    key = filed_under(template, product)
    skus = (shared or {}).get(key, ()) if key else ()
    values, notes = _values(product, slot, template)
    if skus:
        values |= dict.fromkeys(("asin", "gtin14"), values["sku"])
    name = template.format(**values, ext=ext.removeprefix("."))
    if slot.number > 1 and "{position}" not in template and "{variant}" not in template:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem}_{slot.number}{dot}{suffix}"
    if key and skus:
        why = f"{named(key, skus)}, so nobody can tell whose picture this is: give each its own"
        return Name(f"{HELD}/{channel.id}/{SAME}/{name}", tuple(notes), why.replace("; ", ", "))
    name = _fitting(channel, name)
    return Name(f"{channel.id}/{name}", tuple(notes), unique="{asin}" in template or "{gtin14}" in template)


def _values(product: Product, slot: Slot, template: str) -> tuple[dict[str, str], list[str]]:
    stem, notes = file_stem(product.sku), []
    asin, gtin = asin_of(product), gtin14(product)
    wanted = [name for name in ("asin", "gtin14") if f"{{{name}}}" in template]
    wrong = ", ".join(f"{name} {value!r} {fault}" for name, value, fault in faults(product)) if wanted else ""
    if "asin" in wanted and not asin:
        lacking = "no ASIN, EAN or UPC is known, so the file is named by its sku: add a column asin or gtin"
        notes.append(f"{wrong}, so the file is named by its sku" if wrong else lacking)
    elif "gtin14" in wanted and not gtin:
        lacking = "no GTIN is known, so the file is named by its sku: add a column gtin"
        notes.append(f"{wrong}, so the file is named by its sku" if wrong else lacking)
    elif wrong:
        notes.append(wrong)
    values = {"sku": stem, "asin": asin or stem, "gtin14": gtin or stem}
    return values | {"variant": slot.variant, "position": str(slot.position)}, notes


def _fitting(channel: Channel, name: str) -> str:
    """The name, or where the channel's pattern refuses it, one of ASCII letters with a hash that keeps it unique."""
    path = PurePosixPath(name)
    if channel.names is None or re.fullmatch(channel.names.pattern, path.name, re.IGNORECASE):
        return name
    digest = hashlib.blake2b(path.stem.encode(), digest_size=4).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")
    other = path.with_name(f"{plain}-{digest}{path.suffix}".lstrip("-"))
    return str(other) if re.fullmatch(channel.names.pattern, other.name, re.IGNORECASE) else name


def refuse_tricks(sku: str) -> None:
    """Raises UnsafePath for a sku that would lead out of the folder or name a device of the system."""
    parts = sku.replace("\\", "/").split("/")
    if "\\" in sku or has_control(sku) or any(part.strip() in ("", ".", "..") for part in parts):
        raise UnsafePath(
            f"sku {sku!r}: is a path that leaves the output folder or cannot be a file name; rename the product"
        )
    if re.match(r"^[A-Za-z]:", sku) or sku.startswith("~"):
        raise UnsafePath(f"sku {sku!r}: begins like an absolute path; rename the product")
