"""What the project needs to know of influData."""

from __future__ import annotations

from creator_assets.campaigns.options import FILTERED, SCORES, WEEKLY
from creator_assets.providers.contract.definition import AccountSetting, ProviderDefinition
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.infludata import content_requests, operations, payloads, requests, rows

_CAPABILITIES = (
    CapabilityKind.SEARCH.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.search,
        rows=rows.creator_rows,
        charged=operations.DISCOVERY,
        shared_by=payloads.PAGE_SIZE,
    ),
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.profile,
        by_id=requests.by_id,
        rows=rows.profile_rows,
        depth="full",
        charged=operations.USER_DATA,
    ),
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        payloads.SCORE_PLATFORMS,
        pages=requests.profile_with_scores,
        by_id=requests.by_id,
        rows=rows.profile_rows,
        depth="full",
        option=SCORES,
        charged=operations.USER_DATA,
    ),
    CapabilityKind.FILTER_VALUES.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.cities,
        rows=rows.filter_rows,
    ),
    CapabilityKind.FILTER_CHECK.provided_by(
        operations.NAME,
        payloads.PLATFORMS,
        pages=requests.cities,
        rows=rows.filter_rows,
    ),
    CapabilityKind.BALANCE.provided_by(operations.NAME, pages=requests.balance, rows=rows.balance),
    CapabilityKind.AUDIENCE.provided_by(
        operations.NAME,
        payloads.REPORT_PLATFORMS,
        pages=requests.profile_with_report,
        by_id=requests.by_id,
        rows=rows.report_rows,
        charged=operations.USER_DATA,
        variant=operations.REPORT,
    ),
    CapabilityKind.READINESS.provided_by(
        operations.NAME,
        payloads.REPORT_PLATFORMS,
        pages=requests.status,
        by_id=requests.by_id,
        rows=rows.readiness,
    ),
    CapabilityKind.CONTENT.provided_by(
        operations.NAME,
        payloads.REPORT_PLATFORMS,
        pages=content_requests.content,
        rows=rows.content_rows,
        charged=operations.CONTENT,
        watermark=rows.newest,
        counted=rows.counted,
    ),
    CapabilityKind.CONTENT.provided_by(
        operations.NAME,
        payloads.REPORT_PLATFORMS,
        pages=content_requests.content,
        rows=rows.content_rows,
        option=FILTERED,
        charged=operations.CONTENT,
        watermark=rows.newest,
        counted=rows.counted,
    ),
    CapabilityKind.QUEUE.provided_by(
        operations.NAME,
        payloads.STATUS_PLATFORMS,
        pages=requests.queue,
        rows=rows.queue_rows,
    ),
    CapabilityKind.QUEUE.provided_by(
        operations.NAME,
        payloads.STATUS_PLATFORMS,
        pages=requests.queue_weekly,
        rows=rows.queue_rows,
        option=WEEKLY,
    ),
)
DEFINITION = ProviderDefinition(
    name=operations.NAME,
    display_name="influData",
    base_url=operations.BASE_URL,
    operations=operations.OPERATIONS,
    capabilities=_CAPABILITIES,
    filters=payloads.SEARCH_FILTERS,
    account_settings=(AccountSetting.CLIENT_ID, AccountSetting.IS_TRIAL),
)
