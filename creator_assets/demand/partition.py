"""What every paid asset wants for a partition, for the plan: the assets' own pure functions, run over the archive.

The tables are not asked: they may stem from an older brief, an older parser or another realm. Where the archive holds
all of discovery's answers, the shortlist follows from them and what is wanted for its creators is known exactly; where
it does not, only their number is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from creator_assets.campaigns import Campaign
from creator_assets.demand.audience_overlap import wanted_overlap
from creator_assets.demand.audiences import wanted_reports
from creator_assets.demand.discovery import wanted_searches
from creator_assets.demand.email_matches import wanted_matches
from creator_assets.demand.linked_accounts import wanted_links
from creator_assets.demand.profiles import wanted_profiles
from creator_assets.demand.videos.days import wanted_of_day
from creator_assets.demand.videos.trackers import snapshot_capabilities
from creator_assets.demand.videos.weeks import wanted_videos
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.spending.planning.plan import AssetDemand


def no_secret() -> InstallationSecret:
    """What stands in for the installation's secret where there is none: what it would hash is bounded, not known.

    Raises:
        InstallationSecretError: Always.
    """
    raise InstallationSecretError("no secret was given")


def demands_of(
    partition: Partition,
    campaign: Campaign,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret] = no_secret,
) -> Iterator[AssetDemand]:
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
) -> Iterator[AssetDemand]:
    if partition.kind is PartitionKind.DAY:
        finds_videos = (
            snapshot_capabilities(campaign) and campaign.tracking is not None and campaign.tracking.max_sponsored > 0
        )
        shortlist = wanted_searches(partition.week(), campaign, ledger, settings)[1] if finds_videos else None
        yield from wanted_of_day(partition, campaign, shortlist, ledger, settings)
        return
    searches, shortlist = wanted_searches(partition, campaign, ledger, settings)
    yield searches
    yield from wanted_profiles(partition, campaign, shortlist, ledger, settings)
    yield from wanted_links(partition, campaign, shortlist, settings)
    yield from wanted_matches(partition, campaign, settings, secret)
    yield from wanted_reports(partition, campaign, shortlist, ledger, settings)
    yield from wanted_overlap(partition, campaign, shortlist, settings)
    yield from wanted_videos(partition, campaign, shortlist, ledger, settings)
