"""The people of a synthetic universe: person number i is a pure function of the seed and i.

People are ranked by reach, largest first; followers decrease with the rank by a power law. Each block of 1,024 ranks
has the same mix of countries, platforms, categories and genders, in its own order. A search therefore computes the
ranks of a mix instead of testing every person. ``search`` runs searches, ``synthetic`` looks accounts up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec

from creator_assets.sandbox.universe.identity import PLATFORMS, handle_of, native_id_of, sec_uid_of
from creator_assets.sandbox.universe.mixing import mix, pick, share
from creator_assets.sandbox.universe.profile import Profile
from creator_assets.sandbox.universe.vocabulary import (
    CATEGORIES,
    CATEGORY_HASHTAGS,
    COUNTRIES,
    GIVEN_NAMES,
    NAME_TAILS,
)

BLOCK = 1_024
SIZE_MAX = 1 << 20  # a handle carries 20 bits of index
FOLLOWERS_MIN = 1_500
FOLLOWERS_MAX = 300_000_000
EPOCH = date(2026, 1, 1)  # the day on which followers are exactly those of the rank
GROWTH_MIN, GROWTH_MAX = -0.01, 0.05  # in 30 days
KEPT_MIN = 0.2  # an account always keeps this fraction of its followers

# Reach of a platform relative to the rank's own, and the percentage of people on the platform.
_SCALE = {"instagram": 1.0, "tiktok": 1.6, "youtube": 0.8, "twitch": 0.3, "twitter": 0.4, "facebook": 0.5}
_SCALE |= {"snapchat": 0.4, "onlyfans": 0.1, "linkedin": 0.1, "pinterest": 0.2, "discord": 0.1}
_PRESENCE = {"instagram": 62, "tiktok": 55, "youtube": 45, "twitch": 8, "twitter": 30, "facebook": 30, "snapchat": 15}
_PRESENCE |= {"onlyfans": 3, "linkedin": 10, "pinterest": 12, "discord": 6}


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """The common traits of the people in one slot of every block."""

    country_at: int
    platforms: frozenset[str]
    category: str
    gender: str | None


class Population:
    """Up to a million people, computed on demand."""

    def __init__(self, seed: int, size: int) -> None:
        """Define ``size`` people of ``seed``.

        Raises:
            ValueError: The size is not between 1 and 1,048,576.
        """
        if not 1 <= size <= SIZE_MAX:
            raise ValueError(f"a synthetic universe has 1 to {SIZE_MAX:,} people, not {size:,}")
        self.seed = seed
        self.size = size
        self.slots = [self._traits_of_slot(slot) for slot in range(BLOCK)]
        self._alpha = min(1.0, math.log(FOLLOWERS_MAX / FOLLOWERS_MIN) / math.log(max(size, 3)))

    def traits(self, index: int) -> Traits:
        """Return the traits of person ``index``'s slot."""
        factor, shift = self._order_of(index // BLOCK)
        return self.slots[(index % BLOCK - shift) * pow(factor, -1, BLOCK) % BLOCK]

    def profile(self, platform: str, index: int, day: int) -> Profile:
        """Compute the account of person ``index`` on ``platform``, ``day`` days after the epoch."""
        seed = self.seed
        traits = self.traits(index)
        code, country, language, _, cities = COUNTRIES[traits.country_at]
        category = traits.category
        bits = mix(seed, index, 11)
        platform_bits = mix(seed, index, PLATFORMS.index(platform), 12)
        followers = self.followers(platform, index, day)
        engagement = self.engagement(platform, index)
        growth = self.growth(platform, index)
        pace_days = 0.5 + 6.5 * share(mix(platform_bits, 1)) ** 2
        second = CATEGORIES[mix(bits, 2) % len(CATEGORIES)]
        categories = (category,) if second == category else (category, second)
        tags = CATEGORY_HASHTAGS.get(category, (category,))
        name = f"{GIVEN_NAMES[bits % len(GIVEN_NAMES)]}{NAME_TAILS[(bits >> 9) % len(NAME_TAILS)]}"
        likes = max(1, int(followers * engagement * 0.93))
        city = cities[(bits >> 17) % len(cities)] if (bits >> 25) % 10 < 7 else None
        return Profile(
            index=index,
            platform=platform,
            handle=handle_of(seed, platform, index),
            name=name,
            native_id=native_id_of(seed, platform, index),
            person=f"p{index}",
            followers=followers,
            following=int(40 + 1_500 * share(mix(platform_bits, 2)) ** 2),
            posts=20 + int((day + 365) / pace_days),
            avg_views=max(int(likes * 1.3), int(followers * (0.1 + 0.7 * share(mix(platform_bits, 3))))),
            avg_likes=likes,
            avg_comments=int(followers * engagement * 0.07),
            engagement=engagement,
            growth=growth,
            country=country,
            country_code=code,
            city=city,
            language=language if (bits >> 29) % 10 < 9 else "en",
            gender=traits.gender,
            age=14 + (bits >> 33) % 45,
            categories=categories,
            bio=f"{name} · {category} · {city or country} · #{tags[0]}",
            hashtags=tags,
            email=self.email(index) if (bits >> 41) % 10 < 6 else None,
            verified=followers > 500_000 and (bits >> 45) % 3 > 0,
            business=(bits >> 47) % 5 == 0,
            pace_days=round(pace_days, 3),
            sec_uid=sec_uid_of(seed, index) if platform == "tiktok" else None,
        )

    def followers(self, platform: str, index: int, day: int) -> int:
        """Compute followers on a day. On the epoch day, a better rank never has fewer."""
        position = index + 1 + share(mix(self.seed, index, 13))
        base = FOLLOWERS_MIN * _SCALE[platform] * (self.size / position) ** self._alpha
        return int(base * max(KEPT_MIN, 1 + self.growth(platform, index) * day / 30))

    def engagement(self, platform: str, index: int) -> float:
        """Compute the engagement rate: some per cent, more for small accounts, above 1 for one account in 1,009."""
        bits = mix(self.seed, index, PLATFORMS.index(platform), 14)
        if bits % 1_009 == 0:
            return round(1.05 + share(bits) * 3, 4)
        small = 1 + 0.6 * (index / self.size)
        return round(min(0.95, 0.004 + 0.05 * share(bits) ** 2 * small + 0.012 * small), 4)

    def growth(self, platform: str, index: int) -> float:
        """Compute the growth in 30 days."""
        bits = mix(self.seed, index, PLATFORMS.index(platform), 15)
        return round(GROWTH_MIN + (GROWTH_MAX - GROWTH_MIN) * share(bits) ** 2, 5)

    def rank_bounds(self, platform: str, least: int | None, most: int | None, day: int) -> tuple[int, int]:
        """Return the half-open range of ranks whose followers can be within a range on a day."""
        months = day / 30
        drifts = [max(KEPT_MIN, 1 + growth * months) for growth in (GROWTH_MIN, GROWTH_MAX)]
        scale = FOLLOWERS_MIN * _SCALE[platform]

        def rank_of(followers: float) -> float:
            return float(self.size / (followers / scale) ** (1 / self._alpha)) if followers > 0 else math.inf

        first = 0.0 if most is None else rank_of(most / min(drifts)) - 3
        last = math.inf if least is None else rank_of(least / max(drifts)) + 1
        return int(min(self.size, max(0.0, first))), int(min(self.size, max(0.0, last)))

    def ranks(self, slots: list[int], first: int, last: int) -> Iterator[int]:
        """Yield the ranks of ``slots`` in ascending order."""
        for block in range(first // BLOCK, -(-last // BLOCK)):
            start = block * BLOCK
            factor, shift = self._order_of(block)
            for within_block in sorted((factor * slot + shift) % BLOCK for slot in slots):
                rank = start + within_block
                if first <= rank < last:
                    yield rank

    def email(self, index: int) -> str:
        """Return the address of person ``index``, at a reserved domain."""
        domain = "example.com" if index % 2 else "example.org"
        return f"{handle_of(self.seed, 'email', index)}@{domain}"

    def _traits_of_slot(self, slot: int) -> Traits:
        bits = mix(self.seed, slot, 16)
        present = {name for name, percent in _PRESENCE.items() if mix(bits, PLATFORMS.index(name)) % 100 < percent}
        return Traits(
            country_at=int(pick(tuple((str(at), row[3]) for at, row in enumerate(COUNTRIES)), bits)),
            platforms=frozenset(present or {"instagram"}),
            category=CATEGORIES[mix(bits, 3) % len(CATEGORIES)],
            gender=("f", "m", "f", "m", "f", "m", "f", "m", "f", None)[mix(bits, 4) % 10],
        )

    def _order_of(self, block: int) -> tuple[int, int]:
        bits = mix(self.seed, block, 17)
        return (bits % BLOCK) | 1, (bits >> 20) % BLOCK


def day_of(now: datetime) -> int:
    """Return the UTC day of an instant, counted from the epoch."""
    return (now.astimezone(UTC).date() - EPOCH).days
