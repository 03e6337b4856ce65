"""Broken and odd picture files, each with a stated outcome: made by code, the same bytes every time.

    cases = make(folder)

Every readable file shows one scene, upright: four fields, red, green, blue and yellow. In files with alpha the
yellow field is fully transparent, and hides magenta; it must come in as (0, 0, 0).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from packshot.errors import FileError, TooLarge, UnreadableFile
from tests.imaging.files import raw_files as raw

W, H = 48, 32
FIELDS = np.array([[200, 40, 40], [40, 160, 60], [40, 60, 200], [230, 220, 60]], np.uint8)
MAGENTA = (255, 0, 255)
Looks = Literal["colour", "grey", "clear", "grey clear", "any"]
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'


@dataclass(frozen=True)
class Case:
    """A file and what must come of it: a picture of `size` (width, height) with one note that contains `note` and no
    other (none at all if ""), or an `error` whose message contains `word`. tolerance: of the colours, in 1/255."""

    name: str
    size: tuple[int, int] | None = None
    looks: Looks = "colour"
    tolerance: float = 0.01
    note: str = ""
    error: type[FileError] | None = None
    word: str = ""


File = tuple[Case, bytes]


def make(folder: Path) -> list[Case]:
    """Write every file into `folder`; the cases in the order of their names."""
    folder.mkdir(parents=True, exist_ok=True)
    files = all_files()
    for case, data in files:
        (folder / case.name).write_bytes(data)
    (folder / "folder.jpg").mkdir(exist_ok=True)
    files.append((Case("folder.jpg", error=UnreadableFile, word="folder"), b""))
    cases = sorted((case for case, _ in files), key=lambda case: case.name)
    assert len({case.name.lower() for case in cases}) == len(cases)
    return cases


def all_files() -> list[File]:
    files = [*jpegs(), *jpeg_colours(), *jpeg_damage(), *pngs(), *png_remarks(), *png_damage(), *tiffs(), *odd_tiffs()]
    return [*files, *gifs(), *webps(), *avifs(), *others(), *no_pictures()]


def good(name: str, data: bytes, **expected: Any) -> File:
    return Case(name, **{"size": (W, H), **expected}), data


def bad(name: str, data: bytes, word: str, error: type[FileError] = UnreadableFile) -> File:
    return Case(name, error=error, word=word), data


def scene(fields=FIELDS, width: int = W, height: int = H) -> np.ndarray:
    """The four fields, `(h, w, channels)`."""
    top = np.repeat(fields[:2], width // 2, axis=0)
    bottom = np.repeat(fields[2:], width // 2, axis=0)
    return np.repeat(np.stack([top, bottom]), height // 2, axis=0)


def grey_fields() -> np.ndarray:
    return np.array([[30], [90], [150], [220]], np.uint8)


def with_alpha(fields, hidden) -> np.ndarray:
    """The scene with an alpha channel: the last field is clear, and `hidden` lies under it."""
    top = np.iinfo(fields.dtype).max
    rgba = np.concatenate([fields, np.full((4, 1), top, fields.dtype)], axis=1)
    rgba[3] = (*hidden, 0)
    return scene(rgba)


def save(pixels: np.ndarray | Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = (
        pixels
        if isinstance(pixels, Image.Image)
        else Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    )
    image.save(buffer, format, **options)
    return buffer.getvalue()


def jpeg(pixels=None, **options: Any) -> bytes:
    return save(scene() if pixels is None else pixels, "JPEG", **{"quality": 98, "subsampling": 0, **options})


def oriented(orientation: int) -> np.ndarray:
    """The scene as a camera stores it, so that the Exif orientation brings it upright."""
    x = scene()
    ways = [x, x[:, ::-1], x[::-1, ::-1], x[::-1], *(x.swapaxes(0, 1),) * 4]
    y = x.swapaxes(0, 1)
    ways[4:] = [y, np.rot90(x), y[::-1, ::-1], np.rot90(x, -1)]
    return np.ascontiguousarray(ways[orientation - 1])


def exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    """An Exif block of (tag, type, count, four bytes) entries."""
    body = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + body + b"\0" * 4


def turn_exif(orientation: int) -> bytes:
    return exif((274, 3, 1, struct.pack("<H2x", orientation)))


def adobe_exif() -> bytes:
    """DCF's remark that the colours are Adobe RGB: interoperability index R03, colour space uncalibrated."""
    pointers = exif((0x8769, 4, 1, struct.pack("<I", 26)))
    camera = struct.pack("<H", 2) + struct.pack("<HHIH2x", 0xA001, 3, 1, 65535)
    camera += struct.pack("<HHII", 0xA005, 4, 1, 26 + 30) + b"\0" * 4
    return pointers + camera + struct.pack("<HHHI4s", 1, 1, 2, 4, b"R03\0") + b"\0" * 4


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def inserted(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments put right behind its first marker."""
    return data[:2] + b"".join(segments) + data[2:]


def in_primaries(xy, encode) -> np.ndarray:
    """The fields' sRGB colours in another RGB space, 8 bits."""
    x = FIELDS / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    other = linear @ np.linalg.solve(raw.linear_matrix(xy), raw.linear_matrix(raw.SRGB_XY)).T
    return np.rint(255 * encode(np.clip(other, 0, 1))).astype(np.uint8)


def srgb_encode(x):
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def jpegs() -> Iterator[File]:
    for orientation in range(1, 9):
        yield good(f"turned_{orientation}.jpg", jpeg(oriented(orientation), exif=turn_exif(orientation)), tolerance=3)
    yield good("turned_9.jpg", jpeg(exif=turn_exif(9)), tolerance=3, note="orientation 9")
    yield good("subsampled.jpeg", jpeg(subsampling=2), tolerance=3)
    yield good("progressive.jfif", jpeg(progressive=True), tolerance=3)
    yield good("grey.jpg", jpeg(scene(grey_fields())), looks="grey", tolerance=3)
    yield good("one_pixel.jpg", jpeg(scene()[:1, :1]), size=(1, 1), looks="any")
    yield good("one_row.jpg", jpeg(np.tile(scene()[:1], (1, 50, 1))), size=(2400, 1), looks="any")
    yield good("SHOUTED.JPG", jpeg(), tolerance=3)
    yield good("no_ending", jpeg(), tolerance=3)
    yield good("jpeg_named.png", jpeg(), tolerance=3, note="wrong file ending")
    yield good("with_xmp.jpg", jpeg(xmp=XMP), tolerance=3)
    yield good("broken_xmp.jpg", jpeg(xmp=b"<x:xmpmeta <<< \xff\xfe not XML"), tolerance=3)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x:xmpmeta>&b;</x:xmpmeta>'
    yield good("xmp_entities.jpg", jpeg(xmp=bomb), tolerance=3)
    yield good("huge_exif.jpg", jpeg(exif=turn_exif(1) + bytes(range(256)) * 250), tolerance=3)
    yield good("broken_exif.jpg", jpeg(exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"), tolerance=3, note="damaged Exif")
    yield good("garbage_behind.jpg", jpeg() + b"garbage" * 1000, tolerance=3)
    yield good("two_in_one.mpo", jpeg() + jpeg(scene()[:, ::-1]), tolerance=3)
    manifest = b"JP\0\1\0\0\0\1" + struct.pack(">I4sI", 60, b"jumb", 52) + b"jumdc2pa" + b"\0\x11\0\x10" + b"\0" * 40
    yield good("c2pa.jpg", inserted(jpeg(), segment(0xEB, manifest)), tolerance=3)


def jpeg_colours() -> Iterator[File]:
    p3 = raw.rgb_icc(raw.P3_XY, raw.srgb_sampled(), "Display P3")
    adobe = raw.rgb_icc(raw.ADOBE_XY, raw.gamma(563 / 256), "Adobe RGB (1998)")
    p3_scene = scene(in_primaries(raw.P3_XY, srgb_encode))
    adobe_scene = scene(in_primaries(raw.ADOBE_XY, lambda x: x ** (256 / 563)))
    yield good("p3.jpg", jpeg(p3_scene, icc_profile=p3), tolerance=3, note="converted from Display P3")
    yield good("adobe.jpg", jpeg(adobe_scene, icc_profile=adobe), tolerance=6, note="converted from Adobe RGB")
    yield good("adobe_exif.jpg", jpeg(adobe_scene, exif=adobe_exif()), tolerance=6, note="Adobe RGB (by Exif)")
    srgb = raw.rgb_icc(raw.SRGB_XY, raw.srgb_sampled(), "sRGB IEC61966-2.1")
    yield good("srgb.jpg", jpeg(icc_profile=srgb), tolerance=3)
    grey = raw.icc(b"GRAY", {b"kTRC": raw.gamma(1.0)}, name="linear grey")
    linear = (255 * ((scene(grey_fields()) / 255 + 0.055) / 1.055) ** 2.4).round().astype(np.uint8)
    yield good("grey_icc.jpg", jpeg(linear, icc_profile=grey), looks="grey", tolerance=5, note="linear grey")
    yield good("grey_rgb_icc.jpg", jpeg(scene(grey_fields()), icc_profile=p3), looks="grey", tolerance=3, note="P3")
    yield good("grey_icc_on_rgb.jpg", jpeg(icc_profile=grey), tolerance=3, note="ICC profile is for GRAY")
    table = raw.table_icc(b"RGB ", 3, swapped_lab, grid=17, name="swapped channels")
    yield good("table_icc.jpg", jpeg(scene()[..., ::-1], icc_profile=table), tolerance=4, note="swapped channels")
    yield good("icc_noise.jpg", jpeg(icc_profile=b"noise" * 100), tolerance=3, note="damaged ICC")
    yield good("icc_cut.jpg", jpeg(icc_profile=p3[:300]), tolerance=3, note="damaged ICC")
    inks = Image.fromarray(scene()).convert("CMYK")
    yield good("cmyk.jpg", jpeg(inks), looks="any", note="CMYK without a usable profile")
    yield good("cmyk_rgb_icc.jpg", jpeg(inks, icc_profile=p3), looks="any", note="ICC profile is for RGB")
    press = raw.table_icc(b"CMYK", 4, plain_inks, name="plain inks")
    yield good("cmyk_icc.jpg", jpeg(inks, icc_profile=press), tolerance=4, note="converted from plain inks")
    upside_down = jpeg(Image.eval(inks, lambda v: 255 - v), icc_profile=press)
    start = upside_down.index(b"\xff\xee")
    unmarked = upside_down[:start] + upside_down[start + 16 :]
    yield good("cmyk_not_adobe.jpg", unmarked, tolerance=4, note="converted from plain inks")


def to_lab(rgb) -> np.ndarray:
    """sRGB `(n, 3)` → CIELAB under D50."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    native = raw.linear_matrix(raw.SRGB_XY)
    gains = (raw.BRADFORD @ raw.D50) / (raw.BRADFORD @ native.sum(1))
    t = linear @ (np.linalg.inv(raw.BRADFORD) @ (gains[:, None] * (raw.BRADFORD @ native))).T / raw.D50
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


def swapped_lab(device) -> np.ndarray:
    return to_lab(device[:, ::-1])


def plain_inks(cmyk) -> np.ndarray:
    """A press that does what the school formula says."""
    return to_lab((1 - cmyk[:, :3]) * (1 - cmyk[:, 3:]))


def jpeg_damage() -> Iterator[File]:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = jpeg(noise)
    yield bad("cut_half.jpg", whole[: len(whole) // 2], "cut off")
    yield bad("cut_most.jpg", whole[: len(whole) * 9 // 10], "cut off")
    yield bad("cut_header.jpg", whole[:100], "JPEG")
    yield bad("cut_at_start.jpg", whole[:3], "JPEG")
    half = whole[: len(whole) // 2] + b"\xff\xd9"
    yield good("cut_and_closed.jpg", half, size=(64, 64), looks="any", note="may be damaged")
    slow = jpeg(noise, progressive=True)
    last = slow.rindex(b"\xff\xda")
    yield bad("scan_bomb.jpg", slow[:-2] + slow[last:-2] * 600 + b"\xff\xd9", "scans")
    start = whole.index(b"\xff\xc0")
    no_pixels = whole[: start + 5] + b"\0\0\0\0" + whole[start + 9 :]
    yield bad("no_pixels.jpg", no_pixels, "JPEG")
    huge = whole[: start + 5] + b"\xff\xdc\xff\xdc" + whole[start + 9 :]
    yield bad("bomb.jpg", huge, "pixels", TooLarge)
    twelve = whole[: start + 4] + b"\x0c" + whole[start + 5 :]
    yield bad("twelve_bits.jpg", twelve, "JPEG")
    yield bad("arithmetic_gap.jpg", whole[:start] + whole[start + 19 :], "JPEG")


def pngs() -> Iterator[File]:
    grey, deep = grey_fields(), FIELDS.astype(np.uint16) * 257
    deep_grey = grey.astype(np.uint16) * 257
    yield good("rgb.png", raw.png(scene()))
    yield good("rgb_16.png", raw.png(scene(deep)))
    yield good("rgba.png", raw.png(with_alpha(FIELDS, MAGENTA)), looks="clear")
    yield good("rgba_16.png", raw.png(with_alpha(deep, (65535, 0, 65535))), looks="clear")
    yield good("grey_16.png", raw.png(scene(deep_grey)), looks="grey")
    yield good("la.png", raw.png(with_alpha(grey, (99,))), looks="grey clear")
    yield good("la_16.png", raw.png(with_alpha(deep_grey, (9999,))), looks="grey clear")
    yield good("rgba_opaque.png", raw.png(np.dstack([scene(), np.full((H, W, 1), 255, np.uint8)])))
    key = raw.chunk(b"tRNS", struct.pack(">3H", *FIELDS[3]))
    yield good("rgb_key.png", raw.png(scene(), extra=key), looks="clear")
    deep_key = raw.chunk(b"tRNS", struct.pack(">3H", *deep[3]))
    yield good("rgb_16_key.png", raw.png(scene(deep), extra=deep_key), looks="clear")
    grey_key = raw.chunk(b"tRNS", struct.pack(">H", grey[3, 0]))
    yield good("grey_key.png", raw.png(scene(grey), extra=grey_key), looks="grey clear")
    deep_grey_key = raw.chunk(b"tRNS", struct.pack(">H", deep_grey[3, 0]))
    yield good("grey_16_key.png", raw.png(scene(deep_grey), extra=deep_grey_key), looks="grey clear")
    palette = raw.chunk(b"PLTE", FIELDS.tobytes())
    index = scene(np.arange(4, dtype=np.uint8)[:, None])
    yield good("palette.png", raw.png(index, extra=palette, colour_type=3))
    magenta = raw.chunk(b"PLTE", FIELDS[:3].tobytes() + bytes(MAGENTA))
    clear = magenta + raw.chunk(b"tRNS", b"\xff\xff\xff\0")
    yield good("palette_clear.png", raw.png(index, extra=clear, colour_type=3), looks="clear")
    yield good("one_bit.png", save(Image.fromarray(scene(grey)[..., 0]).convert("1"), "PNG"), looks="any")
    yield good("interlaced.png", raw.interlaced_png(scene()))
    yield good("one_pixel.png", raw.png(scene()[:1, :1]), size=(1, 1), looks="any")
    yield good("one_column.png", raw.png(np.tile(scene()[:, :1], (40, 1, 1))), size=(1, 1280), looks="any")
    frames = [Image.fromarray(x) for x in (scene(), scene()[:, ::-1], scene()[::-1])]
    moving = save(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield good("moving.apng", moving, note="3 frames")
    turned = raw.png(oriented(6), extra=raw.chunk(b"eXIf", turn_exif(6)[6:]))
    yield good("turned_6.png", turned)
    yield good("png_named.jpg", raw.png(scene()), note="wrong file ending")


def png_remarks() -> Iterator[File]:
    def remark(kind: bytes, *numbers: int) -> bytes:
        return raw.chunk(kind, struct.pack(f">{len(numbers)}I", *numbers))

    linear = np.where(FIELDS / 255 <= 0.04045, FIELDS / 255 / 12.92, ((FIELDS / 255 + 0.055) / 1.055) ** 2.4)
    steps = np.rint(linear * 65535).astype(np.uint16)
    yield good("gamma_1.png", raw.png(scene(steps), extra=remark(b"gAMA", 100000)), tolerance=0.5, note="PNG gamma 1")
    yield good("gamma_usual.png", raw.png(scene(), extra=remark(b"gAMA", 45455)))
    yield good("gamma_and_srgb.png", raw.png(scene(), extra=remark(b"gAMA", 60000) + raw.chunk(b"sRGB", b"\0")))
    yield good("gamma_0.png", raw.png(scene(), extra=remark(b"gAMA", 0)), note="impossible PNG colour remark")
    p3 = scene(in_primaries(raw.P3_XY, srgb_encode))
    corners = [round(v * 100000) for xy in ((0.3127, 0.3290), *raw.P3_XY) for v in xy]
    yield good("primaries_p3.png", raw.png(p3, extra=remark(b"cHRM", *corners)), tolerance=2, note="converted")
    yield good("primaries_0.png", raw.png(scene(), extra=remark(b"cHRM", *[0] * 8)), note="impossible PNG colour")
    coded = raw.png(p3, extra=raw.chunk(b"cICP", bytes([12, 13, 0, 1])))
    yield good("coded_p3.png", coded, tolerance=2, note="converted from Display P3")
    yield good("coded_pq.png", raw.png(scene(), extra=raw.chunk(b"cICP", bytes([9, 16, 0, 1]))), note="PQ")
    icc = raw.rgb_icc(raw.P3_XY, raw.srgb_sampled(), "Display P3")
    packed = raw.chunk(b"iCCP", b"p\0\0" + zlib.compress(icc))
    yield good("icc_p3.png", raw.png(p3, extra=packed), tolerance=2, note="converted from Display P3")
    deep = scene(in_primaries(raw.P3_XY, srgb_encode).astype(np.uint16) * 257)
    yield good("icc_p3_16.png", raw.png(deep, extra=packed), tolerance=2, note="converted from Display P3")
    text = raw.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    yield good("with_xmp.png", raw.png(scene(), extra=text))
    long_text = raw.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP + b" " * 1_000_000)
    yield good("long_xmp.png", raw.png(scene(), extra=long_text), note="XMP of")


def png_damage() -> Iterator[File]:
    whole = raw.png(np.random.default_rng(1).integers(0, 256, (H, W, 3), dtype=np.uint8))
    yield bad("cut.png", whole[: len(whole) // 2], "PNG")
    yield bad("cut_16.png", raw.png(scene().astype(np.uint16), idat=zlib.compress(b"\0" * 1000)), "PNG")
    yield bad("cut_header.png", whole[:20], "PNG")
    at = whole.index(b"IDAT") + 40
    yield bad("bad_data.png", whole[:at] + b"\xff" * 40 + whole[at + 40 :], "PNG")
    yield bad("no_data.png", raw.png(scene(), idat=b""), "PNG")
    yield bad("too_little_data.png", raw.png(scene(), idat=zlib.compress(b"\0" * 100)), "PNG")
    yield bad("no_width.png", raw.png(scene(), size=(0, 10)), "PNG")
    yield bad("bomb.png", raw.png(scene(), size=(30000, 30000)), "pixels", TooLarge)
    yield bad("bomb_long.png", raw.png(scene(), size=(90_000, 10)), "side", TooLarge)
    yield bad("bomb_wide.png", raw.png(scene(), size=(2**31 - 1, 2**31 - 1)), "pixels", TooLarge)
    zeros = zlib.compress(b"\0" * 8_000_000)
    yield bad("icc_bomb.png", raw.png(scene(), extra=raw.chunk(b"iCCP", b"p\0\0" + zeros)), "PNG")
    yield bad("text_bomb.png", raw.png(scene(), extra=raw.chunk(b"zTXt", b"note\0\0" + zeros)), "PNG")


def tiffs() -> Iterator[File]:
    deep = FIELDS.astype(np.uint16) * 257
    for packing in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield good(f"{packing}.tif", save(scene(), "TIFF", compression=None if packing == "raw" else packing))
    yield good("rgb_16.tif", raw.tiff(scene(deep), 2))
    yield good("rgba_16.tif", raw.tiff(with_alpha(deep, (65535, 0, 65535)), 2, extra_sample=2), looks="clear")
    yield good("rgba.tif", raw.tiff(with_alpha(FIELDS, MAGENTA), 2, extra_sample=2), looks="clear")
    yield good("premultiplied.tif", raw.tiff(with_alpha(FIELDS, (0, 0, 0)), 2, extra_sample=1), looks="clear")
    premultiplied = raw.tiff(with_alpha(deep, (0, 0, 0)), 2, extra_sample=1)
    yield good("premultiplied_16.tif", premultiplied, looks="clear", note="")
    yield good("padding.tif", raw.tiff(with_alpha(FIELDS, FIELDS[3]), 2, extra_sample=0))
    grey = grey_fields()
    deep_grey = scene(grey.astype(np.uint16) * 257)
    yield good("grey_16.tif", raw.tiff(deep_grey, 1), looks="grey")
    yield good("white_is_zero.tif", raw.tiff(255 - scene(grey), 0), looks="grey")
    yield good("white_is_zero_16.tif", raw.tiff(65535 - deep_grey, 0), looks="grey")
    for orientation in (3, 6, 7):
        yield good(f"turned_{orientation}.tif", raw.tiff(oriented(orientation), 2, orientation=orientation))
    turned = raw.tiff(oriented(5).astype(np.uint16) * 257, 2, orientation=5)
    yield good("turned_5_16.tif", turned)
    yield good("turned_8_float.tif", raw.tiff((oriented(8)[..., :1] / np.float32(255)), 1, sample_format=3,
               orientation=8), looks="any", note="1 read as white")  # fmt: skip


def odd_tiffs() -> Iterator[File]:
    grey = scene(grey_fields())
    floats = grey / np.float32(255)
    yield good("float.tif", raw.tiff(floats, 1, sample_format=3), looks="grey", note="1 read as white")
    yield good("float_255.tif", raw.tiff(floats * 255, 1, sample_format=3), looks="grey", note="255 read as white")
    holes = floats.copy()
    holes[0, 0], holes[0, 1], holes[0, 2] = np.nan, np.inf, -np.inf
    yield Case("float_holes.tif", (W, H), "grey", note="infinite"), raw.tiff(holes, 1, sample_format=3)
    whole = grey.astype(np.int32) * 257
    yield good("int_32.tif", raw.tiff(whole, 1, sample_format=2), looks="grey", note="65535 read as white")
    wide = np.maximum(grey.astype(np.uint32), 1) * (2**32 // 256)
    yield good("uint_32.tif", raw.tiff(wide, 1), looks="any", note="read as white")
    inks = np.asarray(Image.fromarray(scene()).convert("CMYK"))
    yield good("cmyk.tif", raw.tiff(inks, 5), looks="any", note="CMYK without a usable profile")
    press = raw.table_icc(b"CMYK", 4, plain_inks, name="plain inks")
    profile = (34675, 1, list(press))
    yield good("cmyk_icc.tif", raw.tiff(inks, 5, tags=[profile]), tolerance=3, note="converted from plain inks")
    lab = to_lab(FIELDS / 255) * [2.55, 1, 1]
    codes = np.rint(lab).astype(np.int16).astype(np.uint8)
    yield good("lab.tif", raw.tiff(scene(codes), 8), tolerance=2, note="CIELAB")
    pages = [Image.fromarray(x) for x in (scene(), scene()[:, ::-1])]
    yield good("pages.tif", save(pages[0], "TIFF", save_all=True, append_images=pages[1:]), note="2 frames")
    yield good("own_tail.tif", raw.tiff(scene(), 2, next_ifd=-1))
    yield good("lost_tail.tif", raw.tiff(scene(), 2, next_ifd=10**8), note="later frame")
    yield bad("cut.tif", raw.tiff(scene(), 2)[:1000], "TIFF")
    whole_file = save(scene(), "TIFF", compression="tiff_lzw")
    yield bad("bomb.tif", raw.tiff(scene(), 2).replace(struct.pack("<HHII", 257, 3, 1, H),
              struct.pack("<HHII", 257, 4, 1, 10**9)), "pixels", TooLarge)  # fmt: skip
    yield bad("bad_directory.tif", whole_file[:4] + b"\xff\xff\xff\x7f" + whole_file[8:], "TIFF")
    yield bad("float_rgb.tif", raw.tiff(scene() / np.float32(255), 2, sample_format=3), "kind packshot cannot read")
    planes = (scene().astype(np.uint16) * 257).transpose(2, 0, 1)
    yield bad("planes_16.tif", raw.tiff(planes, 2, planar=2), "separate planes")
    yield good("planes_8.tif", raw.tiff(scene().transpose(2, 0, 1), 2, planar=2))
    yield bad("camera.dng", raw.tiff(scene(), 2, tags=[(50706, 1, [1, 4, 0, 0])]), "raw")
    yield bad("camera.nef", raw.tiff(scene(), 2), "raw")
    yield bad("camera.cr2", b"II*\0\x10\0\0\0CR\2\0" + b"\0" * 100, "raw")


def gifs() -> Iterator[File]:
    frames = [Image.fromarray(x) for x in (scene(), scene()[:, ::-1], scene()[::-1])]
    yield good("plain.gif", save(frames[0], "GIF"))
    yield good("moving.gif", save(frames[0], "GIF", save_all=True, append_images=frames[1:]), note="3 frames")
    yield good("clear.gif", save(with_alpha(FIELDS, MAGENTA), "GIF"), looks="clear")
    moving = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield good("moving_cut.gif", moving[:-60], note="frame")
    yield bad("cut.gif", save(scene(), "GIF")[:200], "GIF")
    yield bad("header_only.gif", b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0), "GIF")
    yield bad("bomb.gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + save(scene(), "GIF")[10:], "pixels", TooLarge)


def webps() -> Iterator[File]:
    yield good("lossless.webp", save(scene(), "WEBP", lossless=True))
    yield good("lossy.webp", save(scene(), "WEBP", quality=95), tolerance=4)
    yield good("clear.webp", save(with_alpha(FIELDS, MAGENTA), "WEBP", lossless=True, exact=True), looks="clear")
    frames = [Image.fromarray(x) for x in (scene(), scene()[:, ::-1])]
    moving = save(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    yield good("moving.webp", moving, note="2 frames")
    turned = save(oriented(8), "WEBP", lossless=True, exif=turn_exif(8))
    yield good("turned_8.webp", turned)
    whole = save(scene(), "WEBP", quality=95)
    yield bad("cut.webp", whole[: len(whole) * 2 // 3], "WEBP")
    yield bad("header_only.webp", whole[:16], "WEBP")
    at = moving.index(b"VP8X") + 12
    yield bad("bomb.webp", moving[:at] + b"\xfe\x3f\0\xfe\x3f\0" + moving[at + 6 :], "pixels", TooLarge)


def avifs() -> Iterator[File]:
    yield good("plain.avif", save(scene(), "AVIF", quality=95, subsampling="4:4:4"), tolerance=6)
    yield good("clear.avif", save(with_alpha(FIELDS, MAGENTA), "AVIF", quality=95, subsampling="4:4:4"),
               looks="clear", tolerance=6)  # fmt: skip
    turned = save(oriented(6), "AVIF", quality=95, subsampling="4:4:4", exif=turn_exif(6)[6:])
    yield good("turned_6.avif", turned, tolerance=6)
    frames = [Image.fromarray(x) for x in (scene(), scene()[:, ::-1])]
    moving = save(frames[0], "AVIF", save_all=True, append_images=frames[1:], quality=95, subsampling="4:4:4")
    yield good("moving.avif", moving, tolerance=6, note="2 frames")
    whole = save(scene(), "AVIF", quality=95)
    yield bad("cut.avif", whole[: len(whole) - 100], "AVIF")
    yield bad("header_only.avif", whole[:40], "AVIF")
    p3 = scene(in_primaries(raw.P3_XY, srgb_encode))
    coded = save(p3, "AVIF", quality=95, subsampling="4:4:4")
    coded = coded.replace(b"colrnclx\0\1\0\x0d", b"colrnclx\0\x0c\0\x0d")
    yield good("coded_p3.avif", coded, tolerance=5, note="converted from Display P3")


def others() -> Iterator[File]:
    yield good("plain.bmp", save(scene(), "BMP"))
    yield bad("cut.bmp", save(scene(), "BMP")[:800], "BMP")
    yield good("plain.ppm", save(scene(), "PPM"))
    yield good("deep.pgm", b"P5 %d %d 65535\n" % (W, H) + (scene(grey_fields()).astype(">u2") * 257).tobytes(),
               looks="grey", note="65535 read as white")  # fmt: skip
    yield good("plain.jp2", save(scene(), "JPEG2000"))
    yield bad("cut.jp2", save(scene(), "JPEG2000")[:150], "JPEG2000")
    yield bad("header_only.ppm", b"P6 48 32 255\n", "PPM")
    yield bad("bomb.ppm", b"P6 99999999 99999999 255\n", "pixels", TooLarge)


def no_pictures() -> Iterator[File]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    yield bad("empty.jpg", b"", "0 bytes")
    yield bad("zeros.jpg", b"\0" * 5000, "zero bytes")
    yield bad("noise.jpg", np.random.default_rng(2).bytes(5000), "not a picture")
    yield bad("text.jpg", b"The photographer is ill.\n", "text")
    yield bad("table.jpg", b'{"error": "not found"}', "text")
    yield bad("page.jpg", b"\n<!DOCTYPE html><html><body>404 Not Found</body></html>", "web page")
    yield bad("drawing.svg", svg, "SVG")
    yield bad("drawing.png", b"\xef\xbb\xbf<?xml version='1.0'?>\n" + svg, "SVG")
    yield bad("feed.jpg", b"<?xml version='1.0'?><products/>", "XML")
    yield bad("sheet.pdf", b"%PDF-1.7\n", "PDF")
    yield bad("layers.psd", b"8BPS\0\1" + b"\0" * 40, "Photoshop")
    yield bad("drawing.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript")
    yield bad("pictures.zip", b"PK\3\4" + b"\0" * 40, "zip")
    yield bad("packed.jpg", b"\x1f\x8b\x08" + b"\0" * 40, "archive")
    yield bad("new.jxl", b"\xff\x0a" + b"\0" * 40, "JPEG XL")
    yield bad("boxed.jxl", b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL")
    yield bad("film.jpg", b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + b"\0" * 40, "video")
    yield bad("camera.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + b"\0" * 40, "raw")
    yield bad("site.ico", b"\0\0\1\0\1\0" + b"\0" * 40, "icon")
    yield bad("pointer.jpg", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS")
