"""Answers in place of the true one: a provider that says that it has nothing, and servers in front of it."""

from __future__ import annotations

import json
from random import Random
from typing import Any, NamedTuple


class Replacement(NamedTuple):
    """The bytes of an answer, its status and its media type."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


# What providers say in a success where they have nothing. Bytes are sent as they are.
_NOTHING: tuple[Any, ...] = (
    b"No data found",
    "No data found",
    {"message": "No data found"},
    {"error": "No data found"},
    {"error": {"code": "NOT_FOUND", "message": "The account does not exist."}},
    {"result": "No data found for this account."},
    {"result": None},
    {"result": [], "message": "No records found"},
    {"accounts": None, "total": 0},
    {"data": None, "message": "No data found"},
    {},
    None,
)
# A success that is an error: nothing was done, so nothing is charged.
_TROUBLE: tuple[Any, ...] = (
    {"error": "Internal server error"},
    {"error": {"code": "TIMEOUT", "message": "The request timed out. Try again later."}},
    {"detail": "Service temporarily unavailable"},
    {"error": {"code": "RATE_LIMITED", "message": "Too many requests"}},
)
_PAGE = (
    "<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>Ray {ray}</p></body></html>\n"
)
_DENIALS = ((403, "Access denied"), (403, "Attention required"), (404, "404 Not Found"))
_OUTAGES = (
    (500, "500 Internal Server Error"),
    (502, "502 Bad Gateway"),
    (503, "503 Service Unavailable"),
    (504, "504 Gateway Time-out"),
    (520, "Web server returned an unknown error"),
)


def nothing(chance: Random) -> Replacement:
    """A success in which the provider says that it has nothing."""
    if chance.random() < 1 / 6:
        return Replacement(b"", 204)
    return _success(chance.choice(_NOTHING))


def trouble(chance: Random) -> Replacement:
    """A success whose words are those of an error."""
    return _success(chance.choice(_TROUBLE))


def denial(chance: Random) -> Replacement:
    """The page of a firewall or of a web server that refuses: no JSON, and nothing reached the provider."""
    return _page(chance, *chance.choice(_DENIALS))


def outage(chance: Random) -> Replacement:
    """The page of a gateway that does not reach the provider."""
    return _page(chance, *chance.choice(_OUTAGES))


def _success(value: Any) -> Replacement:
    return Replacement(value if isinstance(value, bytes) else json.dumps(value).encode())


def _page(chance: Random, status: int, title: str) -> Replacement:
    text = chance.choice((_PAGE, "error code: {title} ({ray})\n")).format(
        title=title, ray=f"{chance.getrandbits(64):x}"
    )
    return Replacement(text.encode(), status, content_type=chance.choice(("text/html; charset=UTF-8", "text/plain")))
