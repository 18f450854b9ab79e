"""The file of e-mail addresses that a brief names: one address per line, outside of any repository.

What belongs here: reading it within bounds, and saying what is wrong with it by file and line, never by address. What
is asked about an address, and its keyed hash, belong to ``demand.email_matches``. Addresses exist in memory only, for
as long as the requests that they are sent in.
"""

from __future__ import annotations

import re
from pathlib import Path

from creator_assets.named_files import UnfitFileError, read_start

MAX_BYTES = 2_000_000
MAX_ADDRESSES = 10_000
_MAX_LISTED = 5
_HEADERS = {"email", "e-mail"}
# As browsers check it (https://html.spec.whatwg.org/#valid-e-mail-address), with a dot in the domain.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)


class AddressFileError(Exception):
    """The file of addresses cannot be used; the message names file and line, never what stands there."""


def is_address(written: str) -> bool:
    """Whether a text has the form of an e-mail address; only its owner can tell whether it is one."""
    return _ADDRESS.fullmatch(written) is not None


def read_addresses(path: Path, *, at_most: int) -> list[str]:
    """The addresses of a file, in lower case, each once, sorted.

    Blank lines, lines that begin with ``#`` and a heading ``email`` are passed over.

    Args:
        path: The file, absolute.
        at_most: How many different addresses it may hold.

    Raises:
        AddressFileError: It is missing, within a repository, too large, or some line is no address.
    """
    text = _text(path)
    found: set[str] = set()
    wrong: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.strip().removeprefix('"').removesuffix('"').strip()
        if not written or written.startswith("#") or (not found and written.casefold() in _HEADERS):
            continue
        if not is_address(written):
            wrong.append(number)
        else:
            found.add(written.casefold())
    if wrong:
        others = "".join(f", {number}" for number in wrong[1:_MAX_LISTED])
        more = f" and {len(wrong) - _MAX_LISTED} further lines" if len(wrong) > _MAX_LISTED else ""
        also = f" (also lines{others[1:]}{more})" if others else ""
        raise AddressFileError(
            f"{path}:{wrong[0]}: this is no e-mail address{also}. Write one address per line and nothing else; nothing "
            "was asked for any of them"
        )
    if len(found) > at_most:
        raise AddressFileError(
            f"{path}: {len(found):,} addresses, and the brief allows {at_most:,}. Raise `max_addresses` in it, or "
            "shorten the file"
        )
    return sorted(found)


def _text(path: Path) -> str:
    try:
        where = path.expanduser().resolve(strict=True)
        for folder in where.parents:
            if (folder / ".git").exists():
                raise AddressFileError(
                    f"{path}: the file lies in the repository {folder}. Move it out, so that no address is ever "
                    "committed, and name its new place in the brief"
                )
        raw = read_start(where, MAX_BYTES + 1)
    except UnfitFileError:
        raise AddressFileError(f"{path}: this is no regular file. Put the addresses there, one per line") from None
    except (OSError, RuntimeError) as error:  # the latter for a loop of links, and for ~ without a home
        reason = getattr(error, "strerror", None) or "the path leads nowhere"
        raise AddressFileError(
            f"{path}: the file of addresses cannot be read ({reason}). Put it there, or correct the path in the brief"
        ) from None
    if len(raw) > MAX_BYTES:
        raise AddressFileError(f"{path}: the file has more than {MAX_BYTES:,} bytes. Make several campaigns of it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise AddressFileError(f"{path}:{line}: this is no UTF-8 text. Save the file as plain text") from None
