"""Handles and ids that encode an index, so that a look-up takes constant time in a universe of any size.

A permutation of 20 bits scrambles the index, so that neighbours in rank have unrelated handles and ids. A handle holds
no information about a person. The meaning of an index does not belong here.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from creator_assets.sandbox.universe.mixing import mix
from creator_assets.sandbox.universe.vocabulary import HANDLE_WORDS

PLATFORMS: tuple[str, ...] = (
    "instagram",
    "tiktok",
    "youtube",
    "twitch",
    "twitter",
    "facebook",
    "snapchat",
    "onlyfans",
    "linkedin",
    "pinterest",
    "discord",
)

_BITS = 20
_MASK = (1 << _BITS) - 1
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 characters without look-alikes
_STYLES = {"instagram": "{}.{}.{}", "tiktok": "{}{}_{}", "youtube": "{}{}-{}", "email": "{}.{}.{}"}
_TIKTOK_BASE = 6_800_000_000_000_000_000  # beyond 2^53, as TikTok's ids are
_NUMERIC_BASE = {"instagram": 2_000_000_000, "twitch": 20_000_000}
SEC_UID_PREFIX = "MS4wLjABAAAA"


def handle_of(seed: int, platform: str, index: int) -> str:
    """Return the handle of person ``index`` on a platform; ``email`` gives the local part of the address."""
    scrambled = _scramble(seed, index)
    tail = "".join(_LETTERS[scrambled >> shift & 31] for shift in (15, 10, 5, 0))
    bits = mix(seed, index, 21)
    first, second = HANDLE_WORDS[bits % 32], HANDLE_WORDS[bits >> 5 & 31]
    if platform == "youtube":
        first, second = first.capitalize(), second.capitalize()
    return _STYLES.get(platform, "{}{}{}").format(first, second, tail)


def index_of_handle(seed: int, platform: str, handle: str) -> int | None:
    """Return the index of a handle, or None where no account has it."""
    wanted = handle.strip().removeprefix("@").casefold()
    tail = wanted[-4:]
    if len(tail) < 4 or any(letter not in _LETTERS for letter in tail):
        return None
    scrambled = 0
    for letter in tail:
        scrambled = scrambled << 5 | _LETTERS.index(letter)
    index = _unscramble(seed, scrambled)
    return index if handle_of(seed, platform, index).casefold() == wanted else None


def native_id_of(seed: int, platform: str, index: int) -> str:
    """Return the platform's own id of person ``index``: digits, or a channel id for YouTube."""
    scrambled = _scramble(seed, index)
    if platform == "youtube":
        return "UC" + _encode(scrambled, seed, "youtube", 16)
    if platform == "tiktok":
        return str(_TIKTOK_BASE + (scrambled << 32) + (mix(seed, index, 22) & 0xFFFFFFFF))
    return str(_NUMERIC_BASE.get(platform, 500_000_000) + (scrambled << 8) + (mix(seed, index, 23) & 0xFF))


def sec_uid_of(seed: int, index: int) -> str:
    """Return TikTok's second id, the secUid."""
    return SEC_UID_PREFIX + _encode(_scramble(seed, index), seed, "secuid", 48)


def index_of_native_id(seed: int, platform: str, native_id: str) -> int | None:
    """Return the index behind a platform's own id (for TikTok also behind a secUid), or None."""
    if platform == "tiktok" and native_id.startswith(SEC_UID_PREFIX):
        index = _decode(seed, native_id.removeprefix(SEC_UID_PREFIX))
        return index if index is not None and sec_uid_of(seed, index) == native_id else None
    if platform == "youtube":
        index = _decode(seed, native_id.removeprefix("UC"))
    elif not native_id.isascii() or not native_id.isdigit() or len(native_id) > 20:
        return None
    elif platform == "tiktok":
        index = _unscramble(seed, int(native_id) - _TIKTOK_BASE >> 32 & _MASK)
    else:
        index = _unscramble(seed, int(native_id) - _NUMERIC_BASE.get(platform, 500_000_000) >> 8 & _MASK)
    return index if index is not None and native_id_of(seed, platform, index) == native_id else None


def _scramble(seed: int, index: int) -> int:
    factor, shift = _permutation(seed)
    mixed = (index * factor + shift) & _MASK
    return mixed ^ mixed >> _BITS // 2  # its own inverse, because the shift is half the width


def _unscramble(seed: int, scrambled: int) -> int:
    factor, shift = _permutation(seed)
    mixed = scrambled ^ scrambled >> _BITS // 2
    return (mixed - shift) * pow(factor, -1, 1 << _BITS) & _MASK


def _permutation(seed: int) -> tuple[int, int]:
    bits = mix(seed, 20)
    return bits & _MASK | 1, bits >> 24 & _MASK


def _encode(scrambled: int, seed: int, salt: str, size_bytes: int) -> str:
    rest = blake2b(f"{seed}/{salt}/{scrambled}".encode(), digest_size=size_bytes - 3).digest()
    return urlsafe_b64encode(scrambled.to_bytes(3, "big") + rest).decode().rstrip("=")


def _decode(seed: int, text: str) -> int | None:
    try:
        scrambled = int.from_bytes(urlsafe_b64decode(text[:4].encode("ascii")), "big")
    except ValueError:
        return None
    return _unscramble(seed, scrambled) if scrambled <= _MASK else None
