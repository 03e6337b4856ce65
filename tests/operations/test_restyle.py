"""Restyle: odd input, exactness, regions, the lock, catalogues; with weights that are not trained."""

import pytest
import torch
from pydantic import ValidationError

from packshot import checkpoint, networks
from packshot.errors import ParameterError, WeightsNotFound
from packshot.imaging.picture import Picture
from packshot.imaging.styling import patterns
from packshot.models import load
from packshot.operations.operation import Context
from packshot.operations.restyle import Restyle
from packshot.pipeline.lock import apply_locked

STYLES = {
    "pixel.png": torch.full((1, 3, 1, 1), 0.3),
    "grey.png": torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0)).expand(1, 3, 20, 20).contiguous(),
    "huge.png": patterns.pattern("halftone", 64, 0).repeat(1, 1, 20, 60),
    "thin.png": patterns.pattern("weave", 64, 1)[:, :, :2].contiguous(),
}


def photo(h=48, w=64):
    """A light box on a grey ramp, and its matte."""
    rgb = torch.linspace(0.5, 0.8, w).expand(1, 3, h, w).clone()
    rgb[:, :, 12:36, 20:44] = torch.tensor([0.8, 0.5, 0.3]).view(1, 3, 1, 1)
    rgb[:, :, 18:22, 24:40] = 0.1
    matte = torch.zeros(1, 1, h, w)
    matte[:, :, 12:36, 20:44] = 1
    return Picture(rgb, matte=matte)


def opened(name):
    return photo() if name == "photo.png" else Picture(STYLES[name])


def context(**more):
    return Context(open_picture=opened, **more)


QUICK = {"steps": 2, "scales": 1, "size": 48}
METHODS = [{"method": "colour", "transfer": t} for t in ("reinhard", "monge-kantorovich", "histogram")]
METHODS.append({"method": "optimise", "features": "filters", **QUICK})


@pytest.mark.parametrize("how", METHODS, ids=lambda how: how.get("transfer", how["method"]))
@pytest.mark.parametrize("style", [*STYLES, "photo.png", "pattern:marble"])
def test_odd_styles_give_pictures(how, style):
    picture = photo()
    done = apply_locked(Restyle(style=style, **how), picture, context()).result
    assert done.picture.size == picture.size
    assert done.picture.rgb.isfinite().all()
    assert torch.equal(done.picture.matte, picture.matte)


def test_zero_strength_is_the_photo_and_asks_for_nothing():
    picture = photo()
    operation = Restyle(style="missing.png", strength=0, method="adain", keep="all")
    assert apply_locked(operation, picture, Context()).result.picture.rgb is picture.rgb
    assert operation.weights() == ()
    assert operation.source_type() is None


def test_half_strength_lies_between():
    picture = photo()
    whole, half = (
        Restyle(style="pattern:mosaic", strength=s).apply(picture, context()).picture.rgb for s in (1.0, 0.5)
    )
    torch.testing.assert_close(half, (whole + picture.rgb) / 2, rtol=0, atol=1e-6)


@pytest.mark.parametrize("style", ["background=pattern:mosaic", "background=pattern:mosaic, product=none"])
def test_style_on_the_background_leaves_the_product_exact(style):
    picture = photo()
    operation = Restyle(style=style, regions="matte")
    assert not operation.touches_product()
    assert operation.wants_matte()
    done = apply_locked(operation, picture, context())
    product = (picture.matte == 1).expand_as(picture.rgb)
    assert torch.equal(done.result.picture.rgb[product], picture.rgb[product])
    assert not torch.equal(done.result.picture.rgb, picture.rgb)
    assert done.step.fidelity["delta_e_max"] == 0


def test_each_region_has_its_own_style():
    picture = photo()
    operation = Restyle(style="background=pixel.png, product=grey.png", regions="matte")
    assert operation.touches_product()
    rgb = operation.apply(picture, context()).picture.rgb
    assert (rgb[0, :, 2, 2] - 0.3).abs().max() < 0.1  # the one colour of a one-pixel style
    inside = rgb[0, :, 28, 30]
    assert (inside - inside.mean()).abs().max() < 0.02  # a grey style makes grey


