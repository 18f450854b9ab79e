"""``creator-assets budget --repeat``: what is in doubt is asked again when a person says so, and stays counted."""

from __future__ import annotations

from datetime import timedelta

from creator_assets.ledger.records import AdmissionRequest, Budget, Granted, InDoubt, Outcome, Window
from tests.cli.checkout import Checkout
from tests.ledger.scenery import WHO
from tests.market import CLUB, DATA


def test_a_doubtful_request_may_be_repeated_when_a_person_says_so_and_stays_counted(home: Checkout) -> None:
    home.run("budget")
    with home.ledger() as ledger:
        now = ledger.now()
        window = Window(start=now - timedelta(days=1), end=now + timedelta(days=1), reuse_since=now - timedelta(days=1))

        def ask() -> Outcome:
            want = AdmissionRequest(
                attempt_id=ledger.new_attempt_id(),
                request_key="the same request",
                provider=CLUB,
                operation="enrich_full",
                upper_microcredits=1_000_000,
                price_version="v1",
                budgets=(CLUB,),
            )
            return ledger.begin([want], WHO, window, dispatch=True)[0]

        ledger.state_budgets([Budget(scope=CLUB, limit_microcredits=1_000_000_000, billing_day=1)])
        ledger.doubt(ask().attempt_id, "its process died")
        assert isinstance(ask(), InDoubt)
        assert f"No request to {DATA} is in doubt." in home.run("budget", "--repeat", DATA).stderr
        assert isinstance(ask(), InDoubt)
        said = home.run("budget", "--repeat", CLUB).stderr
        assert f"1 requests to {CLUB} may be sent again. The 1 credits that they may have cost stay counted" in said
        assert isinstance(ask(), Granted)
    assert {one["scope"]: one["in_doubt"] for one in home.json("budget")["budgets"]}[CLUB] == "1"
    assert "is none of" in home.run("budget", "--repeat", "nobody", code=2).stderr


def test_a_limit_in_the_ledger_is_changed_by_one_command_and_the_settings_cannot_change_it(home: Checkout) -> None:
    home.run("budget", "set", DATA, "7")
    said = home.run("budget").stderr
    assert f"{DATA}: the ledger's limit is 7 credits, and the settings say " in said
    assert f"`creator-assets budget set {DATA} LIMIT`" in said
    assert {one["scope"]: one["limit"] for one in home.json("budget")["budgets"]}[DATA] == "7"
    with home.ledger() as ledger:
        (notice,) = [one for one in ledger.notices() if one.scope == DATA]
    assert notice.message.startswith("the limit was set to 7 on ")
    assert "is none of" in home.run("budget", "set", "nobody", "7", code=2).stderr
    assert "at most six decimals" in home.run("budget", "set", DATA, "many", code=2).stderr


def test_showing_budgets_writes_nothing(home: Checkout) -> None:
    home.run("budget")
    with home.ledger() as ledger:
        assert list(ledger.entries()) == []
        assert ledger.balances() == []
