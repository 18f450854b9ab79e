"""What every paid asset wants for a partition, for the plan: the assets' own pure functions, run over the archive.

The tables are not asked: they may stem from an older brief, an older parser or another realm. Where the archive holds
all of discovery's answers, the shortlist follows from them and what is wanted for its creators is known exactly; where
it does not, only their number is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import dagster as dg
import polars as pl

from creator_assets.assets.batch_results import settled_accounts
from creator_assets.assets.batches import batch_choices, handed_in
from creator_assets.assets.choosing import (
    chosen_at_most,
    chosen_for,
    first_calls,
    ranked_profiles,
    ranked_reports,
    selected_at_most,
)
from creator_assets.assets.discovery import discovery_calls, discovery_rows, shortlist_rows
from creator_assets.assets.email_matches import example_match, match_calls
from creator_assets.assets.falling_through import expected, profile_rows, report_rows
from creator_assets.assets.linked_accounts import linked_calls
from creator_assets.assets.overlap import overlap_calls
from creator_assets.assets.prospects import bounded, possible_calls, wanted_for, wanted_rounds
from creator_assets.assets.purchase import window_of
from creator_assets.assets.queueing import queues
from creator_assets.assets.trackers import may_look
from creator_assets.assets.wanted_days import wanted_of_day
from creator_assets.assets.wanted_videos import wanted_videos
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.address_file import AddressFileError
from creator_assets.campaigns.model import MONTH
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind, NoCapabilityError
from creator_assets.providers.contract import Call, Pages
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.plan import Wanted
from creator_assets.spending.walks import walk

PAID_ASSETS = (
    "discovery_results",
    "enrichment_batches",
    "enriched_profiles",
    "linked_accounts",
    "email_matches",
    "audience_reports",
    "audience_overlap",
    "content",
    "content_details",
    "tracked_videos",
)
PAID_DAILY_ASSETS = ("video_stats",)


def paid_assets_of(run: dg.DagsterRun) -> list[str]:
    """The assets of a run that spend credits, in the order in which they run."""
    if run.asset_selection is None:
        return list({"creators": PAID_ASSETS, "video_days": PAID_DAILY_ASSETS}.get(run.job_name, ()))
    selected = {key.to_user_string() for key in run.asset_selection}
    return [name for name in (*PAID_ASSETS, *PAID_DAILY_ASSETS) if name in selected]


def no_secret() -> InstallationSecret:
    """What stands in for the installation's secret where there is none: what it would hash is bounded, not known.

    Raises:
        InstallationSecretError: Always.
    """
    raise InstallationSecretError("no secret was given")


def wanted_in(
    partition: Partition,
    campaign: Campaign,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret] = no_secret,
) -> Iterator[Wanted]:
    """What the paid assets of a week, or of a day, want, in the order in which they run.

    Raises:
        NoCapabilityError: Nobody can be asked for something that the brief wants; names the campaign.
    """
    try:
        yield from _wanted_in(partition, campaign, ledger, settings, secret)
    except NoCapabilityError as error:
        raise NoCapabilityError(f"campaign {campaign.slug}: {error}") from None


def _wanted_in(
    partition: Partition,
    campaign: Campaign,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret],
) -> Iterator[Wanted]:
    if partition.kind is PartitionKind.DAY:
        finds_videos = may_look(campaign) and campaign.tracking is not None and campaign.tracking.max_sponsored > 0
        shortlist = _searches(partition.week(), campaign, ledger, settings)[1] if finds_videos else None
        yield from wanted_of_day(partition, campaign, shortlist, ledger, settings)
        return
    searches, shortlist = _searches(partition, campaign, ledger, settings)
    yield searches
    yield from _wanted_profiles(partition, campaign, shortlist, ledger, settings)
    yield from _wanted_links(partition, campaign, shortlist, settings)
    yield from _wanted_matches(partition, campaign, settings, secret)
    yield from _wanted_reports(partition, campaign, shortlist, ledger, settings)
    yield from _wanted_overlap(partition, campaign, shortlist, settings)
    yield from wanted_videos(partition, campaign, shortlist, ledger, settings)


def _searches(
    partition: Partition, campaign: Campaign, ledger: Ledger, settings: Mapping[str, ProviderSettings]
) -> tuple[Wanted, pl.DataFrame | None]:
    """What a week wants of discovery, and the shortlist where the archive has all of that."""
    sought = discovery_calls(campaign, settings)
    searches = wanted_for("discovery_results", partition, [one.pages for one in sought])
    walks = walk(ledger, searches.pages, searches.window)
    if any(one.next_call is not None for one in walks):
        return searches, None
    found = discovery_rows(campaign, partition, sought, [one.answers for one in walks])
    return searches, shortlist_rows(campaign, pl.concat([parsed.rows for parsed in found]))


def _wanted_profiles(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    """What goes into batches, single calls for all others whom no batch has, and what misses may lead to."""
    if campaign.profiles is None:
        return
    window = window_of(partition, campaign.profiles.max_age)
    if shortlist is not None:
        ranked = ranked_profiles(campaign, shortlist, settings)
        first = first_calls(ranked)
        choices = batch_choices(campaign.profiles, first, settings, ledger, partition)
        settled = settled_accounts(ledger, partition, campaign.profiles.max_age, settings)
        in_batches = settled | handed_in(choices)
        will = expected(ranked, ledger, window, profile_rows, elsewhere=in_batches)
        batches = tuple(pages for choice in choices for pages in choice.pages)
        if ledger.now() < partition.end:
            batches += tuple(pages for one in queues(first, settings) for pages in one.pages)
        if batches:
            yield wanted_for("enrichment_batches", partition, batches)
    else:
        will = bounded(campaign, campaign.profiles, settings, selected_at_most(campaign))
    yield from wanted_rounds("enriched_profiles", partition, will, window)


def _wanted_links(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    wish = campaign.linked_accounts
    if wish is None:
        return
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    if shortlist is not None:
        known = tuple(one.pages for one in linked_calls(campaign, shortlist, settings))
    else:

        def examples(platform: str, finder: str) -> list[Call]:
            can = chosen_for(
                Kind.LINKED_ACCOUNTS, campaign, settings, platform=platform, finder=finder, provider=wish.provider
            )
            return [can.pages(settings[can.provider], platform, "").first]

        possible = tuple(possible_calls(campaign, examples, chosen_at_most(campaign, wish.top)))
    yield wanted_for("linked_accounts", partition, known, at_most=possible, window=window_of(partition, wish.max_age))


def _wanted_matches(
    partition: Partition,
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret],
) -> Iterator[Wanted]:
    wish = campaign.email_matches
    if wish is None:
        return
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    try:
        known = tuple(one.pages for one in match_calls(campaign, settings, secret))
    except (AddressFileError, InstallationSecretError):
        # The run says what is wrong with the file; what it can cost once that is mended is bounded by the brief.
        possible = ((example_match(campaign, wish, settings), wish.max_addresses),)
    yield wanted_for("email_matches", partition, known, at_most=possible, window=window_of(partition, wish.max_age))


def _wanted_reports(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    """The free questions, the reports that they say are there, those of which nothing is known, and their misses."""
    audiences = campaign.audiences
    if audiences is None:
        return
    window = window_of(partition, audiences.max_age)
    if shortlist is not None:
        will = expected(ranked_reports(campaign, shortlist, settings), ledger, window, report_rows)
    else:
        will = bounded(campaign, audiences, settings, chosen_at_most(campaign, audiences.top))
    yield from wanted_rounds("audience_reports", partition, will, window)


def _wanted_overlap(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    wish = campaign.overlap
    if wish is None:
        return
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    if shortlist is not None:
        known = tuple(one.pages for one in overlap_calls(campaign, shortlist, settings))
    else:
        # Any platform of the searches may come to be compared.
        platforms = {one.platform for one in campaign.discovery} | {one.platform for one in campaign.lookalikes}
        platforms |= {one.platform for one in campaign.roster}

        def examples(platform: str, _finder: str) -> list[Call]:
            can = chosen_for(Kind.OVERLAP, campaign, settings, platform=platform, provider=wish.provider)
            return [can.pages(settings[can.provider], platform, ["", " "]).first]

        possible = tuple(possible_calls(campaign, examples, wish.max_calls * len(platforms)))
    yield wanted_for("audience_overlap", partition, known, at_most=possible, window=window_of(partition, MONTH))
