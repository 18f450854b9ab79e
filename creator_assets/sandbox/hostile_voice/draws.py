"""What is drawn for each request: by the seed and the request alone, so that no order of requests changes an answer.

Only where the same request comes again, its number decides: a server in front of a provider may be well again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from random import Random
from typing import Any, Literal, NamedTuple

LOGGED = 5_000
Fate = Literal["denied", "out", "nothing", "trouble", "lost", "first page", "untouched", "spoiled"]
# How often what happens; in the rest of all cases an answer is spoiled, and can still be read.
_SHARES: tuple[tuple[Fate, float], ...] = (
    ("denied", 0.01), ("out", 0.04), ("nothing", 0.04), ("trouble", 0.02), ("lost", 0.02), ("first page", 0.1),
    ("untouched", 0.1),
)  # fmt: skip


class Draw(NamedTuple):
    """The fate of one answer, the chance for its details, and its entry in the log."""

    fate: Fate
    chance: Random
    entry: dict[str, Any]


class HostileVoice:
    """The seed of one sandbox, and the log. Without a seed nothing is drawn and nothing is logged.

    An entry of the log names the request by a digest. ``done`` lists the changes, ``keeps`` says whether the true
    answer can still be read, ``truth`` is its body as JSON, and ``charged_microcredits`` what the meter counted.
    """

    def __init__(self, seed: int | None) -> None:
        """Draw by ``seed``."""
        self.start(seed)

    def start(self, seed: int | None) -> None:
        """Begin again with another seed, as if nothing had been asked."""
        self.seed = seed
        self._asked: dict[str, int] = {}
        self.log: deque[dict[str, Any]] = deque(maxlen=LOGGED)

    def draw(self, provider: str, operation: str, path: str, query: bytes, body: bytes) -> Draw | None:
        """Decide about one request; None where nothing is changed."""
        if self.seed is None:
            return None
        asked = hashlib.sha256(b"\0".join((provider.encode(), operation.encode(), path.encode(), query, body)))
        number = self._asked[asked.hexdigest()] = self._asked.get(asked.hexdigest(), 0) + 1
        entry: dict[str, Any] = {"provider": provider, "operation": operation, "asked": asked.hexdigest()}
        entry |= {"number": number, "done": [], "keeps": True, "truth": None, "charged_microcredits": 0}
        self.log.append(entry)
        chance = Random(f"{self.seed} {number} {asked.hexdigest()}")  # noqa: S311 - examples, no secrets
        return Draw(_fate(chance.random()), chance, entry)


def _fate(drawn: float) -> Fate:
    for fate, share in _SHARES:
        if drawn < share:
            return fate
        drawn -= share
    return "spoiled"
