"""Nonsense sent to every operation: refused in the provider's words, never a crash of the sandbox."""

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
from creator_assets.sandbox.engine.operation import Operation, Provider
from creator_assets.sandbox.mounts import mounted_providers

from .conftest import KEYS

OPERATIONS = [
    pytest.param(provider, operation, id=operation.id)
    for provider in mounted_providers()
    for operation in provider.operations
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
    # The transport lets an exception of the application through, where a server would hide it behind a 500.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://sandbox") as client:
        headers = {"Authorization": f"Bearer {key}"}
        return await client.request(method, url, json=body, params=params, headers=headers)


@pytest.mark.parametrize(("provider", "operation"), OPERATIONS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=BODIES | VALUES, params=st.dictionaries(st.sampled_from(PARAMETERS), WORDS, max_size=5))
def test_nonsense_is_answered_and_never_crashes(
    provider: Provider, operation: Operation, body: Any, params: dict[str, str]
) -> None:
    path = operation.path.replace("{platform}", "instagram").replace("{", "").replace("}", "")
    answer = asyncio.run(send(operation.method, f"/{provider.name}{path}", body, params, KEYS[provider.name]))
    assert answer.status_code < 500
    assert answer.json() is not None
