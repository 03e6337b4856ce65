"""Who signs: an own local authority made on first use, a certificate given by the user, or a callback. Torch-free.

Source: C2PA specification 2.1 §14.5 (certificate profile: digitalSignature, EKU emailProtection, not an authority),
RFC 5280 §4.2. The local authority's private key is thrown away once it has signed the one leaf, so nothing on disk
can issue a second certificate. Nobody trusts it: its signature proves that a file has not changed since, not who
made it. The leaf is valid for ten years, since a signature without time stamp ends with its certificate.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packshot.errors import FileError, MarkError, ParameterError
from packshot.imaging.home import home

if TYPE_CHECKING:
    from cryptography import x509

FOLDER = "c2pa"
CHAIN, KEY, ANCHOR = "chain.pem", "key.pem", "authority.pem"
YEARS = 10
ORGANISATION = "packshot local signer (untrusted)"
HOLDERS = {"leaf": "packshot on this computer", "authority": "packshot local authority"}
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
LIMIT_BYTES = 1 << 20


@dataclass(frozen=True)
class Signing:
    """How files are signed. Without certificate and key: by the local authority, made on first use.

    certificate: PEM file, the signing certificate first, then those above it. key: PEM file of its private key,
    without password. callback: signs bytes in place of a key file (a key service, a smart card) and returns the raw
    signature (for elliptic curves r ‖ s, IEEE P1363). timestamp_url: an RFC 3161 service; needs the network.
    """

    certificate: Path | None = None
    key: Path | None = None
    callback: Callable[[bytes], bytes] | None = None
    timestamp_url: str | None = None

    def __post_init__(self) -> None:
        if self.key is not None and self.callback is not None:
            raise ParameterError("signing: expected a key file or a callback, got both")
        if (self.certificate is None) != (self.key is None and self.callback is None):
            missing = "a key (--c2pa-key)" if self.certificate else "a certificate (--c2pa-cert)"
            raise ParameterError(f"signing: certificate and key go together; {missing} is missing")

    def __getstate__(self) -> dict[str, Any]:
        """On its way to worker processes; a callback that cannot travel is named."""
        name = getattr(self.callback, "__qualname__", "")
        if "<" in name:  # a lambda, or a function inside of another
            raise ParameterError(
                f"signing.callback: {name} cannot go to worker processes; give a function of a module, or work with "
                "workers=1"
            )
        return dict(self.__dict__)


@dataclass(frozen=True)
class Credential:
    """What signing needs, checked. algorithm: C2PA's name. key: PEM, None where a callback signs."""

    chain: bytes
    key: bytes | None
    algorithm: str
    holder: str


def credential(signing: Signing) -> Credential:
    """The credential behind `signing`. Raises FileError or MarkError with what is wrong and how to mend it."""
    if signing.certificate is None:
        folder = local_authority()
        return checked(_read(folder / CHAIN), _read(folder / KEY), folder / CHAIN)
    key = None if signing.key is None else _read(signing.key)
    return checked(_read(signing.certificate), key, signing.certificate)


def checked(chain: bytes, key: bytes | None, path: Path) -> Credential:
    """A chain and key that C2PA can sign with, or MarkError."""
    from cryptography import x509

    try:
        leaf, *_ = x509.load_pem_x509_certificates(chain)
        public = leaf.public_key()
    except ValueError as error:
        raise MarkError(f"{path}: expected certificates in PEM form, the signing one first ({error})") from None
    now = datetime.now(UTC)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise MarkError(f"{path}: the certificate is valid {_span(leaf)}, and today is {now:%Y-%m-%d}")
    if _is_authority(leaf):
        raise MarkError(f"{path}: its first certificate is an authority; put the signing certificate first")
    if key is not None and _public_of(key, path) != _spki(public):
        raise MarkError(f"{path}: the private key does not belong to its first certificate")
    return Credential(chain, key, _algorithm(public, path), _holder(leaf))


def _span(leaf: x509.Certificate) -> str:
    return f"from {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}"


def _is_authority(leaf: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return bool(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _public_of(key: bytes, path: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return _spki(load_pem_private_key(key, None).public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MarkError(f"key of {path}: expected a private key in PEM form without password ({error})") from None


def _spki(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    data: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data


def _algorithm(public: Any, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVES:
        return CURVES[public.curve.name]
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= 2048:
        return "ps256"
    raise MarkError(f"{path}: C2PA signs with P-256, P-384, P-521, Ed25519 or RSA of 2048 bits and more")


def _holder(leaf: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = [str(a.value) for o in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
             for a in leaf.subject.get_attributes_for_oid(o)]  # fmt: skip
    return names[0] if names else leaf.subject.rfc4514_string()


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LIMIT_BYTES)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from None


def local_authority() -> Path:
    """The folder with this computer's own chain and key, made on first use by whichever process comes first.

    It is prepared aside and renamed into place whole; who comes second finds it. A leaf that has run out is put away,
    never deleted, and replaced. The folder is for its owner only (0700), its files too (0600).
    Raises FileError if it cannot be made.
    """
    folder = home() / FOLDER
    if _is_usable(folder):
        return folder
    try:
        with _one_at_a_time(folder):
            if not _is_usable(folder):
                _put_in_place(folder)
    except OSError as error:
        raise FileError(
            f"{folder}: the signing key cannot be made ({error.strerror or error}); "
            "set PACKSHOT_HOME to a folder you own"
        ) from None
    if not _is_usable(folder):
        raise FileError(f"{folder}: holds no usable signing key; move it away and a new one is made")
    return folder


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f".{FOLDER}.lock", "a") as file:
        with suppress(ImportError, OSError):  # Windows and some network disks have no locks: there the rename decides
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _put_in_place(folder: Path) -> None:
    aside = folder.parent / f".{FOLDER}-{uuid.uuid4().hex}.part"
    try:
        aside.mkdir(mode=0o700)
        _make(aside)
        if folder.exists():
            os.rename(folder, folder.parent / f"{FOLDER}-old-{uuid.uuid4().hex[:8]}")
        os.rename(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_usable(folder: Path) -> bool:
    try:
        checked(_read(folder / CHAIN), _read(folder / KEY), folder / CHAIN)
    except (FileError, MarkError):
        return False
    return True


def _make(folder: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    above, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", above, above)
    leaf = _certificate("leaf", key, above)
    anchor = authority.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, data in ((ANCHOR, anchor), (CHAIN, leaf.public_bytes(Encoding.PEM) + anchor), (KEY, secret)):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _certificate(kind: str, own: Any, above: Any) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    start = datetime.now(UTC) - timedelta(days=1)
    is_authority = kind == "authority"
    issuer = x509.SubjectKeyIdentifier.from_public_key(above.public_key())
    builder = (
        x509.CertificateBuilder(_name(HOLDERS["authority"]), _name(HOLDERS[kind]))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * YEARS + (30 if is_authority else 0)))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
    )
    if not is_authority:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(mail, critical=False)
    return builder.sign(above, hashes.SHA256())


def _name(common: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    pairs = ((NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _usage(is_authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
