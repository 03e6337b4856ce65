"""Translation: drawings, layouts and photographs of a kind become photographs (docs/training-translation.md).

Images a second and minutes were measured on one thread of a busy two-core machine, processor time; see the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat


def adam(images: int, batch: int = 16, rate: float = 4e-4, **further: Any) -> dict[str, Any]:
    """Adam with the papers' β1 = 0.5; the rate falls along half a cosine, the translator is averaged."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, rate / 40, images, 20 * batch),
        "beta1": 0.5,
        "beta2": flat(0.99),
        "average_images": 3_000,
        "log_images": 2_000,
        "sample_images": 20_000,
        "samples": 24,
        **further,
    }


TOLD = ("category", "colour", "second colour", "third colour", "material")
SKETCH: Mapping[str, Any] = {"pair": "drawing", "ground": "white"}
LAYOUT: Mapping[str, Any] = {"pair": "layout", "ground": "white", "l1": 20.0, "features": 5.0, "perceptual": 2.0}
MATERIAL: Mapping[str, Any] = {
    "pair": "material",
    "forget": 0.1,
    "l1": 10.0,  # grain cannot be foretold: compared pixel by pixel, staying the photo is the best answer (LOG.md)
    "features": 5.0,
}
QUICK_CRITIC: Mapping[str, float] = {"critic": 2.0}  # so that it keeps up (Heusel et al. 2017)
NORMED: Mapping[str, Any] = {"spectral": False, "normed": True}  # learns domains apart fastest, see the page
PLANES = 8  # of a layout of the toyshop, the ground among them: `catalogue.pairs.PARTS`
SMALL: Mapping[str, Any] = {"width": 16, "blocks": 6}
WIDE: Mapping[str, Any] = {"width": 48, "blocks": 9}


def critic(channels_in: int = 3, **entries: Any) -> tuple[str, dict[str, Any]]:
    """A critic of patches that sees what was given, and the picture."""
    return ("scale-discriminator", {"channels_in": channels_in, "width": 24, **entries})


def sketching(**entries: Any) -> dict[str, Any]:
    """U-Net and its critic, given ink."""
    return {"translator": ("unet-translator", {"channels_in": 1, **entries}), "critic": critic(4)}


def painting(**entries: Any) -> dict[str, Any]:
    """SPADE and its critics of two sizes, given a layout."""
    return {"translator": ("spade", {"channels_in": PLANES, **entries}), "critic": critic(PLANES + 3, scales=2)}


def both_ways(entries: Mapping[str, Any] = SMALL, **critics: Any) -> dict[str, Any]:
    """Two translators that undo each other, and a critic of each domain."""
    judges = {f"critic_{name}": critic(**NORMED, **critics) for name in "ab"}
    return {"translator": ("two-way-translator", entries), **judges}


def one_way(entries: Mapping[str, Any] = SMALL) -> dict[str, Any]:
    """A translator, a critic of what it is to make, and what compares patches of its maps."""
    w = entries["width"]
    projector = ("patch-projector", {"channels": (w, 2 * w, 2 * w, 2 * w)})
    return {"translator": ("resnet-translator", entries), "critic": critic(**NORMED), "projector": projector}


def of_labels(**entries: Any) -> dict[str, Any]:
    """A translator told what is wanted, and a critic that names what it sees."""
    return {"translator": ("resnet-translator", entries), "critic": ("star-discriminator", {"width": 24})}


def of_branches(entries: Mapping[str, Any], **critics: Any) -> dict[str, Any]:
    """A translator told what is wanted, and a critic of patches with a verdict for each value."""
    return {"translator": ("resnet-translator", entries), "critic": critic(condition_dim=0, **NORMED, **critics)}


STAR: Mapping[str, Any] = {"classes": 2.0, "cycle": 4.0}
BRANCHED: Mapping[str, Any] = {"classes": 6.0, "cycle": 2.0, "critic_steps": 2}
LOOSE: Mapping[str, float] = {"cycle": 4.0, "identity": 0.0}  # the gate keeps what need not change, see the page
TOY: Mapping[str, Any] = {"size": 64, "data": "toyshop"}
BLANK = 50.0  # bound of gradients: those of blank pictures are huge behind instance normalisation
LARGE: Mapping[str, Any] = {
    "clip_norm": 50.0,
    "average_images": 10_000,
    "log_images": 5_000,
    "sample_images": 100_000,
    "samples": 12,
}

