"""Folders and prefixes in object stores, opened with time limits and without keys in URLs.

Only Arrow's file systems belong here, not what is stored in them.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pyarrow as pa
import pyarrow.fs as pafs

from creator_assets.ledger.errors import LedgerUnusableError

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 60.0
MAX_ATTEMPTS = 3
# As Arrow names them in a URI. Keys come from the environment alone, since a URI is written to logs and to rows.
_S3_OPTIONS = frozenset({"region", "endpoint_override", "scheme"})


class ObjectStore(msgspec.Struct, frozen=True, kw_only=True):
    """An open folder or prefix.

    ``base`` is its path within ``files``. ``uri`` is its permanent name, without a final slash and without options; it
    is empty for a local folder.
    """

    files: pafs.FileSystem
    base: str
    uri: str = ""

    def surrounds(self, path: str) -> bool:
        """Whether the folder of a file, or its bucket in an object store, can be seen at all.

        Raises:
            OSError: The file system does not answer.
        """
        seen = path.partition("/")[0] if self.uri else self.base
        return bool(self.files.get_file_info(seen).type != pafs.FileType.NotFound)


def open_object_store(root: str | Path) -> ObjectStore:
    """Open a local path, or a URI: ``s3://bucket/prefix?region=eu-central-1``, or another that Arrow knows.

    Raises:
        LedgerUnusableError: The URI cannot be used.
    """
    text = str(root)
    if "://" not in text:
        return ObjectStore(files=pafs.LocalFileSystem(), base=str(Path(root).absolute()))
    parts = urlsplit(text)
    path = parts.path.strip("/")
    if "@" in parts.netloc:
        raise LedgerUnusableError(
            f"a {parts.scheme}:// address for the archive must not hold a key: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY instead"
        )
    if not parts.netloc:
        raise LedgerUnusableError(
            f"a {parts.scheme}:// address for the archive names a bucket, as in s3://bucket/prefix"
        )
    uri = "/".join(filter(None, (f"{parts.scheme}://{parts.netloc}", path)))
    base = "/".join(filter(None, (parts.netloc, path)))
    if parts.scheme == "s3":
        return ObjectStore(files=_s3(dict(parse_qsl(parts.query))), base=base, uri=uri)
    try:
        files, opened_base = pafs.FileSystem.from_uri(text)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LedgerUnusableError(
            f"the archive at {uri} cannot be opened ({type(error).__name__}): set CREATOR_ASSETS_ARCHIVE to a "
            "folder, or to an object store as s3://bucket/prefix"
        ) from None
    return ObjectStore(files=files, base=opened_base, uri=uri)


def _s3(options: dict[str, str]) -> pafs.FileSystem:
    unknown = sorted(set(options) - _S3_OPTIONS)
    if unknown:
        raise LedgerUnusableError(
            f"unknown option {unknown[0]} in the archive's s3:// address; there are {', '.join(sorted(_S3_OPTIONS))}"
        )
    return pafs.S3FileSystem(
        connect_timeout=CONNECT_SECONDS,
        request_timeout=REQUEST_SECONDS,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=MAX_ATTEMPTS),
        region=options.get("region"),
        endpoint_override=options.get("endpoint_override"),
        scheme="http" if options.get("scheme") == "http" else "https",
    )
