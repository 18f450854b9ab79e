"""The installation's secret, from which every id that stands for a person is derived.

One file of 32 random bytes as text, readable by its owner alone, made once and never replaced. What is derived is the
same in every process that has the file and says nothing to anybody who has not. Which things get an id belongs to
``accounts`` and ``people``.
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
    """The secret cannot be used; the message says what to do and never shows it."""


class InstallationSecret:
    """A key, and what may be made with it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Use `key`.

        Raises:
            InstallationSecretError: It is shorter than 32 bytes.
        """
        if len(key) < 32:
            raise InstallationSecretError("the installation's secret needs 32 bytes")
        self._key = key

    @classmethod
    def open(cls, folder: Path, expected_fingerprint: str | None = None) -> InstallationSecret:
        """Read the secret of `folder`; make it first where there is none.

        Of processes that start together one makes the file and all read that one: it appears under its name complete
        or not at all, and no name is ever given twice.

        Args:
            folder: The data folder, made as needed.
            expected_fingerprint: Fingerprint under which ids were written before. Given, a lost or exchanged secret is
                refused instead of silently giving every account a new id.

        Raises:
            InstallationSecretError: Others may read the file, it is damaged, it cannot be made, or is another one.
        """
        path = folder / FILE_NAME
        try:
            if not path.exists() and expected_fingerprint is None:
                _create(path)
            secret = cls(_read(path))
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise InstallationSecretError(
                f"{path} could not be read or made: {reason}. It holds the secret behind all ids; restore it from a "
                "backup if there was one, otherwise make the folder writable"
            ) from error
        if expected_fingerprint not in {None, secret.fingerprint}:
            raise InstallationSecretError(
                f"{path} is not the secret under which the existing ids were made (fingerprint {secret.fingerprint}, "
                f"expected {expected_fingerprint}). Restore that file; with another one nothing can be joined to them"
            )
        return secret

    @classmethod
    def kept(cls, folder: Path) -> InstallationSecret:
        """As `open`, with the fingerprint of the first time noted beside the secret, so that its loss is noticed.

        Raises:
            InstallationSecretError: As `open`; also where the secret is gone and its fingerprint is still there.
        """
        path = folder / FINGERPRINT_NAME
        try:
            # Empty for a moment while another process writes it; it writes the same.
            noted = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
            secret = cls.open(folder, noted or None)
            if not noted:
                path.write_text(secret.fingerprint + "\n", encoding="ascii")
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise InstallationSecretError(
                f"{path} could not be read or written: {reason}. Make the folder readable and writable"
            ) from error
        return secret

    @staticmethod
    def is_expected(folder: Path) -> bool:
        """Whether `folder` has a secret, or had one: otherwise `kept` makes the first."""
        return any((folder / name).exists() for name in (FILE_NAME, FINGERPRINT_NAME))

    @property
    def fingerprint(self) -> str:
        """Twelve characters that tell two secrets apart and give neither away; may be stored and shown."""
        return self.keyed_hash("fingerprint", "")[:12]

    def pseudonym(self, purpose: str, *parts: str) -> str:
        """A UUID (version 8, RFC 9562) for `parts`: the same ones always give the same one, per purpose."""
        digest = bytearray(self._digest(purpose, parts)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def keyed_hash(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits for `text`, e.g. an e-mail address; without the secret guesses cannot be checked."""
        return self._digest(purpose, (text,)).hex()

    def _digest(self, purpose: str, parts: tuple[str, ...]) -> bytes:
        # Each part is preceded by its length: ("ab", "c") and ("a", "bc") must not be the same message.
        encoded = [part.encode("utf-8", "surrogatepass") for part in (purpose, *parts)]
        return hmac.digest(self._key, b"".join(len(one).to_bytes(4, "big") + one for one in encoded), hashlib.sha256)

    def __repr__(self) -> str:
        return f"InstallationSecret(fingerprint={self.fingerprint!r})"


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.write(descriptor, f"creator-assets-identity-1:{secrets.token_hex(32)}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            # A link, unlike a rename, is refused where the name is taken: whoever comes second uses the first's.
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno in _NO_HARD_LINKS:
                raise InstallationSecretError(
                    f"the file system of {path.parent} has no hard links, so two processes could each make a secret. "
                    "Keep the data folder on a local file system"
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
            raise InstallationSecretError(f"{path} can be read by others than its owner. Run: chmod 600 {path}")
        content = os.read(descriptor, 200)
    finally:
        os.close(descriptor)
    match = _FORM.fullmatch(content.decode("utf-8", errors="replace"))
    if match is None:
        raise InstallationSecretError(
            f"{path} is damaged. Restore it from a backup; a new secret would give every account another id"
        )
    return bytes.fromhex(match[1])
