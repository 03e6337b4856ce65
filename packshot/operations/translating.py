"""What operations that translate share: weights found or asked for, names of what is wanted, figures of what stayed.

A translator sees a small picture. What it makes of a drawing or a layout is the result; what it makes of a photo is
brought back to the photo's size with the photo's detail (`imaging/translating/returning.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packshot.errors import ModelError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models.translating import Translator
    from packshot.operations.operation import Context, Operation

FEATURES = "catalogue-features"
FEATURES_PX = 64
FINE = 0.6  # of the detail that a look at more pixels adds; all of it rings at outlines


def translator(operation: Operation, context: Context, takes: str) -> Translator:
    """The weights an operation names. takes: `drawing`, `layout` or `photo`.

    Raises WeightsNotFound saying how to get them, ModelError where they translate something else.
    """
    from packshot.models.translating import translator_of
    from packshot.operations import name_of
    from packshot.operations.operation import need_model

    need_model(operation, context)  # it is noted, and its licence is looked at
    found = translator_of(operation.weights()[0], context.device, bool(getattr(operation, "commercial", False)))
    if found.takes != takes:
        told = name_of(operation)
        raise ModelError(f"{told}: {found.name} translates a {found.takes}, expected weights that take a {takes}")
    return found


def wanted(found: Translator, **told: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Attributes that are told, as the network spells them, and notes: a colour it has no name for is its nearest.

    Raises ParameterError for an attribute or a value it does not know, with those it does.
    """
    from packshot.models.inverting.asking import understood

    asked = {name: value.replace("_", " ").strip() for name, value in told.items() if value}
    for name in asked:
        if name not in found.attributes:
            knows = ", ".join(found.attributes) or "no attribute at all"
            raise ParameterError(f"{name}: {found.name} cannot be told it; it knows {knows}; leave {name} out")
    return understood(asked, found.attributes)


def decided(told: dict[str, str], operation: Operation) -> tuple[str, ...]:
    """A note of what was not asked for: attributes that the seed settled."""
    free = {name: value for name, value in told.items() if not getattr(operation, name, "")}
    words = ", ".join(f"{name} {value}" for name, value in free.items())
    return (f"decided by the seed: {words}",) if words else ()


def domain(found: Translator, text: str, parameter: str, prefer: str = "") -> dict[str, str]:
    """The attribute and value that a word names, whichever attribute has it; `prefer` first. Without a word, the last
    value of the first attribute; nothing for weights that go one way only.

    A domain that holds several values (wood: raw wood, painted wood) is named by each of them too. Raises
    ParameterError listing what there is.
    """
    plain = text.strip().replace("_", " ").casefold()
    if not plain:
        name = next(iter(found.attributes), "")
        return {name: found.attributes[name][-1]} if name else {}
    held = found.facts.get("domains", ())
    for name in sorted(found.attributes, key=lambda name: name != prefer):
        for value in found.attributes[name]:
            more = next((each.get("values", ()) for each in held if each.get("name") == value), ())
            if plain in (one.casefold() for one in (value, *more)):
                return found.settled({name: value})
    if not found.attributes and held and plain in (one.casefold() for one in (held[-1]["name"], *held[-1]["values"])):
        return {}  # it goes there and nowhere else
    known = "; ".join(f"{name}: {', '.join(values)}" for name, values in found.attributes.items())
    known = known or ", ".join((held[-1]["name"], *held[-1]["values"]) if held else ())
    raise ParameterError(f"{parameter}: {found.name} knows {known or 'one way only, leave it out'}; got {text!r}")


def drawn(
    found: Translator,
    given: Callable[[tuple[int, int]], Tensor],
    told: dict[str, str],
    seed: int,
    size: tuple[int, int],
) -> Tensor:
    """`(1, 3, *size)` of a drawing or layout, which `given` has at any size.

    A network that looks at more pixels than it learned with sees less of the product at once: its outlines are crisp,
    its areas go astray. So what is coarse comes from a look at the size it learned, and FINE of the detail beyond that
    from a look at full size.
    """
    from packshot.imaging.geometry import resize_layer
    from packshot.imaging.translating.returning import enlarged

    factor = found.side / max(size)
    if factor > 0.8:
        return found.translated(given(size), told, seed)
    small = max(8, round(size[0] * factor)), max(8, round(size[1] * factor))
    coarse, fine = (found.translated(given(each), told, seed) for each in (small, size))
    return (enlarged(coarse, size) + FINE * (fine - enlarged(resize_layer(fine, small), size))).clamp(0, 1)


def size_of(found: Translator, asked: int, of: tuple[int, int]) -> tuple[int, int]:
    """Height and width of what is made of a sheet: its longest side as asked, else twice what the network learned."""
    factor = (asked or 2 * found.side) / max(of)
    return max(8, round(of[0] * factor)), max(8, round(of[1] * factor))


