"""Augmentation for discriminators: gradients of any order, no bias without cause, exactness, and the controller."""

import pytest
import torch

from packshot.catalogue.augment.ada import GROUPS, Controller, ada, warped
from packshot.catalogue.augment.diffaugment import POLICIES, diffaugment
from packshot.errors import ParameterError
from tests.catalogue.augment.drawn import photo, seeded


def signed(n=4, side=16):
    return photo(n, side).double() * 2 - 1


CHANGES = {f"diffaugment {name}": (lambda x, g, name=name: diffaugment(x, g, [name])) for name in POLICIES}
CHANGES |= {f"ada {name}": (lambda x, g, name=name: ada(x, 1.0, g, [name])) for name in GROUPS}
CHANGES["ada all"] = lambda x, g: ada(x, 0.7, g, GROUPS)


@pytest.mark.parametrize("name", CHANGES)
def test_gradients_are_right_to_the_second_order(name):
    x = signed(2, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: CHANGES[name](x, seeded(1)), x)

    def penalty(x):  # as R1 takes it, through the augmentation
        score = (CHANGES[name](x, seeded(1)) ** 3).sum()
        return torch.autograd.grad(score, x, create_graph=True)[0].square().sum((1, 2, 3))

    assert torch.autograd.gradcheck(penalty, x)


@pytest.mark.parametrize("name", CHANGES)
def test_each_picture_has_its_own_draw_and_it_repeats(name):
    x = signed(1).expand(12, -1, -1, -1).clone()
    out = CHANGES[name](x, seeded(2))
    assert out.shape == x.shape
    assert torch.equal(out, CHANGES[name](x, seeded(2)))
    assert len({tuple(o.flatten().tolist()) for o in out}) > 3


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_happens_at_probability_zero(channels):
    x = signed()[:, :channels]
    assert torch.allclose(ada(x, 0.0, seeded(), GROUPS), x, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_pictures_pass_every_way(channels):
    x = signed()[:, :channels].float()
    assert ada(x, 1.0, seeded(), GROUPS).shape == x.shape
    assert diffaugment(x, seeded()).shape == x.shape


def test_whole_moves_lose_nothing():
    x = signed(3, 8)
    mirror = torch.eye(3).repeat(3, 1, 1)
    mirror[1, 0, 0] = -1
    mirror[2] = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    out = warped(x, mirror)
    assert torch.equal(out[0], x[0])
    assert torch.equal(out[1], x[1].flip(2))
    assert any(torch.equal(out[2], x[2].rot90(k, (1, 2))) for k in (1, 3))
    moved = torch.eye(3)[None].clone()
    moved[0, 0, 2] = 2 * 2 / 8  # two pixels
    assert torch.equal(warped(x[:1], moved)[..., :6], x[:1, ..., 2:])
    blitted = ada(x, 1.0, seeded(5), ["blit"])
    assert set(blitted.flatten().tolist()) <= set(x.flatten().tolist())


def test_a_turn_and_its_reverse_give_the_picture_back():
    x = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4, generator=seeded()), (64, 64), mode="bicubic")
    angle = torch.tensor(0.4)
    turn = torch.tensor([[angle.cos(), -angle.sin(), 0], [angle.sin(), angle.cos(), 0], [0, 0, 1]])[None]
    back = warped(warped(x, turn), turn.transpose(1, 2))
    middle = slice(16, 48)
    assert float((back - x)[..., middle, middle].abs().mean()) < 0.02
    assert float((warped(x, turn) - x)[..., middle, middle].abs().mean()) > 0.05


def test_nothing_outside_is_invented():
    flat = torch.full((6, 3, 16, 16), 0.25)
    assert torch.allclose(ada(flat, 1.0, seeded(), ["blit", "geometry"]), flat, atol=1e-5)
    assert torch.allclose(ada(flat, 1.0, seeded(), ["filter"]).std((2, 3)), torch.zeros(6, 3), atol=1e-5)


def test_unknown_parts_and_shapes_are_refused():
    with pytest.raises(ParameterError, match="expected some of blit"):
        ada(signed(), 0.5, seeded(), ["rotate"])
    with pytest.raises(ParameterError, match="0 to 1"):
        ada(signed(), 1.5, seeded())
    with pytest.raises(ParameterError, match="square"):
        ada(signed()[:, :, :8], 0.5, seeded())
    with pytest.raises(ParameterError, match="policy: expected some of colour"):
        diffaugment(signed(), seeded(), ["flip"])


def test_the_controller_follows_overfitting_and_resumes():
    control = Controller(images=1000, every=2)
    sure, lost = torch.full((50,), 3.0), torch.tensor([1.0, -1.0] * 25)
    assert control.observe(sure) == 0.0  # waits for two batches
    assert control.observe(sure) == pytest.approx(0.1)
    for _ in range(40):
        control.observe(sure)
    assert control.p == control.highest
    other = Controller(images=1000, every=2)
    control.observe(lost)
    other.restore(control.state())
    assert other.observe(lost) == control.observe(lost) == pytest.approx(control.highest - 0.1)
    for _ in range(100):
        control.observe(lost)
    assert control.p == 0.0
