"""C2PA manifests: signed into the bytes of a picture file, and read back. The only place that imports c2pa.

Source: C2PA specification 2.2; c2pa-python. No thumbnails (they would cost 35 to 70 KB a picture), nothing is fetched
from the network: neither a remote manifest that an input names nor the state of a certificate. Contexts and signers
are made once a process.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from packshot.errors import MarkError
from packshot.imaging.files.sniff import C2PA_BOX
from packshot.imaging.home import home
from packshot.provenance.credentials import Signing, credential
from packshot.provenance.terms import term_of
from packshot.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from c2pa import Context, Signer

State = Literal["trusted", "valid", "tampered", "unreadable", "missing"]
PARENT = "source"
TRACES = (C2PA_BOX, b"c2pa.assertions", b"c2pa.claim")  # a manifest that lost its way in is not taken for none
METADATA = ("stds.exif", "stds.iptc", "c2pa.metadata", "cawg.metadata")
PERSONAL = ("GPS", "Serial", "OwnerName", "LocationCreated", "LocationShown", "PersonInImage")
UNTRUSTED, TRUSTED = "signingCredential.untrusted", "signingCredential.trusted"


@dataclass(frozen=True)
class Credentials:
    """What a file's manifest says and whether it holds.

    state: trusted (signature holds, signer on a trust list that was given), valid (signature holds), tampered (the
    file or the manifest was changed since, or never fitted), unreadable, missing. detail: why, in words.
    All of this is about the file's own manifest; those of its ingredients have been judged when it was signed.
    signer: who signed. terms: IPTC terms its actions state. actions: what was done. ingredients: number of files that
    went into it. personal: addresses of assertions, its ingredients' too, that tell a place, a person or a number.
    """

    state: State
    detail: str = ""
    signer: str = ""
    terms: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    ingredients: int = 0
    personal: tuple[str, ...] = ()


def sign(
    data: bytes, mime: str, actions: Sequence[dict[str, Any]], signing: Signing, parent: Parent | None = None
) -> bytes:
    """`data` with a signed manifest of these actions inside. parent: the file that the picture came from.

    Raises MarkError if it cannot be signed, with the library's reason.
    """
    from c2pa import Builder

    definition: dict[str, Any] = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": list(actions)}}]}
    if parent is not None and parent.data is None:
        definition["ingredients"] = [parent.ingredient()]
    elif parent is not None and parent.redactions:
        definition["redactions"] = list(parent.redactions)
    target = io.BytesIO()
    with _reasons("cannot be signed"), Builder(definition, _context(os.getpid())) as builder:
        if parent is not None and parent.data is not None:
            builder.add_ingredient(parent.ingredient(), parent.mime, io.BytesIO(parent.data))
        builder.sign(signer(signing), mime, io.BytesIO(data), target)
    return target.getvalue()


@dataclass(frozen=True)
class Parent:
    """The file a picture came from.

    data: its bytes if its own manifest is to be kept, else None. redactions: addresses of assertions in that manifest
    that are not to leave.
    """

    sha256: str
    mime: str
    data: bytes | None = None
    redactions: tuple[str, ...] = ()

    def ingredient(self) -> dict[str, Any]:
        """The ingredient as c2pa takes it; the name of the file is left out."""
        return {
            "title": "source photo",
            "format": self.mime,
            "relationship": "parentOf",
            "label": PARENT,
            "description": f"sha256:{self.sha256}",
        }


def read(data: bytes, mime: str, anchors: bytes | None = None) -> Credentials:
    """What a file's manifest says. anchors: certificates (PEM) whose signatures count as trusted. Never raises."""
    from c2pa import C2paError, Reader

    try:
        with Reader(mime, io.BytesIO(data), context=_context(os.getpid(), anchors)) as reader:
            state, active = reader.get_validation_state(), reader.get_active_manifest() or {}
            results = (reader.get_validation_results() or {}).get("activeManifest") or {}
            personal = _personal(json.loads(reader.json()).get("manifests") or {})
    except C2paError as error:
        words = _words(error)
        if "ManifestNotFound" in words or "NotSupported" in words:  # the latter: BMP, say, has no place for one
            rests = any(trace in data for trace in TRACES)
            return Credentials("unreadable", "only parts of one are left") if rests else Credentials("missing")
        return Credentials("unreadable", words)
    except Exception as error:  # a manifest may be anything, and the library's wrapper trips over some of it
        return Credentials("unreadable", _words(error))
    return replace(_credentials(str(state), active, results), personal=personal)


