"""A folder of briefs: which files are campaigns, and that one wrong brief takes no other down."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from creator_assets.campaigns import UnknownCampaignError, load_campaigns
from creator_assets.providers import capabilities
from tests.campaigns.briefs import BRIEF, CATALOG, changed, right


def test_one_wrong_brief_takes_no_other_down(tmp_path: Path) -> None:
    (tmp_path / "berlin-fitness.yaml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "another.yaml").write_text(changed("max_creators: 500", "max_creators: 0"), encoding="utf-8")
    (tmp_path / "Bad_Name.yaml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "short.yml").write_text(BRIEF, encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_000_001)
    (tmp_path / ".hidden.yaml").write_text("x", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    campaigns = load_campaigns(tmp_path, CATALOG)
    assert campaigns.slugs == ("berlin-fitness",)
    assert campaigns["berlin-fitness"] == right(BRIEF)
    assert {Path(fault.file).name: fault.problem for fault in campaigns.faults} == {
        "Bad_Name.yaml": "the name of the file is no campaign name",
        "another.yaml": "0 is out of range",
        "big.yaml": "the file is larger than 1,000,000 bytes",
        "folder.yaml": "this is no regular file",
        "gone.yaml": "the file cannot be read (No such file or directory)",
        "pipe.yaml": "this is no regular file",
        "short.yml": "a brief ends in .yaml",
    }
    assert all(str(fault).startswith(f"{tmp_path}/") for fault in campaigns.faults)


def test_a_folder_that_is_missing_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    campaigns = load_campaigns(tmp_path / "nowhere", CATALOG)
    assert campaigns.slugs == ()
    assert "cannot be read" in campaigns.faults[0].problem


def test_asking_for_an_unknown_campaign_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "berlin-fitness.yaml").write_text(BRIEF, encoding="utf-8")
    with pytest.raises(UnknownCampaignError, match="The campaigns are: berlin-fitness"):
        load_campaigns(tmp_path, CATALOG)["berlin"]


def test_the_example_briefs_are_right_cheap_and_current_for_months() -> None:
    campaigns = load_campaigns(Path(__file__).parents[2] / "campaigns", capabilities.catalog())
    assert [str(fault) for fault in campaigns.faults] == []
    assert campaigns.slugs == ("berlin-fitness", "uk-gaming-tiktok")
    berlin, uk = campaigns["berlin-fitness"], campaigns["uk-gaming-tiktok"]
    assert all(campaign.runs_on(date(2026, 11, 2) + timedelta(weeks=30)) for campaign in (berlin, uk))
    assert berlin.shortlist is not None
    assert uk.shortlist is not None
    # Prices of the providers' documents: 0.01 a creator found and 1 a full profile; 1 a page of twenty and 1 a profile.
    found = sum(one.max_creators for one in berlin.discovery) + sum(one.max_creators for one in berlin.lookalikes)
    assert Decimal("0.01") * found + berlin.shortlist.top < 30
    assert -(-sum(search.max_creators for search in uk.discovery) // 20) + uk.shortlist.top < 60
