"""Networks that segment: any size, what is supervised, what ships, what the papers promise."""

import pytest
import torch

from packshot import networks
from packshot.errors import ParameterError
from packshot.networks.segmentation.segnet import pooled, unpooled
from tests.networks.members import SEGMENTING, TINY, make, off_zero


@pytest.mark.parametrize("name", SEGMENTING)
@pytest.mark.parametrize("classes", [1, 5])
def test_any_size_gives_logits_of_every_class(name, classes):
    network = off_zero(make(name, classes=classes)).eval()
    for n, h, w in ((2, 1, 1), (2, 17, 23), (1, 40, 24)):
        x = torch.rand(n, 3, h, w)
        with torch.inference_mode():
            first, *sides = network.everything(x)
            assert torch.equal(first, network(x))
        assert first.shape == (n, classes, h, w)
        assert torch.isfinite(first).all()
        assert all(side.shape[:2] == (n, classes) for side in sides)


@pytest.mark.parametrize(("name", "count"), [("unet", 0), ("segnet", 0), ("guided-unet", 2), ("nested-unet", 6)])
def test_side_outputs_halve(name, count):
    _, *sides = make(name).eval().everything(torch.rand(1, 3, 64, 64))
    first = {"guided-unet": 16, "nested-unet": 32}.get(name, 0)
    assert [side.shape[2] for side in sides] == [first >> level for level in range(count)]


@pytest.mark.parametrize("name", SEGMENTING)
def test_defaults_stay_small(name):
    count = sum(p.numel() for p in networks.build(name).parameters())
    assert count <= 2_000_000  # 4 MB in half precision


def test_what_ships_gives_what_was_trained():
    network = off_zero(make("guided-unet"))
    for _ in range(3):
        network(torch.rand(4, 3, 24, 16))
    network.eval()
    shipped, x = network.fused(), torch.rand(2, 3, 19, 30)
    with torch.inference_mode():
        torch.testing.assert_close(shipped(x), network(x), rtol=1e-4, atol=1e-5)
    assert shipped.config.folded
    assert not any("running" in name for name in shipped.state_dict())
    again = networks.build("guided-unet", {**TINY["guided-unet"], "folded": True})
    again.load_state_dict(shipped.state_dict())
    assert torch.equal(shipped.fused()(x), shipped(x))


def test_the_guided_head_follows_an_edge_of_the_picture():
    """With the coefficients of one guide alone, the logits step where the picture does, within the pixel."""
    network = make("guided-unet").eval()
    with torch.no_grad():
        network.guide.weight.zero_()
        network.guide.bias.zero_()
        network.guide.weight[0, :, 1, 1] = 1.0
        network.lines.weight.zero_()
        network.lines.bias.copy_(torch.tensor([4.0, 0.0, -6.0]))
        x = torch.zeros(1, 3, 16, 16)
        x[..., 5:] = 1
        logits = network(x)
    assert (logits[..., :5] == -6).all()
    assert (logits[..., 5:] > 0).all()


def test_segnet_puts_values_back_where_the_maxima_lay():
    x = torch.tensor([[1.0, 5, 2, 2], [3, 4, 2, 2]])[None, None]
    most, places = pooled(x)
    assert torch.equal(most, torch.tensor([[[[5.0, 2.0]]]]))
    assert torch.equal(unpooled(most, places)[0, 0], torch.tensor([[0.0, 5, 2, 0], [0, 0, 0, 0]]))
    x = torch.randn(2, 3, 8, 6)
    theirs, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    most, places = pooled(x)
    assert torch.equal(most, theirs)
    assert torch.equal(unpooled(most, places), torch.nn.functional.max_unpool2d(theirs, indices, 2))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("segnet", {"widths": []}),
        ("segnet", {"convs": [1]}),
        ("guided-unet", {"widths": [4]}),
        ("guided-unet", {"blocks": [0]}),
    ],
)
def test_tuples_are_refused_by_name(name, wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        networks.build(name, {**TINY[name], **wrong})
