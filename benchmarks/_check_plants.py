"""Pictures with planted violations: products on white, drawn ones too, each spoilt in known ways, file by file.

A plant names the rules it breaks, and those it leaves open (a product cut off by the edge also fills the frame).
Everything else must pass, but for softness where a sample had to be enlarged to be planted. All is a function of its
arguments: two runs plant the same files.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.features
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFilter, ImageFont

from packshot.imaging.files import icc

SIDE = 1000
FILL = 0.9
WHITE = (255, 255, 255)
GOOD_NAME = "B012345678.MAIN"
OWN_SIZE = 1.15  # enlargement up to which a product counts as being at its own size
SMALL = ("200 px", "450 px", "599 px")  # plants that show every product smaller than it is
CJK = ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")

CHANNEL = """
as_of: 2026-11-21
channels:
- id: planted
  platform: bench
  use: every rule at once
  width: 1000
  height: 1000
  minimum: {longest: 600, hard: true}
  advised: {longest: 900}
  maximum: {longest: 2000, hard: true}
  aspect: {ratios: ["1:1"], hard: true}
  bytes: {most: 1048576, hard: true}
  formats: {allowed: [JPEG, PNG, GIF, TIFF, BMP], hard: true}
  animation: {hard: true}
  colour: {profile: sRGB, hard: true}
  background: {kind: white, hard: true}
  shadow: {hard: true}
  fill: {least: 0.85, most: 0.95, hard: true}
  whole: {hard: true}
  border: {hard: true}
  overlay: {most: 0, hard: true}
  upscale: {most: 2, hard: true}
  names: {pattern: "[A-Z0-9]{10}\\\\.(MAIN|PT[0-9]{2})\\\\.(jpg|jpeg|png|gif|tif|bmp|webp|avif|jp2|ppm)", hard: true}
"""


@dataclass(frozen=True)
class Plant:
    """A file: its bytes, its name, the rules it breaks and those that may go either way."""

    way: str
    base: str
    name: str
    data: bytes
    breaks: frozenset[str]
    open: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Base:
    """A product on nothing, filling its box: RGBA."""

    name: str
    cut: Image.Image

    @property
    def enlarged(self) -> float:
        """How far the product is enlarged in a picture of the usual size."""
        return FILL * SIDE / max(self.cut.size)

    def on_white(self, fill: float = FILL, side: int = SIDE, shift: tuple[float, float] = (0, 0)) -> Image.Image:
        """The product on white, so large; shift: of the frame."""
        return self.laid(Image.new("RGB", (side, side), WHITE), fill, shift)

    def laid(self, ground: Image.Image, fill: float = FILL, shift: tuple[float, float] = (0, 0)) -> Image.Image:
        """The product on a ground."""
        side = min(ground.size)
        k = fill * side / max(self.cut.size)
        size = max(1, round(self.cut.width * k)), max(1, round(self.cut.height * k))
        small = self.cut.resize(size, Image.Resampling.LANCZOS)
        x = round((ground.width - size[0]) / 2 + shift[0] * ground.width)
        y = round((ground.height - size[1]) / 2 + shift[1] * ground.height)
        out = ground.copy()
        out.paste(small, (x, y), small)
        return out

    def mask(self, side: int = SIDE, fill: float = FILL) -> Image.Image:
        """Opacity of `on_white`."""
        clear = Image.new("L", (side, side), 0)
        k = fill * side / max(self.cut.size)
        size = max(1, round(self.cut.width * k)), max(1, round(self.cut.height * k))
        alpha = self.cut.getchannel("A").resize(size, Image.Resampling.LANCZOS)
        clear.paste(alpha, ((side - size[0]) // 2, (side - size[1]) // 2))
        return clear


def sample_bases(folder: Path) -> Iterator[Base]:
    """The samples of the package, cut out by their exact mattes."""
    for path in sorted(folder.glob("TS-*.jpg")):
        matte = Image.open(folder / "mattes" / f"{path.stem}.png").convert("L")
        photo = Image.open(path).convert("RGB")
        matte = matte.resize(photo.size, Image.Resampling.LANCZOS) if matte.size != photo.size else matte
        matte = matte.point(lambda v: 0 if v < 12 else v)
        photo.putalpha(matte)
        yield Base(path.stem, photo.crop(matte.point(lambda v: 255 if v > 127 else 0).getbbox()))


def drawn_bases() -> Iterator[Base]:
    """Products drawn by code: a bottle with its own label, a box, a ring, a chair of thin legs, a pale vase."""
    yield Base("drawn-bottle", _bottle())
    yield Base("drawn-box", _box())
    yield Base("drawn-ring", _ring())
    yield Base("drawn-chair", _chair())
    yield Base("drawn-vase", _vase())


def font(px: int, chinese: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, or the first Chinese one there is."""
    if chinese:
        found = next((path for path in CJK if Path(path).is_file()), None)
        if found:
            return ImageFont.truetype(found, px)
    return ImageFont.load_default(px)


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGBA", (1600, 1600), (0, 0, 0, 0))
    return sheet, ImageDraw.Draw(sheet)


