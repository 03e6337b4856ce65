"""Fitting: whatever the picture and the channel, the file passes the channel's check or says why it cannot."""

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging import geometry
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context
from packshot.pipeline.recipe import Recipe
from packshot.publish import channels, fitting
from packshot.publish.check import check_picture
from packshot.publish.fit_photo import FitJob, FitWork, fit_photo
from tests.publish import masters

TABLE = channels.load()
NAMES = st.sampled_from(sorted(TABLE))
MODES = ("RGBA", "LA", "P", "RGB", "CMYK", "L", "I;16")


def work_for(*names, max_upscale=2.0):
    slots = {name: TABLE[name] for name in names}
    return FitWork(slots, Recipe("fit", ()), max_upscale, dict.fromkeys(slots, "digest"))


def fitted(data, name, folder, **options):
    """`(record, path of the file or None)` of one picture in one channel."""
    source = Path(folder) / "master"
    source.write_bytes(data)
    suffix = fitting.suffix_of(TABLE[name])
    out = Path(folder) / "out"
    job = FitJob("TS-1", "master", str(source), str(out), {name: f"{name}/TS-1{suffix}"})
    (record,) = fit_photo(job, work_for(name, **options))
    return record, out / record.output if record.output else None


@st.composite
def products(draw, most=700):
    """`(width, height, box)` of a picture and its product, wholly inside."""
    width, height = draw(st.integers(8, most)), draw(st.integers(8, most))
    x0, y0 = draw(st.integers(1, width // 3)), draw(st.integers(1, height // 3))
    x1, y1 = draw(st.integers(width // 2, width - 1)), draw(st.integers(height // 2, height - 1))
    assume(x1 - x0 >= 4 and y1 - y0 >= 4)
    return width, height, (x0, y0, x1, y1)


SLOW_TO_SHRINK = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=8, suppress_health_check=SLOW_TO_SHRINK)
@given(place=products(300), mode=st.sampled_from(MODES), name=NAMES, shape=st.sampled_from(["ellipse", "box"]))
def test_passes_its_own_check_or_says_why_not(place, mode, name, shape):
    holds(masters.encoded(masters.drawn(*place, shape), mode), name)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=120, suppress_health_check=SLOW_TO_SHRINK)
@given(place=products(1600), mode=st.sampled_from(MODES), name=NAMES, shape=st.sampled_from(["ellipse", "box"]))
def test_passes_its_own_check_or_says_why_not_many_times(place, mode, name, shape):
    holds(masters.encoded(masters.drawn(*place, shape), mode), name)


@settings(max_examples=4, suppress_health_check=SLOW_TO_SHRINK)
@given(width=st.integers(1, 500), height=st.integers(1, 500), seed=st.integers(0, 9), name=NAMES)
def test_noise_passes_or_says_why_not(width, height, seed, name):
    holds(masters.encoded(masters.noise(width, height, seed), "RGB"), name)


def holds(data, name):
    channel = TABLE[name]
    with tempfile.TemporaryDirectory() as folder:
        record, path = fitted(data, name, folder)
        assert record.status in ("done", "flagged", "failed")
        if record.status != "done":
            assert record.reason
        if path is None:
            assert not list((Path(folder) / "out").rglob("*.*"))
            return
        assert path.is_file()
        assert len(list((Path(folder) / "out").rglob("*.*"))) == 1
        refused = {f.rule for f in check_picture(path, channel) if f.outcome == "fail"}
        assert record.output.startswith("held/") == bool(refused)
        assert all(f"{rule}: " in record.reason for rule in refused)
        assert path.stat().st_size <= channel.bytes.most
        upscale = record.steps[-1]["numbers"]["upscale"]
        assert upscale <= 2 + 1e-6
        said = " ".join(record.notes)
        if not refused & {"minimum", "maximum", "aspect", "bytes", "formats", "colour"}:
            return
        assert "too few pixels" in said or "too many bytes" in said


HARD = (
    "amazon_main", "gmc_image_link", "walmart_main", "ebay", "taobao_white", "taobao_transparent", "pdd_home",
    "meta_reels", "display_728x90", "display_160x600",
)  # fmt: skip


@pytest.mark.parametrize("name", HARD)
@settings(max_examples=1, suppress_health_check=SLOW_TO_SHRINK)
@given(ratio=st.floats(0.4, 2.5), shape=st.sampled_from(["ellipse", "box"]))
def test_a_cut_out_with_pixels_enough_passes_every_rule_the_platform_rejects_for(name, ratio, shape):
    width, height = (int(1500 * n) for n in (min(1, ratio), min(1, 1 / ratio)))
    master = masters.drawn(width + 40, height + 40, (20, 20, 20 + width, 20 + height), shape)
    with tempfile.TemporaryDirectory() as folder:
        record, path = fitted(masters.encoded(master, "RGBA"), name, folder)
        lacking = "fills" in " ".join(record.notes)
        assert lacking or record.status == "done", record.reason
        assert path is not None


@given(place=products(3000), name=NAMES, most=st.floats(1, 4))
def test_the_frame_keeps_to_the_channels_sizes_and_to_the_limit(place, name, most):
    width, height, box = place
    channel = TABLE[name]
    matte = torch.zeros(1, 1, height, width)
    matte[..., box[1] : box[3], box[0] : box[2]] = 1
    picture = Picture(torch.zeros(1, 3, 1, 1).expand(1, 3, height, width), matte=matte, alpha=matte)
    plan = fitting.plan(picture, channel, most)
    frame = plan.frame
    least = fitting.least_size(channel)
    assert channel.width >= frame.width >= least[0]
    assert channel.height >= frame.height >= least[1]
    assert frame.width / frame.height == pytest.approx(channel.width / channel.height, rel=0.02 + 2 / min(least))
    assert frame.max_upscale <= most
    w, h = box[2] - box[0], box[3] - box[1]
    scale = min(frame.fill * frame.width / w, frame.fill * frame.height / h)
    if not plan.lacking:
        assert scale <= frame.max_upscale + 0.02
        filled = max(w * scale / frame.width, h * scale / frame.height)
        low, high = (channel.fill.least, channel.fill.most) if channel.fill else (0, 1)
        assert low - 0.02 <= filled <= high + 0.02 or channel.safe_zone is not None
    if plan.short:
        assert "too few pixels" in plan.short


def test_nothing_is_enlarged_without_need_and_never_beyond_the_limit():
    picture = cut_out(400, 400)
    shop = fitting.plan(picture, TABLE["gmc_image_link"])  # 1500 asked, 500 the least to come
    assert shop.frame.width == pytest.approx(400 / 0.85, abs=32)
    assert shop.frame.width >= 500
    amazon = fitting.plan(picture, TABLE["amazon_main"])  # zoom needs 1000: worth 2.2 times, more than the limit
    assert amazon.frame.width == 500
    with pytest.raises(ParameterError, match="max_upscale"):
        fitting.plan(picture, TABLE["amazon_main"], 0.5)


def cut_out(w, h, size=900):
    matte = torch.zeros(1, 1, size, size)
    matte[..., 50 : 50 + h, 50 : 50 + w] = 1
    return Picture(torch.zeros(1, 3, size, size), matte=matte, alpha=matte)


def test_one_resampling_from_the_master_and_the_product_is_proven():
    with tempfile.TemporaryDirectory() as folder:
        master = masters.drawn(900, 700, (100, 100, 800, 600))
        record, _ = fitted(masters.encoded(master, "RGBA"), "taobao_white", folder)
    assert [step["operation"] for step in record.steps] == ["background", "frame"]
    assert record.fidelity["delta_e_p99"] <= 0.5
    assert record.steps[1]["parameters"]["width"] == 800


def test_a_packshot_that_is_white_already_is_only_framed():
    with tempfile.TemporaryDirectory() as folder:
        master = masters.on(masters.drawn(900, 700, (100, 100, 800, 600)), (255, 255, 255))
        file = Path(folder) / "x.png"
        master.save(file)
        record, _ = fitted(file.read_bytes(), "amazon_main", folder)
        assert [step["operation"] for step in record.steps] == ["frame"]
        assert record.status == "done", record.reason


def test_a_scene_is_cut_to_shape_around_the_product_within_the_photo():
    rng = torch.Generator().manual_seed(0)
    rgb = torch.rand(1, 3, 600, 1000, generator=rng)
    matte = torch.zeros(1, 1, 600, 1000)
    matte[..., 200:400, 700:900] = 1
    picture = Picture(rgb, matte=matte)
    plan = fitting.plan(picture, TABLE["gmc_lifestyle"])
    framed = plan.frame.apply(picture, Context()).picture
    corners = torch.tensor([[0, 0], [framed.width, framed.height]], dtype=torch.float64)
    (x0, y0), (x1, y1) = geometry.transform_points(framed.to_source, corners).tolist()
    assert (y0, y1) == pytest.approx((0, 600), abs=1)
    assert x0 <= 700
    assert 900 <= x1 <= 1000 + 1e-6
    assert framed.width == framed.height


def test_a_frame_that_reaches_beyond_the_photo_says_so():
    rng = torch.Generator().manual_seed(0)
    rgb = torch.rand(1, 3, 400, 400, generator=rng)
    matte = torch.zeros(1, 1, 400, 400)
    matte[..., 20:380, 100:300] = 1
    wide = fitting.plan(Picture(rgb, matte=matte), TABLE["og_image"])
    assert wide.beyond
    assert not fitting.plan(Picture(rgb, matte=matte), TABLE["shopify_product"]).beyond


def test_grounds_of_channels():
    assert fitting.ground_of(TABLE["amazon_main"]) == "white"
    assert fitting.ground_of(TABLE["taobao_transparent"]) == "transparent"
    assert fitting.ground_of(TABLE["shopify_product"]) == fitting.ground_of(TABLE["gmc_lifestyle"]) == "own"
    assert fitting.ground_of(TABLE["jd_main"], keeps_ground=True) == "own"
    assert fitting.ground_of(TABLE["amazon_main"], keeps_ground=True) == "white"
    assert not fitting.takes_shadow(TABLE["taobao_white"])
    assert not fitting.takes_shadow(TABLE["amazon_main"])
    assert fitting.takes_shadow(TABLE["shopify_product"])
