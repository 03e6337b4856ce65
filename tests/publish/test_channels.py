"""Channels: every row is evidenced and sound, a user's file changes what it names, mistakes name row and field."""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ChannelError
from packshot.publish import channels
from packshot.publish.channel import SUFFIX, Channel, Fill, Rule, ratio
from packshot.publish.rules.sizes import sides

ROOT = Path(__file__).parents[2]
TABLE = channels.load()
SOCIAL = {
    "wechat_shop_main",
    "wechat_moments_ad",
    "xhs_note",
    "xhs_goods",
    "douyin_main",
    "douyin_white",
    "douyin_post",
}


def test_the_table_has_the_known_slots_and_the_social_ones():
    assert {"amazon_main", "gmc_image_link", "walmart_main", "taobao_white", "display_300x250"} <= set(TABLE)
    assert set(TABLE) >= SOCIAL
    assert len(TABLE) >= 73


@pytest.mark.parametrize("name", TABLE)
def test_every_rule_has_source_day_and_confidence(name):
    channel = TABLE[name]
    rules = dict(channel.rules)
    assert {"bytes", "formats"} <= set(rules)
    for rule in rules.values():
        assert rule.source
        assert rule.as_of <= dt.date(2026, 11, 21)
        assert rule.confidence in "ABCD"
        assert rule.source not in ("amazon", "gmc", "house", "practice")  # a key that was not looked up


@pytest.mark.parametrize("name", TABLE)
def test_the_recommended_size_obeys_the_channels_own_bounds(name):
    channel = TABLE[name]
    have = sides(channel.width, channel.height)
    for side, value in have.items():
        for rule in (channel.minimum, channel.minimum_next, channel.advised):
            assert rule is None or (getattr(rule, side) or 0) <= value
        assert channel.maximum is None or value <= (getattr(channel.maximum, side) or value)
    if channel.aspect is not None:
        shape = channel.width / channel.height
        known = [ratio(text) for text in channel.aspect.ratios or channel.aspect.between]
        assert min(known) * 0.99 <= shape <= max(known) * 1.01


@pytest.mark.parametrize("name", [name for name, channel in TABLE.items() if channel.names])
def test_names_match_their_own_example_and_template(name):
    names = TABLE[name].names
    ext = SUFFIX[TABLE[name].formats.allowed[0]][1:]
    values = {"asin": "B012345678", "gtin14": "00012345678905", "sku": "TS-BALL", "variant": "PT01", "position": "1"}
    made = re.sub(r"\{(\w+)\}", lambda m: {**values, "ext": ext}[m[1]], names.template)
    assert re.fullmatch(names.pattern, made)
    assert not names.example or re.fullmatch(names.pattern, names.example)


@given(st.sampled_from("ABCD"), st.booleans(), st.integers(-400, 400))
def test_severity_follows_evidence(confidence, hard, days):
    today = dt.date(2026, 11, 21)
    rule = Rule(confidence=confidence, hard=hard, source="x", as_of=today, effective=today + dt.timedelta(days))
    severity = rule.severity(today)
    assert (severity == "error") == (confidence in "AB" and hard and days <= 0)
    assert (severity == "hint") == (confidence == "D")


def test_google_refuses_small_pictures_from_its_day_on():
    rule = TABLE["gmc_image_link"].minimum_next
    assert rule.severity(dt.date(2027, 1, 30)) == "warning"
    assert rule.severity(dt.date(2027, 1, 31)) == "error"


def test_unknown_channels_are_told_the_nearest():
    with pytest.raises(ChannelError, match="amazon_main"):
        channels.find("amzon_main")


# ---- a user's file ----


def written(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_row_changes_what_it_names_and_nothing_else(tmp_path):
    mine = written(
        tmp_path,
        "as_of: 2026-10-01\nchannels:\n"
        "- id: amazon_main\n  fill: {least: 0.8}\n  whole: null\n"
        "- {id: our_shop, like: shopify_product, platform: ours, use: main, width: 1200, height: 1500}\n",
    )
    table = channels.load(mine)
    old, new = TABLE["amazon_main"], table["amazon_main"]
    assert new.fill == Fill(least=0.8, hard=True, confidence="A", source="mine.yaml", as_of=dt.date(2026, 10, 1),
                            note=old.fill.note)  # fmt: skip
    assert new.whole is None
    changed = {"fill", "whole"}
    assert {k for k in Channel.model_fields if getattr(new, k) != getattr(old, k)} == changed
    assert table["our_shop"].bytes.most == TABLE["shopify_product"].bytes.most
    assert (table["our_shop"].width, table["our_shop"].platform) == (1200, "ours")
    assert {k: v for k, v in table.items() if k not in ("amazon_main", "our_shop")} == {
        k: v for k, v in TABLE.items() if k != "amazon_main"
    }
    assert channels.load() == TABLE  # the shipped table is untouched


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("channels:\n- {id: amazon_main, fill: {least: 3}}", r"row 1 \(amazon_main\): fill.least: .*less than"),
        ("channels:\n- {id: amazon_main, fill: {leest: 0.3}}", r"fill.leest: no such field; expected .*least"),
        ("channels:\n- {id: amazon_main, filll: {least: 0.3}}", r"row 1 \(amazon_main\): filll: no such field"),
        ("channels:\n- {id: amazon_main, fill: 0.8}", r"fill: expected fields such as"),
        ("channels:\n- {id: amazon_main}\n- {id: amazon_main}", r"row 2 \(amazon_main\): id: stands twice"),
        ("channels:\n- {id: amazon_main}\n- {ide: x}", r"row 2: expected a channel with an id"),
        ("channels:\n- {id: new_one, platform: x}", r"row 1 \(new_one\): use: required"),
        ("channels:\n- {id: new_one, like: nowhere}", r"like: no channel 'nowhere'"),
        ("channels:\n- {id: amazon_main, aspect: {ratios: ['1:0']}}", r"aspect.ratios.0: expected width:height"),
        ("channels:\n- {id: amazon_main, names: {pattern: '('}}", r"names.pattern: expected a regular expression"),
        ("channels:\n- {id: amazon_main, fill: {least: 0.9, most: 0.5}}", r"fill: expected least ≤ most"),
        ("channels:\n- {id: amazon_main, minimum: {longest: null}}", r"minimum: expected at least one of width"),
        ("as_of: today\nchannels: []", r"as_of: expected a day"),
        ("channel: []", r"mine.yaml: expected `channels:`"),
        ("channels: []\nextra: 1", r"extra: no such section"),
        ("a: &a [1]\nchannels: *a", r"anchors and aliases are not allowed"),
        ("channels: [", r"line \d: not valid YAML"),
        ("", r"expected `channels:`"),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(ChannelError, match=words):
        channels.load(written(tmp_path, text))


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(ChannelError, match="cannot be read"):
        channels.load(tmp_path / "nothing.yaml")


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_loader(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "mine.yaml"
    path.write_bytes(data)
    with pytest.raises(ChannelError):
        channels.load(path)


def test_channels_load_without_torch_or_pixels():
    heavy = "print({'torch', 'numpy', 'cv2'} & set(sys.modules))"
    code = f"import sys; from packshot.publish import channels; channels.load(); {heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_page_shows_the_table_of_today():
    done = subprocess.run([sys.executable, "scripts/channels_page.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "docs/channels.md is old: python scripts/channels_page.py"
