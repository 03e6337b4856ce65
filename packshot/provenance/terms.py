"""IPTC Digital Source Type: the terms, and which of two says more about machine-made content.

Source: IPTC NewsCodes, scheme `http://cv.iptc.org/newscodes/digitalsourcetype/` (the URI is http, not https).
"""

from __future__ import annotations

from packshot.errors import MarkError

SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"

# From the weakest statement to the strongest: a later term is never replaced by an earlier one.
STRENGTH = (
    "digitalCapture",
    "computationalCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "humanEdits",
    "minorHumanEdits",  # older name of humanEdits
    "algorithmicallyEnhanced",
    "compositeCapture",
    "digitalArt",  # older name of digitalCreation
    "digitalCreation",
    "virtualRecording",
    "dataDrivenMedia",
    "composite",
    "compositeSynthetic",
    "algorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
)

GENERATED = frozenset({"compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"})  # a network made pixels
SYNTHETIC = GENERATED | {"compositeSynthetic"}


def uri(term: str) -> str:
    """The full URI of a term. Raises MarkError for an unknown one."""
    if term not in STRENGTH:
        raise MarkError(f"digital source type {term!r}: expected one of {', '.join(STRENGTH)}")
    return SCHEME + term


def term_of(text: str) -> str | None:
    """The term in a URI or a bare term as other programs write it (http or https); None if unknown."""
    tail = text.strip().rstrip("/").rsplit("/", 1)[-1]
    return tail if tail in STRENGTH else None


def strongest(*terms: str | None) -> str | None:
    """The term that says most; None counts as saying nothing.

    >>> strongest("digitalCapture", None, "compositeWithTrainedAlgorithmicMedia")
    'compositeWithTrainedAlgorithmicMedia'
    """
    known = [t for t in terms if t is not None]
    return max(known, key=STRENGTH.index, default=None)
