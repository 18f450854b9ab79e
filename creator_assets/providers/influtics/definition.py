"""What the project needs to know of Influtics."""

from __future__ import annotations

from creator_assets.campaigns.options import REFRESH
from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.influtics import operations, payloads, requests, rows, stat_rows

_CAPABILITIES = (
    # The averages cover only the videos that the account tracks: a raw profile.
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.profile,
        rows=rows.profile_rows,
        depth="raw",
        charged=operations.BLOGGER,
    ),
    # The same request as for a profile, so that one answer serves and pays for both.
    CapabilityKind.CREATOR_AVERAGES.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.profile,
        rows=rows.average_rows,
        charged=operations.BLOGGER,
    ),
    # A refresh may be charged beside the blogger itself. One answer serves both of these, too.
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.refreshed_profile,
        rows=rows.profile_rows,
        depth="raw",
        option=REFRESH,
        charged=operations.BLOGGER,
        units=2,
    ),
    CapabilityKind.CREATOR_AVERAGES.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.refreshed_profile,
        rows=rows.average_rows,
        option=REFRESH,
        charged=operations.BLOGGER,
        units=2,
    ),
    CapabilityKind.TRACK_VIDEOS.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.track,
        rows=rows.tracked_rows,
        charged=operations.TRACK,
        resolves_links=True,
        counted=rows.tracked_count,
    ),
    CapabilityKind.VIDEO_STATS.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.stats,
        rows=stat_rows.stat_rows,
        counted=stat_rows.stats_count,
    ),
    CapabilityKind.BALANCE.provided_by(operations.NAME, pages=requests.balance, rows=rows.balance),
)
DEFINITION = ProviderDefinition(
    name=operations.NAME,
    display_name="Influtics",
    base_url=operations.BASE_URL,
    operations=operations.OPERATIONS,
    capabilities=_CAPABILITIES,
)
