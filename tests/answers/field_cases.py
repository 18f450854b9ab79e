"""What must come out of the field's own cases, which lie beside the checkout and are never copied into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from creator_assets.replay.case import Expected

FIELD = Path(__file__).resolve().parents[3] / "shared" / "cases" / "answers"
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLUB = "influencers_club"
MILA = {"username": "mila.example", "state": "enriched", "followers": 101}


def _twice(odd: dict[str, object], credits: str) -> Expected:  # noqa: A002 - the field's name
    return Expected(
        runs=[True, True],
        requests=[2, 0],
        credits={CLUB: credits},
        counts={"enriched_profiles": 2, "rejected": 0},
        rows={"enriched_profiles": [MILA, {"username": "bom.example", **odd}]},
    )


_READ = {"state": "enriched", "followers": 102}
EXPECTED: Mapping[str, Expected] = {
    "01-two-equal-bodies-without-a-row": Expected(
        runs=[True],
        counts={"enriched_profiles": 3, "rejected": 0},
        rows={
            "enriched_profiles": [
                MILA,
                {"username": "gone.one", "state": "not_found"},
                {"username": "gone.two", "state": "not_found"},
            ]
        },
    ),
    "03-search-page-that-repeats": Expected(
        runs=[True], requests=[2], credits={CLUB: "1"}, counts={"discovery_results": 50}
    ),
    "04-byte-order-mark": _twice(_READ, "2"),
    "06-latin-1-bytes": _twice(_READ, "2"),
    "07-lone-surrogate": _twice(_READ, "2"),
    "08-200-no-data-found": _twice({"state": "not_found"}, "1"),
    "09-204": _twice({"state": "not_found"}, "1"),
    "10-minus-one-in-an-optional-count": Expected(
        runs=[True],
        counts={"rejected": 0, "field_notes": 2},
        rows={
            "enriched_profiles": [
                {"followers": 103, "posts": 12, "engagement_rate": 0.025, "following": None, "average_likes": None}
            ]
        },
    ),
    "12-tiktok-averages": Expected(
        runs=[True],
        rows={
            "enriched_profiles": [
                {
                    "average_views": 310000.5,
                    "average_comments": 120.25,
                    "average_likes": 9000.5,
                    "language": "en",
                    "engagement_basis": "er_views",
                }
            ]
        },
    ),
    "14-tweets-are-the-posts-of-twitter": Expected(
        runs=[True], rows={"enriched_profiles": [{"posts": 101963, "average_comments": 30, "language": "en"}]}
    ),
    "16-linkedin-raw-followers": Expected(
        runs=[True],
        rows={"enriched_profiles": [{"followers": 3200, "display_name": "Lea Beispiel", "biography": "about me"}]},
    ),
    "18-same-channel-from-roster-and-search": Expected(
        runs=[True],
        requests=[2],
        credits={CLUB: "1.01"},
        counts={"shortlist": 1, "enriched_profiles": 1},
        rows={
            "discovery_results": [{"username": "yara.example"}],
            "shortlist": [{"username": "yara.example"}],
            "enriched_profiles": [{"username": "yara.example"}],
        },
    ),
    "20-address-that-leads-nowhere": Expected(
        runs=[False],
        says=["the address is not the provider's"],
        credits={CLUB: "0"},
        counts={"enriched_profiles": 0},
    ),
    "22-result-is-a-sentence": Expected(
        runs=[True],
        credits={CLUB: "0"},
        counts={"rejected": 0},
        rows={"enriched_profiles": [{"username": "mila.example", "state": "not_found"}]},
    ),
    "23-audience-under-other-names": Expected(
        runs=[True], credits={"infludata": "20"}, counts={"audience_segments": 5, "rejected": 0}
    ),
    "25-post-of-somebody-else": Expected(
        runs=[True],
        rows={
            "content": [{"kind": "video", "author": "ina.example"}, {"kind": "carousel", "author": "famous.example"}]
        },
    ),
    "26-milliseconds": Expected(runs=[True], rows={"content": [{"published_at": "2026-11-18"}]}),
}
