"""What is particular to single autoencoders and to the networks of their latents."""

import itertools
import math

import pytest
import torch

from packshot.errors import ParameterError
from packshot.losses import latent
from packshot.networks.autoencoders.code_transformer import chosen
from tests.networks.members import inputs, make, off_zero


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class TestVAE:
    def test_parts_make_the_whole(self):
        vae = off_zero(make("vae")).eval()
        x, condition, noise = inputs("vae", vae, 2)
        whole = vae(x, condition, noise)
        mean, log_variance = vae.encode(x, condition)
        assert torch.equal(whole.mean, mean)
        torch.testing.assert_close(whole.z, mean + (0.5 * log_variance).exp() * noise)
        assert torch.equal(whole.picture, vae.decode(whole.z, condition))
        assert whole.picture.shape == x.shape
        assert whole.picture.abs().max() <= 1

    @pytest.mark.parametrize("size", [28, 32])
    def test_sizes_and_draws(self, size):
        vae = make("vae", size=size, condition_dim=0)
        x = normal(3, 1, size, size).tanh()
        assert vae(x).picture.shape == x.shape
        assert not torch.equal(vae(x).z, vae(x).z)

    def test_condition_must_fit(self):
        vae = make("vae")
        with pytest.raises(ParameterError, match="condition"):
            vae(normal(2, 1, 14, 14))


class TestVQVAE:
    def test_entries_are_the_nearest(self):
        network = off_zero(make("vqvae")).eval()
        out = network(*inputs("vqvae", network, 2))
        flat = out.code.permute(0, 2, 3, 1).reshape(-1, 3)
        distances = (flat[:, None] - network.codebook.weight).square().sum(2)
        assert torch.equal(out.indices.flatten(), distances.argmin(1))
        assert torch.equal(network.look_up(out.indices), out.entries)
        torch.testing.assert_close(network.decode(out.entries), out.picture)

    def test_gradients_pass_straight_through_and_the_codebook_learns_from_its_loss_alone(self):
        network = off_zero(make("vqvae"))
        out = network(*inputs("vqvae", network, 2))
        out.picture.square().mean().backward(retain_graph=True)
        assert network.codebook.weight.grad is None or not network.codebook.weight.grad.any()
        assert network.encoder[1].weight.grad.any()
        latent.codebook(out.code, out.entries).backward()
        assert network.codebook.weight.grad.any()

    def test_usage_counts_and_dead_codes_are_revived_on_given_codes(self):
        network = make("vqvae")
        x = inputs("vqvae", network, 4)
        network.usage.zero_()  # forget the even start, which fades by a hundredth a pass
        for _ in range(20):
            indices = network(*x).indices
        share = torch.bincount(indices.flatten(), minlength=8) / indices.numel()
        torch.testing.assert_close(network.usage, (1 - 0.99**20) * share)
        dead = int((network.usage < 0.1 / 8).sum())
        assert dead > 0, "the test needs a dead code"
        candidates = 10 + torch.arange(24.0).view(8, 3)
        assert network.revive(candidates) == dead
        moved = network.codebook.weight[network.codebook.weight[:, 0] >= 10]
        assert torch.equal(moved, candidates[:dead])
        assert network.revive(candidates) == 0


