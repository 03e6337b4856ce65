"""A real server of the S3 protocol, of the tests' own."""

from contextlib import contextmanager

import pytest


@contextmanager
def s3_server(bucket):
    """Serve until the block ends; gives the address. Any key and secret will do."""
    pytest.importorskip("s3fs", reason="needs the extra s3")
    server = pytest.importorskip("moto.server", reason="needs moto[server]").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    import s3fs

    url = f"http://{host}:{port}"
    s3fs.S3FileSystem(key="test", secret="test", client_kwargs={"endpoint_url": url}).mkdir(bucket)
    yield url
    server.stop()
