"""Who signs: the local authority made once however many processes ask, certificates of the user, callbacks."""

import datetime
import os
import pickle
import stat
import subprocess
import sys

import pytest
import torch
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from packshot.errors import FileError, MarkError, ParameterError
from packshot.imaging.picture import Picture
from packshot.provenance import credentials, policies
from packshot.provenance.credentials import Signing
from packshot.provenance.export import export
from packshot.provenance.verify import verify

PEM = serialization.Encoding.PEM
KINDS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
}
MAIL = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
PICTURE = Picture(torch.linspace(0, 1, 48).expand(1, 3, 32, 48).clone())


def certificate(subject, key, issuer, above, days=(-1, 30), authority=False, purpose=MAIL):
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"], False,
    )  # fmt: skip
    name = [x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, n)]) for n in (issuer, subject)]
    identifier = x509.SubjectKeyIdentifier.from_public_key(above.public_key())
    builder = (
        x509.CertificateBuilder(*name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(authority, None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)
    )
    if not authority:
        builder = builder.add_extension(purpose, purpose is not MAIL)  # that of a clock has to be critical
    return builder.sign(above, None if isinstance(above, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def issued(folder, kind="es256", days=(-1, 30)):
    """(chain file, key file, authority file, key) of a shop with an authority of its own."""
    above, key = KINDS[kind](), KINDS[kind]()
    root = certificate("Shop Authority", above, "Shop Authority", above, (-1, 60), authority=True)
    leaf = certificate("A Shop", key, "Shop Authority", above, days)
    (folder / "chain.pem").write_bytes(leaf.public_bytes(PEM) + root.public_bytes(PEM))
    (folder / "root.pem").write_bytes(root.public_bytes(PEM))
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return folder / "chain.pem", folder / "key.pem", folder / "root.pem", key


def save(tmp_path, signing):
    return export(PICTURE, tmp_path / "a.jpg", (), policies.find("default"), signing=signing).path


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_local_key_is_for_its_owner_only_and_says_that_it_is_untrusted(home, tmp_path):
    path = save(tmp_path, Signing())
    folder = home / credentials.FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    leaf = x509.load_pem_x509_certificates((folder / credentials.CHAIN).read_bytes())[0]
    assert "untrusted" in leaf.subject.rfc4514_string()
    found = verify(path)
    assert found.c2pa.state == "valid"
    assert "on no trust list" in found.c2pa.detail
    assert verify(path, trust=folder / credentials.ANCHOR).c2pa.state == "trusted"


def test_the_authoritys_key_is_not_kept(home, tmp_path):
    save(tmp_path, Signing())
    folder = home / credentials.FOLDER
    root = x509.load_pem_x509_certificate((folder / credentials.ANCHOR).read_bytes())
    kept = serialization.load_pem_private_key((folder / credentials.KEY).read_bytes(), None)
    assert kept.public_key() != root.public_key()


def test_many_processes_make_one_key(home):
    code = "import hashlib; from packshot.provenance import credentials as c; f = c.local_authority(); " \
           "print(hashlib.sha256((f / c.KEY).read_bytes() + (f / c.CHAIN).read_bytes()).hexdigest())"  # fmt: skip
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(8)]
    answers = {process.communicate()[0].strip() for process in started}
    assert len(answers) == 1
    assert len(answers.pop()) == 64
    assert [p.name for p in home.iterdir() if not p.name.endswith(".lock")] == [credentials.FOLDER]


def test_a_damaged_key_is_put_away_and_replaced(home):
    folder = credentials.local_authority()
    (folder / credentials.KEY).write_bytes(b"scribbled over")
    assert credentials.credential(Signing()).algorithm == "es256"
    assert len([p for p in home.iterdir() if p.name.startswith("c2pa-old-")]) == 1


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="permissions do not bind the superuser")
def test_a_home_that_cannot_be_written_is_named(home):
    home.mkdir(mode=0o500)
    with pytest.raises(FileError, match="PACKSHOT_HOME"):
        credentials.local_authority()


@pytest.mark.skipif(os.name != "posix", reason="accounts without a home are a thing of containers")
def test_an_account_without_a_home_is_told_what_to_set():
    code = (
        "import os, pwd; pwd.getpwuid = lambda uid: {}[uid]\n"  # what it raises for an unknown account
        "os.environ.pop('HOME', None); os.environ.pop('PACKSHOT_HOME', None)\n"
        "from packshot.imaging.home import home; home()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "set PACKSHOT_HOME" in done.stderr


def test_a_home_that_is_a_file_is_named(home):
    home.write_text("in the way")
    with pytest.raises(FileError, match="PACKSHOT_HOME"):
        credentials.local_authority()


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_the_user_signs(tmp_path, kind):
    chain, key, root, _ = issued(tmp_path, kind)
    path = save(tmp_path, Signing(chain, key))
    assert verify(path).c2pa.state == "valid"
    found = verify(path, trust=root)
    assert found.c2pa.state == "trusted"
    assert "A Shop" in found.c2pa.detail


def test_a_callback_signs_without_the_key_leaving_its_place(tmp_path):
    chain, _, root, key = issued(tmp_path)
    asked = []

    def sign(data):
        asked.append(len(data))
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    path = save(tmp_path, Signing(chain, callback=sign))
    assert asked
    assert verify(path, trust=root).c2pa.state == "trusted"


def test_a_callback_that_fails_stops_the_export(tmp_path):
    chain, _, _, _ = issued(tmp_path)

    def sign(data):
        raise RuntimeError("the key service is away")

    with pytest.raises(MarkError, match="cannot be signed"):
        save(tmp_path, Signing(chain, callback=sign))
    assert not (tmp_path / "a.jpg").exists()


def test_a_callback_that_cannot_go_to_worker_processes_is_named(tmp_path):
    from packshot.pipeline.catalogues import run_catalogue
    from tests.pipeline import drawn

    chain, key, _, _ = issued(tmp_path)
    photos = drawn.folder(tmp_path / "photos", 2)
    with pytest.raises(ParameterError, match="workers=1"):
        run_catalogue("packshot-white", photos, tmp_path / "out", workers=2, report=False,
                      signing=Signing(chain, callback=lambda data: data))  # fmt: skip
    for signing in (Signing(), Signing(chain, key), Signing(chain, callback=len)):
        assert pickle.loads(pickle.dumps(signing)) == signing


def test_a_foreign_authority_does_not_make_a_file_trusted(tmp_path):
    chain, key, _, _ = issued(tmp_path)
    path = save(tmp_path, Signing(chain, key))
    (tmp_path / "other").mkdir()
    assert verify(path, trust=issued(tmp_path / "other")[2]).c2pa.state == "valid"


def test_what_cannot_sign_is_refused_with_the_reason(tmp_path):
    chain, key, root, _ = issued(tmp_path)
    for folder in ("b", "c", "d"):
        (tmp_path / folder).mkdir()
    other = issued(tmp_path / "b")
    ended = issued(tmp_path / "c", days=(-20, -10))
    (tmp_path / "d" / "no.pem").write_text("nothing")
    for signing, words in (
        (Signing(chain, other[1]), "does not belong"),
        (Signing(ended[0], ended[1]), "is valid from"),
        (Signing(root, key), "authority"),
        (Signing(tmp_path / "d" / "no.pem", key), "PEM form"),
        (Signing(chain, tmp_path / "d" / "no.pem"), "private key in PEM form"),
    ):
        with pytest.raises(MarkError, match=words):
            save(tmp_path, signing)
    with pytest.raises(FileError, match="nowhere"):
        save(tmp_path, Signing(tmp_path / "nowhere.pem", key))
    with pytest.raises(ParameterError, match="--c2pa-key"):
        Signing(chain)
    with pytest.raises(ParameterError, match="--c2pa-cert"):
        Signing(None, key)
    with pytest.raises(ParameterError, match="got both"):
        Signing(chain, key, callback=lambda data: data)
    assert not (tmp_path / "a.jpg").exists()
