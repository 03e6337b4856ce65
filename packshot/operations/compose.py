"""A product placed in a scene, or an element put beside it: where it stands, how tall it is, how it is turned.

The product's colours stay as they are. An element's light and colour are brought to those of the picture that it is put
into; both get a contact shadow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from packshot.errors import ParameterError
from packshot.operations.operation import Context, Operation, PictureName, Result, need_matte, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.scenery.matching import Match

CAMERA = 3.0  # distance of the camera for turn and tilt, in sizes of the product: strong, but never behind it
ENLARGED = 2.0  # beyond this the product looks soft
CLIPPED = 0.005  # share of the product outside the scene that is worth a flag


class Compose(Operation):
    """Put the product into a scene picture, or an element into the picture, behind the product."""

    needs_matte: ClassVar[bool] = True
    digital_source_type: ClassVar[str | None] = "composite"

    scene: PictureName = parameter("", "file of the scene picture that the product is put into")
    element: PictureName = parameter(
        "", "file of an element that is put into the picture instead, behind the product; cut out if it is opaque"
    )
    match: float = parameter(
        1.0, "how far the element's light and colour are brought to the picture's; never the product's", ge=0, le=1
    )
    scale: float = parameter(0.5, "height of the product (or element) as a share of the scene's", ge=0.01, le=4)
    x: float = parameter(0.5, "where the middle of the product's foot stands: 0 left, 1 right", ge=-1, le=2)
    y: float = parameter(0.85, "where the product's foot stands: 0 top, 1 bottom", ge=-1, le=2)
    rotation: float = parameter(0.0, "turned clockwise in the picture, about the foot", unit="°", ge=-180, le=180)
    turn: float = parameter(0.0, "turned about its upright axis: its right side further away", unit="°", ge=-60, le=60)
    tilt: float = parameter(0.0, "leaning back: its top further away", unit="°", ge=-60, le=60)
    shadow: float = parameter(1.0, "strength of the contact shadow; 0 = none", ge=0, le=3)
    shadow_blur: float = parameter(
        4.0, "softness of the contact shadow, of the product's longest side", unit="%", ge=0, le=50
    )
    camera: float = parameter(18.0, "how far the camera looks down on the ground", unit="°", ge=3, le=60)

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Needs a matte and a scene; the result has the scene's size and is opaque."""
        from packshot.imaging import geometry, mattes
        from packshot.imaging.scenery import grounds

        picture, matte = need_matte(picture, "compose")
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"compose: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        if bool(self.scene) == bool(self.element):
            raise ParameterError(
                "compose: expected scene (the product goes into it) or element (it goes into the picture), the name of "
                f"a picture file; got {'both' if self.scene else 'neither'}"
            )
        if self.element:
            return self._added(picture, matte, context)
        scene = _opaque(context.open_picture(self.scene))
        box = geometry.bounding_box(matte, 0.5)
        if box is None:
            return Result(picture, {}, ("no product found: nothing was placed",))
        to_scene = self._to_scene(box, scene.size)
        placed = geometry.carry(
            grounds.cleaned(picture), to_scene.inverse(), scene.size, fill=(0, 0, 0), outside="transparent"
        )
        assert placed.alpha is not None
        assert placed.matte is not None
        ground = self._shaded(scene, placed.matte)
        result = placed.replace(rgb=mattes.over(placed.rgb, placed.alpha, ground), alpha=None, mask=None)
        return Result(result, *_judged(matte, placed.matte, to_scene, box))

    def _added(self, picture: Picture, matte: Tensor, context: Context) -> Result:
        """An element in the picture, behind the product, which stays as it is to the last bit."""
        import torch

        from packshot.imaging import geometry, mattes
        from packshot.imaging.scenery import grounds
        from packshot.imaging.scenery.matching import matched

        given = context.open_picture(self.element)
        element = _cut(given)
        assert element.matte is not None
        box = geometry.bounding_box(element.matte, 0.5)
        if box is None:
            return Result(picture, {}, ("the element shows nothing: nothing was added",))
        ground = _opaque(picture)
        to_picture = self._to_scene(box, picture.size)
        found = self._match(given, element, ground, matte)
        clean = grounds.cleaned(element)
        clean = clean.replace(rgb=matched(clean.rgb, found.gains)) if self.match else clean
        placed = geometry.carry(clean, to_picture.inverse(), picture.size, fill=(0, 0, 0), outside="transparent")
        assert placed.alpha is not None
        assert placed.matte is not None
        shaded = self._shaded(ground, placed.matte)
        made = mattes.over(placed.rgb, placed.alpha, shaded)
        new = ((made != ground.rgb).any(1, keepdim=True)) & (matte < mattes.SOLID)
        front = mattes.over(grounds.cleaned(picture).rgb, matte, made)
        rgb = torch.where(new, front, ground.rgb)
        numbers, flags = _judged(element.matte, placed.matte, to_picture, box)
        covered = float((placed.matte * matte).sum() / placed.matte.sum().clamp(min=1e-6))
        numbers = {**numbers, "light_gain": found.light, "tint_gain": found.tint, "behind_product": covered}
        return Result(
            picture.replace(rgb=rgb, alpha=None, mask=None), numbers, flags, {"added": placed.matte * (1 - matte)}
        )

    def _match(self, given: Picture, element: Picture, ground: Picture, matte: Tensor) -> Match:
        """The element's light beside the picture's; its tint too, where the element comes with the photo around it."""
        from packshot.imaging.scenery.matching import lights_of, match

        alone = given.alpha is not None and bool((given.alpha < 1).any())
        assert element.matte is not None
        return match(lights_of(given.rgb, element.matte, not alone), lights_of(ground.rgb, matte), self.match)

    def _to_scene(self, box: tuple[int, int, int, int], size: tuple[int, int]) -> Tensor:
        """Transform from the product photo's pixels to the scene's, `(3, 3)`."""
        import torch

        height, width = size
        tall = box[3] - box[1]
        scale = self.scale * height / tall
        foot = torch.tensor([[1, 0, -(box[0] + box[2]) / 2], [0, 1, -float(box[3])], [0, 0, 1]], dtype=torch.float64)
        distance = CAMERA * max(tall, box[2] - box[0])
        turned = _plane(math.radians(self.turn), math.radians(self.tilt), distance)
        angle = math.radians(self.rotation)
        c, s = scale * math.cos(angle), scale * math.sin(angle)
        placed = torch.tensor([[c, -s, self.x * width], [s, c, self.y * height], [0, 0, 1]], dtype=torch.float64)
        return placed @ turned @ foot

    def _shaded(self, scene: Picture, matte: Tensor) -> Tensor:
        """The scene with the contact shadow, `(1, 3, h, w)`."""
        import torch

        from packshot.imaging.scenery import layering, shadows

        shape = shadows.outline(matte[0, 0].numpy())
        if self.shadow == 0 or shape is None:
            return scene.rgb
        shade = shadows.contact(shape, blur=self.shadow_blur / 100, camera=self.camera)
        density = torch.from_numpy(layering.render(shade, scene.size)[0])[None, None]
        bare = scene.replace(matte=torch.zeros_like(matte))
        return layering.lay(bare, layering.strengthened(density, self.shadow)).rgb


