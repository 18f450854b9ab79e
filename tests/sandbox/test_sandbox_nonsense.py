"""Nonsense for every operation: the provider refuses it, and the sandbox never crashes."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from creator_assets.sandbox import SandboxSettings
from creator_assets.sandbox.app import build_app
from creator_assets.sandbox.engine.endpoint import Endpoint, SandboxProvider
from creator_assets.sandbox.providers import PROVIDERS

from .conftest import KEYS

ENDPOINTS = [
    pytest.param(provider, endpoint, id=endpoint.id) for provider in PROVIDERS for endpoint in provider.endpoints
]
WORDS = st.sampled_from(
    ["instagram", "tiktok", "youtube", "bar.films", "cristiano", "", "-1", "1", "99", "true", "2026-01-01", "💥"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2), max_leaves=5
)
FIELDS = [
    "platform",
    "handle",
    "email",
    "filters",
    "paging",
    "sort",
    "creators",
    "filter_key",
    "filter_value",
    "content_type",
    "post_id",
    "pagination_token",
    "count",
    "urls",
    "usernames",
    "userIds",
    "username",
    "initial_videos_count",
    "code",
    "company",
    "ai_search",
    "include_lookalikes",
    "min_followers",
    "exclude_platforms",
    "email_required",
    "addToWeeklyEnrichment",
]
PARAMETERS = [
    "platform",
    "username",
    "userId",
    "_id",
    "keywords",
    "categories",
    "country",
    "city",
    "language",
    "gender",
    "followerMin",
    "followerMax",
    "engagementRate",
    "growthRate",
    "viewsMin",
    "sorting",
    "skipCount",
    "limit",
    "offset",
    "cursor",
    "tags",
    "created_at_gte",
    "created_at_lte",
    "contentTypes",
    "clientId",
    "refresh",
    "user_ids",
    "unique_ids",
    "format",
    "search",
    "includeAudienceReport",
    "businessSearch",
    "status",
    "sort",
    "order",
    "blogger_username",
]
FILTERS = [
    "location",
    "number_of_followers",
    "number_of_subscribers",
    "engagement_percent",
    "follower_growth",
    "subscriber_growth",
    "audience",
    "profile_language",
    "gender",
    "keywords_in_bio",
    "is_verified",
    "average_views",
    "exclude_handles",
]
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5) | st.fixed_dictionaries(
    {"platform": st.sampled_from(["instagram", "youtube"])},
    optional={
        "filters": st.dictionaries(st.sampled_from(FILTERS), VALUES, max_size=3),
        "paging": st.dictionaries(st.sampled_from(["limit", "page"]), VALUES),
        "sort": VALUES,
    },
)


@cache
def app() -> Starlette:
    return build_app(SandboxSettings(size=500, rate_limit_scale=1e9))


async def send(method: str, url: str, body: Any, params: dict[str, str], key: str) -> httpx.Response:
    # The transport raises an exception of the application; a server would turn it into a 500.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://sandbox") as client:
        headers = {"Authorization": f"Bearer {key}"}
        return await client.request(method, url, json=body, params=params, headers=headers)


@pytest.mark.parametrize(("provider", "endpoint"), ENDPOINTS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(body=BODIES | VALUES, params=st.dictionaries(st.sampled_from(PARAMETERS), WORDS, max_size=5))
def test_nonsense_gets_a_response_and_never_crashes(
    provider: SandboxProvider, endpoint: Endpoint, body: Any, params: dict[str, str]
) -> None:
    path = endpoint.path.replace("{platform}", "instagram").replace("{", "").replace("}", "")
    response = asyncio.run(send(endpoint.method, f"/{provider.name}{path}", body, params, KEYS[provider.name]))
    assert response.status_code < 500
    assert response.json() is not None
