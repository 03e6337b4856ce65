"""Time stamps (RFC 3161) of a service on this computer, answered by openssl."""

import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from packshot.provenance.credentials import Signing
from packshot.provenance.encoding import Encoding
from packshot.provenance.export import export
from packshot.provenance.verify import verify
from tests.provenance.marked import DEFAULT, HISTORY, picture
from tests.provenance.test_credentials import PEM, certificate

OPENSSL = shutil.which("openssl")
SERVICE = """[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/leaf.pem
certs = {folder}/root.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ordering = yes
ess_cert_id_alg = sha256
"""


@pytest.fixture
def service(tmp_path):
    """The address of a time stamp service, and the list of what it was asked."""
    above, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = certificate("Clock Authority", above, "Clock Authority", above, authority=True)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    leaf = certificate("Clock", key, "Clock Authority", above, purpose=purpose)
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = {"leaf.pem": leaf.public_bytes(PEM), "root.pem": root.public_bytes(PEM), "key.pem": secret,
             "serial": b"01\n", "service.cnf": SERVICE.format(folder=tmp_path).encode()}  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            (tmp_path / "query").write_bytes(asked[-1])
            command = [OPENSSL, "ts", "-reply", "-config", tmp_path / "service.cnf", "-queryfile", tmp_path / "query"]
            answer = subprocess.run(command, capture_output=True, check=True).stdout
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()


@pytest.mark.skipif(OPENSSL is None, reason="no openssl to answer for the time stamp service")
def test_a_signature_carries_the_services_time_and_the_budget_counts_it(service, tmp_path):
    url, asked = service
    signing = Signing(timestamp_url=url)
    done = export(picture(300, 400), tmp_path / "a.jpg", HISTORY, DEFAULT, signing=signing,
                  encoding=Encoding(max_bytes=25_000))  # fmt: skip
    assert asked
    assert done.path.stat().st_size <= 25_000
    found = verify(done.path)
    assert found.ok
    assert f"at {datetime.now(UTC):%Y-%m-%dT}" in found.c2pa.detail
    assert "time stamp" in found.c2pa.detail
