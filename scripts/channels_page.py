"""Write the table of docs/channels.md from the channels themselves: `python scripts/channels_page.py [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path

from packshot.evaluation.tables import markdown_table
from packshot.publish import channels
from packshot.publish.channel import Channel, Size

PAGE = Path(__file__).parent.parent / "docs" / "channels.md"
BEGIN, END = "<!-- table: made by scripts/channels_page.py -->", "<!-- end of table -->"
COLUMNS = {
    "id": "id", "use": "slot", "size": "px", "bounds": "bounds", "aspect": "aspect", "bytes": "bytes at most",
    "formats": "formats", "ground": "ground", "fill": "fill", "added": "text, border", "count": "pictures",
    "confidence": "conf.",
}  # fmt: skip


def row(channel: Channel) -> dict[str, str]:
    """One line; a letter behind a value is a confidence other than the row's, `!` means that the platform rejects."""
    bounds = [bound(channel, name, word) for name, word in (("minimum", "≥"), ("minimum_next", "≥"), ("maximum", "≤"))]
    ground = channel.background
    bans = {"no text": text(channel), "no border": channel.border, "no shadow": channel.shadow, "whole": channel.whole}
    added = [f"{word}{evidence(channel, rule)}" for word, rule in bans.items() if rule is not None]
    return {
        "id": f"`{channel.id}`",
        "use": f"{channel.platform}: {channel.use}",
        "size": f"{channel.width}×{channel.height}",
        "bounds": ", ".join(b for b in bounds if b),
        "aspect": "" if channel.aspect is None else shape(channel) + evidence(channel, channel.aspect),
        "bytes": amount(channel.bytes.most) + evidence(channel, channel.bytes),
        "formats": " ".join(f.lower() for f in channel.formats.allowed) + evidence(channel, channel.formats),
        "ground": "" if ground is None else ground.kind.replace("_", " ") + evidence(channel, ground),
        "fill": "" if channel.fill is None else share(channel) + evidence(channel, channel.fill),
        "added": ", ".join(added),
        "count": "" if channel.count is None else number(channel) + evidence(channel, channel.count),
        "confidence": channel.confidence,
    }


def evidence(channel: Channel, rule: object) -> str:
    """`!` for what the platform rejects, and the confidence if it is not the row's."""
    hard, confidence = getattr(rule, "hard", False), getattr(rule, "confidence", channel.confidence)
    return ("!" if hard else "") + (f" ({confidence})" if confidence != channel.confidence else "")


def text(channel: Channel) -> object:
    """The overlay rule if it forbids all."""
    return channel.overlay if channel.overlay is not None and channel.overlay.most == 0 else None


def bound(channel: Channel, name: str, word: str) -> str:
    """`≥ 500×500!` and the like."""
    rule: Size | None = getattr(channel, name)
    if rule is None:
        return ""
    sides = [f"{rule.width}×{rule.height}"] if rule.width and rule.height else []
    sides += [
        f"{side} {value}" for side, value in (("width", rule.width), ("height", rule.height)) if value and not sides
    ]
    sides += [f"{side} {value}" for side in ("longest", "shortest") if (value := getattr(rule, side))]
    sides += [f"{rule.megapixels:g} MP"] if rule.megapixels else []
    since = f" from {rule.effective}" if rule.effective else ""
    return f"{word} {' and '.join(sides)}{since}{evidence(channel, rule)}"


def shape(channel: Channel) -> str:
    """Ratios taken."""
    assert channel.aspect is not None
    return " or ".join(channel.aspect.ratios) if channel.aspect.ratios else " to ".join(channel.aspect.between or ())


def share(channel: Channel) -> str:
    """`85 % and more`."""
    assert channel.fill is not None
    least, most = channel.fill.least, channel.fill.most
    return f"≥ {least:.0%}" if most >= 1 else f"{least:.0%} to {most:.0%}"


def number(channel: Channel) -> str:
    """How many pictures a product may have in the slot."""
    assert channel.count is not None
    least, most = channel.count.least, channel.count.most
    return f"≥ {least}" if most is None else f"{least} to {most}" if least else f"≤ {most}"


def amount(count: int) -> str:
    """Bytes in KB or MB of 1024."""
    return f"{count / (1 << 20):g} MB" if count % (1 << 20) == 0 else f"{count / 1024:g} KB"


def page() -> str:
    """The page with the table of today."""
    old = PAGE.read_text(encoding="utf-8")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    known = channels.load()
    table = markdown_table([row(channel) for channel in known.values()], COLUMNS)
    sources = [{"id": f"`{k}`", "source": c.source, "day": str(c.as_of), "note": c.note} for k, c in known.items()]
    evidence_table = markdown_table(sources, {"id": "id", "source": "source", "day": "looked up", "note": "note"})
    return f"{before}{BEGIN}\n\n{table}\n\n### Sources\n\n{evidence_table}\n\n{END}{after}"


def main() -> int:
    """Write the page, or with `--check` say whether it is of today."""
    made = page()
    if "--check" in sys.argv:
        return int(made != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