def _credentials(state: str, active: dict[str, Any], results: dict[str, Any]) -> Credentials:
    failures = [entry for entry in results.get("failure") or [] if entry.get("code") != UNTRUSTED]
    signature = active.get("signature_info") or {}
    signer = str(signature.get("common_name") or signature.get("issuer") or "")
    actions = [
        action
        for assertion in active.get("assertions") or []
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in (assertion.get("data") or {}).get("actions") or []
    ]
    terms = (term_of(str(action.get("digitalSourceType", ""))) for action in actions)
    if failures or state == "Invalid":
        kind: State = "tampered"
        detail = "; ".join(dict.fromkeys(str(entry.get("code")) for entry in failures)) or "invalid"
    elif state == "Trusted" or any(entry.get("code") == TRUSTED for entry in results.get("success") or []):
        kind, detail = "trusted", f"signed by {signer}{_when(signature)}"
    else:
        kind, detail = "valid", f"signed by {signer}{_when(signature)}, who is on no trust list that was given"
    return Credentials(
        state=kind,
        detail=detail,
        signer=signer,
        terms=tuple(term for term in terms if term),
        actions=tuple(str(action.get("action")) for action in actions),
        ingredients=len(active.get("ingredients") or []),
    )


def _personal(manifests: dict[str, Any]) -> tuple[str, ...]:
    """Addresses of the assertions of all manifests that tell where, who, or which very camera."""
    found = []
    for label, manifest in manifests.items():
        for assertion in manifest.get("assertions") or []:
            name = str(assertion.get("label"))
            if name.startswith(METADATA) and any(word in json.dumps(assertion.get("data")) for word in PERSONAL):
                number = assertion.get("instance") or 0
                place = f"{name}__{number}" if number else name
                found.append(f"self#jumbf=/c2pa/{label}/c2pa.assertions/{place}")
    return tuple(found)


def _when(signature: dict[str, Any]) -> str:
    """The time that a time stamp service stated, if one was asked."""
    return f" at {signature['time']} (time stamp)" if signature.get("time") else ""


@contextmanager
def _reasons(what: str) -> Iterator[None]:
    from c2pa import C2paError

    try:
        yield
    except C2paError as error:
        raise MarkError(f"C2PA manifest {what}: {_words(error)}") from None


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


@lru_cache(maxsize=8)
def _context(_process: int, anchors: bytes | None = None) -> Context:
    from c2pa import Context

    settings: dict[str, Any] = {
        "version": 1,
        "builder": {
            "thumbnail": {"enabled": False},
            "claim_generator_info": {"name": "packshot", "version": __version__},
        },
        "verify": {
            "verify_after_sign": False,  # export reads back itself
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_trust": anchors is not None,
        },
    }
    if anchors is not None:
        settings["trust"] = {"trust_anchors": anchors.decode("ascii", "replace")}
    with _reasons("library cannot be set up"):
        return Context.from_json(json.dumps(settings))


def signer(signing: Signing) -> Signer:
    """The signer, loaded once a process."""
    return _signer(signing, str(home()), os.getpid())


@lru_cache(maxsize=4)
def _signer(signing: Signing, _home: str, _process: int) -> Signer:
    from c2pa import C2paSignerInfo, C2paSigningAlg, Signer

    found = credential(signing)
    with _reasons("cannot be signed with this certificate"):
        if signing.callback is not None:
            algorithm = C2paSigningAlg[found.algorithm.upper()]
            return Signer.from_callback(signing.callback, algorithm, found.chain.decode(), signing.timestamp_url)
        info = C2paSignerInfo(
            alg=found.algorithm.encode(),
            sign_cert=found.chain,
            private_key=found.key or b"",
            ta_url=signing.timestamp_url.encode() if signing.timestamp_url else None,
        )
        return Signer.from_info(info)