def product(
    picture: Picture, matte: Tensor, context: Context, found: Translator, told: dict[str, str], side: int, detail: float
) -> Tensor | None:
    """The photo with its product translated, at its own size; None if there is no product.

    Seen through a window around the product, as products were learned; where the matte is 0 not a bit changes, and
    its soft edge takes the share of the change that it has of the product.
    """
    from packshot.imaging import mattes
    from packshot.imaging.translating import returning, windows

    window = windows.around(matte)
    if window is None:
        return None
    seen = windows.view(shown(picture.replace(matte=matte), context, found.ground), window, side or found.side)
    after = found.translated(seen.rgb, told)
    rows, columns = window.inside(picture.size)
    place = (rows.start - window.y, columns.start - window.x, window.side, window.side)
    share = matte[:, :, rows, columns]
    own = mattes.foreground(picture.rgb[:, :, rows, columns], share)
    made = returning.returned(own, seen.rgb, after, detail, seen.matte, place)
    rgb = picture.rgb.clone()
    rgb[:, :, rows, columns] += share * (made - own)
    return rgb.clamp_(0, 1)


def whole(picture: Picture, matte: Tensor, found: Translator, told: dict[str, str], side: int) -> tuple[Tensor, Tensor]:
    """The whole photo translated: with the photo's detail (for a product), and plain, enlarged (for a ground)."""
    from packshot.imaging.geometry import resize
    from packshot.imaging.translating import returning

    step = (side or found.side) / max(picture.size)
    size = max(8, round(picture.height * step)), max(8, round(picture.width * step))
    seen = resize(picture.replace(matte=matte), size)
    after = found.translated(seen.rgb, told)
    product = returning.returned(picture.rgb, seen.rgb, after, part=seen.matte)
    return product, returning.returned(picture.rgb, seen.rgb, after, detail=0)


def blended(photo: Tensor, changed: Tensor, matte: Tensor, strength: float) -> Tensor:
    """`strength` of the change; where the matte is 0, the photo bit by bit."""
    import torch

    return torch.where(matte > 0, mixed(photo, changed, strength), photo)


def mixed(photo: Tensor, changed: Tensor, strength: float) -> Tensor:
    """`strength` of the change, in [0, 1]."""
    return (changed if strength == 1 else photo + strength * (changed - photo)).clamp(0, 1)


def shown(picture: Picture, context: Context, ground: str) -> Picture:
    """The product on a ground: the photo's own, also where it was cut off; white if the network learned on white."""
    import torch

    from packshot.imaging import mattes

    rgb, source = picture.rgb, context.source
    if ground == "white":
        part = picture.matte if picture.alpha is None else picture.alpha
        return (
            picture if part is None else picture.replace(rgb=mattes.over(rgb, part, torch.ones_like(rgb)), alpha=None)
        )
    if picture.alpha is None:
        return picture
    if source is not None and source.size == picture.size and source.to_source.equal(picture.to_source):
        return picture.replace(rgb=source.rgb, alpha=None)
    return picture.replace(rgb=mattes.over(rgb, picture.alpha, torch.ones_like(rgb)), alpha=None)


def figures(before: Picture, after: Tensor, matte: Tensor | None) -> dict[str, float]:
    """What stayed of the product (of everything, without a matte), told in numbers.

    edge_f, ssim_luma: structure. identity: cosine of catalogue features, where their weights are found. delta_e_p99,
    delta_e_of_mean, edge_shift_px, ssim: as every change. delta_e_outside: the largest one where the matte is 0.
    """
    from packshot.imaging.compare import delta_e_map
    from packshot.imaging.restoring.change import change
    from packshot.imaging.translating.kept import structure

    found = structure(before.rgb, after, matte) | identity(before.rgb, after, matte)
    found |= change(before.rgb, after, matte)
    if matte is not None and bool((matte == 0).any()):
        found["delta_e_outside"] = float(delta_e_map(before.rgb, after)[matte == 0].max())
    return found


def identity(before: Tensor, after: Tensor, matte: Tensor | None) -> dict[str, float]:
    """`identity`: cosine of the catalogue features of both pictures' products; empty without those weights."""
    import torch
    from torch.nn import functional

    from packshot.imaging.picture import Picture
    from packshot.imaging.translating import windows
    from packshot.models import features

    try:
        network = features.find(FEATURES).network
    except ParameterError:
        return {}
    assert network is not None, "a classifier has one"
    window = None if matte is None else windows.around(matte)
    window = window or windows.Window(0, 0, max(before.shape[2:]))
    seen = [windows.view(Picture(x), window, FEATURES_PX).rgb for x in (before, after)]
    codes = network.features(2 * torch.cat(seen) - 1)  # type: ignore[operator]
    return {"identity": float(functional.cosine_similarity(codes[:1], codes[1:]))}
