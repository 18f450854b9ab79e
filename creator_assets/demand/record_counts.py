"""How many records the providers state that their answers hold, beside how many are in them.

A truncated answer, or a page that moved, shows in no row; only the provider's own number shows it. Where that number
stands belongs to each provider (``Capability.counted``). A check reads what is noted here.
"""

from __future__ import annotations

from collections.abc import Sequence

from creator_assets.providers.contract.capability import AnyCapability
from creator_assets.providers.contract.operations import Answer

SAMPLE = 5
# Their names in the metadata of a materialization.
STATED, FOUND, DISAGREEING, WHERE = "records_stated", "records_found", "answers_that_disagree", "disagreeing_answers"


class RecordCounts:
    """Counts, as answers come. An answer that several requests share is counted once."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seen: set[str] = set()
        self._stated = self._found = self._disagreeing = 0
        self._where: list[dict[str, str | int]] = []

    def add(self, capability: AnyCapability, answers: Sequence[Answer]) -> None:
        """Count the records of answers; those of a provider that states no number are left out."""
        for answer in answers:
            if capability.counted is None or answer.request_id in self._seen:
                continue
            self._seen.add(answer.request_id)
            count = capability.counted(answer)
            if count is None:
                continue
            self._stated += count.stated
            self._found += count.found
            if count.stated != count.found:
                self._disagreeing += 1
                if len(self._where) < SAMPLE:
                    self._where.append({"request_id": answer.request_id, "stated": count.stated, "found": count.found})

    def metadata(self) -> dict[str, int | list[dict[str, str | int]]]:
        """For a materialization."""
        return {
            STATED: self._stated,
            FOUND: self._found,
            DISAGREEING: self._disagreeing,
            WHERE: self._where,
        }