ROWS: Mapping[str, Preset] = {
    "sketch-to-toy": Preset(
        what="a drawing becomes a toy: U-Net by Pix2Pix, told category, colours, material or nothing",
        objective="pix2pix",
        networks=sketching(),
        columns=TOLD,
        rules=SKETCH,
        settings=adam(160_000),
        **TOY,
    ),
    "layout-to-toy": Preset(
        what="a painted map of parts becomes a toy: SPADE, told category, colours, material or nothing",
        objective="spade",
        networks=painting(),
        columns=TOLD,
        rules=LAYOUT,
        settings=adam(85_000, rates=QUICK_CRITIC),
        **TOY,
    ),
    "material-swap": Preset(
        what="another material by name, light alone, from toys rendered twice (toyshop render --layers remade)",
        objective="pix2pix",
        networks={
            "translator": ("resnet-translator", {"width": 24, "blocks": 6, "shading": True}),
            "critic": critic(6, **NORMED),
        },
        size=64,
        columns=("material",),
        rules=MATERIAL,
        settings=adam(60_000, rates=QUICK_CRITIC),
    ),
    "attribute-swap": Preset(
        what="another main colour by name, from toys rendered twice (toyshop render --layers repainted)",
        objective="pix2pix",
        networks={"translator": ("resnet-translator", {"width": 24, "blocks": 6}), "critic": critic(6)},
        size=64,
        columns=("colour",),
        rules={"pair": "colour", "forget": 0.0},
        settings=adam(70_000, rates=QUICK_CRITIC),
    ),
    "pix2pix": Preset(
        what="drawings become photographs of any catalogue with layouts or mattes, 64 px",
        objective="pix2pix",
        networks=sketching(),
        size=64,
        columns=("category",),
        rules={"pair": "drawing"},
        settings=adam(160_000),
    ),
    "cyclegan": Preset(
        what="two domains without pairs, both ways: --a DIR --b DIR, or --a ATTRIBUTE:VALUE, 64 px",
        objective="cyclegan",
        networks=both_ways(),
        size=64,
        rules=LOOSE,
        settings=adam(64_000, 8, clip_norm=BLANK),
    ),
    "dualgan": Preset(
        what="two domains without pairs, both ways, Wasserstein critics: --a, --b as of cyclegan, 64 px",
        objective="dualgan",
        networks=both_ways(),
        size=64,
        settings=adam(64_000, 8, clip_norm=BLANK),
    ),
    "cut": Preset(
        what="two domains without pairs, one way, patches compared: --a, --b as of cyclegan, 64 px",
        objective="cut",
        networks=one_way(),
        size=64,
        settings=adam(100_000, 8, clip_norm=BLANK),
    ),
    "stargan": Preset(
        what="attributes of any catalogue exchanged by name, without pairs: --column NAME, 64 px",
        objective="stargan-branches",
        networks=of_branches({"width": 24, "blocks": 6}, width=32),
        size=64,
        columns=("colour", "material"),
        rules=BRANCHED,
        settings=adam(100_000, rate=6e-4, clip_norm=BLANK),
    ),
    "spade": Preset(
        what="layouts become photographs of any catalogue with layouts of up to eight classes, 64 px",
        objective="spade",
        networks={**painting(look_dim=16), "encoder": ("spade-encoder", {"look_dim": 16})},
        size=64,
        columns=("category",),
        rules={"pair": "layout"},
        settings=adam(90_000),
    ),
    "sketch-to-toy-128": Preset(
        what="a drawing becomes a toy, 128 px, for a GPU",
        objective="pix2pix",
        networks={**sketching(width=32, max_width=384, depth=6), "critic": critic(4, width=64, scales=2)},
        columns=TOLD,
        rules=SKETCH,
        settings=adam(2_000_000, 32, **LARGE),
        **{**TOY, "size": 128},
    ),
    "layout-to-toy-256": Preset(
        what="a painted map of parts becomes a toy, 256 px, for a GPU",
        objective="spade",
        networks={
            **painting(width=32, max_width=512, depth=6, hidden=64),
            "critic": critic(PLANES + 3, width=64, scales=3),
        },
        columns=TOLD,
        rules=LAYOUT,
        settings=adam(3_000_000, 32, **LARGE),
        **{**TOY, "size": 256},
    ),
    "cyclegan-128": Preset(
        what="two domains without pairs, both ways, 128 px, for a GPU",
        objective="cyclegan",
        networks=both_ways(WIDE, width=64),
        size=128,
        settings=adam(800_000, 8, 2e-4, **LARGE),
    ),
    "cyclegan-256": Preset(
        what="two domains without pairs, both ways, 256 px, for a GPU",
        objective="cyclegan",
        networks=both_ways(WIDE, width=64, depth=4, scales=2),
        size=256,
        settings=adam(800_000, 4, 2e-4, **LARGE),
    ),
    "attribute-swap-128": Preset(
        what="another colour or material by name: StarGAN, 128 px, for a GPU",
        objective="stargan",
        networks={
            "translator": ("resnet-translator", WIDE),
            "critic": ("star-discriminator", {"width": 64, "depth": 5}),
        },
        columns=("colour", "material"),
        rules={**STAR, "critic_steps": 5},
        settings=adam(2_000_000, 16, 1e-4, **LARGE),
        **{**TOY, "size": 128},
    ),
}
