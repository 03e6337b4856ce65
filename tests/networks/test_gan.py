"""What is particular to single generators and critics."""

import pytest
import torch
from torch.nn import functional as F

from packshot import networks
from packshot.errors import ParameterError
from packshot.losses import penalties
from packshot.networks.gan import stylegan2
from tests.networks.members import inputs, make, off_zero


def count(network):
    return sum(p.numel() for p in network.parameters())


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_dcgan_has_the_tutorials_layers():
    """Parameters of the recipe at 64 px, width 64, z 100; our critic's last layer has one bias more."""
    assert count(networks.build("dcgan-generator")) == 3_576_704
    assert count(networks.build("dcgan-critic")) == 2_765_568 + 1


class TestSAGAN:
    def test_attention_agrees_with_the_papers_formula(self):
        network = off_zero(make("sagan-critic")).eval()
        attention = next(m for m in network.body if type(m).__name__ == "SelfAttention")
        x = normal(2, 4, 7, 7)
        query, key, value = attention.query_key_value(x).flatten(2).chunk(3, dim=1)
        beta = (query.transpose(1, 2) @ key).softmax(2)  # eq. 1, (n, j, i)
        seen = (beta @ value.transpose(1, 2)).transpose(1, 2).reshape(2, -1, 7, 7)  # eq. 2
        torch.testing.assert_close(attention(x), x + attention.gamma * attention.out(seen))  # eq. 3

    @pytest.mark.parametrize(("size", "side"), [(28, 14), (32, 16), (64, 32), (128, 32)])
    def test_attention_sits_at_the_same_side_in_both(self, size, side):
        seen = []
        for name in ("sagan-generator", "sagan-critic"):
            network = make(name, size=size).eval()
            attention = next(m for m in network.modules() if type(m).__name__ == "SelfAttention")
            attention.register_forward_hook(lambda module, given, out: seen.append(given[0].shape[2:]))
            with torch.inference_mode():
                network(*inputs(name, network, 1))
        assert seen == [(side, side)] * 2


