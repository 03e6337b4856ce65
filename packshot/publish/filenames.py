"""Which picture goes into which slot of a channel, and what its file is called there.

Sources: Amazon, `ASIN.VARIANT.ext` with the variants MAIN, PT01 …, SWCH, TOPP and so on (Seller Central Australia,
image file naming); Walmart, GTIN-14; GS1 General Specifications, check digit. Where a platform asks for nothing the
channel's template is packshot's own. A sku that is a path trick is refused; any other is escaped as in catalogues.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from packshot.catalogue.names import file_stem, has_control
from packshot.catalogue.product import Image, Product
from packshot.errors import UnsafePath
from packshot.publish.channel import Channel

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
ASIN = re.compile(r"[0-9A-Z]{10}")
SURELY_ASIN = re.compile(r"B0[0-9A-Z]{8}")  # what a sku must look like to be taken for one


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
    """Where a file goes, relative to the output folder, and what is worth knowing of its name."""

    path: str
    notes: tuple[str, ...] = ()


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


def file_name(channel: Channel, product: Product, slot: Slot, ext: str) -> Name:
    """The name of a picture in a channel, `channel/…`. Raises UnsafePath for a sku that leaves the folder."""
    refuse_tricks(product.sku)
    template = (channel.names.template if channel.names else "") or (PLAIN if slot.number == 1 else NUMBERED)
    values, notes = _values(product, slot, template)
    name = template.format(**values, ext=ext.removeprefix("."))
    if slot.number > 1 and "{position}" not in template and "{variant}" not in template:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem}_{slot.number}{dot}{suffix}"
    name = _fitting(channel, name)
    return Name(f"{channel.id}/{name}", tuple(notes))


def _values(product: Product, slot: Slot, template: str) -> tuple[dict[str, str], list[str]]:
    stem, notes = file_stem(product.sku), []
    asin, gtin = asin_of(product), gtin14(product)
    if "{asin}" in template and not asin:
        notes.append("no ASIN, EAN or UPC is known, so the file is named by its sku: add a column asin or gtin")
    if "{gtin14}" in template and not gtin:
        notes.append("no valid GTIN is known, so the file is named by its sku: add a column gtin")
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


def asin_of(product: Product) -> str:
    """What Amazon files a product under: its ASIN, else a valid EAN, UPC, JAN or ISBN; "" if none is known."""
    stated = _attribute(product, "asin").upper()
    if ASIN.fullmatch(stated):
        return stated
    if SURELY_ASIN.fullmatch(product.sku):
        return product.sku
    digits = re.sub(r"[\s-]", "", _attribute(product, "gtin"))
    return digits if is_gtin(digits) else ""


def gtin14(product: Product) -> str:
    """The product's GTIN with 14 digits, "" if it has none or its check digit is wrong."""
    digits = re.sub(r"[\s-]", "", _attribute(product, "gtin"))
    return digits.zfill(14) if is_gtin(digits) else ""


def is_gtin(digits: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with a right check digit (GS1: weights 3 and 1 from the right).

    >>> is_gtin("4006381333931"), is_gtin("4006381333932"), is_gtin("12")
    (True, False, False)
    """
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", digits):
        return False
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits[:-1])))
    return (10 - total % 10) % 10 == int(digits[-1])


def _attribute(product: Product, name: str) -> str:
    attributes: Mapping[str, str] = product.attributes
    return attributes.get(name, "") or next((v for k, v in attributes.items() if k.strip().casefold() == name), "")
