"""A universe from a Parquet file of real creators, with its values unchanged.

Nulls and odd values stay (engagement above 1, titles in place of handles, hidden followers). Only vocabulary changes:
country and language to names and codes, category labels to slugs. Values without a column in the file (bio, posts,
native ids) are derived from the row's position.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from creator_assets.sandbox.universe import examples
from creator_assets.sandbox.universe.identity import PLATFORMS
from creator_assets.sandbox.universe.mixing import mix, mix_text, share
from creator_assets.sandbox.universe.parquet_file import read_columns
from creator_assets.sandbox.universe.profile import SORTS, Criteria, Profile, keywords_match, within
from creator_assets.sandbox.universe.vocabulary import CODE_OF_COUNTRY, CODE_OF_LANGUAGE, NAME_OF_COUNTRY

_REQUIRED = {"platform": "String", "username": "String", "followers": "Int64"}
_OPTIONAL = {
    **dict.fromkeys(("native_id", "display_name", "country", "language", "category", "category_2"), "String"),
    **dict.fromkeys(("video_count", "avg_views", "avg_likes", "avg_comments"), "Int64"),
    "engagement_rate": "Float64",
}
_LINKS = dict.fromkeys(("link_id", "platform", "username"), "String")

# Words in a file's category labels, and their slugs; the first match is the main category.
_CATEGORY_WORDS: tuple[tuple[str, str], ...] = (
    ("music", "music"),
    ("performance", "music"),
    ("beauty", "beauty"),
    ("style", "fashion"),
    ("fashion", "fashion"),
    ("clothing", "fashion"),
    ("modeling", "fashion"),
    ("accessories", "fashion"),
    ("fitness", "fitness"),
    ("outdoor", "fitness"),
    ("sport", "sports"),
    ("talent", "comedy"),
    ("humor", "comedy"),
    ("food", "food"),
    ("travel", "travel"),
    ("literature", "books"),
    ("diy", "interior"),
    ("design", "interior"),
    ("tech", "tech"),
    ("gadget", "tech"),
    ("science", "tech"),
    ("machinery", "tech"),
    ("art", "art"),
    ("photo", "art"),
    ("lifestyle", "lifestyle"),
    ("vlog", "lifestyle"),
    ("society", "lifestyle"),
    ("luxury", "lifestyle"),
    ("education", "education"),
    ("family", "family"),
    ("kids", "family"),
    ("toys", "family"),
    ("cinema", "media"),
    ("shows", "media"),
    ("movies", "media"),
    ("animation", "media"),
    ("entertainment", "media"),
    ("supernatural", "media"),
    ("mystery", "media"),
    ("asmr", "media"),
    ("vtuber", "gaming"),
    ("gaming", "gaming"),
    ("game", "gaming"),
    ("business", "business"),
    ("finance", "business"),
    ("management", "business"),
    ("crypto", "business"),
    ("auto", "automotive"),
    ("cars", "automotive"),
    ("racing", "automotive"),
    ("nature", "sustainability"),
    ("animals", "animals"),
    ("politics", "politics"),
    ("health", "diet"),
)


class ParquetUniverse:
    """The creators of a file, in memory."""

    def __init__(self, path: str, links_path: str | None = None) -> None:
        """Read the creators in ``path`` and, optionally, the links between accounts in ``links_path``.

        Raises:
            ValueError: A file is no Parquet, lacks a column, has a column of another type, or more than 2^20 rows.
        """
        content, frame = read_columns(path, _REQUIRED, _OPTIONAL)
        if frame.height > examples.FIRST_INDEX:
            raise ValueError(f"{path} has {frame.height:,} rows, and at most {examples.FIRST_INDEX:,} are read")
        if unknown := sorted(set(frame["platform"]) - set(PLATFORMS)):
            known = ", ".join(PLATFORMS)
            raise ValueError(f"{path}: column platform has {unknown[0]!r}, which is none of {known}")
        rows = frame.to_dicts()
        people = _people(read_columns(links_path, _LINKS, {})[1].to_dicts()) if links_path else {}
        self.universe_id = f"parquet-{sha256(content).hexdigest()[:8]}"
        self._profiles = [_profile(index, row, people) for index, row in enumerate(rows)]
        self._by_handle = {(one.platform, one.handle.casefold()): one for one in self._profiles}
        self._by_native_id = {(one.platform, one.native_id): one for one in self._profiles}
        self._by_person: dict[str, list[Profile]] = {}
        self._ranked: dict[str, list[Profile]] = {platform: [] for platform in PLATFORMS}
        for one in sorted(self._profiles, key=lambda profile: -(profile.followers or 0)):
            self._ranked[one.platform].append(one)
            self._by_person.setdefault(one.person, []).append(one)
        self._searches: dict[Criteria, _Found] = {}

    def describe(self) -> dict[str, object]:
        """Return facts for the health path, with the filters that the file does not support."""
        sizes = {platform: len(found) for platform, found in self._ranked.items() if found}
        blind = {platform: sorted(self._blind_to(platform)) for platform in sizes}
        return {"universe": "parquet", "size": len(self._profiles), "accounts": sizes, "filters_ignored": blind}

    def search(self, criteria: Criteria, now: datetime) -> _Found:
        """Return the accounts that match; ignore a filter without any value for the platform in the file."""
        del now  # a file does not grow
        found = self._searches.get(criteria)
        if found is None:
            blind = self._blind_to(criteria.platform)
            matching = [one for one in self._ranked.get(criteria.platform, []) if _fits(one, criteria, blind)]
            if criteria.sort in SORTS:
                matching.sort(key=SORTS[criteria.sort], reverse=criteria.descending)
            found = _Found(matching)
            if len(self._searches) >= 64:
                self._searches.clear()
            self._searches[criteria] = found
        return found

    def by_handle(self, platform: str, handle: str, now: datetime) -> Profile | None:
        """Return the account of a handle, title or channel id, with or without ``@``, in any case."""
        del now
        wanted = handle.strip().casefold()
        found = self._by_handle.get((platform, wanted)) or self._by_handle.get((platform, wanted.removeprefix("@")))
        return found or examples.find(platform, handle)

    def by_native_id(self, platform: str, native_id: str, now: datetime) -> Profile | None:
        """Return the account of a platform's own id."""
        del now
        return self._by_native_id.get((platform, native_id)) or examples.find_native(platform, native_id)

    def by_index(self, platform: str, index: int, now: datetime) -> Profile | None:
        """Return the account at a row of the file."""
        del now
        if index >= examples.FIRST_INDEX:
            return examples.at(platform, index)
        found = self._profiles[index] if index < len(self._profiles) else None
        return found if found is not None and found.platform == platform else None

    def by_email(self, email: str, now: datetime) -> list[Profile]:
        """Return no account: the file has no e-mail addresses."""
        del email, now
        return []

    def linked(self, profile: Profile, now: datetime) -> list[Profile]:
        """Return all accounts of the person of ``profile``, including it."""
        del now
        return self._by_person.get(profile.person, [profile])

    def neighbours(self, profile: Profile, limit: int, now: datetime) -> list[Profile]:
        """Return accounts on the same platform with the same main category."""
        criteria = Criteria(
            platform=profile.platform,
            categories=profile.categories[:1],
            excluded_handles=frozenset({profile.handle.casefold()}),
        )
        return self.search(criteria, now).page(0, limit)

    def _blind_to(self, platform: str) -> set[str]:
        """Return the filters for which no account of the platform has a value."""
        ranked = self._ranked.get(platform, [])
        return {
            name
            for name in ("country", "language", "gender", "categories", "engagement", "avg_views", "email")
            if not any(getattr(one, name) for one in ranked)
        }


