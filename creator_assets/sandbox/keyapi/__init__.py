"""KeyAPI's influencer analytics in the sandbox, built from its one page (``002_4ccb9e44c0d725df.txt``).

A request with up to ten ids costs one credit. Unknown ids are absent, and rows have an arbitrary order. Ids exceed 2^53
and are text, distributions are JSON inside text, and an unknown value is the empty text.

Belongs here: this provider's endpoint, price and response fields. Other providers share nothing with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.endpoint import Endpoint, Refusal, SandboxProvider, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.real_voice import keyapi as real_keyapi
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.coverage import DataGaps
from creator_assets.sandbox.universe.mixing import mix, mix_text
from creator_assets.sandbox.universe.videos import posts_by

REQUEST_MICROCREDITS = MICROCREDITS_PER_CREDIT
IDS_MAX = 10  # the limit of the provider's own source; the page names none
_REQUESTS_PER_SECOND = (RateWindow(10, 1),)
_DURATIONS = ("2m", "1m-2m", "30s-60s", "15s-30s", "15s")
_MESSAGES = {
    "unauthorized": "apiKey is null",
    "insufficient": "apiKey quota is not enough",
    "rate": "qps limit exceeded",
    "server": "Internal server error",
}
GAPS = DataGaps(percent=3, salt=33)  # invented: its real gaps are not documented


def detail(request: SandboxRequest) -> SandboxResponse:
    """KA-1: analytics of up to ten TikTok accounts, by user id or handle."""
    user_ids, unique_ids = _split(request, "user_ids"), _split(request, "unique_ids")
    if not user_ids and not unique_ids:
        raise Refusal("invalid", "Missing required parameter: user_ids")
    if len(user_ids) + len(unique_ids) > IDS_MAX:
        raise Refusal("invalid", f"At most {IDS_MAX} ids per request")
    if request.account.left_microcredits < REQUEST_MICROCREDITS:
        raise Refusal("insufficient", _MESSAGES["insufficient"])
    universe = request.world.universe
    asked = [universe.by_native_id("tiktok", user_id, request.now) for user_id in user_ids]
    asked += [universe.by_handle("tiktok", unique_id, request.now) for unique_id in unique_ids]
    found = {one.native_id: one for one in asked if one is not None and GAPS.has_data("tiktok", one.index)}
    listed = sorted(found.values(), key=lambda one: mix_text(one.native_id))
    rows = [_row(one, request.now) for one in listed]
    if request.in_real_voice:
        rows = [real_keyapi.row(row, one) for row, one in zip(rows, listed, strict=True)]
    body = {"code": 0, "message": "success", "data": rows, "requestId": request.request_id}
    return SandboxResponse(body, charge_microcredits=REQUEST_MICROCREDITS)


def _refusal_response(refusal: Refusal, _request_id: str) -> SandboxResponse:
    """Build a refusal: code, null data, message, and no request id."""
    message = _MESSAGES.get(refusal.kind, refusal.message)
    return SandboxResponse(
        {"code": refusal.status, "data": None, "message": message}, refusal.status, headers=dict(refusal.headers)
    )


def _rate_windows(_account: SandboxAccount, _operation: Endpoint) -> tuple[str, tuple[RateWindow, ...]]:
    return "all", _REQUESTS_PER_SECOND


def _split(request: SandboxRequest, name: str) -> list[str]:
    return [part.strip() for part in request.query.get(name, "").split(",") if part.strip()]


def _row(one: Profile, now: datetime) -> dict[str, Any]:
    """Return the 48 documented fields, in the order of the page."""
    bits = mix_text("keyapi", one.native_id)
    followers, growth = one.followers or 0, one.growth
    sells = bits % 4 == 0
    sales = bits % 5_000 if sells else 0
    day = {days: int(followers * growth * days / 30) for days in (1, 7, 30, 90)}
    likes, posts = (one.avg_likes or 0) * one.posts, one.posts
    newest = next(posts_by(one, now), None)
    crawled_on = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=bits % 500)
    return {
        "avatar": f"https://cdn.example.com/user-avatar/280/{one.native_id}.jpg",
        "avg_30d_price": bits % 90 if sells else 0,
        "category": one.categories[0].capitalize() if one.categories and bits % 3 else "",
        "contact_email": one.email or "",
        "ec_score": round(bits % 1_000 / 100, 2),
        "first_crawl_dt": int(crawled_on.strftime("%Y%m%d")),
        "gender": {"m": "male", "f": "female"}.get(one.gender or "", "") if one.country_code == "US" else "",
        "influencer_video_duration_level": _distribution(bits, 1, _DURATIONS),
        "influencer_video_publish_hour": _distribution(bits, 2, tuple(f"{hour:02d}" for hour in range(24))),
        "influencer_video_publish_week": _distribution(bits, 3, tuple(str(weekday) for weekday in range(1, 8))),
        "interaction_rate": 0 if one.engagement is None else round(one.engagement, 4),
        "language": one.language or "",
        "most_category_product": '[{"category_name":"Beauty","category_id":"601450"}]' if sells else "[]",
        "most_views_video": newest.video_id if newest else "",
        "nick_name": one.name or "",
        "off_mark": 0,
        "per_video_product_views_avg_7d_cnt": (one.avg_views or 0) // 2 if sells else 0,
        "region": one.country_code or "",
        "sales_flag": 1 + bits % 3 if sells else 0,
        "seller_id": str(7_490_000_000_000_000_000 + bits % 10**15) if bits % 40 == 0 else None,
        "show_case_flag": int(sells),
        "signature": one.bio,
        "total_comments_cnt": (one.avg_comments or 0) * posts,
        **{f"total_digg_{days}d_cnt": likes * days // 365 for days in (1, 30, 7, 90)},
        "total_digg_cnt": likes,
        **{f"total_followers_{days}d_cnt": day[days] for days in (1, 30, 7, 90)},
        "total_followers_cnt": followers,
        "total_following_cnt": one.following,
        "total_likes_cnt": likes + likes // 20,
        "total_live_cnt": bits % 7,
        "total_post_video_cnt": posts,
        "total_product_30d_cnt": sales // 500,
        "total_product_cnt": sales // 100,
        "total_sale_cnt": sales,
        "total_sale_gmv_30d_amt": sales * 2,
        # Real rows have fractions here, although the page says integer.
        "total_sale_gmv_amt": sales * 19 + 0.7 if sells and bits % 3 == 0 else sales * 19,
        "total_shares_cnt": likes // 30,
        "total_video_product_30d_cnt": sales // 700,
        "total_video_sale_30d_cnt": sales // 9,
        "total_views_cnt": (one.avg_views or 0) * posts,
        "unique_id": one.handle,
        "user_id": one.native_id,
    }


def _distribution(bits: int, salt: int, buckets: tuple[str, ...]) -> str:
    counts = {bucket: mix(bits, salt, at) % 9 for at, bucket in enumerate(buckets)}
    return msgspec.json.encode(counts).decode()


KEYAPI = SandboxProvider(
    name="keyapi",
    endpoints=(Endpoint("KA-1", "GET", "/v1/tiktok/influencer/detail/analytics", detail),),
    refusal_response=_refusal_response,
    rate_windows=_rate_windows,
    accounts=({"key": "sandbox-keyapi", "plan": "standard", "limit": "500"},),
)
