"""The installation's secret. All ids of accounts and people are derived from it.

One text file with 32 random bytes. Only its owner can read it. It is created once and never replaced. Every process
with the file derives the same ids. Without the file the ids reveal nothing. ``accounts`` and ``people`` decide what
gets an id.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

FILE_NAME = "identity.secret"
FINGERPRINT_NAME = "identity.fingerprint"
_FORM = re.compile(r"creator-assets-identity-1:([0-9a-f]{64})\n?")
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class InstallationSecretError(RuntimeError):
    """The secret cannot be used. The message says what to do and never contains the secret."""


class InstallationSecret:
    """A key, and the ids and hashes that are derived from it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Use `key`.

        Raises:
            InstallationSecretError: The key is shorter than 32 bytes.
        """
        if len(key) < 32:
            raise InstallationSecretError("The installation's secret is too short. It must have at least 32 bytes")
        self._key = key

    @classmethod
    def open(cls, folder: Path, expected_fingerprint: str | None = None) -> InstallationSecret:
        """Read the secret in `folder`. Create it if there is none.

        If several processes start together, one creates the file and all read that file. The file is complete as soon
        as it has its name, and it is never overwritten.

        Args:
            folder: The data folder. It is created if needed.
            expected_fingerprint: The fingerprint of the secret behind the existing ids. With it, a lost or exchanged
                secret is an error. Without it, every account would silently get a new id.

        Raises:
            InstallationSecretError: Other users can read the file, it is damaged, it cannot be created, or it is not
                the expected secret.
        """
        path = folder / FILE_NAME
        try:
            if not path.exists() and expected_fingerprint is None:
                _create(path)
            secret = cls(_read(path))
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise InstallationSecretError(
                f"{path} could not be read or created: {reason}. All ids are derived from this file. If it existed "
                "before, restore it from a backup. Otherwise make the folder writable"
            ) from error
        if expected_fingerprint not in {None, secret.fingerprint}:
            raise InstallationSecretError(
                f"{path} is not the secret of the existing ids (its fingerprint is {secret.fingerprint}, expected "
                f"{expected_fingerprint}). New ids would not match them. Restore the original file from a backup"
            )
        return secret

    @classmethod
    def open_with_fingerprint(cls, folder: Path) -> InstallationSecret:
        """Open the secret and compare it with the fingerprint in a file beside it, so that a loss is noticed.

        The first call writes the fingerprint file.

        Raises:
            InstallationSecretError: As for `open`. Also if the secret is gone and its fingerprint file is not.
        """
        path = folder / FINGERPRINT_NAME
        try:
            # The file may be empty while another process writes it. That process writes the same fingerprint.
            recorded = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
            secret = cls.open(folder, recorded or None)
            if not recorded:
                path.write_text(secret.fingerprint + "\n", encoding="ascii")
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise InstallationSecretError(
                f"{path} could not be read or written: {reason}. Make the folder readable and writable"
            ) from error
        return secret

    @staticmethod
    def has_been_created(folder: Path) -> bool:
        """Whether `folder` has a secret or had one. If not, `open_with_fingerprint` creates the first."""
        return any((folder / name).exists() for name in (FILE_NAME, FINGERPRINT_NAME))

    @property
    def fingerprint(self) -> str:
        """Twelve characters that identify the secret without revealing it. They may be stored and shown."""
        return self.keyed_hash("fingerprint", "")[:12]

    def pseudonym(self, purpose: str, *parts: str) -> str:
        """A UUID (version 8, RFC 9562). The same purpose and parts always give the same UUID."""
        digest = bytearray(self._digest(purpose, parts)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def keyed_hash(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits for `text`, such as an e-mail address. Without the key nobody can test a guess."""
        return self._digest(purpose, (text,)).hex()

    def _digest(self, purpose: str, parts: tuple[str, ...]) -> bytes:
        # The length precedes each part, so that ("ab", "c") and ("a", "bc") are different messages.
        encoded = [part.encode("utf-8", "surrogatepass") for part in (purpose, *parts)]
        return hmac.digest(self._key, b"".join(len(one).to_bytes(4, "big") + one for one in encoded), hashlib.sha256)

    def __repr__(self) -> str:
        return f"InstallationSecret(fingerprint={self.fingerprint!r})"


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.write(descriptor, f"creator-assets-identity-1:{secrets.token_hex(32)}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            # Unlike a rename, a hard link fails if the name exists. Then this process uses the other process's file.
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno in _NO_HARD_LINKS:
                raise InstallationSecretError(
                    f"{path} could not be created. The file system of {path.parent} has no hard links, so two "
                    "processes could each create a secret. Move the data folder to a local file system"
                ) from error
            raise
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise InstallationSecretError(
                f"{path} was not used, because other users can read it. Run: chmod 600 {path}"
            )
        content = os.read(descriptor, 200)
    finally:
        os.close(descriptor)
    match = _FORM.fullmatch(content.decode("utf-8", errors="replace"))
    if match is None:
        raise InstallationSecretError(
            f"{path} was not used, because it is damaged. A new secret would change the id of every account. "
            "Restore the file from a backup"
        )
    return bytes.fromhex(match[1])
