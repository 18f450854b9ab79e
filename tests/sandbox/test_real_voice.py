"""The real voice: full profiles of influencers.club, field by field and counter by counter.

`full_profile_fields.txt` lists the paths and types of five public captures, one a platform. Each answer may hold only
these, and all answers of a platform together hold all of them.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from creator_assets.sandbox.universe.videos import counters_at, number_at, posts_by, video_of

from .club import handles, post
from .conftest import SandboxBench, Start
from .real_voice import NOW, SIZE, documented, fields, months_named, profile, truth

PLATFORMS = ("instagram", "tiktok", "youtube", "twitter", "twitch")
PROFILES_READ = 50

# Null in the capture of one account that had none; a text where the universe has one.
TEXT_OR_NULL = {"instagram.biography", "email", "email_type"}
# The universe does not know these of everybody.
UNKNOWN_OF_SOME = {"location", "gender", "speaking_language", "first_name"}
# The page shows the followers' base; the two others have its form.
OTHER_BASES = re.compile(r"audience\.audience_(likers|commenters)\b")
# Beside the data of an audience: a base without data has an error instead.
OF_A_MISSING_BASE = {"audience_followers.error": "text"}
BESIDE = ("instagram.", "twitter.", "creator_has.")  # the same person's accounts, in the capture of YouTube only


@pytest.fixture
def real(start: Start) -> SandboxBench:
    return start(voice="real", size=SIZE)


def full(bench: SandboxBench, platform: str, handle: str, **options: Any) -> Any:
    response = post(bench, "creators/enrich/handle/full/", platform=platform, handle=handle, **options)
    assert response.status_code == 200, response.text
    return response.json()


def expected(platform: str) -> dict[str, str]:
    """Return the documented types, with the blocks that the page leaves out because they are the same."""
    types = documented(platform)
    audience = {
        path.partition(".audience.")[2]: kind
        for path, kind in documented("instagram").items()
        if ".audience_followers." in path
    }
    if platform in ("instagram", "tiktok", "youtube"):
        types |= {f"{platform}.audience.{path}": kind for path, kind in (audience | OF_A_MISSING_BASE).items()}
    if platform == "tiktok":
        types |= {path: kind for path, kind in documented("youtube").items() if path.startswith(BESIDE)}
        del types["creator_has.youtube"]
    return types


def seen_in(answer: Any) -> set[tuple[str, str]]:
    result = answer["result"] | {name: answer[name] for name in answer if name != "result"}
    seen: set[tuple[str, str]] = set()
    for path, kind in fields(result):
        seen.add((months_named(OTHER_BASES.sub("audience.audience_followers", path)), kind))
    return seen


@pytest.mark.parametrize("platform", PLATFORMS)
def test_full_profiles_have_the_documented_names_and_types_and_no_others(real: SandboxBench, platform: str) -> None:
    types = expected(platform)
    seen: set[tuple[str, str]] = set()
    for handle in handles(real, platform, PROFILES_READ):
        answer = full(real, platform, handle, include_lookalikes=True)
        assert list(answer) == ["result", "credits_cost", "trial_searches_left"]
        seen |= seen_in(answer)
    assert {(path, kind) for path, kind in seen if not fits(types, path, kind)} == set()
    paths = {path for path, kind in seen if kind != "null" or types.get(path) == "null"}
    assert {path for path in types if path not in paths} == set()


def fits(types: dict[str, str], path: str, kind: str) -> bool:
    said = types.get(path)
    if said is None:  # of Twitch's shelves, the page lists what they hold and not the lists
        return kind == "list" and any(inside.startswith(f"{path}[]") for inside in types)
    if path in TEXT_OR_NULL:
        return kind in ("text", "null")
    unknown = path in UNKNOWN_OF_SOME or path.endswith("_histogram")
    return kind == said or (kind == "empty" and said == "list") or (kind == "null" and unknown)


NAMES_OF_COUNTERS = {
    # platform: native id, name, followers, posts, average views, likes and comments
    "instagram": ("userid", "full_name", "follower_count", "media_count", None, "avg_likes", "avg_comments"),
    "tiktok": (
        "user_id",
        "full_name",
        "follower_count",
        "video_count",
        "play_count_avg",
        "avg_likes",
        "comment_count_avg",
    ),
    "youtube": ("id", "title", "subscriber_count", "video_count", "avg_views", "avg_likes", "avg_comments"),
    "twitter": ("userid", "full_name", "follower_count", "tweets_count", "avg_views", "avg_likes", "avg_reply"),
    "twitch": ("user_id", "displayName", "total_followers", None, "avg_views", None, None),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_counters_are_the_universes_own(real: SandboxBench, platform: str) -> None:
    for handle in handles(real, platform, 10):
        one = profile(platform, handle)
        block = full(real, platform, handle)["result"][platform]
        true = (one.native_id, one.name, one.followers, one.posts, one.avg_views, one.avg_likes, one.avg_comments)
        for name, value in zip(NAMES_OF_COUNTERS[platform], true, strict=True):
            assert name is None or block[name] == value


# platform: posts shown, id, name of views, likes and comments
NAMES_IN_POSTS = {
    "instagram": (12, "post_id", "view_count", "likes", "comments"),
    "tiktok": (33, "post_id", "view_count", "like_count", "comment_count"),
    "youtube": (50, "video_id", "view_count", "like_count", "comment_count"),
    "twitter": (20, "tweet_id", "view_count", "like_count", "reply_count"),
}


@pytest.mark.parametrize("platform", NAMES_IN_POSTS)
def test_posts_carry_the_universes_counters_in_the_platforms_names(real: SandboxBench, platform: str) -> None:
    shown, id_name, views, likes, comments = NAMES_IN_POSTS[platform]
    one = profile(platform, handles(real, platform, 1)[0])
    posts = full(real, platform, one.handle)["result"][platform]["post_data"]
    true = [video for video in posts_by(one, NOW) if video.kind != "story"][:shown]
    assert len(posts) == shown
    for video, said in zip(true, posts, strict=True):
        counters = counters_at(video, one, NOW)
        assert platform == "twitter" or said[id_name] == video.video_id
        engagement = said["engagement"]
        form = str if platform == "youtube" else int
        assert engagement[likes] == form(counters.likes)
        assert engagement[comments] == form(counters.comments)
        if platform == "instagram" and video.kind == "post":
            assert views not in engagement
        else:
            assert engagement[views] == form(counters.views)


def test_an_engagement_rate_has_its_platforms_denominator(real: SandboxBench) -> None:
    for platform in ("instagram", "youtube"):
        block = full(real, platform, handles(real, platform, 1)[0])["result"][platform]
        engagement = [one["engagement"] for one in block["post_data"]]
        if platform == "instagram":
            whole, part = block["follower_count"], block["likes_median"] + block["comments_median"]
        else:
            middle = len(engagement) // 2
            likes, views = (
                sorted(int(one[name]) for one in engagement)[middle - 1 : middle + 1]
                for name in ("like_count", "view_count")
            )
            whole, part = sum(views), sum(likes)
        assert block["engagement_percent"] == pytest.approx(100 * part / whole, abs=1e-3)


def test_shares_of_an_audience_are_the_universes(real: SandboxBench) -> None:
    from creator_assets.sandbox.universe.audience import audience_of  # noqa: PLC0415 - only this test

    checked = 0
    for handle in handles(real, "instagram", 5):
        followers = full(real, "instagram", handle)["result"]["instagram"]["audience"]["audience_followers"]
        if not followers["success"]:
            assert set(followers) == {"success", "error"}
            continue
        checked += 1
        true = audience_of(profile("instagram", handle))
        for name, shares in (("audience_ages", true.ages), ("audience_genders", true.genders)):
            assert [(one["code"], one["weight"]) for one in followers["data"][name]] == shares
        countries = followers["data"]["audience_geo"]["countries"]
        assert [(one["code"], one["weight"]) for one in countries] == true.countries
        assert followers["data"]["audience_lookalikes"] == []  # nobody asked for them
    assert checked


def test_posts_per_month_are_years_with_months_in_words(real: SandboxBench) -> None:
    one = profile("youtube", handles(real, "youtube", 1)[0])
    said = full(real, "youtube", one.handle)["result"]["youtube"]["posts_per_month"]
    assert {year: list(months) for year, months in said.items()} == {
        "2026": ["march", "february", "january"],
        "2025": ["december", "november", "october"],
    }
    start = NOW.replace(month=2, day=1, hour=0)
    numbers = range(number_at(one, start) - 1, number_at(one, NOW) + 1)
    february = sum(start <= video_of(one, number).published_at < NOW.replace(day=1, hour=0) for number in numbers)
    assert abs(said["2026"]["february"] - february) <= 1  # a month's edge may fall between two posts


def test_platforms_that_no_document_shows_keep_the_plain_body(real: SandboxBench, start: Start) -> None:
    plain = start(size=SIZE)
    for platform in ("snapchat", "facebook", "linkedin"):
        handle = some_handle(platform)
        answers = [
            post(bench, "creators/enrich/handle/full/", platform=platform, handle=handle).json()["result"]
            for bench in (plain, real)
        ]
        blocks = [answer.pop(platform) for answer in answers]
        assert answers[0] == answers[1]
        if platform != "linkedin":
            assert blocks[0] == blocks[1]
            continue
        one = profile(platform, handle)
        assert (blocks[1]["followers"], blocks[1]["summary"]) == (one.followers, one.bio)
        assert blocks[1]["first_name"] == (one.name or "").split(" ")[0]


def some_handle(platform: str) -> str:
    from creator_assets.sandbox.influencers_club.gaps import GAPS  # noqa: PLC0415 - only here
    from creator_assets.sandbox.universe import Criteria  # noqa: PLC0415 - only here

    [found] = truth().search(Criteria(platform=platform, known_to=GAPS.has_data), NOW).page(0, 1)
    return found.handle
