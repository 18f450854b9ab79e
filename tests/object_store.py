"""A real S3 server over HTTP, in a process of its own, with one bucket. No test lives here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pyarrow.fs as pafs
import pytest

BUCKET = "answers"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}


class ObjectStoreServer:
    """The server, and what lies in its bucket."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"127.0.0.1:{port}"
        self.files = pafs.S3FileSystem(endpoint_override=self.endpoint, scheme="http", region="us-east-1")

    def url(self, prefix: str, endpoint: str = "") -> str:
        return f"s3://{BUCKET}/{prefix}?endpoint_override={endpoint or self.endpoint}&scheme=http&region=us-east-1"

    def objects(self, prefix: str) -> list[str]:
        found = self.files.get_file_info(pafs.FileSelector(f"{BUCKET}/{prefix}", recursive=True, allow_not_found=True))
        return sorted(info.path for info in found if info.type == pafs.FileType.File)


@contextmanager
def running_object_store() -> Iterator[ObjectStoreServer]:
    """The server while it is needed, and its keys in the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as patched:
        for name, value in KEYS.items():
            patched.setenv(name, value)
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env=os.environ | KEYS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _make_bucket(f"http://127.0.0.1:{port}/{BUCKET}")
            yield ObjectStoreServer(port)
        finally:
            server.kill()
            server.wait()


def _make_bucket(url: str) -> None:
    for _ in range(300):
        try:
            httpx.put(url, trust_env=False).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the object store did not come up within 30 seconds")
