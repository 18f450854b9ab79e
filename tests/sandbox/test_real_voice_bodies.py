"""The real voice: the bodies other than full profiles, each with the fields that a document names.

`BODIES` is written from the vendors' pages: the seeds, and what their public pages add.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from creator_assets.sandbox.influencers_club.gaps import GAPS
from creator_assets.sandbox.universe import Criteria
from creator_assets.sandbox.universe.videos import counters_at, posts_by

from .club import DISCOVERY, ROOT, handles, post
from .conftest import SandboxBench, Start
from .real_voice import NOW, SIZE, fields, profile, truth

# Names and types by body; `text?` may be null.
BODIES = {
    # Public pages of influencers.club, "Responses": discovery and similar
    "search": "total int, limit int, credits_left text, accounts list, accounts[].user_id text, "
    "accounts[].profile.full_name text, accounts[].profile.username text, accounts[].profile.picture text, "
    "accounts[].profile.followers int, accounts[].profile.engagement_percent float",
    # the same: socials, and e-mail basic
    "socials": "credits_cost float, result list, result[].platform text, result[].user_id "
    "text, result[].url text, result[].username text, result[].fullname text, result[].picture text, "
    "result[].followers int",
    "email": "credits_cost float, result.platform text, result.userId text, result.url text, "
    "result.username text, result.fullname text, result.picture text, result.followers int",
    # the same: posts
    "posts": "credits_cost float, result.num_results int, result.more_available bool, "
    "result.next_token text?, result.status text, result.items list, result.items[].pk text, "
    "result.items[].taken_at int, result.items[].url text, result.items[].media_url text, "
    "result.items[].media_id text, result.items[].media_type int, result.items[].caption text, "
    "result.items[].engagement.likes int, result.items[].engagement.comments int, "
    "result.items[].engagement.views int?, result.items[].user.user_id text, result.items[].user.username text, "
    "result.items[].user.full_name text",
    # the same: overlap
    "overlap": "credits_cost float, credits_left text, status text, success bool, basics.total_followers int, "
    "basics.total_unique_followers int, details list, details[].user_id text, details[].username text, "
    "details[].followers int, details[].unique_percentage float, details[].overlapping_percentage float, "
    "details[].user.user_id text, details[].user.username text, details[].user.followers int, "
    "details[].user.fullname text, details[].user.url text, details[].user.is_verified bool, "
    "details[].user.engagements int, details[].user.stats list, details[].user.stats[].post_type text, "
    "details[].user.stats[].engagements int",
    # Seed of influData, getContent and checkDataStatus, and the fields of its older README
    "content": "items list, items[].contentId text, items[].platform text, items[].contentType text, "
    "items[].uploaded text, items[].reach int, items[].likes int, items[].comments int, "
    "items[].engagementRate float, items[].viralFactor float, items[].username text, items[].followers int, "
    "items[].captions text, items[].hashtags list, items[].hashtags[] text, items[].mentions list, "
    "items[].mentions[] text, items[].imageUrl text, items[].videoUrl text?, items[]._id text, items[]._index text, "
    "items[].score null, items[].shares int, items[].saves int, items[].userId text, items[].following int, "
    "items[].verified bool, items[].country text, items[].city text?, items[].language text, items[].gender text, "
    "items[].profilePicUrl text, items[].keywords list, items[].keywords[] text, items[].isSponsored bool, "
    "items[].brandMentions list, items[].brandMentions[] text, next_cursor text?, watermark.created_at_max text, "
    "watermark.last_id text, tokensDeducted int, tokensRemaining int",
    "status": "isInDatabase bool, creatorId text, username text, platform text, followers int, lastRefreshDate text, "
    "lastAudienceDataRefresh text?, hasAudienceData bool, timelineDatapoints int, isAddedToRefresh bool, "
    "isAddedToWeeklyRefresh bool, displayName text, following int, posts int, isPrivate bool, "
    "firstTimelineDate text, recentTimelineDate text",
}


VIDEO = {"video_id", "external_video_id", "views", "likes", "comments", "reposts", "platform", "created_at", "title"}
VIDEO |= {"thumbnail_url", "cpm", "er", "stats_last_updated"}


@pytest.fixture
def real(start: Start) -> SandboxBench:
    return start(voice="real", size=SIZE)


def shape(*answers: Any) -> set[str]:
    """Write the fields of answers as `BODIES` does; a list that is empty in one answer only is a list."""
    kinds: dict[str, set[str]] = {}
    for answer in answers:
        for path, kind in fields(answer):
            kinds.setdefault(path, set()).add("list" if kind == "empty" else kind)
    return {
        f"{path} {'/'.join(sorted(found - {'null'})) or 'null'}{'?' if 'null' in found and len(found) > 1 else ''}"
        for path, found in kinds.items()
    }


def documented(body: str) -> set[str]:
    return set(BODIES[body].split(", "))


def matches(body: str, *answers: Any) -> bool:
    """Return whether answers have the documented fields; a `?` needs no null to be seen."""
    seen, said = shape(*answers), documented(body)
    assert {one.rstrip("?") for one in seen} == {one.rstrip("?") for one in said}
    return {one for one in seen if one.endswith("?")} <= said


class TestInfluencersClub:
    """Lists, posts, batches, and nothing there."""

    def test_a_search_lists_profiles_and_no_cost(self, real: SandboxBench) -> None:
        body = {"platform": "instagram", "paging": {"limit": 50, "page": 1}, "filters": {}}
        answer = real.club.post(DISCOVERY, json=body).json()
        assert matches("search", answer)
        assert answer["credits_left"] == "999.5"
        assert real.charged("influencers_club") == Decimal("0.5")
        for listed in answer["accounts"]:
            one = profile("instagram", listed["profile"]["username"])
            assert (listed["user_id"], listed["profile"]["followers"]) == (one.native_id, one.followers)

    def test_similar_creators_have_the_form_of_a_search(self, real: SandboxBench) -> None:
        handle = handles(real, "youtube", 50)[-1]
        body = {"platform": "youtube", "filter_key": "username", "filter_value": handle}
        assert matches("search", post(real, "discovery/creators/similar/", **body).json())

    def test_an_overlap_states_its_cost_as_a_number(self, real: SandboxBench) -> None:
        creators = handles(real, "instagram", 3)
        answer = post(real, "creators/audience/overlap/", platform="instagram", creators=creators).json()
        assert matches("overlap", answer)
        followers = [profile("instagram", handle).followers for handle in creators]
        assert [one["followers"] for one in answer["details"]] == followers

    def test_a_search_without_creators_has_null_for_accounts(self, real: SandboxBench) -> None:
        nobody = {"platform": "instagram", "filters": {"number_of_followers": {"min": 10**12}}}
        answer = real.club.post(DISCOVERY, json=nobody).json()
        assert (answer["total"], answer["accounts"]) == (0, None)
        assert real.charged("influencers_club") == 0

    def test_socials_and_an_email_match_name_accounts(self, real: SandboxBench) -> None:
        people = [profile("tiktok", handle) for handle in handles(real, "tiktok", 20)]
        one = next(found for found in people if found.email)
        socials = post(real, "creators/socials/", platform="tiktok", handle=one.handle).json()
        assert matches("socials", socials)
        assert {(account["platform"], account["user_id"]) for account in socials["result"]} == {
            (account.platform, account.native_id) for account in truth().linked(one, NOW)
        }
        assert matches("email", post(real, "creators/enrich/email/", email=one.email).json())

    @pytest.mark.parametrize("platform", ["instagram", "tiktok", "youtube"])
    def test_posts_count_seconds_and_number_their_media(self, real: SandboxBench, platform: str) -> None:
        one = profile(platform, handles(real, platform, 1)[0])
        answer = post(real, "creators/content/posts/", platform=platform, handle=one.handle).json()
        assert matches("posts", answer)
        for video, item in zip(posts_by(one, NOW), answer["result"]["items"], strict=False):
            counters = counters_at(video, one, NOW)
            assert (item["pk"], item["taken_at"]) == (video.video_id, int(video.published_at.timestamp()))
            assert item["engagement"]["likes"] == counters.likes
            assert item["engagement"]["views"] in (counters.views, None if video.kind == "post" else counters.views)

    def test_details_of_a_post_add_the_shares(self, real: SandboxBench) -> None:
        one = profile("tiktok", handles(real, "tiktok", 1)[0])
        video = next(posts_by(one, NOW))
        answer = post(real, "creators/content/details/", platform="tiktok", post_id=video.video_id).json()
        assert answer["result"]["engagement"]["shares"] == counters_at(video, one, NOW).shares

    def test_raw_profiles_have_the_platforms_own_names(self, real: SandboxBench) -> None:
        for platform, name in (
            ("instagram", "follower_count"),
            ("youtube", "subscriber_count"),
            ("twitter", "tweets_count"),
        ):
            one = profile(platform, handles(real, platform, 1)[0])
            answer = post(real, "creators/enrich/handle/raw/", platform=platform, handle=one.handle).json()
            assert answer["credits_cost"] == 0.03
            assert list(answer["result"]) == [platform]
            block = answer["result"][platform]
            assert block[name] == (one.posts if platform == "twitter" else one.followers)
            assert "engagement_percent" not in block

    def test_a_batch_holds_the_same_profiles_as_single_requests(self, real: SandboxBench) -> None:
        known = handles(real, "twitter", 3)
        content = "\n".join(["handle", *known, "nobody"]).encode()
        created = real.club.post(
            f"{ROOT}/enrichment/batch/",
            files={"file": ("rows.csv", content, "text/csv")},
            data={"platform": "twitter", "enrichment_mode": "full"},
        )
        path = f"{ROOT}/enrichment/batch/{created.json()['batch_id']}/"
        real.advance(seconds=60)
        rows = real.club.get(f"{path}?format=json").json()
        assert [set(row) for row in rows] == [{"input_value", "status", "enrichment_data"}] * 4
        assert [row["enrichment_data"]["twitter"]["username"] for row in rows[:3]] == known
        assert (rows[3]["status"], rows[3]["enrichment_data"]) == ("not_found", None)
        table = list(csv.DictReader(io.StringIO(real.club.get(path).text)))
        assert [json.loads(row["enrichment_data"] or "null") for row in table] == [
            row["enrichment_data"] for row in rows
        ]

    def test_nothing_there_has_four_faces_and_costs_nothing(self, real: SandboxBench) -> None:
        faces: dict[str, int] = {}
        for at in range(40):
            asked = {"platform": "instagram", "handle": f"nobody at all {at}"}
            response = post(real, "creators/enrich/handle/full/", **asked)
            again = post(real, "creators/enrich/handle/full/", **asked)
            assert (response.status_code, response.content) == (again.status_code, again.content)
            faces[response.text] = response.status_code
        assert faces == {
            "": 204,
            '{"detail":"No data found"}': 200,
            '{"error":"No data found"}': 200,
            '{"result":"No data found for this creator.","credits_cost":0.0}': 200,
        }
        for path in ("creators/socials/", "creators/content/posts/", "creators/enrich/handle/raw/"):
            assert post(real, path, platform="instagram", handle="nobody at all 1").status_code in (200, 204)
        assert real.charged("influencers_club") == 0

    def test_both_voices_charge_the_same(self, real: SandboxBench, start: Start) -> None:
        plain = start(size=SIZE)
        for bench in (plain, real):
            for handle in [*handles(bench, "instagram", 5), "nobody at all"]:
                for path in ("enrich/handle/full/", "enrich/handle/raw/", "socials/", "content/posts/"):
                    post(bench, f"creators/{path}", platform="instagram", handle=handle)
        assert plain.charged("influencers_club") == real.charged("influencers_club")


class TestInfluData:
    """Content, and the state of a creator."""

    def known(self) -> str:
        [found] = truth().search(Criteria(platform="instagram", known_to=GAPS.has_data), NOW).page(0, 1)
        return found.handle

    def test_content_has_the_fields_of_both_references(self, real: SandboxBench) -> None:
        answers = [
            real.infludata.get("/getContent", params={"platform": platform, "limit": 100}).json()
            for platform in ("instagram", "tiktok")
        ]
        assert matches("content", *answers)
        assert {item["gender"] for answer in answers for item in answer["items"]} <= {"male", "female", "unknown"}
        newest = answers[0]["items"][0]
        assert answers[0]["watermark"] == {"created_at_max": newest["uploaded"], "last_id": newest["_id"]}

    def test_content_by_offset_is_called_content(self, real: SandboxBench) -> None:
        answer = real.infludata.get("/getContent", params={"offset": 0, "limit": 3}).json()
        assert {"content", "count", "limit", "offset"} <= set(answer)
        assert "items" not in answer

    def test_no_content_is_404_and_free(self, real: SandboxBench) -> None:
        response = real.infludata.get("/getContent", params={"created_at_gte": "2026-03-02T12:00:01Z"})
        assert response.status_code == 404
        assert real.charged("infludata") == 0

    def test_the_state_of_a_creator_has_the_fields_of_both_references(self, real: SandboxBench) -> None:
        handle = self.known()
        answer = real.infludata.get("/checkDataStatus", params={"platform": "instagram", "username": handle}).json()
        assert matches("status", answer)
        one = profile("instagram", handle)
        assert (answer["followers"], answer["posts"], answer["displayName"]) == (one.followers, one.posts, one.name)

    def test_creators_queued_by_id_carry_their_username(self, real: SandboxBench) -> None:
        people = truth().search(Criteria(platform="instagram"), NOW).page(0, 20)
        body = {"platform": "instagram", "userIds": [one.native_id for one in people]}
        answer = real.infludata.post("/bulkAddToEnrich", json=body).json()
        assert [one["username"] for one in answer["processed"]] == [one.handle for one in people]
        assert {"isNewUser" in one for one in answer["processed"]} == {True, False}
        assert answer["summary"]["existingInDatabase"] + answer["summary"]["newlyAdded"] == 20


def test_influtics_says_only_whether_there_is_more(real: SandboxBench) -> None:
    one = profile("tiktok", "bar.films")
    url = f"https://www.tiktok.com/@{one.handle}/video/{next(posts_by(one, NOW)).video_id}"
    assert real.influtics.post("/v1/videos/track", json={"urls": [url]}).status_code == 200
    answer = real.influtics.get("/v1/videos/stats").json()
    assert answer["data"]["pagination"] == {"has_more": False}
    [video] = answer["data"]["data"]
    assert {path for path, _ in fields(video) if not path.startswith("stats.")} == VIDEO


def test_rows_of_keyapi_have_fractions_and_fields_that_its_schema_lacks(real: SandboxBench, start: Start) -> None:
    people = truth().search(Criteria(platform="tiktok"), NOW).page(0, 10)
    asked = {"user_ids": ",".join(one.native_id for one in people)}
    path = "/v1/tiktok/influencer/detail/analytics"
    rows = real.keyapi.get(path, params=asked).json()["data"]
    plain = start(size=SIZE).keyapi.get(path, params=asked).json()["data"]
    extra = {
        "product_category_list",
        "per_views_avg_30d_cnt",
        "total_live_sale_gmv_30d_amt",
        "total_video_sale_gmv_30d_amt",
    }
    assert all(set(row) - set(same) == extra for row, same in zip(rows, plain, strict=True))
    sellers = [row for row in rows if row["sales_flag"]]
    assert sellers
    assert all(
        isinstance(row[name], float)
        for row in sellers
        for name in ("total_sale_gmv_amt", "total_sale_gmv_30d_amt", "per_video_product_views_avg_7d_cnt")
    )
    assert {row["user_id"]: row["total_followers_cnt"] for row in rows} == {
        row["user_id"]: row["total_followers_cnt"] for row in plain
    }
