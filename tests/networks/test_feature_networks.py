"""The own feature network and Inception-v3: sizes, key names, pooling, and what loading refuses."""

import pytest
import torch

from packshot import networks
from packshot.errors import ParameterError
from packshot.networks import inception
from tests.networks.members import make


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class TestFeatureNet:
    def test_default_size(self):
        network = networks.build("features", {"classes": [16, 12, 8]})
        assert 280_000 < sum(p.numel() for p in network.parameters()) < 320_000

    @pytest.mark.parametrize(("side", "channels"), [(28, 1), (33, 3), (128, 3)])
    def test_heads_and_features(self, side, channels):
        network = make("features", channels=channels).eval()
        x = normal(2, channels, side, side)
        features = network.features(x)
        assert features.shape == (2, 32)
        assert [tuple(t.shape) for t in network(x)] == [(2, 3), (2, 2)]
        assert all(map(torch.equal, network(x), network.classify(features)))
        torch.testing.assert_close(network.maps(x).mean((2, 3)), features)

    def test_a_stride_of_two_halves_the_maps(self):
        network = make("features", stride=2).eval()
        assert network.maps(normal(1, 3, 64, 64)).shape == (1, 32, 4, 4)
        with pytest.raises(ParameterError, match="stride: expected 1 or 2"):
            make("features", stride=3)

    def test_pictures_too_small_are_refused(self):
        with pytest.raises(ParameterError, match="at least 8"):
            make("features")(normal(1, 3, 7, 9))

    def test_a_head_without_values_is_refused(self):
        with pytest.raises(ParameterError, match="classes"):
            networks.build("features", {"classes": []})


class TestAttributeNet:
    @pytest.mark.parametrize(("stride", "side", "maps"), [(1, 32, 16), (2, 64, 16), (2, 33, 9)])
    def test_heads_and_where_they_look(self, stride, side, maps):
        network = make("attributes", stride=stride).eval()
        x = normal(2, 3, side, side)
        assert [tuple(t.shape) for t in network(x)] == [(2, 3), (2, 2)]
        attention = network.attention(x)
        assert attention.shape == (2, 1, maps, maps)
        torch.testing.assert_close(attention.sum((2, 3)), torch.ones(2, 1))

    def test_all_attributes_may_be_of_the_whole(self):
        assert [tuple(t.shape) for t in make("attributes", whole=2).eval()(normal(1, 3, 16, 16))] == [(1, 3), (1, 2)]

    def test_what_cannot_be_is_refused(self):
        for entries in ({"whole": 3}, {"classes": [], "whole": 0}, {"stride": 4}, {"dropout": 1.0}):
            with pytest.raises(ParameterError, match=next(iter(entries))):
                make("attributes", **entries)
        with pytest.raises(ParameterError, match="at least 16"):
            make("attributes")(normal(1, 3, 15, 30))


class TestInception:
    @pytest.mark.parametrize(("pooling", "classes"), [("torchvision", 1000), ("fid", 1008)])
    def test_parameters_and_key_names_are_the_published_ones(self, pooling, classes):
        with torch.device("meta"):
            network = networks.build("inception", {"pooling": pooling})
        state = network.state_dict()
        parameters = sum(p.numel() for p in network.parameters())
        assert parameters == 21_785_568 + 2049 * classes  # published: 27,161,264 with 1,000 classes and the auxiliary
        assert len(state) == 94 * 6 + 2  # convolutions, each with its normalisation, and one linear layer
        for key, shape in {
            "Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3),
            "Conv2d_4a_3x3.bn.running_var": (192,),
            "Mixed_5b.branch5x5_2.conv.weight": (64, 48, 5, 5),
            "Mixed_5d.branch_pool.conv.weight": (64, 288, 1, 1),
            "Mixed_6a.branch3x3.conv.weight": (384, 288, 3, 3),
            "Mixed_6b.branch7x7dbl_2.conv.weight": (128, 128, 7, 1),
            "Mixed_6e.branch7x7_2.conv.weight": (192, 192, 1, 7),
            "Mixed_7a.branch7x7x3_4.conv.weight": (192, 192, 3, 3),
            "Mixed_7c.branch3x3dbl_3b.conv.weight": (384, 384, 3, 1),
            "fc.weight": (classes, 2048),
        }.items():
            assert tuple(state[key].shape) == shape, key

    def test_features_of_the_published_size(self):
        with torch.device("meta"):
            network = networks.build("inception").eval()
            x = torch.empty(2, 3, 299, 299)
            assert network.maps(x).shape == (2, 2048, 8, 8)
            assert network.features(x).shape == (2, 2048)

    def test_poolings_differ(self):
        fid, torchvision = make("inception").eval(), make("inception", pooling="torchvision").eval()
        shared = {k: v for k, v in torchvision.state_dict().items() if not k.startswith("fc.")}
        fid.load_state_dict(shared, strict=False)
        x = normal(1, 3, 75, 75)
        assert not torch.allclose(fid.features(x), torchvision.features(x))

    def test_published_weights_fill_it_with_or_without_the_auxiliary(self):
        source, target = make("inception").eval(), networks.build("inception", {"divide": 16}).eval()
        state = {**source.state_dict(), "AuxLogits.fc.weight": torch.zeros(1000, 768)}
        bare = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
        x = normal(1, 3, 80, 80)
        inception.fill(target, bare)
        assert torch.equal(target.features(x), source.features(x))

    def test_foreign_weights_are_refused_by_key(self):
        network = make("inception")
        state = dict(network.state_dict())
        state["fc.weight"] = torch.zeros(1000, 128)
        with pytest.raises(ParameterError, match=r"pooling 'fid'.*fc\.weight"):
            inception.fill(network, state)
        with pytest.raises(ParameterError, match=r"layer1\.0"):
            inception.fill(network, {"layer1.0.weight": torch.zeros(1)})

    def test_small_pictures_are_refused(self):
        with pytest.raises(ParameterError, match="at least 75"):
            make("inception")(normal(1, 3, 64, 80))
