"""Tables of creators: filter values, search results, the shortlist and enriched profiles."""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    account_basis_column,
    account_id_column,
    change,
    count,
    flag,
    native_id_column,
    number,
    ordinal,
    provider_id_column,
    text,
    timestamp,
)
from creator_assets.tables.partition_keys import WEEKLY, WHOLE, Tables


def _videos_by(bucket: str) -> dy.List:
    """Return a column with the number of a creator's recent videos by `bucket`."""
    return dy.List(
        dy.Struct({"bucket": dy.String(), "videos": dy.Int64(min=0)}),
        nullable=True,
        description=f"Recent videos by {bucket}.",
        metadata=about("videos", Personal.INDIRECT),
    )


class FilterValues(Provenance):
    """One row per value that a provider accepts for a search filter."""

    platform = text("Platform of the value. Empty if the provider does not say.", primary_key=True)
    dictionary = text("The provider's dictionary that lists the value, e.g. `languages`.", primary_key=True)
    value = text("The value to send.", primary_key=True)
    parent = text("Parent value in a hierarchy (topic of a sub-topic, country of a city).", primary_key=True)
    label = text("Label of the value for people.", nullable=True)
    other_names = dy.List(
        dy.String(), nullable=True, description="Further names of the value. A brief may use each.", metadata=about()
    )


class DiscoveryResults(Provenance):
    """One row per creator and origin: a search, a look-alike search or the brief's roster."""

    origin = text("`search`, `lookalike` or `roster`.", primary_key=True)
    origin_name = text("Name of the search in the brief. Empty for the roster.", primary_key=True)
    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Handle on the platform, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    written_handle = text(
        "Handle as the provider writes it. Null if it equals `username`. Older releases used it in requests.",
        Personal.DIRECT,
        nullable=True,
    )
    rank = ordinal("Rank in the provider's order, from 1.", "rank", personal=Personal.INDIRECT)
    native_id = native_id_column()
    provider_id = provider_id_column()
    display_name = text("Name on the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")
    engagement_rate = number(
        "The provider's engagement rate, converted to a fraction. Definitions differ between providers.",
        "fraction",
        min=0,
    )
    country = text("Country of the creator in the provider's spelling.", Personal.INDIRECT, nullable=True)
    relevance = number("The provider's relevance score, 0 to 100.", "points")


class Shortlist(dy.Schema):
    """One row per discovered creator, selected or not, with the reason."""

    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Handle on the platform, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    written_handle = text(
        "Handle as the provider writes it. Null if it equals `username`. Older releases used it in requests.",
        Personal.DIRECT,
        nullable=True,
    )
    native_id = native_id_column()
    provider_id = provider_id_column()
    provider = text("Provider of the search result in this row.")
    origins = text("All origins of the creator, e.g. `search:instagram, roster`.")
    selected = dy.Bool(
        description="Whether the creator is selected for enrichment.", metadata=about(personal=Personal.INDIRECT)
    )
    place = ordinal("Place among the selected creators, from 1.", "place", nullable=True, personal=Personal.INDIRECT)
    reason = text("Reason for the selection or exclusion, from the rule's list.", Personal.INDIRECT)
    score = number("Sum of the weighted scores.", "points", nullable=False, min=0, max=1)
    score_engagement = number(
        "Rank of the engagement rate among the creators of the same platform and provider.",
        "points",
        nullable=False,
        min=0,
        max=1,
    )
    score_reach = number("Rank of the followers among all discovered creators.", "points", nullable=False, min=0, max=1)
    score_position = number("Best rank in any provider's order.", "points", nullable=False, min=0, max=1)
    followers = count("Followers or subscribers in the search result.", "accounts")
    engagement_rate = number("Engagement rate in the search result, by the provider's definition.", "fraction", min=0)
    observed_at = timestamp("Time of the search result in this row.")
    rule_version = text("Version of the shortlist rule.")


class EnrichedProfiles(Provenance):
    """One row per selected account and week: the provider's latest profile and its cost."""

    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Requested handle, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    state = text("`enriched`, `not_found`, `pending`, or `unknown` (no data, but the account may exist).")
    depth = text("`full` or `raw`.")
    chosen_because = text(
        "Reason for this provider, providers that had no data before, and providers left out.", nullable=True
    )
    next_look_at = timestamp("Time of the next poll of a pending profile.", nullable=True)
    native_id = native_id_column()
    provider_id = provider_id_column()
    account_id = account_id_column()
    account_basis = account_basis_column()
    display_name = text("Name on the profile.", Personal.DIRECT, nullable=True)
    biography = text("Text of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")
    following = count("Accounts that the creator follows.", "accounts")
    posts = count("Published posts or videos.", "posts")
    engagement_rate = number("The provider's engagement rate, converted to a fraction.", "fraction", min=0)
    engagement_basis = text(
        "Definition of the rate: `er_followers_median`, `er_followers_mean`, `er_views_median`, `er_views` (mean), "
        "another name, or `unknown`. Only rates of one basis can be compared.",
        nullable=True,
    )
    average_views = number(
        "Average views of a post or video; of influencers.club on Instagram, of a reel.", "views", min=0
    )
    average_likes = number("Average likes of a post or video.", "likes", min=0)
    average_comments = number("Average comments of a post.", "comments", min=0)
    followers_added_30d = change("Change of followers in 30 days; may be negative.", "accounts")
    country = text("Country of the creator in the provider's spelling.", Personal.INDIRECT, nullable=True)
    city = text("City of the creator in the provider's spelling.", Personal.INDIRECT, nullable=True)
    language = text("Language of the creator in the provider's spelling.", Personal.INDIRECT, nullable=True)
    gender = text("Gender of the creator by the provider.", Personal.INDIRECT, nullable=True)
    category = text("The provider's main category or niche of the creator.", Personal.INDIRECT, nullable=True)
    profile_score = number(
        "The provider's score of the profile, on a scale that it does not document. Null unless the brief asks for "
        "`scores`.",
        "points",
    )
    is_verified = flag("Whether the platform has verified the account.")
    is_business = flag("Whether the account is a business account.")
    has_email = flag("Whether the response contains an e-mail address. Only the archive has the address itself.")
    publish_hours = _videos_by("hour of the day, `00` to `23`")
    publish_weekdays = _videos_by("day of the week, `1` to `7`. The provider does not document which day is 1")
    video_lengths = _videos_by("length, e.g. `15s-30s`")


TABLES: Tables = {
    "filter_values": (FilterValues, WHOLE),
    "discovery_results": (DiscoveryResults, WEEKLY),
    "shortlist": (Shortlist, WEEKLY),
    "enriched_profiles": (EnrichedProfiles, WEEKLY),
}
"""The tables of this module, each with its schema and partition keys."""
