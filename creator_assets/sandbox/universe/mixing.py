"""Deterministic pseudo-random numbers from integers: the same on every machine, version and process.

Python's ``hash`` changes from process to process, and ``random`` needs state. A creator is a pure function of the seed
and an index.
"""

from __future__ import annotations

from hashlib import blake2b

_MASK = (1 << 64) - 1


def mix(*parts: int) -> int:
    """Mix integers into 64 well-spread bits (the finalizer of splitmix64)."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state + part * 0xBF58476D1CE4E5B9 + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state


def share(bits: int) -> float:
    """Map 64 bits to a fraction in [0, 1)."""
    return (bits >> 11) / (1 << 53)


def mix_text(*parts: str | int) -> int:
    """Mix texts and integers into 64 bits."""
    return int.from_bytes(blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def pick(options: tuple[tuple[str, int], ...], bits: int) -> str:
    """Choose one of weighted options."""
    remaining = bits % sum(weight for _, weight in options)
    for option, weight in options:
        remaining -= weight
        if remaining < 0:
            return option
    raise AssertionError("weights are positive")
