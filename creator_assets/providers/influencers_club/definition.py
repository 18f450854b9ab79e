"""What the project needs to know of influencers.club."""

from __future__ import annotations

from creator_assets.campaigns.options import FILTERED, ONLY_WITH_EMAIL
from creator_assets.providers.contract.batch_jobs import BatchJobs
from creator_assets.providers.contract.definition import AccountSetting, ProviderDefinition
from creator_assets.providers.contract.kinds import TRACKED_DAYS, CapabilityKind
from creator_assets.providers.influencers_club import (
    account_rows,
    batch_answers,
    dictionary_requests,
    filters,
    operations,
    payloads,
    post_requests,
    post_rows,
    requests,
    rows,
)

_SEARCHED = tuple(filters.SEARCH_FILTERS)
_FULL = payloads.ENRICHED_PLATFORMS
_RAW = tuple(platform for platform in _FULL if platform != "twitch")
_SIMILAR = tuple(platform for platform in _SEARCHED if platform != "twitter")
_POSTS = tuple(payloads.CONTENT_TYPES)

_CREATORS = (
    CapabilityKind.SEARCH.provided_by(
        operations.NAME,
        _SEARCHED,
        pages=requests.search,
        rows=rows.creator_rows,
        charged=operations.DISCOVERY,
    ),
    CapabilityKind.LOOKALIKES.provided_by(
        operations.NAME,
        _SIMILAR,
        pages=requests.lookalikes,
        rows=rows.creator_rows,
        charged=operations.SIMILAR,
    ),
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        _FULL,
        pages=requests.full_profile,
        rows=rows.profile_rows,
        depth="full",
        charged=operations.ENRICH_FULL,
    ),
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        _FULL,
        pages=requests.full_profile_with_email,
        rows=rows.profile_rows,
        depth="full",
        option=ONLY_WITH_EMAIL,
        charged=operations.ENRICH_FULL,
    ),
    CapabilityKind.PROFILE.provided_by(
        operations.NAME,
        _RAW,
        pages=requests.raw_profile,
        rows=rows.profile_rows,
        depth="raw",
        charged=operations.ENRICH_RAW,
    ),
    CapabilityKind.AUDIENCE.provided_by(
        operations.NAME,
        payloads.AUDIENCE_PLATFORMS,
        pages=requests.full_profile,
        rows=rows.report_rows,
        charged=operations.ENRICH_FULL,
    ),
    # With the same option as the profile it is the same request, and paid once.
    CapabilityKind.AUDIENCE.provided_by(
        operations.NAME,
        payloads.AUDIENCE_PLATFORMS,
        pages=requests.full_profile_with_email,
        rows=rows.report_rows,
        option=ONLY_WITH_EMAIL,
        charged=operations.ENRICH_FULL,
    ),
    CapabilityKind.OVERLAP.provided_by(
        operations.NAME,
        payloads.AUDIENCE_PLATFORMS,
        pages=requests.overlap,
        rows=account_rows.overlap_rows,
        charged=operations.OVERLAP,
    ),
    CapabilityKind.LINKED_ACCOUNTS.provided_by(
        operations.NAME,
        _FULL,
        pages=requests.socials,
        rows=account_rows.linked_rows,
        charged=operations.SOCIALS,
    ),
    *(
        CapabilityKind.EMAIL_MATCH.provided_by(
            operations.NAME,
            pages=requests.email,
            rows=account_rows.email_rows,
            depth=mode,
            charged=operation,
        )
        for mode, operation in (("basic", operations.EMAIL_BASIC), ("advanced", operations.EMAIL_ADVANCED))
    ),
    # Only the advanced match leaves small accounts and whole platforms out.
    CapabilityKind.EMAIL_MATCH.provided_by(
        operations.NAME,
        payloads.EMAIL_PLATFORMS,
        pages=requests.email,
        rows=account_rows.email_rows,
        depth="advanced",
        option=FILTERED,
        charged=operations.EMAIL_ADVANCED,
    ),
)
_CONTENT = (
    # A page of posts has one price. The shortest page is Instagram's, with twelve posts.
    CapabilityKind.CONTENT.provided_by(
        operations.NAME,
        tuple(payloads.POSTS_PER_PAGE),
        pages=post_requests.posts,
        rows=post_rows.content_rows,
        charged=operations.POSTS,
        shared_by=min(payloads.POSTS_PER_PAGE.values()),
        watermark=post_rows.newest,
        counted=post_rows.counted,
    ),
    *(
        CapabilityKind.CONTENT_DETAILS.provided_by(
            operations.NAME,
            tuple(platform for platform, kinds in payloads.CONTENT_TYPES.items() if kind in kinds),
            pages=post_requests.details_of(kind),
            rows=post_rows.detail_rows,
            depth=kind,
            charged=operations.DETAILS,
        )
        for kind in payloads.CONTENT_TYPES["instagram"]
    ),
    CapabilityKind.POST_STATS.provided_by(
        operations.NAME,
        _POSTS,
        pages=post_requests.counters,
        rows=post_rows.stat_rows,
        charged=operations.DETAILS,
    ),
    CapabilityKind.TRACK_VIDEOS.provided_by(
        operations.NAME,
        _POSTS,
        pages=post_requests.track,
        rows=post_rows.tracked_rows,
        charged=operations.DETAILS,
        units=TRACKED_DAYS,
    ),
)
_ACCOUNT = (
    CapabilityKind.FILTER_VALUES.provided_by(
        operations.NAME,
        _SEARCHED,
        pages=dictionary_requests.dictionaries,
        rows=rows.filter_rows,
    ),
    CapabilityKind.FILTER_CHECK.provided_by(
        operations.NAME,
        _SEARCHED,
        pages=dictionary_requests.dictionaries_of,
        rows=rows.filter_rows,
    ),
    CapabilityKind.BALANCE.provided_by(operations.NAME, pages=requests.balance, rows=rows.balance),
)
_BATCH_JOBS = BatchJobs(
    modes=operations.HANDLE_MODES,
    submit=requests.batches,
    status=requests.batch_status,
    results=requests.batch_results,
    resume=requests.batch_resume,
    rows=account_rows.batch_profile_rows,
    job_rows=account_rows.job_rows,
    single=batch_answers.single,
    single_answers=batch_answers.single_answers,
    poll_seconds=operations.BATCH_SECONDS,
    # 10,000 rows at a row a second; the provider promises nothing.
    longest_seconds=3 * 3600.0,
)
DEFINITION = ProviderDefinition(
    name=operations.NAME,
    display_name="influencers.club",
    base_url=operations.BASE_URL,
    operations=operations.OPERATIONS,
    capabilities=(*_CREATORS, *_CONTENT, *_ACCOUNT),
    filters=filters.SEARCH_FILTERS,
    account_settings=(AccountSetting.FIRST_PAGE,),
    # The seed gives discovery a limit of its own: a tenth of the plan's credits, renewed with each billing cycle.
    sub_budget_divisors={"discovery": 10},
    batch_jobs=_BATCH_JOBS,
)