class _Found:
    """Matches in a plain list."""

    def __init__(self, matching: list[Profile]) -> None:
        self._matching = matching

    @property
    def total(self) -> int:
        """Number of matches."""
        return len(self._matching)

    def page(self, offset: int, limit: int) -> list[Profile]:
        """Return up to ``limit`` accounts from position ``offset``."""
        return self._matching[offset : offset + limit]


def _fits(one: Profile, criteria: Criteria, blind: set[str]) -> bool:
    places = {place.casefold() for place in criteria.places}
    own = {one.country, one.country_code}
    return (
        within(one.followers, criteria.followers_min, criteria.followers_max)
        and ("engagement" in blind or within(one.engagement, criteria.engagement_min, criteria.engagement_max))
        and within(one.growth, criteria.growth_min, None)
        and ("avg_views" in blind or within(one.avg_views, criteria.views_min, criteria.views_max))
        and within(one.posts, criteria.posts_min, None)
        and (not places or "country" in blind or any(place.casefold() in places for place in own if place))
        and (not criteria.categories or "categories" in blind or bool(set(one.categories) & set(criteria.categories)))
        and (not criteria.languages or "language" in blind or one.language in criteria.languages)
        and (criteria.gender is None or "gender" in blind or one.gender == criteria.gender)
        and criteria.verified in (None, one.verified)
        and criteria.business in (None, one.business)
        and (criteria.has_email is None or "email" in blind or criteria.has_email == (one.email is not None))
        and one.handle.casefold() not in criteria.excluded_handles
        and (criteria.known_to is None or criteria.known_to(one.platform, one.index))
        and keywords_match(one, criteria)
    )


def _profile(index: int, row: dict[str, Any], people: dict[tuple[str, str], str]) -> Profile:
    platform, handle = row["platform"], row["username"]
    bits = mix(41, index)
    country = row.get("country")
    code = country if country in NAME_OF_COUNTRY else CODE_OF_COUNTRY.get((country or "").casefold())
    language = row.get("language")
    categories = _slugs(row.get("category"), row.get("category_2"))
    pace_days = round(0.5 + 6.5 * share(bits) ** 2, 3)
    return Profile(
        index=index,
        platform=platform,
        handle=handle,
        name=row.get("display_name"),
        native_id=row.get("native_id") or str(10**9 + mix_text(platform, handle) % 10**12),
        person=people.get((platform, handle), f"{platform}/{index}"),
        followers=row["followers"],
        following=int(40 + 1_500 * share(mix(bits, 2)) ** 2),
        posts=row.get("video_count") or 20 + int(365 / pace_days),
        avg_views=row.get("avg_views"),
        avg_likes=row.get("avg_likes"),
        avg_comments=row.get("avg_comments"),
        engagement=row.get("engagement_rate"),
        growth=round(-0.01 + 0.06 * share(mix(bits, 3)) ** 2, 5),
        country=NAME_OF_COUNTRY.get(code or "", country),
        country_code=code,
        city=None,
        language=CODE_OF_LANGUAGE.get((language or "").casefold()),
        gender=None,
        age=None,
        categories=categories,
        bio=" · ".join(text for text in (row.get("display_name"), row.get("category")) if text),
        hashtags=tuple(categories),
        email=None,
        verified=(row["followers"] or 0) > 1_000_000,
        business=False,
        pace_days=pace_days,
    )


def _slugs(*labels: str | None) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for label in labels:
        words = re.split(r"[^a-z]+", (label or "").casefold())
        for word, slug in _CATEGORY_WORDS:
            if any(part.startswith(word) for part in words):
                found[slug] = None
    return tuple(found)


def _people(links: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {(link["platform"], link["username"]): link["link_id"] for link in links}
