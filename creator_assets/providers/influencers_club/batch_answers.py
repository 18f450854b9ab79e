"""The results of a batch as answers to single requests: what one has brought serves whoever would ask for it alone.

How results become rows of profiles is in ``account_rows``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from creator_assets.handles import canonical_handle
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest
from creator_assets.providers.influencers_club.batch_payloads import BatchRow, batch_results
from creator_assets.providers.influencers_club.payloads import AUDIENCE_PLATFORMS
from creator_assets.providers.influencers_club.requests import full_profile, raw_profile
from creator_assets.providers.parsing.bodies import object_at

_NULL = msgspec.Raw(b"null")


def single(settings: ProviderSettings, platform: str, username: str, *, mode: str) -> PagedRequest:
    """The single enrichment of the same depth."""
    return (full_profile if mode == "full" else raw_profile)(settings, platform, username)


def single_answers(settings: ProviderSettings, results: Answer) -> list[Answer]:
    """One answer for each creator that the results name. A creator that failed has none, and is asked for alone.

    A full profile holds the audience. Results without any audience are those of a batch that did not ask for it.
    """
    platform, mode = results.request.about["platform"], results.request.about["mode"]
    rows = batch_results(results.body) or []
    if mode == "full" and platform in AUDIENCE_PLATFORMS and not any(_has_audience(row, platform) for row in rows):
        return []
    found: dict[str, Answer] = {}
    for row, charge in zip(rows, _shares(results.charge_microcredits, rows), strict=True):
        username, has_data = canonical_handle(row.value), row.data != _NULL
        if not username or username in found or (row.status == "failed" and not has_data):
            continue
        found[username] = msgspec.structs.replace(
            results,
            request=single(settings, platform, username, mode=mode).first,
            kind=AnswerKind.FINAL if has_data else AnswerKind.EMPTY,
            body=msgspec.json.encode({"result": row.data}),
            charge_microcredits=charge,
            notes=(),
        )
    return list(found.values())


def _has_audience(row: BatchRow, platform: str) -> bool:
    return "audience" in (object_at((object_at(row.data) or {}).get(platform, _NULL)) or {})


def _shares(charge: int, rows: Sequence[BatchRow]) -> Iterator[int]:
    """The charge in equal parts, for the rows with data; the first ones carry what does not divide."""
    paying = sum(row.data != _NULL for row in rows)
    place = 0
    for row in rows:
        if row.data == _NULL:
            yield 0
        else:
            yield charge // paying + (place < charge % paying)
            place += 1
