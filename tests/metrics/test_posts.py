"""The selection of posts: order by engagement, one row per post, and paid posts by provider or hashtag."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from creator_assets.metrics.disclosures import HASHTAGS
from creator_assets.metrics.posts import best_posts
from creator_assets.tables.schemas import Content
from tests.metrics.frames import NOON, frame


def best(*rows: dict[str, Any], top: int = 10, only_sponsored: bool = False) -> list[str]:
    return best_posts(frame(Content, *rows), top, only_sponsored=only_sponsored)["post_id"].to_list()


def post(native_id: str, likes: int | None, comments: int | None, age_days: int = 0, **changes: Any) -> dict[str, Any]:
    published_at = NOON - timedelta(days=age_days)
    return {"native_id": native_id, "content_id": f"IG_{native_id}", "likes": likes, "comments": comments} | {
        "published_at": published_at,
        "hashtags": [],
        **changes,
    }


def test_likes_and_comments_order_posts_and_hidden_likes_are_not_0() -> None:
    hidden = (post("3", None, 12), post("4", None, None), post("5", None, 20))
    assert best(post("1", 0, 5), post("2", 11, None), *hidden) == ["2", "1", "5", "3", "4"]


def test_posts_of_others_are_never_selected() -> None:
    theirs = post("theirs", 500_000, 900, username="ina", author="famous")
    assert best(theirs, post("own", 5, 1, username="ina", author="ina"), post("unsaid", 4, 0, username="ina")) == [
        "own",
        "unsaid",
    ]


def test_authors_are_compared_without_case_and_a_channel_id_says_nothing_of_a_handle() -> None:
    channel, other = "UCinventedinventedinvent", "UCanotheranotheranother1"
    rows = [
        post("case", 5, 0, username="@Ina", author="ina"),
        post("id", 4, 0, username=channel, author="ina"),
        post("handle", 3, 0, username="ina", author=channel),
        post("another", 2, 0, username=channel, author=other),
    ]
    assert best(*rows) == ["case", "id", "handle"]


@pytest.mark.parametrize(
    "caption",
    [
        "Werbung | mein neues Setup",
        "Enthält bezahlte Werbung.",
        "Paid partnership with @brand",
        "Vidéo en partenariat rémunéré avec X",
        "Colaboración pagada con X",
        "Collaborazione a pagamento",
        "betalt samarbete med X",
        "広告です",
        "협찬받음".encode("utf-16", "surrogatepass").decode("utf-16"),
        "Ad: new shoes",
        "[AD] new shoes",
        "ad",
        "https://shop.example/abc広告です",
        "Annonce: nye sko",
        "Dette er annonce for X",
        "Это реклама!",
        "Anzeige/Werbung",
        "Kemitraan berbayar",
    ],
)
def test_a_caption_discloses_in_words_of_its_language(caption: str) -> None:
    assert best(post("1", 1, 0, caption=caption), only_sponsored=True) == ["1"]


@pytest.mark.parametrize(
    "caption",
    [
        "See https://shop.example/#ad for more",
        "www.example.com/werbung",
        "shop.example/#ad",
        "shop.example/a#Werbung",
        "Grosse annonce demain !",
        "Werbung, unbezahlt",
        "Read my ad astra story",
        "werbungskosten und anzeigetafel",
        "unbezahlte Werbung",
        "This is not sponsored",
        "@werbung hat mich genannt",
        "",
    ],
)
def test_other_words_and_addresses_disclose_nothing(caption: str) -> None:
    assert best(post("1", 1, 0, caption=caption), only_sponsored=True) == []


def test_the_newest_of_equal_posts_comes_first() -> None:
    assert best(post("old", 5, 0, age_days=2), post("new", 0, 5), post("unknown", 5, 0, published_at=None)) == [
        "new",
        "old",
        "unknown",
    ]


def test_the_limit_is_inclusive_and_a_post_counts_once() -> None:
    rows = [post("1", 9, 0), post("1", 8, 0, provider="infludata"), post("2", 7, 0), post("3", 6, 0)]
    assert best(*rows, top=2) == ["1", "2"]


@pytest.mark.parametrize("hashtag", HASHTAGS)
def test_a_disclosing_hashtag_marks_a_paid_post_in_any_case(hashtag: str) -> None:
    assert best(post("1", 1, 0, hashtags=["summer", hashtag.upper()]), only_sponsored=True) == ["1"]


def test_the_disclosing_hashtags_are_those_of_the_rules() -> None:
    required = {
        "ad",
        "advertisement",
        "sponsored",
        "paidpartnership",
        "werbung",
        "anzeige",
        "publicidad",
        "adv",
        "reklama",
    }
    ambiguous = {"pub", "partner", "collab", "gifted"}
    assert required <= set(HASHTAGS)
    assert not ambiguous & set(HASHTAGS)


@pytest.mark.parametrize(
    ("changes", "is_paid"),
    [
        ({"is_sponsored": True}, True),
        ({"is_sponsored": False, "hashtags": ["ad"]}, True),
        ({"is_sponsored": False}, False),
        ({"is_sponsored": None, "hashtags": None}, False),
        ({"is_sponsored": None, "hashtags": ["adventure"]}, False),
    ],
)
def test_provider_or_hashtag_mark_a_paid_post(changes: dict[str, Any], is_paid: bool) -> None:
    assert bool(best(post("1", 1, 0, **changes), only_sponsored=True)) == is_paid
