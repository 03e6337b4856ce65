"""Pictures and steps that the tests of marks share."""

import torch

from packshot.imaging.picture import Picture
from packshot.provenance import policies
from packshot.provenance.step import Step

SUFFIXES = (".jpg", ".png", ".webp", ".avif", ".tif")
SCENE = Step("scene", digital_source_type="compositeWithTrainedAlgorithmicMedia", weights={"scene-net": "ab" * 32})
HISTORY = (Step("cutout"), SCENE, Step("frame"))
DEFAULT = policies.find("default")


def picture(height=120, width=160, seed=0):
    """Soft random colours on white, with a matte."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, max(1, height // 16), max(1, width // 16), generator=generator)
    inside = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    matte = torch.zeros(1, 1, height, width)
    matte[..., height // 4 : -height // 4, width // 4 : -width // 4] = 1
    return Picture(inside * matte + (1 - matte), matte=matte)
