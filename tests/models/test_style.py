"""Feature spaces, style banks and the optimiser: one interface, shared statistics, scales and constraints."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from packshot import checkpoint, networks
from packshot.errors import BadCheckpoint, ParameterError, WeightsNotFound
from packshot.imaging.styling import patterns
from packshot.models import features
from packshot.models.features import FIRE_PARTS, VGG_PLACES
from packshot.models.styling import optimising
from packshot.models.styling.bank import MOST, bank_of, shared, visible
from packshot.models.styling.optimising import Plan, optimise, sides


def photo(side=48):
    rgb = torch.full((1, 3, side, side), 0.7)
    rgb[:, :, side // 4 : side // 2, side // 4 :] = torch.tensor([0.8, 0.3, 0.2]).view(1, 3, 1, 1)
    return rgb


class TestSpaces:
    def test_filters_are_the_same_in_every_run_and_blind_to_flat_ground(self):
        space = features.find("filters")
        x = torch.rand(2, 3, 40, 33, generator=torch.Generator().manual_seed(0))
        first = space.maps(x)
        features.filters.cache_clear()
        assert all(map(torch.equal, first, features.find("filters").maps(x)))
        flat = space.maps(torch.full((1, 3, 40, 40), 0.6))
        assert torch.equal(flat[0], torch.full((1, 3, 40, 40), 0.6))  # colour is told by the picture itself
        assert all(m.abs().max() < 1e-5 for place, m in enumerate(flat) if place % 3)
        assert len(space.of_content(x)) == 4

    def test_a_classifier_gives_its_stages(self, tmp_path):
        checkpoint.write(tmp_path / "f.safetensors", networks.build("features", {"width": 4}), "features", {})
        space = features.find(str(tmp_path / "f.safetensors"))
        x = torch.rand(1, 3, 32, 32).requires_grad_()
        maps = space.of_style(x)
        assert [m.shape[2] for m in maps] == [32, 32, 16, 8, 4]
        sum(m.mean() for m in maps).backward()
        assert x.grad.abs().sum() > 0

    def test_weights_that_a_person_brings(self, tmp_path):
        network = networks.build("vgg-19", {"divide": 1})
        state, own = {}, network.state_dict()
        for block, places in enumerate(VGG_PLACES):
            for number, place in enumerate(places):
                for part in ("weight", "bias"):
                    state[f"features.{place}.{part}"] = own[f"blocks.{block}.{number}.{part}"].clone()
        save_file(state, tmp_path / "vgg.safetensors")
        space = features.find(f"vgg-19={tmp_path / 'vgg.safetensors'}")
        assert [m.shape[1] for m in space.maps(torch.rand(1, 3, 16, 16))] == [64, 128, 256, 512, 512]
        assert space.licence == "unstated"

    def test_squeezenet_by_the_names_of_its_time(self, tmp_path):
        own = networks.build("squeezenet").state_dict()
        pairs = {"first": "conv1"}
        pairs |= {f"fires.{i}.{a}": f"fire{i + 2}/{b}" for i in range(8) for a, b in FIRE_PARTS}
        held = {f"{b}.{part}": own[f"{a}.{part}"].numpy() for a, b in pairs.items() for part in ("weight", "bias")}
        np.savez(tmp_path / "s.npz", **held)
        space = features.find(f"squeezenet={tmp_path / 's.npz'}")
        assert len(space.of_style(torch.rand(1, 3, 40, 40))) == 5
        del held["conv1.bias"]
        np.savez(tmp_path / "t.npz", **held)
        with pytest.raises(BadCheckpoint, match=r"conv1\.bias"):
            features.find(f"squeezenet={tmp_path / 't.npz'}")

    def test_what_is_no_space_is_refused(self, tmp_path):
        with pytest.raises(ParameterError, match="expected one of auto, filters"):
            features.find("vgg")
        with pytest.raises(WeightsNotFound, match="no file"):
            features.find("vgg-19=missing.pth")
        (tmp_path / "bad.pth").write_bytes(b"no weights")
        with pytest.raises(BadCheckpoint, match="cannot be read as weights"):
            features.find(f"vgg-19={tmp_path / 'bad.pth'}")
        checkpoint.write(tmp_path / "unet.safetensors", networks.build("unet", {"width": 4}), "unet", {})
        with pytest.raises(BadCheckpoint, match="expected a feature network"):
            features.find(str(tmp_path / "unet.safetensors"))

    def test_auto_is_filters_where_nothing_was_trained(self):
        assert features.find("auto").name in ("filters", "catalogue-features")


class TestBank:
    def test_statistics_are_pooled_by_weight(self):
        black, white = torch.zeros(1, 3, 40, 40), torch.ones(1, 3, 60, 60)
        space = features.find("filters")
        for weights, mean in (([1, 3], 0.75), ([3, 1], 0.25), ([1, 0], 0.0)):
            colours = bank_of([black, white], weights).points(space, 64)[0]
            assert colours.mean().item() == pytest.approx(mean, abs=0.02)

    def test_the_same_pictures_share_one_bank_and_what_it_keeps(self):
        a = patterns.pattern("weave", 64, 0)
        one, two = shared([a], [1.0]), shared([a.clone()], [1.0])
        assert one is two
        space = features.find("filters")
        assert one.points(space, 48) is two.points(space, 48)
        assert shared([a], [2.0]) is not one

    def test_odd_references(self):
        for odd in (
            torch.rand(1, 3, 1, 1),
            torch.rand(1, 3, 1, 500),
            patterns.pattern("halftone", 64, 0).repeat(1, 1, 40, 1),
        ):
            bank = bank_of([odd])
            assert all(p.isfinite().all() for p in bank.points(features.find("filters"), 64))
            assert min(bank.pictures(64)[0].shape[2:]) >= 32
        with pytest.raises(ParameterError, match="1 to 10"):
            bank_of([torch.rand(1, 3, 4, 4)] * (MOST + 1))
        with pytest.raises(ParameterError, match="1 to 10"):
            bank_of([torch.rand(1, 3, 4, 4)], [0.0])

    def test_what_is_hidden_is_no_style(self):
        rgb = torch.cat([torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4)], 3)
        alpha = torch.cat([torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)], 3)
        assert torch.equal(visible(rgb, alpha), torch.ones(1, 3, 4, 8))
        with pytest.raises(ParameterError, match="transparent"):
            visible(rgb, alpha * 0)


class TestOptimiser:
    @pytest.mark.parametrize("solver", ["lbfgs", "adam"])
    def test_the_loss_falls_under_inference_mode_and_the_result_repeats(self, solver):
        bank = bank_of([patterns.pattern("mosaic", 64, 0)])
        plan = Plan(side=48, scales=1, steps=4, solver=solver)
        with torch.inference_mode():
            one, two = (optimise(photo(), bank, features.find("filters"), plan) for _ in range(2))
        assert torch.equal(one.rgb, two.rgb)
        assert one.losses["style"] < one.losses["style_before"]
        assert one.rgb.min() >= 0
        assert one.rgb.max() <= 1

    @pytest.mark.parametrize("style_loss", ["gram", "gaussian", "moments", "sliced", "histogram"])
    def test_every_distance_of_styles(self, style_loss):
        bank = bank_of([patterns.pattern("mosaic", 64, 0)])
        done = optimise(photo(), bank, features.find("filters"), Plan(48, 1, 2, style_loss=style_loss))
        assert done.losses["style"] < done.losses["style_before"]

    @pytest.mark.parametrize("content_loss", ["features", "pixels", "cross-entropy", "self-similarity", "none"])
    def test_every_distance_of_contents(self, content_loss):
        bank = bank_of([patterns.pattern("mosaic", 64, 0)])
        plan = Plan(48, 1, 2, content_loss=content_loss, edges=0, variation=0.1, agreement=0.1)
        done = optimise(photo(), bank, features.find("filters"), plan)
        assert done.rgb.isfinite().all()
        assert ("content" in done.losses) == (content_loss != "none")

    def test_content_holds_the_photo_back(self):
        bank = bank_of([patterns.pattern("mosaic", 64, 0)])
        space = features.find("filters")
        free, held = (
            optimise(photo(), bank, space, Plan(48, 1, 6, content_loss="pixels", content=w, edges=0)).rgb
            for w in (0.0, 300.0)
        )
        assert (held - photo()).abs().mean() < 0.6 * (free - photo()).abs().mean()

    def test_sizes_go_from_coarse_to_fine(self):
        assert sides(Plan(side=384, scales=3), 2000) == (96, 192, 384)
        assert sides(Plan(side=384, scales=3), 100) == (50, 100)
        assert sides(Plan(side=384, scales=3), 20) == (48,)
        assert sides(Plan(side=64, scales=1), 500) == (64,)

    def test_coarse_results_begin_finer_ones(self, monkeypatch):
        begun = []
        solve = optimising._solve
        monkeypatch.setattr(
            optimising, "_solve", lambda task, start, plan: begun.append(start) or solve(task, start, plan)
        )
        done = optimise(photo(96), bank_of([photo(40)]), features.find("filters"), Plan(side=96, scales=2, steps=1))
        assert [x.shape[2] for x in begun] == [48, 96]
        assert not torch.allclose(begun[1], photo(96))
        assert done.sides == (48, 96)


@pytest.mark.slow
def test_the_development_squeezenet_tells_pictures_apart():
    data = os.environ.get("PACKSHOT_DATA")
    if not data:
        pytest.skip("PACKSHOT_DATA is not set: no reference weights")
    file = Path(data) / "weights-dev/squeezenet/squeezenet_v1.0_deepcompression_decoded.npz"
    space = features.find(f"squeezenet={file}")
    weave, other, mosaic = (patterns.pattern(k, 128, s) for k, s in (("weave", 0), ("weave", 5), ("mosaic", 0)))
    from packshot.losses.style.statistics import gram

    a, b, c = (gram(space.of_style(x)[2]) for x in (weave, other, mosaic))
    assert (a - b).square().mean() < (a - c).square().mean()
