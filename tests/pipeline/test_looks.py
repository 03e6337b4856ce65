"""Looks over a catalogue and clips, end to end: variants, resume, the sheet, marks, and a product left alone."""

from pathlib import Path

import pytest
import torch

from packshot.errors import CatalogueError, ParameterError
from packshot.imaging import files
from packshot.imaging.files.clips import film_xmp, open_clip
from packshot.imaging.picture import Picture
from packshot.imaging.styling import patterns
from packshot.operations.restyle import Restyle
from packshot.pipeline import looks
from packshot.pipeline.clips import run_clip
from packshot.pipeline.record import read_records
from packshot.provenance import policies


def photo(number, side=48):
    """A red box on grey, a little further right each time."""
    rgb = torch.full((1, 3, side, side), 0.7)
    left = 8 + 2 * number
    rgb[:, :, 12:36, left : left + 20] = torch.tensor([0.8, 0.2, 0.2]).view(1, 3, 1, 1)
    return Picture(rgb)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        files.write(photo(number), tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def test_every_photo_in_every_look_with_one_palette_and_a_sheet(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    palette = looks.palette_of(photos, out / "palette.png")
    before = palette.read_bytes()
    recipe = looks.recipe_of(["pattern:weave", "pattern:marble"], {"method": "colour", "source": str(palette)}, {})
    outcome = looks.run_looks(recipe, photos, out, workers=1)
    assert (outcome.exit_code, outcome.progress.done) == (0, 6)
    records = list(read_records(out / "edits.jsonl"))
    assert {record.variant for record in records} == {"pattern-weave", "pattern-marble"}
    sheet = files.read(looks.contact_sheet(out, 2, 32))
    assert sheet.size == (2 * 36 + 4, 3 * 36 + 4)
    assert looks.palette_of(photos, out / "palette.png").read_bytes() == before
    assert looks.run_looks(recipe, photos, out, workers=1).progress.skipped == 6
    grounds = [files.read(out / r.output).rgb[0, :, 2, 2] for r in records if r.variant == "pattern-weave"]
    spread = torch.stack(grounds).std(0).max()
    assert spread < 2 / 255  # the same ground in all photos of a look: it is one map


def test_looks_that_cannot_be(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="1 to 64"):
        looks.recipe_of([], {}, {})
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(CatalogueError):
        looks.palette_of(tmp_path / "none", tmp_path / "p.png")


@pytest.mark.parametrize("name", ["a.gif", "a.mp4", "frames"])
def test_clips_go_out_with_marks(name: str, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    done = run_clip(open_clip(photos), Restyle(style="pattern:weave"), out, policies.find("default"), smooth=0.5)
    assert done.frames == 3
    assert [step.operation for step in done.steps] == ["restyle"]
    clip = open_clip(out)
    assert clip.count == 3
    assert next(iter(clip.frames())).size == (48, 48)
    if name == "a.mp4":
        assert b"algorithmicallyEnhanced" in (film_xmp(out.read_bytes()) or b"")


def test_smoothing_lowers_flicker_and_leaves_an_unstyled_product_alone(photos: Path, tmp_path: Path) -> None:
    matted = tmp_path / "matted"
    for number in range(3):
        frame = photo(number)
        alpha = (frame.rgb[:, 1:2] < 0.5).float()
        ground = patterns.pattern("terrazzo", 48, number)
        rgb = torch.where(alpha > 0, frame.rgb, ground)
        files.write(Picture(rgb, alpha=alpha.clamp(min=0.01)), matted / f"{number}.png")
    operation = Restyle(style="background=pattern:marble", regions="matte")
    done = run_clip(open_clip(matted), operation, tmp_path / "out", policies.find("default"), smooth=0.8)
    assert done.flicker <= done.flicker_before
    for number in range(3):
        got = files.read(tmp_path / "out" / f"{number}.png").rgb[0, :, 20, 14 + 2 * number + 4]
        torch.testing.assert_close(got, torch.tensor([0.8, 0.2, 0.2]), rtol=0, atol=1 / 254)


def test_clips_that_cannot_be(photos: Path, tmp_path: Path) -> None:
    operation, policy = Restyle(style="pattern:weave"), policies.find("default")
    with pytest.raises(ParameterError, match=r"expected \.gif"):
        run_clip(open_clip(photos), operation, tmp_path / "a.avi", policy)
    with pytest.raises(ParameterError, match="smooth"):
        run_clip(open_clip(photos), operation, tmp_path / "a.gif", policy, smooth=1.0)
    files.write(Picture(torch.rand(1, 3, 20, 20)), photos / "z.png")
    with pytest.raises(ParameterError, match="frame 3"):
        run_clip(open_clip(photos), operation, tmp_path / "out", policy)
