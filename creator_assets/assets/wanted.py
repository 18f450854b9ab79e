"""What every paid asset wants for a partition, for the plan: the assets' own pure functions, run over the archive.

The tables are not asked: they may stem from an older brief, an older parser or another realm. Where the archive holds
all of discovery's answers, the shortlist follows from them and what is wanted for its creators is known exactly; where
it does not, only their number is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from creator_assets.assets.audiences import is_worth_buying, report_calls, wanted_report
from creator_assets.assets.batch_results import covered_accounts
from creator_assets.assets.batches import batch_choices, handed_in
from creator_assets.assets.choosing import chosen_at_most, chosen_for
from creator_assets.assets.content import content_pulls, content_rows, pull_pages
from creator_assets.assets.content_details import able_on, detail_calls
from creator_assets.assets.discovery import discovery_calls, discovery_rows, shortlist_rows
from creator_assets.assets.email_matches import example_match, match_calls
from creator_assets.assets.falling_through import counted, expected, first_calls, options_for, ranked_profiles
from creator_assets.assets.linked_accounts import linked_calls
from creator_assets.assets.overlap import overlap_calls
from creator_assets.assets.profiles import profiles_at_most
from creator_assets.assets.purchase import window_of
from creator_assets.assets.videos import track_calls, tracking_window
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.address_file import AddressFileError
from creator_assets.campaigns.model import MONTH, DetailsWish
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Kind
from creator_assets.providers.contract import Call, Pages, ProviderSettings
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.plan import Wanted
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

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
    """What the paid assets of a week want, in the order in which they run."""
    sought = discovery_calls(campaign, settings)
    searches = _wanted("discovery_results", partition, [one.pages for one in sought])
    yield searches
    walks = walk(ledger, searches.pages, searches.window)
    shortlist = None
    if all(one.next_call is None for one in walks):
        found = discovery_rows(campaign, partition, sought, [one.answers for one in walks])
        shortlist = shortlist_rows(campaign, pl.concat([parsed.rows for parsed in found]))
    yield from _wanted_profiles(partition, campaign, shortlist, ledger, settings)
    yield from _wanted_links(partition, campaign, shortlist, settings)
    yield from _wanted_matches(partition, campaign, settings, secret)
    yield from _wanted_reports(partition, campaign, shortlist, ledger, settings)
    yield from _wanted_overlap(partition, campaign, shortlist, settings)
    yield from _wanted_content(partition, campaign, shortlist, ledger, settings)
    yield from _wanted_tracking(partition, campaign, settings)


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
    known: tuple[Pages, ...] = ()
    possible: tuple[tuple[Call, int], ...] = ()
    if shortlist is not None:
        ranked = ranked_profiles(campaign, shortlist, settings)
        choices = batch_choices(campaign.profiles, first_calls(ranked), settings, ledger, partition)
        in_batches = covered_accounts(ledger, partition, campaign.profiles.max_age) | handed_in(choices)
        singly = expected(ranked, in_batches, ledger, window)
        known, possible = tuple(singly.known), tuple(singly.possible)
        batches = tuple(pages for choice in choices for pages in choice.pages)
        if batches:
            yield _wanted("enrichment_batches", partition, batches)
    else:
        profiles = campaign.profiles

        def examples(platform: str, finder: str) -> list[Call]:
            options = options_for(campaign, profiles, platform, "", settings, finder)
            return [option.pages.first for option in options]

        possible = tuple(_possible(campaign, examples, profiles_at_most(campaign)))
    yield _wanted("enriched_profiles", partition, known, at_most=possible, window=window)


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

        possible = tuple(_possible(campaign, examples, chosen_at_most(campaign, wish.top)))
    yield _wanted("linked_accounts", partition, known, at_most=possible, window=window_of(partition, wish.max_age))


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
    yield _wanted("email_matches", partition, known, at_most=possible, window=window_of(partition, wish.max_age))


def _wanted_reports(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    """The free questions, the reports that they say are there, and those of which nothing has been asked yet."""
    audiences = campaign.audiences
    if audiences is None:
        return
    window = window_of(partition, audiences.max_age)
    known: list[Pages] = []
    possible: list[tuple[Call, int]] = []
    if shortlist is None:

        def examples(platform: str, finder: str) -> list[Call]:
            return [wanted_report(campaign, audiences, platform, "", settings, finder).report.first]

        possible = list(_possible(campaign, examples, chosen_at_most(campaign, audiences.top)))
    else:
        for one in report_calls(campaign, shortlist, settings):
            status = [] if one.status is None else walk(ledger, [one.status], window)
            known += [way.pages for way in status]
            if any(way.next_call is not None for way in status):
                possible.append((one.report.first, 1))
            elif is_worth_buying(one, [answer for way in status for answer in way.answers]):
                known.append(one.report)
    yield _wanted("audience_reports", partition, known, at_most=possible, window=window)


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

        possible = tuple(_possible(campaign, examples, wish.max_calls * len(platforms)))
    yield _wanted("audience_overlap", partition, known, at_most=possible, window=window_of(partition, MONTH))


def _wanted_content(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[Wanted]:
    """New posts, and the details of the best of them: exactly where the posts are in the archive already."""
    wish = campaign.content
    if wish is None:
        return
    content = None
    if shortlist is not None:
        pulls = content_pulls(campaign, shortlist, settings)
        posts = _wanted("content", partition, pull_pages(pulls, partition, wish.max_items, ledger, settings))
        yield posts
        walks = walk(ledger, posts.pages, posts.window)
        if all(one.next_call is None for one in walks):
            parsed = content_rows(pulls, [one.answers for one in walks])
            content = pl.concat([schemas.Content.create_empty(), *(one.rows for one in parsed)])
    else:
        longest: dict[str, int] = {}

        def examples(platform: str, finder: str) -> list[Call]:
            can = chosen_for(Kind.CONTENT, campaign, settings, platform=platform, finder=finder, provider=wish.provider)
            pages: Pages = can.pages(settings[can.provider], platform, "", wish.max_items)
            longest[can.provider] = max(longest.get(can.provider, 0), pages.max_calls)
            return [pages.first]

        firsts = _possible(campaign, examples, chosen_at_most(campaign, wish.top))
        possible = tuple((call, count * longest[call.operation.provider]) for call, count in firsts)
        yield _wanted("content", partition, [], at_most=possible)
    if wish.details is not None:
        window = window_of(partition, wish.details.max_age)
        if content is not None:
            known = [one.pages for one in detail_calls(campaign, content, settings)]
            yield _wanted("content_details", partition, known, window=window)
        else:
            possible = _possible_details(campaign, wish.details, settings)
            yield _wanted("content_details", partition, [], at_most=possible, window=window)


def _possible_details(
    campaign: Campaign, wish: DetailsWish, settings: Mapping[str, ProviderSettings]
) -> tuple[tuple[Call, int], ...]:
    """What the details of `top` posts of one platform can cost at most; any platform may have all of them."""
    dearest: dict[str, tuple[Call, int]] = {}
    for platform in dict.fromkeys(platform for platform, _finder in _finders(campaign)):
        calls: dict[str, tuple[Call, int]] = {}
        for can in able_on(campaign, wish, settings, platform, ""):
            pages: Pages = can.pages(settings[can.provider], platform, "", max_pages=wish.max_comment_pages)
            call, count = calls.get(can.provider, (pages.first, 0))
            calls[can.provider] = call, count + pages.max_calls * wish.top
        for provider, (call, count) in calls.items():
            if provider not in dearest or count > dearest[provider][1]:
                dearest[provider] = call, count
    return tuple(dearest.values())


def _wanted_tracking(
    partition: Partition, campaign: Campaign, settings: Mapping[str, ProviderSettings]
) -> Iterator[Wanted]:
    if campaign.tracking is None:
        return
    pages = [one.pages for one in track_calls(campaign, settings)]
    yield _wanted("tracked_videos", partition, pages, window=tracking_window(campaign, partition))


def _wanted(
    asset: str,
    partition: Partition,
    pages: Iterable[Pages],
    *,
    at_most: Iterable[tuple[Call, int]] = (),
    window: Window | None = None,
) -> Wanted:
    """What one asset wants for a partition; answers of the partition's own time unless a window says otherwise."""
    return Wanted(
        asset=asset,
        partition=str(partition.key),
        campaign=partition.campaign,
        window=window or window_of(partition),
        pages=tuple(pages),
        at_most=tuple(at_most),
    )


def _possible(
    campaign: Campaign, examples: Callable[[str, str], Iterable[Call]], at_most: int
) -> Iterable[tuple[Call, int]]:
    """An example call for each operation that may be asked: before the shortlist, any may be asked for all."""
    found = counted(call for platform, finder in _finders(campaign) for call in examples(platform, finder))
    return [(call, at_most) for call, _ in found]


def _finders(campaign: Campaign) -> list[tuple[str, str]]:
    """The platforms of a brief's creators, each with who may have found them; nobody finds the roster."""
    finders = {(search.platform, search.provider) for search in campaign.discovery}
    finders |= {(lookalike.platform, lookalike.provider) for lookalike in campaign.lookalikes}
    return sorted(finders | {(account.platform, "") for account in campaign.roster})
