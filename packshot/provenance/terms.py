"""IPTC Digital Source Type: the terms, and which of two says more about machine-made content.

Source: IPTC NewsCodes, scheme `http://cv.iptc.org/newscodes/digitalsourcetype/` (the URI is http, not https).
A URI of such a scheme that is not listed here (a newer term, another body's) is kept as it is: it counts for more than
a plain photo and gives way to any term that speaks of algorithms.
"""

from __future__ import annotations

import re

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

FOREIGN = re.compile(r"https?://[!-~]{1,200}/digitalsourcetype/[A-Za-z0-9_-]{1,80}")
RUINS = re.compile(rb"/digitalsourcetype/([A-Za-z]{4,60})")
GENERATED = frozenset({"compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"})  # a network made pixels
SYNTHETIC = GENERATED | {"compositeSynthetic"}


def uri(term: str) -> str:
    """The full URI of a term; a URI that is kept as it is stays so. Raises MarkError for an unknown term."""
    if _foreign(term):
        return term
    if term not in STRENGTH:
        raise MarkError(f"digital source type {term!r}: expected one of {', '.join(STRENGTH)}")
    return SCHEME + term


def term_of(text: str) -> str | None:
    """The term in a URI or a bare term as other programs write it (http or https), or an unknown URI; else None."""
    plain = text.strip().rstrip("/")
    tail = plain.rsplit("/", 1)[-1]
    if tail in STRENGTH:
        return tail
    return plain if _foreign(plain) and tail != "empty" else None  # C2PA's `empty` says nothing


def _foreign(term: str) -> bool:
    return FOREIGN.fullmatch(term) is not None


def rank(term: str) -> float:
    """How much a term says: its place in STRENGTH; an unknown URI lies just below `algorithmicallyEnhanced`."""
    return STRENGTH.index(term) if term in STRENGTH else STRENGTH.index("algorithmicallyEnhanced") - 0.5


def strongest(*terms: str | None) -> str | None:
    """The term that says most; None counts as saying nothing.

    >>> strongest("digitalCapture", None, "compositeWithTrainedAlgorithmicMedia")
    'compositeWithTrainedAlgorithmicMedia'
    """
    return max((t for t in terms if t is not None), key=rank, default=None)


def in_ruins(data: bytes) -> str | None:
    """The strongest listed term whose URI stands anywhere in bytes that cannot be read properly."""
    found = (match.decode("ascii") for match in RUINS.findall(data))
    return strongest(*(term for term in found if term in STRENGTH))
