"""Thumbnails: size, budget, transparency, and a photo seen through the frame of its result."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.errors import FileError, ParameterError
from packshot.evaluation.report import After, Entry, Summary, write_report
from packshot.evaluation.thumbnails import BUDGET_BYTES, Frame, thumbnail
from packshot.imaging import files, geometry
from packshot.imaging.picture import Picture


def pixels(thumb):
    image = Image.open(io.BytesIO(thumb.webp))
    assert (image.width, image.height) == (thumb.width, thumb.height)
    return np.asarray(image.convert("RGBA")).astype(int)


def photo(height=600, width=800, box=(300, 200, 500, 350)):
    """Grey, with a red box `(x0, y0, x1, y1)`."""
    rgb = torch.full((1, 3, height, width), 0.6)
    x0, y0, x1, y1 = box
    rgb[0, :, y0:y1, x0:x1] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    return Picture(rgb)


def red_box(found):
    """Edges `(x0, y0, x1, y1)` of what is red, px."""
    red = (found[..., 0] - found[..., 1] > 90) & (found[..., 3] > 128)
    ys, xs = np.nonzero(red)
    return xs.min(), ys.min(), xs.max() + 1, ys.max() + 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [((600, 800), (300, 400)), ((30, 20), (30, 20)), ((1, 3000), (1, 400)), ((900, 900), (400, 400))],
)
def test_size_is_kept_in_shape_and_never_enlarged(size, expected):
    thumb = thumbnail(Picture(torch.full((1, 3, *size), 0.4)))
    assert (thumb.height, thumb.width) == expected
    assert pixels(thumb).shape[:2] == expected
    assert not thumb.clear


def test_a_file_and_its_bytes_and_its_picture_look_alike(tmp_path):
    path = tmp_path / "photo #1.png"
    files.write(photo(), path)
    seen = [pixels(thumbnail(source)) for source in (path, path.read_bytes(), photo())]
    assert np.abs(seen[0] - seen[1]).max() == 0
    assert np.abs(seen[0] - seen[2]).mean() < 1
    assert np.abs(np.array(red_box(seen[2])) - (150, 100, 250, 175)).max() <= 1


@pytest.mark.parametrize("side", [400, 97])
def test_a_photo_through_the_frame_of_its_result_lies_under_it(side):
    """The result: the box enlarged 1.7 times into a frame that reaches beyond the photo's upper edge."""
    to_source = geometry.scale_shift(1 / 1.7, 1 / 1.7, 250, -60)
    result = geometry.carry(photo(), to_source, (1000, 500))
    seen = pixels(thumbnail(photo(), Frame.of(result), side))
    assert np.abs(np.array(red_box(seen)) - np.array(red_box(pixels(thumbnail(result, None, side))))).max() <= 1
    outside = round(60 * 1.7 * side / 1000)
    assert (seen[: outside - 1, :, 3] == 0).all()
    assert (seen[outside + 1 :, :, 3] == 255).all()


def test_a_frame_may_turn_the_photo():
    turned = geometry.turn(photo(), 1)
    seen, expected = pixels(thumbnail(photo(), Frame.of(turned))), pixels(thumbnail(turned))
    assert seen.shape == expected.shape
    assert np.abs(np.array(red_box(seen)) - np.array(red_box(expected))).max() <= 1


def test_a_shrunk_decode_still_lies_in_place(tmp_path):
    path = tmp_path / "large.jpg"
    files.write(photo(2400, 3200, (1200, 800, 2000, 1400)), path)
    frame = Frame(1000, 1000, ((1.2, 0, 1000), (0, 1.2, 500), (0, 0, 1)))
    expected = np.array([200 / 1.2, 300 / 1.2, 1000 / 1.2, 900 / 1.2]) * 0.4
    assert np.abs(np.array(red_box(pixels(thumbnail(path, frame)))) - expected).max() <= 1.5


def test_transparent_pictures_stay_so_and_their_edges_get_no_dark_seam():
    rgb, alpha = torch.zeros(1, 3, 900, 900), torch.zeros(1, 1, 900, 900)
    rgb[..., 203:697, 203:697], alpha[..., 203:697, 203:697] = 0.9, 1.0  # hidden colour is black
    thumb = thumbnail(Picture(rgb, alpha=alpha))
    seen = pixels(thumb)
    assert thumb.clear
    assert seen[0, 0, 3] == 0
    partly = (seen[..., 3] > 60) & (seen[..., 3] < 250)
    assert partly.any()
    assert seen[partly][:, :3].min() > 180


def test_busy_pictures_are_squeezed():
    noise = Picture(torch.rand(1, 3, 400, 400, generator=torch.Generator().manual_seed(0)))
    assert len(thumbnail(noise).webp) <= 2 * BUDGET_BYTES
    assert len(thumbnail(photo()).webp) < BUDGET_BYTES


def test_refusals(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with pytest.raises(FileError, match=r"bad\.jpg"):
        thumbnail(tmp_path / "bad.jpg")
    with pytest.raises(ParameterError, match="side_px"):
        thumbnail(photo(), side_px=0)
    with pytest.raises(ParameterError, match="frame"):
        thumbnail(photo(), Frame(0, 10, ((1, 0, 0), (0, 1, 0), (0, 0, 1))))
    with pytest.raises(ParameterError, match="frame"):
        thumbnail(photo(), Frame(10, 10, ((0, 0, 0), (0, 0, 0), (0, 0, 1))))


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="needs real photos (PACKSHOT_DATA)")
def test_real_pairs_keep_the_budget_of_the_page(tmp_path):
    photos = sorted(Path(os.environ["PACKSHOT_DATA"]).glob("products/*/*.jpg"))[::60]
    frame = Frame(1000, 1000, ((0.5, 0, 0), (0, 0.5, 0), (0, 0, 1)))
    entries = (Entry(p.stem, p.name, "done", before=p, afters=(After(p, "x.jpg"),), frame=frame) for p in photos)
    page = write_report(tmp_path, entries, Summary("budget", "1", "2026-01-02"))
    assert len(photos) > 20
    assert page.stat().st_size < 25_000 * len(photos) + 60_000  # and the page itself
