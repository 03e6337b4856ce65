"""The quality that is read off a coded picture, and its repair."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.imaging import compare, files
from packshot.imaging.restoring import coding


@pytest.fixture(scope="module")
def sample():
    from pathlib import Path

    import packshot

    rgb = files.read(Path(packshot.__file__).parent / "samples" / "TS-CAMERA.jpg").rgb
    return rgb[..., 100:420, 100:420].contiguous()


def coded(rgb, quality):
    buffer = io.BytesIO()
    Image.fromarray((rgb[0].permute(1, 2, 0) * 255).round().byte().numpy()).save(buffer, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(buffer)).copy()).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize("quality", [10, 30, 50, 75])
def test_quality_and_grid_are_read_off_the_pixels(sample, quality):
    found = coding.coding_of(coded(sample, quality)[..., 3:, 6:])
    assert found.quality == pytest.approx(quality, abs=4)
    assert found.grid == (5, 2)


def test_no_trace_of_coding_where_there_is_none():
    smooth = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert coding.coding_of(smooth).quality == 100
    assert coding.coding_of(torch.rand(1, 3, 9, 40)).quality == 100


def test_repair_takes_blocks_away_and_comes_nearer_to_the_truth(sample):
    rough = coded(sample, 20)
    mended = coding.recoded(rough, 20)
    assert coding.blocking(mended, (0, 0)) < 0.6 * coding.blocking(rough, (0, 0))
    assert compare.psnr(mended, sample) > compare.psnr(rough, sample) + 0.2
