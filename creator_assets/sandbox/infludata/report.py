"""influData: the growth timeline and the audience report of a profile.

Pure translation of the universe. The reference has only prose about both, so the field names are invented. Shares are
percentages of the audience. Charges do not belong here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.audience import Shares, audience_of
from creator_assets.sandbox.universe.mixing import mix_text


def timeline(one: Profile, now: datetime, days: int) -> list[dict[str, Any]]:
    """Return one point a week over the past ``days``, with collaborations where there were any."""
    points = []
    for back in range(days, -1, -7):
        day = (now - timedelta(days=back)).date()
        followers = None if one.followers is None else int(one.followers / (1 + one.growth * back / 30))
        bits = mix_text("timeline", one.native_id, day.toordinal() // 7)
        points.append(
            {
                "date": day.isoformat(),
                "followers": followers,
                "engagement": None if one.engagement is None else round(one.engagement * (90 + bits % 21), 4),
                "collaborations": ["@brandname"] if bits % 9 == 0 else [],
            }
        )
    return points


def audience_report(one: Profile) -> dict[str, Any]:
    """Return the audience report, shares in per cent."""
    audience = audience_of(one)
    return {
        "basis": "followers",
        "ages": _percent(audience.ages),
        "genders": {
            "m": round(100 * dict(audience.genders)["MALE"], 2),
            "w": round(100 * dict(audience.genders)["FEMALE"], 2),
        },
        "countries": _percent(audience.countries),
        "cities": _percent(audience.cities),
        "languages": _percent(audience.languages),
        "interests": _percent(audience.interests),
        "audienceQuality": {
            "realPercentage": round(100 * audience.credibility, 2),
            "types": _percent(audience.types),
        },
    }


def _percent(shares: Shares) -> list[dict[str, Any]]:
    return [{"code": code, "percentage": round(100 * share, 2)} for code, share in shares]