class TestProGAN:
    def pair(self):
        return make("progan-generator", size=16).eval(), make("progan-critic", size=16).eval()

    @pytest.mark.parametrize(("grown", "side"), [(0, 4), (1, 8), (1.5, 16), (2, 16)])
    def test_pictures_have_the_detail_of_the_present_side(self, grown, side):
        generator, _ = self.pair()
        generator.grow(grown)
        picture = generator(*inputs("progan-generator", generator, 2))
        assert picture.shape == (2, 1, 16, 16)
        enlarged = F.interpolate(F.avg_pool2d(picture, 16 // side), scale_factor=16 // side)
        torch.testing.assert_close(picture, enlarged)
        if side > 4:
            half = F.interpolate(F.avg_pool2d(picture, 32 // side), scale_factor=32 // side)
            assert not torch.allclose(picture, half, atol=1e-4)

    def test_a_new_side_fades_in_from_nothing(self):
        generator, critic = self.pair()
        z, x = inputs("progan-generator", generator, 2), inputs("progan-critic", critic, 2)
        for network, given in ((generator, z), (critic, x)):
            network.grow(1)
            before = network(*given)
            network.grow(1 + 1e-4)
            torch.testing.assert_close(network(*given), before, rtol=0, atol=1e-2)
            network.grow(1.5)
            assert not torch.allclose(network(*given), before, rtol=0, atol=1e-2)

    def test_the_critic_sees_no_more_than_its_side(self):
        _, critic = self.pair()
        critic.grow(1)
        x, condition = inputs("progan-critic", critic, 2)
        coarse = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2)
        torch.testing.assert_close(critic(x, condition), critic(coarse, condition))

    def test_growth_travels_with_the_weights(self):
        generator, _ = self.pair()
        generator.grow(0.5)
        other = make("progan-generator", size=16)
        other.load_state_dict(generator.state_dict())
        assert other.grown.item() == 0.5

    @pytest.mark.parametrize("grown", [-0.1, 2.1, float("nan")])
    def test_growth_out_of_bounds_is_refused(self, grown):
        with pytest.raises(ParameterError, match="grown"):
            self.pair()[0].grow(grown)


class TestStyleGAN2:
    def generator(self):
        return off_zero(make("stylegan2-generator")).eval()

    @pytest.mark.parametrize(("kernel", "demodulate"), [(3, True), (3, False), (1, False)])
    def test_scaled_activations_agree_with_modulated_weights(self, kernel, demodulate):
        x, weight, style = normal(3, 4, 6, 5), normal(2, 4, kernel, kernel, seed=1), normal(3, 4, seed=2)
        fast = stylegan2.modulated(x, weight, style, demodulate)
        torch.testing.assert_close(fast, stylegan2.modulated_by_groups(x, weight, style, demodulate))

    def test_demodulated_outputs_have_unit_scale(self):
        """Eq. 2: for inputs of unit variance, whatever the style."""
        out = stylegan2.modulated(normal(4, 32, 24, 24), normal(16, 32, 3, 3, seed=1), 9 * normal(4, 32, seed=2))
        torch.testing.assert_close(out[:, :, 1:-1, 1:-1].std((2, 3)), torch.ones(4, 16), rtol=0, atol=0.25)

    def test_halves_make_the_whole(self):
        generator = self.generator()
        z, condition = inputs("stylegan2-generator", generator, 2)
        w = generator.map(z, condition)
        assert torch.equal(generator(z, condition), generator.synthesise(w))
        many = w[:, None].expand(-1, generator.layers, -1)
        assert torch.equal(generator.synthesise(many), generator.synthesise(w))

    def test_mixing_changes_over_at_the_layer(self):
        generator = self.generator()
        a, b = normal(2, 4), normal(2, 4, seed=1)
        mixed = generator.mix(a, b, 2)
        assert torch.equal(mixed[:, 1], a)
        assert torch.equal(mixed[:, 2], b)
        assert torch.equal(generator.synthesise(generator.mix(a, b, 0)), generator.synthesise(b))
        assert torch.equal(generator.synthesise(generator.mix(a, b, generator.layers)), generator.synthesise(a))
        with pytest.raises(ParameterError, match="crossover"):
            generator.mix(a, b, generator.layers + 1)

    def test_truncation(self):
        w, mean = normal(2, 4), normal(4, seed=1)
        torch.testing.assert_close(stylegan2.truncated(w, mean, 1.0), w)
        torch.testing.assert_close(stylegan2.truncated(w, mean, 0.0), mean.expand(2, 4))
        torch.testing.assert_close(stylegan2.truncated(w, mean, 0.5), (w + mean) / 2)

    def test_noise_is_fresh_in_training_fixed_in_evaluation_and_given_if_wanted(self):
        generator = self.generator()
        given = inputs("stylegan2-generator", generator, 2)
        assert torch.equal(generator(*given), generator(*given))
        generator.train()
        assert not torch.equal(generator(*given), generator(*given))
        noises = [normal(2, 1, side, side) for side in generator.noise_sides]
        assert torch.equal(generator(*given, noises), generator(*given, noises))

    def test_path_lengths_agree_with_the_jacobian_and_have_gradients(self):
        generator = self.generator().double()
        w = normal(2, generator.layers, 4).double().requires_grad_()
        noise = normal(2, 1, 14, 14, seed=1).double()
        lengths = penalties.path_lengths(generator.train().synthesise(w, fixed(generator)), w, noise)
        jacobian = torch.autograd.functional.jacobian(
            lambda one: generator.synthesise(one[None], fixed(generator))[0], w[0].detach()
        )  # (1, 14, 14, layers, 4)
        pulled = torch.einsum("chw,chwld->ld", noise[0] / 14, jacobian)
        assert lengths[0].item() == pytest.approx(pulled.square().sum(1).mean().sqrt().item())
        penalties.path_length(lengths, lengths.detach().mean() / 2).backward()
        mapped = [k for k, p in generator.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
        assert all(k.startswith("mapping.") for k in mapped if not k.endswith(("bias", "noise_strength")))


def fixed(generator):
    return [conv.fixed_noise for conv in generator.convs]


class TestR3GAN:
    def test_blocks_begin_as_nothing(self):
        network = make("r3gan-critic")
        block = network.body[0]
        x = normal(2, 4, 6, 6)
        assert torch.equal(block(x), x)

    def test_first_layers_begin_with_fixups_variance(self):
        torch.manual_seed(0)
        config = {"width": 128, "size": 28, "max_width": 128, "blocks": 1, "group_size": 0}
        network = networks.build("r3gan-generator", config)
        widen, _, mix, _, narrow = network.body[0].body
        scale = (2 / 1.04) ** 0.5 * 3 ** (-1 / 4)  # three blocks in all
        assert widen.weight.std().item() == pytest.approx(scale / 128**0.5, rel=0.02)
        assert mix.weight.std().item() == pytest.approx(scale / (9 * 256) ** 0.5, rel=0.02)
        assert not narrow.weight.any()

    def test_group_size_must_divide(self):
        with pytest.raises(ParameterError, match="group_size"):
            networks.build("r3gan-critic", {"width": 20, "group_size": 16})


class TestProduct:
    def test_padding_says_nothing(self):
        for name in ("product-generator", "product-critic"):
            network = off_zero(make(name)).eval()
            given, condition, tokens = inputs(name, network, 2)
            tokens = tokens.clamp(min=1)
            longer = F.pad(tokens, (0, 3))
            torch.testing.assert_close(network(given, condition, longer), network(given, condition, tokens))

    def test_words_matter_and_so_does_their_order(self):
        for name in ("product-generator", "product-critic"):
            network = off_zero(make(name)).eval()
            given, condition, _ = inputs(name, network, 1)
            texts = [torch.tensor([t]) for t in ([1, 2, 3, 4], [1, 2, 3, 5], [4, 1, 3, 2], [0, 0, 0, 0])]
            outputs = [network(given, condition, tokens) for tokens in texts]
            assert all(torch.isfinite(out).all() for out in outputs)
            assert not any(torch.equal(outputs[0], other) for other in outputs[1:])

    @pytest.mark.parametrize("tokens", [None, torch.zeros(2), torch.zeros(2, 3), torch.zeros(2, dtype=torch.long)])
    def test_tokens_must_be_rows_of_whole_numbers(self, tokens):
        network = make("product-generator").eval()
        z, condition, _ = inputs("product-generator", network, 2)
        with pytest.raises(ParameterError, match="tokens"):
            network(z, condition, tokens)

    def test_works_without_category(self):
        network = make("product-critic", condition_dim=0).eval()
        assert network(normal(2, 1, 14, 14), None, torch.ones(2, 3, dtype=torch.long)).shape == (2,)


def test_unet_noise_must_fill_whole_maps():
    with pytest.raises(ParameterError, match=r"z_dim: .* 784"):
        networks.build("unet-generator", {"size": 28, "z_dim": 100})


@pytest.mark.parametrize("family", ["dcgan", "cgan", "sagan", "r3gan", "product", "progan", "stylegan2"])
def test_larger_sizes(family):
    """64 px for all, 256 px for the two that are made for it: a generator's picture passes its critic."""
    for size in (64, 256) if family in ("progan", "stylegan2") else (64,):
        sizes = {"size": size, "width": 2, "max_width": 4, "channels": 3}
        sizes |= {"group_size": 4} if family == "r3gan" else {}
        generator, critic = (make(f"{family}-{player}", **sizes).eval() for player in ("generator", "critic"))
        given = inputs(f"{family}-generator", generator, 1)
        with torch.inference_mode():
            picture = generator(*given)
            assert picture.shape == (1, 3, size, size)
            assert critic(picture, *given[1:]).shape == (1,)