def test_styles_are_blended_by_weight():
    picture = photo()
    means = [
        Restyle(style=s).apply(picture, context()).picture.rgb.mean()
        for s in ("pixel.png", "pixel.png*3, pattern:terrazzo", "pixel.png, pattern:terrazzo*3", "pattern:terrazzo")
    ]
    assert means[0] < means[1] < means[2] < means[3]


def test_colours_of_the_photo_can_stay():
    from packshot.imaging.colour import rgb_to_oklab

    picture = photo()
    done = Restyle(style="pattern:strokes", colours="photo").apply(picture, context()).picture.rgb
    before, after = (rgb_to_oklab(x)[:, 1:] for x in (picture.rgb, done))
    near = (before - after).abs().amax(1)
    assert float(near.median()) < 0.01  # but where the gamut ends


def test_a_transparent_product_keeps_its_alpha_and_hides_nothing_in_the_style():
    picture = photo()
    picture = Picture(picture.rgb * picture.matte, matte=picture.matte, alpha=picture.matte)
    for how in METHODS[1:]:
        done = Restyle(style="pattern:crayon", keep="all", **how).apply(picture, context()).picture
        assert torch.equal(done.alpha, picture.alpha)
        assert done.rgb.isfinite().all()
    with pytest.raises(ParameterError, match="transparent"):
        Restyle(style="pattern:crayon").apply(Picture(picture.rgb, alpha=torch.zeros_like(picture.matte)), context())


def test_one_map_serves_a_catalogue():
    """The same colour becomes the same colour in every photo, which is what makes a catalogue one."""
    one, other = photo(), photo()
    other = other.replace(rgb=torch.where(other.matte > 0, other.rgb, torch.tensor(0.2)))
    operation = Restyle(style="pattern:marble", source="photo.png")
    a, b = (operation.apply(p, context()).picture.rgb[0, :, 30, 30] for p in (one, other))
    torch.testing.assert_close(a, b)
    apart = Restyle(style="pattern:marble")
    a, b = (apart.apply(p, context()).picture.rgb[0, :, 30, 30] for p in (one, other))
    assert (a - b).abs().max() > 0.02


def test_the_lock_is_reported():
    picture = photo(160, 200)
    numbers = Restyle(style="pattern:strokes", keep="all", colour_limit=5).apply(picture, context()).numbers
    assert numbers["colour_delta_e"] <= 6.25
    assert {"edge_shift_px", "print_share", "delta_e_p99", "ssim"} <= set(numbers)


