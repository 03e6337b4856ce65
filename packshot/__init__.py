"""packshot: from a shop's catalogue of product photos to listing-ready pictures.

>>> import packshot
>>> photo = packshot.open("mug.jpg")
>>> photo.edit("cutout").save("mug.png")

Everything here is imported when first used, so `import packshot` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from packshot.version import __version__

if TYPE_CHECKING:
    from packshot.catalogue.catalogue import Catalogue as Catalogue
    from packshot.errors import PackshotError as PackshotError
    from packshot.imaging.picture import Picture as Picture
    from packshot.models import load as load_model
    from packshot.operations.operation import Context as Context
    from packshot.operations.operation import Operation as Operation
    from packshot.operations.operation import Result as Result
    from packshot.pipeline.catalogues import open_catalogue as open_catalogue
    from packshot.pipeline.catalogues import run_catalogue as run
    from packshot.pipeline.door import Photo as Photo
    from packshot.pipeline.door import open_photo as open
    from packshot.pipeline.recipe import Recipe as Recipe
    from packshot.pipeline.recipe import load as load_pipeline
    from packshot.provenance.verify import verify as verify
    from packshot.publish.fit import fit as fit
    from packshot.publish.fit import listing as listing
    from packshot.serve.client import Client as Client

_PLACES = {
    "Catalogue": "packshot.catalogue.catalogue:Catalogue",
    "Client": "packshot.serve.client:Client",
    "Context": "packshot.operations.operation:Context",
    "Operation": "packshot.operations.operation:Operation",
    "PackshotError": "packshot.errors:PackshotError",
    "Photo": "packshot.pipeline.door:Photo",
    "Picture": "packshot.imaging.picture:Picture",
    "Recipe": "packshot.pipeline.recipe:Recipe",
    "Result": "packshot.operations.operation:Result",
    "fit": "packshot.publish.fit:fit",
    "listing": "packshot.publish.fit:listing",
    "load_model": "packshot.models:load",
    "load_pipeline": "packshot.pipeline.recipe:load",
    "open": "packshot.pipeline.door:open_photo",
    "open_catalogue": "packshot.pipeline.catalogues:open_catalogue",
    "run": "packshot.pipeline.catalogues:run_catalogue",
    "verify": "packshot.provenance.verify:verify",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'packshot' has no attribute {name!r}")
    module, attribute = _PLACES[name].split(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
