"""Restyle: a photo in the colours, or in the manner, of one or more pictures; the product held as far as is asked.

| method | what it does | weights |
|---|---|---|
| colour | moves the colours (Reinhard, Monge–Kantorovich, histograms): milliseconds | none |
| optimise | optimises the picture itself, coarse to fine (Gatys et al. 2016) | none, or a feature network |
| adain | encoder, mixing of statistics, decoder (Huang & Belongie 2017): any style in one pass | `style-adain` |
| fast | one network a style (Johnson et al. 2016) | its own |
| transformer | tokens of photo and style attend to each other (StyTr², Deng et al. 2022) | `style-transformer` |
| exemplar-gan | codes of photo and style mixed by a generator that played against critics of both | `style-exemplar` |
| cyclegan | a domain learned from two folders without pairs (Zhu et al. 2017); needs no style picture | its own |
| dualgan | the same with Wasserstein critics (Yi et al. 2017) | its own |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from packshot.errors import ParameterError
from packshot.imaging.styling.asked import NONE, Asked, by_region, lock, styles
from packshot.operations.operation import (
    Context,
    ModelName,
    Operation,
    PictureName,
    Result,
    commercial_parameter,
    need_matte,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models import Model
    from packshot.models.styling.bank import StyleBank

OWN = {"adain": "style-adain", "transformer": "style-transformer", "exemplar-gan": "style-exemplar"}
SIDES = {"optimise": 384}  # px of the longest side, where `size` is 0; networks work at NETWORK_SIDE
NETWORK_SIDE = 768
LEARNED = ("cyclegan", "dualgan")
SEGMENTERS = {"unet": "parts-unet", "segnet": "parts-segnet"}


def _styles(text: str) -> str:
    styles(text)
    return text


def _lock(text: str) -> str:
    lock(text)
    return text


class Restyle(Operation):
    """Give a photo the look of other pictures; print, shape and colour of the product are kept as asked."""

    may_change_product: ClassVar[bool] = True

    style: Annotated[str, AfterValidator(_styles)] = parameter(
        "", "pictures whose look to take: FILE, several FILE*WEIGHT, or REGION=FILE; pattern:NAME is drawn by code"
    )
    method: Literal["colour", "optimise", "adain", "fast", "transformer", "exemplar-gan", "cyclegan", "dualgan"] = (
        parameter("colour", "how: colour moves colours alone, the others brushwork and pattern too")
    )
    strength: float = parameter(1.0, "0 = the photo exactly, 1 = the whole style", ge=0, le=1)
    keep: Annotated[str, AfterValidator(_lock)] = parameter(
        "nothing", "what of the product must stay: print, shape, colour, joined by +; all; nothing"
    )
    regions: Literal["none", "matte", "edges", "unet", "segnet"] = parameter(
        "none", "how the photo is divided for REGION=FILE: matte (product, background), edges (edges, flats), parts"
    )
    colours: Literal["style", "photo"] = parameter("style", "photo: lightness is styled, hue and chroma stay")
    transfer: Literal["reinhard", "monge-kantorovich", "histogram"] = parameter(
        "monge-kantorovich", "how colours are moved (method colour)"
    )
    source: PictureName = parameter(
        "", "picture whose colours stand for every photo's (method colour): one map for a whole catalogue"
    )
    size: int = parameter(0, "longest side that is worked at; 0 = the method's own", unit="px", ge=0, le=2048)
    scale: float = parameter(1.0, "size of the style's pattern; 1 = its picture as large as the photo", ge=0.1, le=4)
    detail: float = parameter(1.0, "how much of the photo's detail beyond `size` is laid on the result", ge=0, le=1)
    content: float = parameter(0.3, "weight of the photo's content (method optimise)", ge=0, le=100)
    edges: float = parameter(0.3, "weight of the photo's edges (method optimise)", ge=0, le=100)
    steps: int = parameter(30, "steps at each size (method optimise)", ge=1, le=1000)
    scales: int = parameter(3, "sizes, each half of the next (method optimise)", ge=1, le=6)
    features: ModelName = parameter("auto", "features style is told by (method optimise): auto, filters, or weights")
    edge_limit: float = parameter(0.5, "how far edges may move under keep shape", unit="px", ge=0.05, le=6)
    colour_limit: float = parameter(8.0, "how far colours may move under keep colour", unit="ΔE2000", ge=0.5, le=100)
    model: ModelName = parameter("", "weights by name or file; empty: style-adain, style-transformer, style-exemplar")
    domain: str = parameter(
        "", "domain wanted (methods cyclegan, dualgan), as the weights name it; empty: their last one"
    )
    adapter: ModelName = parameter("", "a brand's adapter for the network of `model` (method fast)")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """With strength 0 the photo comes back bit-exact; where only the background has a style, the product does.

        numbers: the change of the product (else of the picture), what the lock found (`print_share`, `edge_shift_px`,
        `edges_given_back`, `colour_delta_e`), losses of `optimise`. layers: `print`, where print was kept.
        """
        from packshot.imaging.restoring.change import change
        from packshot.imaging.styling.regions import blended

        picture = need_one(picture, "restyle")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        numbers: dict[str, float] = {"strength": self.strength}
        regions, styled = self._regions(picture, context), {}
        photo = self._photo(picture, context)
        for region, asked in self._asked().items():
            if region not in regions:
                raise ParameterError(f"style: no region {region!r}; regions {self.regions} has {', '.join(regions)}")
            if asked[0].name != NONE:
                styled[region], found = self._styled(photo, asked, context, regions[region])
                numbers |= found if len(regions) == 1 else {f"{region}_{k}": v for k, v in found.items()}
        rgb = self._mixed(picture.rgb, blended(picture.rgb, regions, styled))
        rgb, held, flags, layers = self._held(picture, rgb)
        numbers |= held | change(picture.rgb, rgb, picture.matte)
        alpha = None if self._paints_ground() else picture.alpha
        return Result(picture.replace(rgb=rgb, alpha=alpha), numbers, flags, layers)

    def weights(self) -> tuple[str, ...]:
        own: tuple[str, ...] = ()
        if self.strength > 0 and self.by_network():
            own = (self.model or OWN.get(self.method, ""),)
        own += (self.adapter,) if own and self.adapter else ()
        own += self._feature_weights() if self.strength > 0 else ()
        parts = (SEGMENTERS[self.regions],) if self.regions in SEGMENTERS and self.strength > 0 else ()
        return own + parts

    def _feature_weights(self) -> tuple[str, ...]:
        """The feature network that optimising is told to use, where that is a checkpoint of its own."""
        named = self.method == "optimise" and self.features not in ("auto", "filters") and "=" not in self.features
        return (self.features,) if named else ()

    def by_network(self) -> bool:
        return self.method not in ("colour", "optimise")

    def source_type(self) -> str | None:
        """A network's pixels are generated ones; optimised ones are made without a trained generator."""
        if self.strength == 0:
            return None
        if self.method == "colour":
            return "algorithmicallyEnhanced"
        return "compositeSynthetic" if self.method == "optimise" else "compositeWithTrainedAlgorithmicMedia"

    def wants_matte(self) -> bool:
        return self.regions == "matte"

    def touches_product(self) -> bool:
        """Not where the background alone has a style: then the lock proves it."""
        asked = by_region(styles(self.style))
        product = asked.get("product", ())
        kept = not product or product[0].name == NONE
        return not (self.regions == "matte" and kept and "background" in asked)

    @classmethod
    def picture_names(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        text, source = parameters.get("style", ""), parameters.get("source", "")
        asked = styles(text) if isinstance(text, str) and not text.startswith("$") else ()
        files = tuple(each.name for each in asked if each.is_file)
        return files + ((source,) if isinstance(source, str) and source else ())

    def _asked(self) -> dict[str, tuple[Asked, ...]]:
        asked = by_region(styles(self.style))
        if not asked and self.method not in ("fast", *LEARNED):
            raise ParameterError("restyle: expected the parameter style, a picture file or pattern:NAME, got none")
        return asked or {"all": (Asked("all", "own"),)}  # such a network holds its own style

    def _paints_ground(self) -> bool:
        """Whether the background has a style of its own: then it shows, also where the product was cut out."""
        ground = self._asked().get("background", ())
        return self.regions == "matte" and bool(ground) and ground[0].name != NONE

    def _photo(self, picture: Picture, context: Context) -> Picture:
        """What is restyled: the picture; with its own background again, where that is to be styled and was cut off."""
        source = context.source
        if not self._paints_ground() or picture.alpha is None:
            return picture
        if source is not None and source.size == picture.size and source.to_source.equal(picture.to_source):
            return picture.replace(rgb=source.rgb, alpha=source.alpha)
        return picture

    def _regions(self, picture: Picture, context: Context) -> dict[str, Tensor]:
        from packshot.imaging.styling import regions

        named = set(self._asked()) - {regions.WHOLE}
        if self.regions == "none" or not named:
            return regions.whole(picture.rgb)
        if self.regions == "matte":
            return regions.of_matte(need_matte(picture, "restyle")[1])
        if self.regions == "edges":
            return regions.of_edges(picture.rgb)
        from packshot.models.styling.parts import parts_of

        return parts_of(self._model(SEGMENTERS[self.regions], context, "use regions matte or edges"), picture.rgb)

    def _styled(
        self, picture: Picture, asked: tuple[Asked, ...], context: Context, region: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """The whole photo in one bank's style, at its own size, and figures of how."""
        from packshot.imaging.styling import sizes
        from packshot.models.styling.bank import visible

        photo = visible(picture.rgb, picture.alpha)
        if self.method == "colour":
            return self._recoloured(picture, self._bank(asked, context), context, region), {}
        if self.method in LEARNED:
            return self._in_domain(photo, context), {}
        small = sizes.working(photo, self.size or SIDES.get(self.method, NETWORK_SIDE))
        if self.method == "optimise":
            done, numbers = self._optimised(small, self._bank(asked, context), context)
        else:
            done, numbers = self._by_network(small, asked, context), {}
        return sizes.brought_back(done, photo, self.detail), numbers

    def _bank(self, asked: tuple[Asked, ...], context: Context) -> StyleBank:
        from packshot.imaging.styling import patterns
        from packshot.models.styling.bank import shared, visible

        pictures = []
        for each in asked:
            if each.is_file:
                opened = context.open_picture(each.name)
                pictures.append(visible(opened.rgb, opened.alpha))
            else:
                pictures.append(patterns.named(each.name))
        return shared(pictures, [each.weight for each in asked])

    def _recoloured(self, picture: Picture, bank: StyleBank, context: Context, region: Tensor) -> Tensor:
        """A region's own colours are moved to the style's, whatever else is in the photo."""
        from packshot.imaging.styling.colours import palette, transfer

        if self.source:
            stands = context.open_picture(self.source)
            own = palette(stands.rgb, stands.alpha)
        else:
            shown = region if picture.alpha is None else region * picture.alpha
            own = palette(picture.rgb, shown if bool((shown > 0.5).any()) else picture.alpha)
        return transfer(picture.rgb, own, bank.palette(), self.transfer)

    def _optimised(self, small: Tensor, bank: StyleBank, context: Context) -> tuple[Tensor, dict[str, float]]:
        from packshot.models import features, refuse_licence
        from packshot.models.styling.optimising import Plan, optimise

        for name in self._feature_weights():
            self._model(name, context, "use features filters, which need none")
        space = features.find(self.features)
        if self.commercial:
            refuse_licence(space.licence, space.name)
        grey = self.colours == "photo"
        plan = Plan(
            side=max(small.shape[2:]), scales=self.scales, steps=self.steps, content=self.content, edges=self.edges,
            luminance=grey, style_scale=self.scale,
        )  # fmt: skip
        done = optimise(small, bank.grey() if grey else bank, space, plan)
        return done.rgb, {f"loss_{name}": value for name, value in done.losses.items()}

    def _by_network(self, small: Tensor, asked: tuple[Asked, ...], context: Context) -> Tensor:
        from packshot.models.styling import running

        name = self._need_own_weights()
        model = self._model(name, context, "use method colour or optimise, which need none")
        if self.method == "fast":
            return running.fast(model, small, name, self._adapter(context))
        network = running.network_of(name)
        return running.restyled(network, small, self._bank(asked, context), self.scale, name)

    def _in_domain(self, photo: Tensor, context: Context) -> Tensor:
        """The photo in a domain that a translator learned: seen small, its change brought back with the detail."""
        from packshot.imaging.styling import sizes
        from packshot.imaging.translating.returning import returned
        from packshot.operations import translating

        self._need_own_weights()
        found = translating.translator(self, context, "photo")
        small = sizes.working(photo, self.size or 2 * found.side)
        done = found.translated(small, translating.domain(found, self.domain, "domain"))
        return returned(photo, small, done, self.detail)

    def _need_own_weights(self) -> str:
        name = self.weights()[0]
        if not name:
            raise ParameterError(
                f"restyle: method {self.method} needs the parameter model, the weights of a trained style "
                f"(`packshot train {'style' if self.method == 'fast' else self.method}`, docs/style.md)"
            )
        return name

    def _adapter(self, context: Context) -> str:
        """The adapter's name, its weights loaded once so that they are noted and their licence is checked."""
        if self.adapter:
            self._model(self.adapter, context, "leave adapter out")
        return self.adapter

    def _model(self, name: str, context: Context, instead: str) -> Model:
        """Weights, or an error that says what to do."""
        from packshot.errors import WeightsNotFound

        try:
            return context.load_model(name, self.commercial)
        except WeightsNotFound as error:
            raise WeightsNotFound(f"restyle: {error}; train them (docs/style.md) or {instead}") from None

    def _mixed(self, photo: Tensor, styled: Tensor) -> Tensor:
        from packshot.imaging.styling.colours import with_colours_of

        rgb = with_colours_of(photo, styled) if self.colours == "photo" else styled
        return rgb if self.strength == 1 else photo + self.strength * (rgb - photo)

    def _held(
        self, picture: Picture, rgb: Tensor
    ) -> tuple[Tensor, dict[str, float], tuple[str, ...], dict[str, Tensor]]:
        """After the product lock for style: the picture, its figures, flags, layers."""
        from packshot.imaging.styling import keeping

        kept = lock(self.keep)
        if not kept:
            return rgb, {}, (), {}
        done = keeping.keep(picture.rgb, rgb, picture.matte, kept, self.edge_limit, self.colour_limit)
        return done.rgb, done.numbers, done.flags, dict(done.layers)
