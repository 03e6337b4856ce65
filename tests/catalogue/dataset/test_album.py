"""Albums: what goes in, and crops that depend on seed and place alone."""

import numpy as np
import pytest
import torch

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.dataset.album import CELL, Album, Crops, detailed
from packshot.catalogue.dataset.albums import album_of, build
from packshot.catalogue.dataset.leaves import dead_leaves
from packshot.catalogue.ingest import ingest
from packshot.errors import CatalogueError, ParameterError
from packshot.imaging import files
from packshot.imaging.picture import Picture


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number, (h, w) in enumerate([(140, 120), (128, 200), (60, 300)]):
        generator = torch.Generator().manual_seed(number)
        rgb = torch.randint(0, 256, (1, 3, h, w), generator=generator) / 255
        rgb[..., : w // 2] = 1.0  # blank ground
        files.write(Picture(rgb), folder / f"{number}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def album(photos, tmp_path_factory):
    return build([photos, "leaves:2"], tmp_path_factory.mktemp("album") / "a", (1.0,))


def test_pictures_go_in_as_they_are_small_and_broken_ones_stay_out(album, photos):
    opened, problems = album
    assert opened.sizes.tolist() == [[140, 120], [128, 200], [384, 384], [384, 384]]
    assert [p.file for p in problems] == ["broken.jpg"]
    assert opened.licences == ("CC0-1.0", "unstated")
    truth = files.open_picture(photos / "1.png").picture.rgb[0].permute(1, 2, 0)
    assert np.array_equal(opened.picture(1), (truth * 255).round().byte().numpy())
    assert np.array_equal(opened.picture(3), dead_leaves(384, 1))


def test_blank_ground_has_no_cells(album):
    opened, _ = album
    own = opened.cells[opened.cells[:, 0] == 1]
    assert len(own)
    assert own[:, 2].min() >= 100 - CELL
    assert len(detailed(np.full((64, 64, 3), 7, np.uint8))) == 0


def test_crops_depend_on_seed_and_place_alone(album):
    crops = Crops(album[0], 40, seed=3)
    whole = crops.take(0, 12)["image"]
    assert whole.shape == (12, 3, 40, 40)
    assert whole.dtype == torch.uint8
    assert whole.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(torch.cat([crops.take(0, 5)["image"], crops.take(5, 7)["image"]]), whole)
    assert not torch.equal(Crops(album[0], 40, seed=4).take(0, 12)["image"], whole)


def test_pictures_too_small_for_a_crop_are_left_out(album):
    crops = Crops(album[0], 125)
    assert set(crops.cells[:, 0]) == {1, 2, 3}
    assert crops.total < Crops(album[0], 120).total


def test_every_crop_is_part_of_its_picture_in_one_of_eight_ways(album):
    opened, side = album[0], 30
    seen = set()
    for drawn in range(0, 10_000_000_000, 251_234_567):
        crop = opened.crop(opened.cells, drawn, side)
        number = opened.cells[drawn % len(opened.cells)][0]
        h, w = opened.sizes[number]
        windows = np.lib.stride_tricks.sliding_window_view(opened.picture(number)[..., 0], (side, side))
        turned = [np.rot90(m, k) for m in (crop[..., 0], crop[::-1, :, 0]) for k in range(4)]
        corner = windows[:, :, 0, 0], windows[:, :, -1, -1]
        found = [i for i, t in enumerate(turned)
                 for y, x in np.argwhere((corner[0] == t[0, 0]) & (corner[1] == t[-1, -1]))
                 if np.array_equal(windows[y, x], t)]  # fmt: skip
        assert found, (number, h, w)
        seen.update(found)
    assert seen == set(range(8))


def test_what_does_not_fit_is_refused(album, photos, tmp_path):
    opened, _ = album
    with pytest.raises(ParameterError, match="1 to 384 px"):
        Crops(opened, 385)
    with pytest.raises(CatalogueError, match="there already"):
        build([photos], opened.folder)
    with pytest.raises(ParameterError, match="shrinks"):
        build([photos], tmp_path / "a", (1.5,))
    with pytest.raises(ParameterError, match="leaves:COUNT"):
        build(["leaves:many"], tmp_path / "a")
    with pytest.raises(CatalogueError, match="expected an album, a catalogue"):
        build([tmp_path / "nothing"], tmp_path / "a")
    with pytest.raises(CatalogueError, match="expected an album"):
        Album(photos)
    copy = build(["leaves:1"], tmp_path / "b")[0].folder
    (copy / "album.u8").write_bytes(b"short")
    with pytest.raises(CatalogueError, match="make the album again"):
        Album(copy)


def test_a_catalogue_gives_its_training_pictures_and_licences(photos, tmp_path):
    table = tmp_path / "table.csv"
    rows = ["sku,image,licence,split", "a,0.png,MIT,train", "b,1.png,CC0-1.0,test"]
    table.write_text("\n".join(rows))
    ingest(table, tmp_path / "shop", pictures_from=photos)
    assert len(Catalogue(tmp_path / "shop")) == 2
    opened = album_of(tmp_path / "shop", (0.9,))
    assert opened.sizes.tolist() == [[126, 108]]
    assert opened.licences == ("MIT",)
    assert album_of(opened.folder).folder == opened.folder
    assert album_of(tmp_path / "shop", (0.9,)).folder == opened.folder  # kept