@pytest.mark.parametrize(
    ("method", "network"), [("adain", "adain"), ("transformer", "style-transformer"), ("exemplar-gan", "exemplar")]
)
def test_networks_of_any_style(method, network, tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "net.safetensors"
    checkpoint.write(path, networks.build(network, {"width": 8}), network, {"licence": "Apache-2.0"})
    how = {"method": method, "model": str(path)}
    operation = Restyle(style="pattern:weave", **how)
    place = context(load_model=lambda name, commercial: load(name, device="cpu", commercial=commercial))
    picture = photo(45, 61)
    locked = apply_locked(operation, picture, place)
    assert locked.result.picture.size == (45, 61)
    assert locked.step.weights
    assert operation.source_type() == "compositeWithTrainedAlgorithmicMedia"
    other = Restyle(style="pattern:strokes", **how).apply(picture, place).picture.rgb
    both = Restyle(style="pattern:weave, pattern:strokes", **how).apply(picture, place).picture.rgb
    assert not torch.equal(other, locked.result.picture.rgb)
    assert not torch.equal(other, both)


def test_a_network_of_one_style(tmp_path):
    torch.manual_seed(0)
    path, wrong = tmp_path / "net.safetensors", tmp_path / "unet.safetensors"
    checkpoint.write(path, networks.build("fast-style", {"width": 8}), "fast-style", {"licence": "Apache-2.0"})
    checkpoint.write(wrong, networks.build("unet", {"width": 4}), "unet", {})
    place = context(load_model=lambda name, commercial: load(name, device="cpu"))
    done = Restyle(method="fast", model=str(path)).apply(photo(45, 61), place)
    assert done.picture.size == (45, 61)
    with pytest.raises(ValueError, match="network of one style"):
        Restyle(method="fast", model=str(wrong)).apply(photo(), place)
    with pytest.raises(ParameterError, match="needs the parameter model"):
        Restyle(method="fast").apply(photo(), place)


def test_what_is_asked_wrongly_is_refused():
    for wrong in ({"style": "a.jpg*x"}, {"keep": "logo"}, {"strength": 2}):
        with pytest.raises((ValidationError, ParameterError)):
            Restyle(**wrong)
    with pytest.raises(ParameterError, match="expected the parameter style"):
        Restyle().apply(photo(), context())
    with pytest.raises(ParameterError, match="no region 'sky'"):
        Restyle(style="sky=pixel.png", regions="matte").apply(photo(), context())
    with pytest.raises(ParameterError, match="run cutout before"):
        Restyle(style="product=pixel.png", regions="matte").apply(Picture(photo().rgb), context())


def test_missing_weights_say_what_to_do():
    def nothing(name, commercial):
        raise WeightsNotFound(f"weights {name!r}: not found")

    with pytest.raises(WeightsNotFound, match=r"style-adain.*method colour or optimise"):
        Restyle(style="pixel.png", method="adain").apply(photo(), context(load_model=nothing))


def test_features_that_are_weights_are_noted_and_their_licence_counts(tmp_path):
    path = tmp_path / "own-features.safetensors"
    checkpoint.write(path, networks.build("features", {"width": 4}), "features", {"licence": "unstated"})
    how = {"style": "pixel.png", "method": "optimise", "features": str(path), "steps": 1, "scales": 1, "size": 48}
    place = context(load_model=lambda name, commercial: load(name, device="cpu", commercial=commercial))
    assert apply_locked(Restyle(**how), photo(), place).step.weights
    assert Restyle(**how).weights() == (str(path),)
    with pytest.raises(ValueError, match="not known to allow commercial use"):
        Restyle(**how, commercial=True).apply(photo(), place)


def test_files_it_names_are_known_before_it_runs():
    names = Restyle.picture_names({"style": "a.jpg*2, pattern:weave, b.jpg", "source": "c.png"})
    assert names == ("a.jpg", "b.jpg", "c.png")
    assert Restyle.picture_names({"style": "$look"}) == ()


@pytest.mark.parametrize("method", ["cyclegan", "dualgan"])
def test_learned_domains_need_no_style(method, tmp_path):
    from tests.operations.weights import write_translator

    path = str(write_translator(tmp_path, "photo", attributes={"domain": ["street", "studio"]}))
    loading = context(load_model=lambda name, commercial: load(name, "cpu", "torch", commercial))
    picture = photo()
    last, other, first = (
        Restyle(method=method, model=path, domain=d, keep=keep).apply(picture, loading).picture.rgb
        for d, keep in (("", "nothing"), ("Studio", "nothing"), ("street", "print"))
    )
    assert torch.equal(last, other)
    assert not torch.equal(first, last)
    assert last.shape == picture.rgb.shape
    assert Restyle(method=method, model=path).source_type() == "compositeWithTrainedAlgorithmicMedia"
    with pytest.raises(ParameterError, match="domain: photo knows domain: street, studio; got 'moon'"):
        Restyle(method=method, model=path, domain="moon").apply(picture, loading)
    with pytest.raises(ParameterError, match=f"method {method} needs the parameter model"):
        Restyle(method=method).apply(picture, loading)
