"""A run whose brief has an unknown filter value: refused at the line of the value, before anything is paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from tests.assets.stage import stage_at
from tests.market import CLUB

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 10}
discovery:
  - name: one
    provider: influencers_club
    platform: instagram
    max_creators: 20
    filters:
      location: [%s]
shortlist: {top: 3}
"""


def test_nothing_is_searched_for_until_the_value_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as stage:
        stage.brief("one", BRIEF % "Germny")
        with pytest.raises(dg.Failure, match="nothing was searched and nothing paid") as refused:
            stage.run("discovery_results", slug="one")
        assert f"{tmp_path}/campaigns/one.yaml:10:17: discovery[0].filters.location: " in str(refused.value)
        assert set(stage.spent().values()) == {0}
        stage.brief("one", BRIEF % "Germany")
        stage.run("discovery_results", slug="one")
        assert stage.spent()[CLUB] == 200_000
        # Another name of the value travels as the value, so that the answer is in the archive already.
        stage.brief("one", BRIEF % "' GERMANY'")
        stage.run("discovery_results", slug="one")
        assert stage.spent()[CLUB] == 200_000
        # What is in the archive is not paid for, so that nobody is asked about it any more.
        asked = stage.asked()
        stage.turn(days=60)
        stage.gone = True
        stage.run("discovery_results", slug="one", day=date(2026, 11, 10))
        assert stage.asked() == asked


POSTS = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {infludata: 100}
roster: [{platform: tiktok, handle: bar.films}]
shortlist: {top: 1}
content:
  top: 1
  max_items: 3
  filters:
    country: %s
"""


def test_no_post_is_bought_until_the_country_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as stage:
        stage.brief("one", POSTS % "Germny")
        stage.run("discovery_results", "shortlist", slug="one")
        with pytest.raises(dg.Failure, match="nothing paid") as refused:
            stage.run("content", slug="one")
        assert f"{tmp_path}/campaigns/one.yaml:10:14: content.filters.country: infludata does not know" in str(
            refused.value
        )
        arrived = [one["operation"] for one in stage.control.get("/requests").json()["infludata"]]
        assert (arrived, set(stage.spent().values())) == (["ID-9"], {0})
        stage.brief("one", POSTS % "Germany")
        stage.run("content", slug="one")
        asked = stage.asked()
        stage.run("content", slug="one")
        assert stage.asked() == asked
