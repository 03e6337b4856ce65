"""A catalogue into channels: resumed, recorded, nothing overwritten, what would be refused held back, all told."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from packshot.catalogue.catalogue import Catalogue, write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.cli import app
from packshot.errors import ChannelError, ParameterError
from packshot.imaging import files
from packshot.pipeline.record import read_records
from packshot.provenance import policies
from packshot.provenance.export import export
from packshot.provenance.step import Step
from packshot.publish import channels
from packshot.publish.check import check_picture
from packshot.publish.fit import fit, listing
from packshot.publish.fitting import least_plan, plan
from packshot.publish.gathering import shots_of
from tests.publish import masters

TWO = ("taobao_white", "taobao_transparent")  # 800 x 800: quick


def shop(folder, **goods):
    """A catalogue of cut-outs: file name → (width, height) of a product drawn with room around it."""
    (folder / "images").mkdir(parents=True)
    found = []
    for number, (sku, size) in enumerate(goods.items()):
        w, h = size
        master = masters.drawn(w + 20, h + 20, (10, 10, 10 + w, 10 + h), seed=number)
        (folder / "images" / f"{sku}.png").write_bytes(masters.encoded(master, "RGBA"))
        found.append(Product(sku=sku, title=f"Thing {sku}", images=(Image(path=f"images/{sku}.png"),)))
    return write_catalogue(folder, found)


def records(out):
    return {(r.sku, r.variant): r for r in read_records(out / "edits.jsonl")}


def run(catalogue, names, out, **options):
    return fit(catalogue.folder, names, out, workers=1, **options)


def test_every_master_into_every_channel_with_sidecar_and_report(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500), two=(400, 720))
    out = tmp_path / "out"
    done = run(catalogue, TWO, out)
    assert (done.progress.done, done.exit_code) == (4, 0)
    assert {name: tally.ready for name, tally in done.tallies.items()} == dict.fromkeys(TWO, 2)
    files = sorted(p.relative_to(out).as_posix() for name in TWO for p in (out / name).iterdir())
    assert files == [
        "taobao_transparent/one_transparent.png",
        "taobao_transparent/two_transparent.png",
        "taobao_white/one_white.jpg",
        "taobao_white/two_white.jpg",
    ]
    for record in records(out).values():
        assert hashlib.sha256((out / record.output).read_bytes()).hexdigest() == record.output_sha256
        side = json.loads((out / "sidecars" / f"{record.output}.json").read_text(encoding="utf-8"))
        assert side["asset"]["sha256"] == record.output_sha256
        assert side["source"]["sha256"] == record.source_sha256
        assert side["alt"] == {"en": f"Thing {record.sku}"}
        assert [step["operation"] for step in side["operations"]] == ["background", "frame"]
        assert side["fidelity"]["delta_e_p99"] <= 0.5
        assert side["marks"]["iptc_digital_source_type"] == "digitalCapture"
    assert done.report is not None
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["totals"]["entries"] == 2


def test_goes_on_where_it_was_and_does_again_only_what_changed(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500), two=(400, 720))
    out = tmp_path / "out"
    run(catalogue, TWO[:1], out, report=False)
    again = run(catalogue, TWO, out, report=False)
    assert (again.progress.done, again.progress.skipped) == (2, 2)
    (out / "taobao_white" / "one_white.jpg").unlink()
    master = masters.drawn(720, 520, (10, 10, 710, 510), "box")
    (tmp_path / "c" / "images" / "two.png").write_bytes(masters.encoded(master, "RGBA"))
    third = run(catalogue, TWO, out, report=False)
    assert (third.progress.done, third.progress.skipped) == (3, 1)
    own = tmp_path / "own.yaml"
    own.write_text("channels:\n- {id: taobao_white, width: 900, height: 900}\n", encoding="utf-8")
    fourth = run(catalogue, TWO, out, channel_file=own, report=False)
    assert (fourth.progress.done, fourth.progress.skipped) == (2, 2)


def test_what_a_channel_would_refuse_is_held_back_with_its_reason_and_not_done_again(tmp_path):
    catalogue = shop(tmp_path / "c", tiny=(60, 40))
    out = tmp_path / "out"
    done = run(catalogue, ["amazon_main"], out)
    (record,) = records(out).values()
    assert record.output == "held/amazon_main/tiny.MAIN.jpg"
    assert "fill: " in record.reason
    assert "too few pixels for 2000 x 2000 px (the product is 60 x 40 px)" in record.reason
    assert not (out / "amazon_main").exists()
    assert done.tallies["amazon_main"].held == 1
    assert run(catalogue, ["amazon_main"], out, report=False).progress.skipped == 1
    larger = run(catalogue, ["amazon_main"], out, max_upscale=16, report=False)
    assert larger.progress.skipped == 0  # another limit makes other pictures; the channel's own still holds


def with_attributes(catalogue, **attributes):
    """The catalogue with attributes by sku."""
    goods = [p.model_copy(update={"attributes": attributes.get(p.sku, {})}) for p in catalogue]
    return write_catalogue(catalogue.folder, goods)


def uploads(out, channel):
    return sorted(p.name for p in (out / channel).iterdir()) if (out / channel).is_dir() else []


@pytest.mark.parametrize(
    ("channel", "same", "other"),
    [
        ("amazon_main", {"asin": "B0ABCDEFGH"}, {"asin": "B0ABCDEFGX"}),
        ("amazon_main", {"gtin": "4006381333931"}, {"asin": "B0ABCDEFGX"}),
        ("walmart_main", {"gtin": "4006381333931"}, {"gtin": "1234567890128"}),
    ],
)
def test_products_that_share_an_identifier_are_all_held_until_each_has_its_own(tmp_path, channel, same, other):
    out = tmp_path / "out"
    catalogue = with_attributes(shop(tmp_path / "c", a=(900, 900), b=(900, 700)), a=same)
    run(catalogue, [channel], out, report=False)
    assert len(uploads(out, channel)) == 2
    done = run(with_attributes(catalogue, a=same, b=same), [channel], out, report=False)
    assert uploads(out, channel) == []
    assert (done.tallies[channel].ready, done.tallies[channel].held) == (0, 2)
    (told,) = done.identifiers
    assert "is that of 2 products: a, b" in told.reason
    for record in records(out).values():
        assert record.output.startswith(f"held/{channel}/same-identifier/{record.sku}")
        assert told.reason in record.reason
        assert (out / record.output).is_file()
    done = run(with_attributes(catalogue, a=same, b=other), [channel], out, report=False)
    assert len(uploads(out, channel)) == 2
    assert (done.tallies[channel].ready, done.identifiers) == (2, ())


def test_a_name_that_is_taken_is_not_numbered_where_it_is_an_identifier(tmp_path):
    out = tmp_path / "out"
    catalogue = shop(tmp_path / "c", a=(900, 900), ABCDEFGHIJ=(900, 700))
    run(with_attributes(catalogue, a={"asin": "ABCDEFGHIJ"}), ["amazon_main"], out, report=False)
    assert uploads(out, "amazon_main") == ["ABCDEFGHIJ.MAIN.jpg"]
    second = records(out)["ABCDEFGHIJ", "amazon_main"]
    assert second.output.startswith("held/")
    assert "is taken by another picture" in second.reason


def test_a_visible_label_and_a_channel_without_text_contradict_each_other(tmp_path):
    catalogue = shop(tmp_path / "c", one=(900, 700))
    master = files.read(tmp_path / "c" / "images" / "one.png")
    drawn = Step("fill", digital_source_type="trainedAlgorithmicMedia")
    export(master, tmp_path / "c" / "images" / "one.png", (drawn,), policies.find("default"))
    out = tmp_path / "out"
    run(catalogue, ["amazon_main", "gmc_additional", "ebay"], out, policy="cn-visible", report=False)
    assert uploads(out, "amazon_main") == []
    record = records(out)["one", "amazon_main"]
    assert record.output == "held/amazon_main/one.MAIN.jpg"
    assert "the policy cn-visible drew a visible label" in record.reason
    run(catalogue, ["amazon_main"], out, report=False)
    assert uploads(out, "amazon_main") == ["one.MAIN.jpg"]


def test_pictures_of_photos_that_are_gone_are_put_aside_and_not_counted(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for number, name in enumerate(("one", "two")):
        master = masters.drawn(900, 900, (10, 10, 890, 890), seed=number)
        (photos / f"{name}.png").write_bytes(masters.encoded(master, "RGBA"))
    fit(photos, TWO, out, workers=1, report=False)
    (out / "taobao_white" / "mine.jpg").write_bytes(b"of another hand")
    (photos / "two.png").unlink()
    done = fit(photos, TWO[:1], out, workers=1)
    assert done.left_over == 2
    assert done.tallies["taobao_white"].ready == 1
    assert uploads(out, "taobao_white") == ["mine.jpg", "one_white.jpg"]
    assert uploads(out, "taobao_transparent") == ["one_transparent.png"]
    aside = out / "held" / "left-over"
    assert (aside / "taobao_white" / "two_white.jpg").is_file()
    assert (aside / "sidecars" / "taobao_white" / "two_white.jpg.json").is_file()
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["totals"]["entries"] == 1
    assert fit(photos, TWO[:1], out, workers=1, limit=1, report=False).left_over == 0
    other = shop(tmp_path / "c", three=(900, 700))
    assert run(other, TWO[:1], out, report=False).left_over == 0  # results of another source stay
    assert uploads(out, "taobao_white") == ["mine.jpg", "one_white.jpg", "three_white.jpg"]


@pytest.mark.parametrize("sku", ["../../evil", "a/../../evil", "/evil"])
def test_a_sku_that_is_a_path_trick_is_refused_and_nothing_is_written_outside(tmp_path, sku):
    catalogue = shop(tmp_path / "c", good=(400, 400))
    (good,) = catalogue
    write_catalogue(tmp_path / "c", [good.model_copy(update={"sku": sku}), good])
    before = {p for p in tmp_path.rglob("*") if "out" not in p.parts}
    done = run(Catalogue(tmp_path / "c"), ["taobao_white"], tmp_path / "x" / "out", report=False)
    assert (done.progress.done, done.progress.failed, done.exit_code) == (1, 1, 1)
    failed = records(tmp_path / "x" / "out")[sku, "taobao_white"]
    assert "leaves the output folder" in failed.reason
    new = {p for p in tmp_path.rglob("*") if "out" not in p.parts} - before
    assert {p.name for p in new} <= {"x", ".products.index"}


def test_a_broken_picture_is_recorded_and_the_rest_is_done(tmp_path):
    catalogue = shop(tmp_path / "c", bad=(400, 400), good=(400, 400))
    (tmp_path / "c" / "images" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    done = run(catalogue, TWO, tmp_path / "out")
    assert (done.progress.done, done.progress.failed) == (2, 2)


def test_several_processes_give_the_same_files(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500), two=(400, 720), three=(600, 600))
    run(catalogue, TWO[1:], tmp_path / "a", report=False)
    fit(catalogue.folder, TWO[1:], tmp_path / "b", workers=2, report=False)
    one, other = (
        {key: (r.output, r.marks["unsigned_sha256"]) for key, r in records(tmp_path / name).items()} for name in "ab"
    )
    assert one == other


def test_a_single_photo(tmp_path):
    photo = tmp_path / "mug.png"
    photo.write_bytes(masters.encoded(masters.drawn(700, 700, (50, 50, 650, 650)), "RGBA"))
    done = fit(photo, ["taobao_white"], tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "taobao_white" / "mug_white.jpg").is_file()
    assert done.progress.done == 1


def test_listing_leaves_frame_ground_and_shadow_to_the_channel(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500))
    out = tmp_path / "out"
    names = ("taobao_white", "taobao_main", "taobao_transparent")
    done = listing(catalogue.folder, names, out, pipeline="studio-shadow", workers=1, report=False)
    assert done.progress.failed == 0
    steps = {name: [s["operation"] for s in r.steps] for (_, name), r in records(out).items()}
    assert steps == {
        "taobao_white": ["cutout", "background", "frame"],
        "taobao_main": ["cutout", "background", "shadow", "frame"],
        "taobao_transparent": ["cutout", "background", "frame"],
    }
    for (_, name), record in records(out).items():
        assert not [f for f in check_picture(out / record.output, channels.find(name)) if f.outcome == "fail"]


def test_a_scene_is_not_cut_out_where_its_ground_may_stay(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500))
    scene = masters.on(masters.drawn(900, 700, (300, 300, 600, 600)), (120, 160, 90))
    scene.save(tmp_path / "c" / "images" / "scene.png")
    (product,) = catalogue
    images = (*product.images, Image(path="images/scene.png", role="lifestyle"))
    catalogue = write_catalogue(tmp_path / "c", [product.model_copy(update={"images": images})])
    out = tmp_path / "out"
    names = ("gmc_lifestyle", "jd_main", "amazon_secondary")
    listing(catalogue.folder, names, out, workers=1, report=False)
    steps = {(r.image, r.variant): [s["operation"] for s in r.steps] for r in read_records(out / "edits.jsonl")}
    assert steps == {
        ("images/one.png", "jd_main"): ["cutout", "background", "frame"],
        ("images/scene.png", "gmc_lifestyle"): ["frame"],
        ("images/scene.png", "jd_main"): ["frame"],
        ("images/scene.png", "amazon_secondary"): ["frame"],
    }


def test_bytes_over_the_budget_take_a_smaller_picture_or_are_refused_with_the_reason(tmp_path):
    noise = masters.noise(1500, 1500, 0)
    (tmp_path / "c").mkdir()
    noise.save(tmp_path / "c" / "noise.png")
    own = tmp_path / "own.yaml"
    own.write_text(
        "channels:\n"
        "- {id: small, like: shopify_product, platform: x, use: x, width: 1500, height: 1500,"
        " bytes: {most: 90000, source: x}, minimum: {width: 300, height: 300, source: x}}\n"
        "- {id: smaller, like: small,"
        " bytes: {most: 9000, source: x}, minimum: {width: 1500, height: 1500, source: x}}\n",
        encoding="utf-8",
    )
    done = fit(tmp_path / "c", ["small", "smaller"], tmp_path / "out", channel_file=own, workers=1, report=False)
    small, smaller = (records(tmp_path / "out")["noise", name] for name in ("small", "smaller"))
    assert (tmp_path / "out" / small.output).stat().st_size <= 90_000
    assert tuple(small.size) == (300, 300)
    assert any("too many bytes" in note for note in small.notes)
    assert smaller.status == "failed"
    assert "max_bytes" in smaller.reason
    assert done.exit_code == 1


def test_mistakes_are_told_before_anything_is_done(tmp_path):
    catalogue = shop(tmp_path / "c", one=(100, 100))
    with pytest.raises(ChannelError, match="did you mean"):
        run(catalogue, ["amazon_mian"], tmp_path / "out")
    with pytest.raises(ParameterError, match="at least one"):
        run(catalogue, [], tmp_path / "out")
    with pytest.raises(ParameterError, match="several results of a photo"):
        listing(catalogue.folder, TWO, tmp_path / "out", pipeline="colourways")
    with pytest.raises(ParameterError, match="max_upscale"):
        run(catalogue, TWO, tmp_path / "out", max_upscale=0.5)
    assert not (tmp_path / "out").exists()


def test_alternative_texts_of_a_file_reach_the_sidecars_without_doing_the_pictures_again(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500))
    out = tmp_path / "out"
    run(catalogue, TWO[:1], out, report=False)
    (tmp_path / "alt.csv").write_text("sku,image,en,zh\none,images/one.png,My words,我的话\n", encoding="utf-8")
    again = run(catalogue, TWO[:1], out, alt=tmp_path / "alt.csv", report=False)
    assert again.progress.skipped == 1
    side = json.loads((out / "sidecars" / "taobao_white" / "one_white.jpg.json").read_text(encoding="utf-8"))
    assert side["alt"] == {"en": "My words", "zh": "我的话"}


def test_the_smallest_plan_is_no_smaller_than_the_channel_takes():
    import torch

    from packshot.imaging.picture import Picture

    channel = channels.find("pdd_main")
    picture = Picture(torch.zeros(1, 3, 900, 900), matte=torch.ones(1, 1, 900, 900))
    first = plan(picture, channel)
    smaller = least_plan(first, channel)
    assert (smaller.frame.width, smaller.frame.height) == (480, 480)
    assert least_plan(smaller, channel) is None


def test_the_command_line(tmp_path):
    catalogue = shop(tmp_path / "c", one=(700, 500))
    command = ["fit", str(catalogue.folder), "-c", "taobao_white", "--out", str(tmp_path / "out"), "--workers", "1"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 done" in done.stdout
    assert "taobao_white" in done.stdout
    target = tmp_path / "feed.csv"
    command = ["feed", "shopify", str(catalogue.folder), str(target), "--fitted", str(tmp_path / "out"),
               "--channel", "taobao_white", "--base-url", "https://cdn.example/l"]  # fmt: skip
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert "https://cdn.example/l/taobao_white/one_white.jpg" in target.read_text(encoding="utf-8")
    done = CliRunner().invoke(app, ["feed", "alt", str(catalogue.folder), str(tmp_path / "alt.csv")])
    assert (tmp_path / "alt.csv").read_text(encoding="utf-8").splitlines()[1] == "one,images/one.png,Thing one,"


def test_what_was_held_back_is_no_part_of_a_check_of_the_folder(tmp_path):
    catalogue = shop(tmp_path / "c", one=(900, 700), tiny=(60, 40))
    out = tmp_path / "out"
    run(catalogue, ["amazon_main"], out, report=False)
    assert {shot.name for shot in shots_of(out)} == {"amazon_main/one.MAIN.jpg"}
    done = CliRunner().invoke(app, ["check", str(out), "--workers", "1"], catch_exceptions=False)
    assert done.exit_code == 0, done.stdout
    assert {shot.name for shot in shots_of(out / "held")} == {"amazon_main/tiny.MAIN.jpg"}
