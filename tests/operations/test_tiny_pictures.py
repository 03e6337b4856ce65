"""Pictures smaller than any kernel, window or tile: a result, or an error that says why, of every operation."""

from contextlib import suppress

import pytest
import torch

from packshot import operations
from packshot.errors import PackshotError
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context
from packshot.pipeline.weights import load

SIZES = ((1, 1), (1, 7), (3, 2), (9, 1))
MORE = {
    "sharpen": [{"blur": "motion", "size": 24}, {"blur": "defocus", "size": 1e-9}, {"blur": "details"}],
    "upscale": [{"method": "classical", "factor": 4}],
    "denoise": [{"method": "classical", "noise": 50}],
    "erase": [{"box": "0,0,1,1", "method": "classical"}],
    "extend": [{"ratio": "2:1", "method": "classical"}],
    "recolour": [{"to": "red"}],
    "swap-material": [{"to": "metal"}],
    "shadow": [{"kind": "cast"}, {"kind": "contact"}, {"kind": "reflection"}],
    "from-layout": [{"category": "ball"}],
}


@pytest.mark.parametrize("name", sorted(operations.TABLE))
@pytest.mark.parametrize("matte", [False, True])
def test_a_tiny_picture_gives_a_result_or_a_reason(name, matte):
    fields = operations.find(name).model_fields.values()
    plain = () if any(info.is_required() for info in fields) else ({},)
    for parameters in (*plain, *MORE.get(name, ())):
        operation = operations.find(name)(**parameters)
        for h, w in SIZES:
            rgb = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h))
            picture = Picture(rgb, matte=torch.ones(1, 1, h, w) if matte else None)
            with suppress(PackshotError):
                result = operation.apply(picture, Context(load_model=load))
                assert torch.isfinite(result.picture.rgb).all(), (parameters, h, w)
