"""What was done, in C2PA's words: one action for every operation. Torch-free.

Source: C2PA specification 2.2 §18.15 (actions). Only the operation, its seed-free facts and the networks' digests are
written: parameters may hold paths of files and texts that are nobody's business.
"""

from __future__ import annotations

from typing import Any

from packshot.provenance.step import Step
from packshot.provenance.terms import uri
from packshot.version import __version__

# operation → (action, what it did)
ACTIONS = {
    "alter": ("c2pa.edited", "attribute of the product changed by a generator"),
    "background": ("c2pa.edited", "background replaced"),
    "beautify": ("c2pa.adjustedColor", "haze, light, tone and dust corrected"),
    "compose": ("c2pa.edited", "put together with other pictures"),
    "cutout": ("c2pa.edited", "product cut out"),
    "dejpeg": ("c2pa.enhanced", "traces of JPEG coding repaired"),
    "day-to-studio": ("c2pa.edited", "light and background of a studio generated"),
    "denoise": ("c2pa.enhanced", "noise taken out"),
    "erase": ("c2pa.edited", "object removed"),
    "extend": ("c2pa.edited", "background continued beyond the edges"),
    "frame": ("c2pa.cropped", "cropped, padded and brought to size"),
    "from-layout": ("c2pa.edited", "picture generated from a painted layout"),
    "from-sketch": ("c2pa.edited", "picture generated from a drawing"),
    "generate": ("c2pa.edited", "part of the picture generated"),
    "recolour": ("c2pa.adjustedColor", "product recoloured"),
    "restyle": ("c2pa.filtered", "style transferred"),
    "retouch": ("c2pa.adjustedColor", "light, white balance and dust corrected"),
    "scene": ("c2pa.edited", "scene generated around the product"),
    "shadow": ("c2pa.drawing", "shadow drawn"),
    "sharpen": ("c2pa.enhanced", "blur taken out or details strengthened"),
    "swap-attribute": ("c2pa.edited", "colour or material of the product generated"),
    "swap-material": ("c2pa.edited", "material of the product generated"),
    "upscale": ("c2pa.enhanced", "enlarged"),
    "variants": ("c2pa.edited", "variants put on one sheet"),
    "vary": ("c2pa.edited", "variation drawn by a generator"),
}
OTHER = "c2pa.edited"
AGENT = {"name": "packshot", "version": __version__}
OPERATION, WEIGHTS = "packshot.operation", "packshot.weights"


def action(step: Step) -> dict[str, Any]:
    """The C2PA action of one step."""
    name, words = ACTIONS.get(step.operation, (OTHER, step.operation))
    found: dict[str, Any] = {
        "action": name,
        "description": words,
        "softwareAgent": AGENT,
        "parameters": {OPERATION: step.operation, **({WEIGHTS: dict(step.weights)} if step.weights else {})},
    }
    if step.digital_source_type:
        found["digitalSourceType"] = uri(step.digital_source_type)
    return found


def opened(ingredient: str) -> dict[str, Any]:
    """The first action of a picture that came from a file."""
    return {"action": "c2pa.opened", "softwareAgent": AGENT, "parameters": {"ingredientIds": [ingredient]}}


def created(term: str) -> dict[str, Any]:
    """The first action of a picture whose file is not known, or that was made from nothing."""
    return {"action": "c2pa.created", "softwareAgent": AGENT, "digitalSourceType": uri(term)}


def redacted(address: str) -> dict[str, Any]:
    """An assertion of the input's manifest that does not leave, for it tells of a place or a person."""
    return {
        "action": "c2pa.redacted",
        "reason": "c2pa.PII.present",
        "softwareAgent": AGENT,
        "parameters": {"redacted": address},
    }


def labelled(words: str) -> dict[str, Any]:
    """The visible label, drawn last."""
    return {"action": "c2pa.addedText", "description": f"visible label {words}", "softwareAgent": AGENT}


def watermarked(name: str) -> dict[str, Any]:
    """An invisible watermark that is not bound to the manifest."""
    return {"action": "c2pa.watermarked.unbound", "description": f"invisible watermark {name}", "softwareAgent": AGENT}