def _plane(turn: float, tilt: float, distance: float) -> Tensor:
    """Perspective picture of an upright plane turned (right side back) and tilted (top back) about its origin."""
    import torch

    ct, st, cl, sl = math.cos(turn), math.sin(turn), math.cos(tilt), math.sin(tilt)
    rows = [[ct, 0, 0], [st * sl, cl, 0], [st * cl / distance, -sl / distance, 1]]
    return torch.tensor(rows, dtype=torch.float64)


def _cut(element: Picture) -> Picture:
    """The element with its matte: its own transparency, else what the classical cut-out finds."""
    from packshot.imaging.segmentation.segment import segment

    if element.alpha is not None and bool((element.alpha < 1).any()):
        return element.replace(matte=element.matte if element.matte is not None else element.alpha)
    matte = segment(element.rgb).matte
    return element.replace(alpha=matte, matte=matte)


def _opaque(scene: Picture) -> Picture:
    """The scene's colours on white, without layers."""
    from packshot.imaging import mattes
    from packshot.imaging.picture import Picture
    from packshot.imaging.scenery import grounds

    if scene.alpha is None:
        return Picture(scene.rgb)
    return Picture(mattes.over(scene.rgb, scene.alpha, grounds.flat((1, 1, 1), scene.size)))


def _judged(
    matte: Tensor, placed: Tensor, to_scene: Tensor, box: tuple[int, int, int, int]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Numbers: enlargement at the product's middle, its share of the scene, the share of it that fell outside."""
    import torch

    middle = torch.tensor([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0], dtype=torch.float64)
    depth = float(to_scene[2] @ middle)
    enlarged = math.sqrt(abs(float(torch.linalg.det(to_scene))) / abs(depth) ** 3)
    ys, xs = torch.meshgrid(*(torch.arange(0, n, max(1, n // 256)) + 0.5 for n in matte.shape[2:]), indexing="ij")
    inside = matte[0, 0][ys.long(), xs.long()] > 0.5
    points = torch.stack((xs[inside], ys[inside], torch.ones_like(xs[inside])), 1).to(torch.float64) @ to_scene.T
    u, v = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
    outside = (u < 0) | (v < 0) | (u > placed.shape[3]) | (v > placed.shape[2])
    clipped = float(outside.float().mean()) if len(outside) else 0.0
    flags = (f"{clipped:.0%} of the product lies outside the scene",) if clipped > CLIPPED else ()
    if enlarged > ENLARGED:
        flags = (*flags, f"the product was enlarged {enlarged:.1f} times")
    return {"upscale": enlarged, "product_share": float(placed.mean()), "clipped_share": clipped}, flags
