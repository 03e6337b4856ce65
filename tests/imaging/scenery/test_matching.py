"""Light brought from one photo towards another: the right way, within bounds, and beside the toyshop's truth."""

from dataclasses import replace

import pytest
import torch

from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.scenery.matching import BRIGHTER, TINTED, Lights, light_of, lights_of, match, matched


def lit(rgb, *gains):
    return linear_to_srgb((srgb_to_linear(rgb) * torch.tensor(gains).view(1, 3, 1, 1)).clamp(0, 1))


def some():
    torch.manual_seed(0)
    return torch.rand(1, 3, 40, 40) * 0.5 + 0.1


def middle():
    matte = torch.zeros(1, 1, 40, 40)
    matte[..., 10:30, 10:30] = 1
    return matte


def test_the_light_of_a_photo_is_found_by_ratio():
    everywhere = torch.ones(1, 1, 40, 40)
    ratio = light_of(lit(some(), 1.3, 1.0, 0.8), everywhere, 6) / light_of(some(), everywhere, 6)
    assert ratio.tolist() == pytest.approx([1.3, 1.0, 0.8], abs=0.01)


def test_an_element_comes_nearer_to_what_it_would_look_like_there():
    there = lit(some(), 0.3, 0.22, 0.15)
    found = match(lights_of(some(), middle()), lights_of(there, middle()), 1.0)
    assert (matched(some(), found.gains) - there).abs().mean() < 0.7 * (some() - there).abs().mean()


def test_without_strength_nothing_changes():
    found = match(lights_of(some(), middle()), lights_of(lit(some(), 0.5, 0.6, 0.9), middle()), 0.0)
    assert torch.allclose(matched(some(), found.gains), some(), atol=1e-6)


def test_an_element_without_its_photo_gets_no_tint():
    found = match(lights_of(some(), middle(), False), lights_of(lit(some(), 0.2, 0.3, 0.5), middle()), 1.0)
    assert found.tint == 1
    assert found.light != 1


def test_a_difference_that_things_explain_changes_nothing():
    found = match(lights_of(some(), middle()), lights_of(lit(some(), 1.3, 1.2, 1.15), middle()), 1.0)
    assert torch.equal(found.gains, torch.ones(3))


def test_no_light_changes_more_than_its_bounds():
    dark, strange = torch.full((3,), 0.01), torch.tensor((0.9, 0.2, 0.01))
    found = match(Lights(dark, dark), Lights(strange, strange), 1.0)
    assert found.light == pytest.approx(BRIGHTER)
    assert found.tint <= TINTED + 1e-5
    assert matched(some(), found.gains).max() <= 1


@pytest.mark.slow
def test_against_the_truth_of_the_toyshop():
    """Toys put into another light. Taken far too dark and warm, they come nearer to the photo they would have been.

    Taken well, they hardly change: what the light does beside that (its direction) is not corrected.
    """
    pytest.importorskip("mitsuba")
    from packshot.catalogue.toyshop.world import describe, render

    errors = {name: [] for name in ("well taken", "well taken, matched", "badly taken", "badly taken, matched")}
    for index, other in ((1, 6), (4, 9), (13, 2), (16, 5)):
        here, there = describe(2, index), describe(2, other)
        own, truth, scene = (render(x, 40, "draft") for x in (here, replace(here, light=there.light), there))
        photos = [torch.from_numpy(r.rgb).permute(2, 0, 1)[None].float() / 255 for r in (own, truth, scene)]
        mattes = [torch.from_numpy(r.matte)[None, None].float() / 255 for r in (own, scene)]
        truth_lab, inside = rgb_to_lab(photos[1]), mattes[0] > 0.98
        for name, photo in (("well taken", photos[0]), ("badly taken", lit(photos[0], 0.25, 0.18, 0.1))):
            found = match(lights_of(photo, mattes[0]), lights_of(photos[2], mattes[1]), 1.0)
            for key, rgb in ((name, photo), (f"{name}, matched", matched(photo, found.gains))):
                errors[key].append(float(delta_e_2000(rgb_to_lab(rgb), truth_lab)[inside].mean()))
    mean = {key: sum(values) / len(values) for key, values in errors.items()}
    print("mean ΔE2000 to the truth:", {key: round(value, 1) for key, value in mean.items()}, errors)
    assert mean["badly taken, matched"] < 0.85 * mean["badly taken"]
    assert mean["well taken, matched"] < 1.1 * mean["well taken"]