class TestFSQ:
    @pytest.mark.parametrize("levels", [[4, 3], [2, 2, 5], [8, 5, 5, 5]])
    def test_every_index_has_its_entry_and_back(self, levels):
        network = make("fsq", levels=levels)
        indices = torch.arange(network.codes).view(1, -1, 1)
        entries = network.look_up(indices)
        assert entries.abs().max() <= 1
        assert len(entries[0, :, :, 0].T.unique(dim=0)) == network.codes == math.prod(levels)
        half = (torch.tensor(levels) // 2)[:, None, None]
        assert torch.equal(network.choose(entries * half), indices)

    def test_bounded_codes_reach_every_level_and_none_beside(self):
        network = make("fsq", levels=[4, 3])
        steps = torch.linspace(-9, 9, 181).view(1, 1, -1, 1).expand(1, 2, -1, 1)
        network.encoder = torch.nn.Identity()
        whole = network.encode(steps).round()[0, :, :, 0]
        assert whole[0].unique().tolist() == [-2, -1, 0, 1]
        assert whole[1].unique().tolist() == [-1, 0, 1]
        at_zero = network.encode(torch.zeros(1, 2, 1, 1))  # not between two levels: zero rounds to zero
        assert at_zero.abs().max() < 1e-6

    def test_parts_make_the_whole_and_gradients_pass(self):
        network = make("fsq")
        out = network(*inputs("fsq", network, 2))
        torch.testing.assert_close(network.decode(network.look_up(out.indices)), out.picture)
        out.picture.mean().backward()
        assert network.encoder[1].weight.grad.any()


class TestLatentFlow:
    def test_transport_solves_a_known_equation(self):
        """dx/dt = x − t has the solution (x₀ − 1)·eᵗ + t + 1; Heun's error falls with the square of the step."""
        flow = make("latent-flow", condition_dim=0)
        flow.forward = lambda point, time, condition=None: point - time[:, None]
        noise = normal(5, 4)
        truth = (noise - 1) * math.e + 2
        errors = [(flow.transport(noise, steps=steps) - truth).abs().max().item() for steps in (10, 20)]
        assert errors[0] / errors[1] == pytest.approx(4, rel=0.2)
        assert errors[1] < 0.01

    def test_learns_to_move_a_cloud(self):
        """Codes around (2, −1) with deviation 0.3, learned in 150 steps of 128."""
        torch.manual_seed(0)
        flow = make("latent-flow", latent_dim=2, condition_dim=0, width=32)
        optimiser = torch.optim.Adam(flow.parameters(), 3e-3)
        centre = torch.tensor([2.0, -1.0])
        for _ in range(150):
            codes, noise, time = centre + 0.3 * torch.randn(128, 2), torch.randn(128, 2), torch.rand(128)
            point = torch.lerp(noise, codes, time[:, None])
            loss = (flow(point, time) - (codes - noise)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.inference_mode():
            made = flow.transport(torch.randn(500, 2), steps=10)
        torch.testing.assert_close(made.mean(0), centre, rtol=0, atol=0.25)
        assert made.std(0).max() < 0.6


class TestMixture:
    def fitted(self, seed=0):
        codes = torch.cat([normal(300, 3) * 0.3 + 2, normal(100, 3, seed=1) * torch.tensor([0.2, 1.0, 0.5]) - 2])
        mixture = make("mixture")
        mixture.start(codes, torch.randperm(400, generator=torch.Generator().manual_seed(seed)))
        return mixture, codes, [mixture.refine(codes) for _ in range(30)]

    def test_the_likelihood_never_falls_and_the_clusters_are_found(self):
        mixture, codes, steps = self.fitted()
        # the floor on the covariances is not part of the maximum: a hundredth of a nat may be lost by it
        assert all(b >= a - 0.01 for a, b in itertools.pairwise(steps))
        shares, order = mixture.shares.sort()
        torch.testing.assert_close(shares, torch.tensor([0.25, 0.75]), rtol=0, atol=0.01)
        torch.testing.assert_close(mixture.means[order[1]], codes[:300].mean(0), rtol=0, atol=0.02)
        covariance = mixture.factors[order[0]] @ mixture.factors[order[0]].T
        torch.testing.assert_close(covariance, torch.cov(codes[300:].T), rtol=0, atol=0.03)

    def test_samples_have_the_codes_moments(self):
        mixture, codes, _ = self.fitted()
        made = mixture(normal(20000, 3, seed=2), torch.rand(20000, generator=torch.Generator().manual_seed(3)))
        torch.testing.assert_close(made.mean(0), codes.mean(0), rtol=0, atol=0.06)
        torch.testing.assert_close(torch.cov(made.T), torch.cov(codes.T), rtol=0, atol=0.12)

    def test_densities_agree_with_torch_distributions(self):
        mixture, codes, _ = self.fitted()
        normals = torch.distributions.MultivariateNormal(mixture.means, scale_tril=mixture.factors)
        truth = normals.log_prob(codes[:, None]) + mixture.shares.log()
        torch.testing.assert_close(mixture.log_densities(codes), truth, rtol=1e-4, atol=1e-3)

    def test_one_component_is_the_gaussian_of_the_codes(self):
        mixture, codes = make("mixture", components=1, floor=1e-6), normal(50, 3)
        mixture.start(codes, torch.arange(50))
        mixture.refine(codes)
        covariance = mixture.factors[0] @ mixture.factors[0].T
        torch.testing.assert_close(covariance, torch.cov(codes.T, correction=0), rtol=1e-3, atol=1e-4)

    def test_too_few_codes_are_refused(self):
        with pytest.raises(ParameterError, match="codes"):
            make("mixture").start(normal(1, 3), torch.arange(1))


class TestCodeTransformer:
    def test_a_place_sees_only_places_before_it(self):
        network = off_zero(make("code-transformer")).eval()
        indices, condition = inputs("code-transformer", network, 2)
        truth = network(indices, condition)
        changed = indices.clone()
        changed[:, 1, 1] = (changed[:, 1, 1] + 1) % 6
        differs = (network(changed, condition) - truth).abs().amax((0, 1)).flatten() > 1e-6
        assert differs.tolist() == [False] * 5 + [True] * 4

    def test_drawing_with_kept_keys_is_drawing_by_whole_passes(self):
        network = off_zero(make("code-transformer")).eval()
        condition, noise = normal(4, 3), normal(4, 9, seed=1)
        indices = torch.zeros(4, 3, 3, dtype=torch.long)
        for place in range(9):
            logits = network(indices, condition).flatten(2)[:, :, place]
            share = torch.erf(noise[:, place].abs() / math.sqrt(2))
            indices[:, place // 3, place % 3] = chosen(logits, share)
        assert torch.equal(network.draw(noise, condition), indices)

    def test_codes_come_as_often_as_they_are_likely(self):
        logits = torch.tensor([[0.5, 2.0, -1.0, 0.0]])
        share = torch.erf(normal(20_000).abs() / math.sqrt(2))
        found = torch.bincount(chosen(logits.expand(20_000, -1), share), minlength=4) / 20_000
        torch.testing.assert_close(found, logits.softmax(1)[0], atol=0.015, rtol=0)
        narrow = torch.erf(0.5 * normal(20_000).abs() / math.sqrt(2))
        likeliest = (chosen(logits.expand(20_000, -1), narrow) == 1).float().mean()
        assert likeliest > found[1] + 0.15

    def test_zeros_give_the_likeliest_codes_and_heads_must_fit(self):
        network = off_zero(make("code-transformer", condition_dim=0)).eval()
        found = network.draw(torch.zeros(1, 9))
        assert torch.equal(network(found).argmax(1), found)
        with pytest.raises(ParameterError, match="heads: expected a divisor of the width 8, got 3"):
            make("code-transformer", heads=3)