def _finished(sheet: Image.Image) -> Image.Image:
    small = sheet.resize((1200, 1200), Image.Resampling.LANCZOS)
    return small.crop(small.getchannel("A").point(lambda v: 255 if v > 127 else 0).getbbox())


def _bottle() -> Image.Image:
    sheet, pen = _sheet()
    pen.rounded_rectangle((560, 500, 1040, 1560), 90, (30, 90, 60, 255))
    pen.rectangle((700, 120, 900, 520), (30, 90, 60, 255))
    pen.rectangle((680, 40, 920, 140), (190, 160, 40, 255))
    pen.rectangle((570, 800, 1030, 1250), (240, 235, 220, 255))
    pen.text((610, 900), "OLIVE", (40, 60, 40, 255), font(130))
    pen.text((640, 1060), "OIL 500 ml", (40, 60, 40, 255), font(60))
    return _finished(sheet)


def _box() -> Image.Image:
    sheet, pen = _sheet()
    pen.polygon([(200, 500), (900, 700), (900, 1500), (200, 1250)], (200, 60, 50, 255))
    pen.polygon([(900, 700), (1450, 480), (1450, 1200), (900, 1500)], (150, 40, 40, 255))
    pen.polygon([(200, 500), (760, 300), (1450, 480), (900, 700)], (230, 110, 90, 255))
    pen.text((330, 850), "TOYS", (255, 255, 255, 255), font(190))
    return _finished(sheet)


def _ring() -> Image.Image:
    sheet, pen = _sheet()
    pen.ellipse((150, 150, 1450, 1450), (60, 70, 160, 255))
    pen.ellipse((420, 420, 1180, 1180), (0, 0, 0, 0))
    for i in range(12):
        a = 2 * math.pi * i / 12
        x, y = 800 + 515 * math.cos(a), 800 + 515 * math.sin(a)
        pen.ellipse((x - 60, y - 60, x + 60, y + 60), (240, 200, 60, 255))
    return _finished(sheet)


def _chair() -> Image.Image:
    sheet, pen = _sheet()
    wood = (120, 80, 50, 255)
    pen.rectangle((400, 100, 1200, 700), wood)
    pen.rectangle((480, 180, 1120, 620), (0, 0, 0, 0))
    for x in range(560, 1100, 120):
        pen.rectangle((x, 160, x + 30, 640), wood)
    pen.rectangle((350, 820, 1250, 920), (160, 110, 70, 255))
    for x in (400, 1160):
        pen.rectangle((x, 640, x + 40, 1560), wood)
    return _finished(sheet)


def _vase() -> Image.Image:
    sheet, pen = _sheet()
    pen.ellipse((450, 600, 1150, 1540), (214, 208, 198, 255))
    pen.rectangle((660, 250, 940, 760), (214, 208, 198, 255))
    pen.ellipse((600, 200, 1000, 320), (196, 188, 176, 255))
    for y in range(800, 1400, 150):
        pen.arc((470, y - 120, 1130, y + 120), 20, 160, (150, 120, 100, 255), 14)
    return _finished(sheet)


# ---- writing files ----


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Bytes of a picture; JPEG as a careful shop writes it."""
    data = io.BytesIO()
    given = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    picture.save(data, kind, **{**given, **options})
    return data.getvalue()


Way = Callable[[Base], Iterator[Plant]]


def plants(base: Base) -> Iterator[Plant]:
    """Every plant of one product, the sound ones first."""
    for make in (sound, sizes, codings, names, grounds, shadows, placings, borders, overlays, enlargements, unreadable):
        yield from make(base)


def _plant(base: Base, way: str, data: bytes, suffix: str = ".jpg", breaks: str = "", either: str = "") -> Plant:
    small = way in SMALL
    soft = ["upscale"] if base.enlarged > OWN_SIZE and not small and "upscale" not in breaks else []
    return Plant(way, base.name, GOOD_NAME + suffix, data, frozenset(breaks.split()), frozenset(either.split() + soft))


def sound(base: Base) -> Iterator[Plant]:
    """Pictures with nothing wrong; a pattern, a label and a second copy are the product's own."""
    good = base.on_white()
    yield _plant(base, "sound jpeg", encoded(good))
    yield _plant(base, "sound jpeg 4:2:0 q90", encoded(good, quality=90, subsampling=2))
    yield _plant(base, "sound png", encoded(good, "PNG"), ".png")
    yield _plant(base, "sound tagged sRGB", encoded(good, icc_profile=icc.srgb_profile()))
    pair = Image.new("RGB", (SIDE, SIDE), WHITE)
    half = base.laid(Image.new("RGB", (SIDE // 2, SIDE // 2), WHITE), 0.9)
    pair.paste(half, (0, SIDE // 4))
    pair.paste(half, (SIDE // 2, SIDE // 4))
    yield _plant(base, "sound pair", encoded(pair), either="fill")


def sizes(base: Base) -> Iterator[Plant]:
    """minimum, advised, maximum, aspect."""
    for side in (200, 450, 599):
        yield _plant(base, f"{side} px", encoded(base.on_white(side=side)), breaks="minimum advised")
    for side in (600, 750, 899):
        yield _plant(base, f"{side} px", encoded(base.on_white(side=side)), breaks="advised")
    for side in (2001, 2300, 2600):
        data = encoded(base.on_white(side=side), quality=80)
        yield _plant(base, f"{side} px", data, breaks="maximum", either="upscale bytes")
    for w, h in ((1000, 1250), (1600, 900), (1030, 1000)):
        wide = Image.new("RGB", (w, h), WHITE)
        yield _plant(base, f"{w}:{h}", encoded(base.laid(wide)), breaks="aspect", either="fill")


def codings(base: Base) -> Iterator[Plant]:
    """bytes, formats, extension, animation, colour."""
    good = base.on_white()
    yield _plant(base, "png unpacked", encoded(good, "PNG", compress_level=0), ".png", "bytes")
    yield _plant(base, "bmp", encoded(good, "BMP"), ".bmp", "bytes")
    yield _plant(base, "jpeg with 1 MB behind it", encoded(good) + bytes(1 << 20), ".jpg", "bytes")
    yield _plant(base, "webp", encoded(good, "WEBP", quality=95), ".webp", "formats", "background")
    yield _plant(base, "jpeg 2000", encoded(good, "JPEG2000"), ".jp2", "formats", "background bytes")
    yield _plant(base, "ppm", encoded(good, "PPM"), ".ppm", "formats bytes", "background")
    if PIL.features.check("avif"):
        yield _plant(base, "avif", encoded(good, "AVIF", quality=95), ".avif", "formats", "background")
    yield _plant(base, "jpeg named png", encoded(good), ".png", "extension")
    yield _plant(base, "png named jpg", encoded(good, "PNG"), ".jpg", "extension")
    yield _plant(base, "gif named jpg", encoded(good.quantize(128), "GIF"), ".jpg", "extension", "upscale")
    for kind, suffix in (("GIF", ".gif"), ("PNG", ".png"), ("WEBP", ".webp")):
        frames = [good.quantize(64) if kind == "GIF" else good, base.on_white(fill=0.88)]
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=200)
        either = "bytes background upscale" + (" formats" if kind == "WEBP" else "")
        yield _plant(base, f"animated {kind.lower()}", data, suffix, "animation", either)
    yield from _colours(base, good)


def _colours(base: Base, good: Image.Image) -> Iterator[Plant]:
    either = "background"
    yield _plant(base, "cmyk", encoded(good.convert("CMYK")), ".jpg", "colour", either + " bytes upscale shadow fill")
    for name, primaries in (("display p3", icc.DISPLAY_P3), ("adobe rgb", icc.ADOBE_RGB)):
        profile = icc.rgb_profile(name, primaries)
        yield _plant(base, name, encoded(good, icc_profile=profile), ".jpg", "colour", either)
    lab = ImageCms.profileToProfile(good, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"),
                                    outputMode="LAB")  # fmt: skip
    assert lab is not None
    yield _plant(base, "lab tiff", encoded(lab, "TIFF"), ".tif", "colour", either + " bytes shadow")
    deep = Image.fromarray(np.asarray(good.convert("L")).astype(np.uint16) * 257)
    yield _plant(base, "16 bits", encoded(deep, "PNG"), ".png", "colour", either + " bytes")


def names(base: Base) -> Iterator[Plant]:
    """names."""
    data = encoded(base.on_white())
    for name in ("my product.jpg", "B01234567.MAIN.jpg", "B012345678-MAIN.jpg", "B012345678.MAIN\u202egnp.jpg"):
        yield Plant(f"name {name!a}", base.name, name, data, frozenset({"names"}), frozenset({"upscale"}))


def grounds(base: Base) -> Iterator[Plant]:
    """background: not white enough, not white everywhere, not white at all, not opaque."""
    for level in (254, 250, 240):
        ground = Image.new("RGB", (SIDE, SIDE), (level,) * 3)
        yield _plant(base, f"grey {level}", encoded(base.laid(ground)), breaks="background")
    for colour in ("#e8f0ff", "#c9c4bb", "#3a6f4e"):
        ground = Image.new("RGB", (SIDE, SIDE), colour)
        yield _plant(base, f"ground {colour}", encoded(base.laid(ground)), breaks="background")
    ramp = Image.linear_gradient("L").resize((SIDE, SIDE)).point(lambda v: 255 - v // 8)
    yield _plant(base, "gradient", encoded(base.laid(Image.merge("RGB", (ramp,) * 3))), breaks="background")
    specked = np.asarray(base.on_white()).copy()
    specked[10:14, 10:60] = 253
    yield _plant(base, "a few 253 in a png", encoded(Image.fromarray(specked), "PNG"), ".png", "background")
    clear = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    yield _plant(base, "transparent", encoded(base.laid(clear), "PNG"), ".png", "background")
    noise = np.random.default_rng(1).normal(246, 4, (SIDE, SIDE, 3)).clip(0, 255).astype(np.uint8)
    yield _plant(base, "noisy white", encoded(base.laid(Image.fromarray(noise)), quality=90), breaks="background",
                 either="bytes")  # fmt: skip


def shadows(base: Base) -> Iterator[Plant]:
    """shadow: contact, dropped to one side, all around, long."""
    mask = base.mask()
    for way, (dx, dy), blur, depth in (
        ("drop shadow", (28, 30), 22, 0.45),
        ("glow all around", (0, 0), 30, 0.6),
        ("faint drop shadow", (25, 25), 25, 0.22),
    ):
        soft = ImageChops.offset(mask, dx, dy).filter(ImageFilter.GaussianBlur(blur))
        ground = Image.composite(Image.new("RGB", mask.size, 0), Image.new("RGB", mask.size, WHITE),
                                 soft.point([round(v * depth) for v in range(256)]))  # fmt: skip
        yield _plant(base, way, encoded(base.laid(ground)), breaks="shadow", either="background")
    floor = Image.new("L", mask.size, 0)
    box = mask.getbbox()
    assert box is not None
    flat = box[0] + 10, box[3] - 60, box[2] - 10, box[3] + 25
    ImageDraw.Draw(floor).ellipse(flat, 200)
    floor = floor.filter(ImageFilter.GaussianBlur(12))
    ground = Image.composite(Image.new("RGB", mask.size, 0), Image.new("RGB", mask.size, WHITE),
                             floor.point([round(v * 0.6) for v in range(256)]))  # fmt: skip
    yield _plant(base, "contact shadow", encoded(base.laid(ground)), breaks="shadow", either="background")


def placings(base: Base) -> Iterator[Plant]:
    """fill, whole."""
    for fill in (0.4, 0.7, 0.83, 0.975):
        yield _plant(base, f"fill {fill}", encoded(base.on_white(fill)), breaks="fill", either="upscale")
    long_x = base.cut.width >= base.cut.height
    for way, shift in (("right", (0.2, 0.0)), ("bottom", (0.0, 0.2)), ("top", (0.0, -0.2)), ("left", (-0.2, 0.0))):
        if (shift[0] != 0) == long_x:
            yield _plant(base, f"cut off {way}", encoded(base.on_white(shift=shift)), breaks="whole",
                         either="fill background")  # fmt: skip
    large = base.on_white(1.15)
    yield _plant(base, "too large", encoded(large), breaks="whole fill", either="background upscale")


def borders(base: Base) -> Iterator[Plant]:
    """border: thin, thick, inset, rounded, coloured, bars."""
    either = "background fill whole shadow overlay"
    for way, inset, width, colour in (
        ("thin border", 0, 2, "#888888"),
        ("thick border", 0, 24, "#000000"),
        ("inset border", 20, 3, "#c02020"),
        ("pale border", 0, 12, "#e2e2e2"),
    ):
        framed = base.on_white(0.88)
        box = inset, inset, SIDE - 1 - inset, SIDE - 1 - inset
        ImageDraw.Draw(framed).rectangle(box, outline=colour, width=width)
        yield _plant(base, way, encoded(framed), breaks="border", either=either)
    rounded = base.on_white(0.88)
    ImageDraw.Draw(rounded).rounded_rectangle((8, 8, SIDE - 9, SIDE - 9), 70, outline="#2040a0", width=8)
    yield _plant(base, "rounded border", encoded(rounded), breaks="border", either=either)
    bars = base.on_white(0.85)
    pen = ImageDraw.Draw(bars)
    pen.rectangle((0, 0, SIDE, 59), "#202020")
    pen.rectangle((0, SIDE - 60, SIDE, SIDE), "#202020")
    yield _plant(base, "bars", encoded(bars), breaks="border", either=either)


def overlays(base: Base) -> Iterator[Plant]:
    """overlay: a claim, small print, Chinese, a badge, a corner logo, a watermark across, a QR code, plates."""
    either = "fill whole background"
    cases: dict[str, Callable[[Image.Image], Image.Image]] = {
        "claim": lambda p: _written(p, (40, 20), "BEST PRICE 50% OFF", 64, "#d01818"),
        "small print": lambda p: _written(p, (40, 962), "www.example-shop.com", 22, "#444444"),
        "pale text": lambda p: _written(p, (600, 956), "SAMPLE PHOTO", 36, "#cfcfcf"),
        "chinese": lambda p: _written(p, (40, 18), "新品上市 限时特惠", 56, "#c01010", True),
        "badge": _badge,
        "corner logo": _logo,
        "watermark across": _watermark,
        "qr code": _qr,
        "bar below": lambda p: _plate(p, (0, 905, SIDE, SIDE), "#c80000", "NEW ARRIVAL", "#ffffff"),
        "bar above": lambda p: _plate(p, (0, 0, SIDE, 88), "#0028a0", "FREE SHIPPING", "#ffffff"),
        "corner plate": lambda p: _plate(p, (750, 0, SIDE, 100), "#ffc800", "-30%", "#000000"),
        "chinese bar": lambda p: _plate(p, (0, 905, SIDE, SIDE), "#e02060", "新品上市 限时特惠", "#ffffff", True),
    }
    for way, draw in cases.items():
        picture = draw(base.on_white(0.86))
        soft = " shadow" if way == "watermark across" else ""
        yield _plant(base, way, encoded(picture), breaks="overlay", either=either + soft)
    for way, box, colour in (
        ("inset plate, small product", (60, 810, 940, 905), "#0a780a"),
        ("bar below, small product", (0, 905, SIDE, SIDE), "#c80000"),
    ):
        picture = _plate(base.on_white(0.5), box, colour, "BUY 1 GET 1", "#ffffff")
        yield _plant(base, way, encoded(picture), breaks="overlay fill", either="whole background upscale")


def _written(
    p: Image.Image, at: tuple[int, int], text: str, px: int, colour: str, chinese: bool = False
) -> Image.Image:
    ImageDraw.Draw(p).text(at, text, colour, font(px, chinese))
    return p


def _plate(
    p: Image.Image, box: tuple[int, int, int, int], colour: str, text: str, ink: str, chinese: bool = False
) -> Image.Image:
    ImageDraw.Draw(p).rectangle(box, colour)
    return _written(p, (box[0] + 38, box[1] + 22), text, 50, ink, chinese)


def _badge(p: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(p)
    pen.ellipse((800, 12, 985, 197), "#e02828")
    pen.text((828, 70), "-30%", "#ffffff", font(62))
    return p


def _logo(p: Image.Image) -> Image.Image:
    points = []
    for i in range(10):
        a, r = -math.pi / 2 + math.pi * i / 5, 58 if i % 2 == 0 else 24
        points.append((80 + r * math.cos(a), 80 + r * math.sin(a)))
    ImageDraw.Draw(p).polygon(points, "#1848b0")
    return p


def _watermark(p: Image.Image) -> Image.Image:
    layer = Image.new("L", (1500, 1500), 0)
    pen = ImageDraw.Draw(layer)
    for row in range(5):
        pen.text((40 + 60 * (row % 2), 120 + 280 * row), "PHOTOSTOCK   PHOTOSTOCK   PHOTOSTOCK", 70, font(60))
    layer = layer.rotate(30, Image.Resampling.BICUBIC).crop((250, 250, 1250, 1250))
    return Image.composite(Image.new("RGB", p.size, "#303030"), p, layer)


def _qr(p: Image.Image) -> Image.Image:
    cells = np.random.default_rng(7).integers(0, 2, (25, 25)).astype(np.uint8) * 255
    for y, x in ((0, 0), (0, 18), (18, 0)):
        cells[y : y + 7, x : x + 7] = 0
        cells[y + 1 : y + 6, x + 1 : x + 6] = 255
        cells[y + 2 : y + 5, x + 2 : x + 5] = 0
    code = Image.fromarray(cells).resize((125, 125), Image.Resampling.NEAREST)
    p.paste(code.convert("RGB"), (862, 862))
    return p


def enlargements(base: Base) -> Iterator[Plant]:
    """upscale."""
    kinds = Image.Resampling
    for way, times, how in (
        ("3x bicubic", 3, kinds.BICUBIC),
        ("4x lanczos", 4, kinds.LANCZOS),
        ("3x bilinear", 3, kinds.BILINEAR),
        ("4x blocks", 4, kinds.NEAREST),
    ):
        small = base.on_white(side=SIDE // times)
        picture = small.resize((SIDE, SIDE), how)
        yield _plant(base, way, encoded(picture), breaks="upscale", either="background fill shadow overlay")


def unreadable(base: Base) -> Iterator[Plant]:
    """file."""
    data = encoded(base.on_white())
    everything = frozenset()
    yield Plant("cut off", base.name, GOOD_NAME + ".jpg", data[: len(data) // 2], frozenset({"file"}), everything)
    yield Plant("a text", base.name, GOOD_NAME + ".jpg", b"<html>404</html>", frozenset({"file"}), everything)
    yield Plant("empty", base.name, GOOD_NAME + ".jpg", b"", frozenset({"file"}), everything)
