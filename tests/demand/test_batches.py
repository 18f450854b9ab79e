"""Batches against the sandbox over HTTP: handed in once, paid as they go, collected to the row and to the credit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from creator_assets.campaigns import Profiles
from creator_assets.demand.batches.choice import BATCH_FROM, URGENT, CreatorGroup, batch_choices, batch_decision
from creator_assets.demand.batches.results import batched_profiles, settled_accounts
from creator_assets.demand.batches.stage import batch_rows
from creator_assets.demand.batches.steps import advance, poller, submit
from creator_assets.demand.provider_choice import Account, ProviderCandidates, first_requests, profile_candidates
from creator_assets.demand.requests import rows_of
from creator_assets.ledger.jobs.records import Job, JobState
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.spending.failures import AnswerDamagedError, CreditsExhaustedError, FateUnknownError
from creator_assets.spending.fetch import FetchContext, FetchResult
from creator_assets.spending.paid_client import PaidClient
from tests.contexts import context_of
from tests.ledger.scenery import ManualClock
from tests.market import (
    ALL_SETTINGS,
    CAMPAIGN,
    CLUB,
    CREDIT,
    MONDAY,
    ClientUnderTest,
    Market,
    campaign_of,
    purpose_of,
    search,
)

WEEK = Partition.parse(f"{CAMPAIGN}|{MONDAY:%Y-%m-%d}", PartitionKind.WEEK)
PROFILES = Profiles(depth="full", provider=CLUB)
PURPOSE = purpose_of(asset="enrichment_batches")
WHO = poller("run-1", "test")


@pytest.fixture(scope="module")
def market_process() -> Iterator[Market]:
    """A sandbox of this module's own, whose clock may be turned; ten rows of a batch a second."""
    market = Market.start(batch_rows_per_second=10.0, batch_status_spelling="completed")
    yield market
    market.close()


def pass_time(till: ClientUnderTest, clock: ManualClock, seconds: float) -> None:
    """Let time pass here and at the providers."""
    till.market.control.post("/clock", json={"advance_seconds": seconds}).raise_for_status()
    clock.turn(seconds=seconds)


def found(till: ClientUnderTest, count: int) -> tuple[str, ...]:
    """Handles that exist, found by a search."""
    pages = till.fetch(search(count)).answers[0]
    names = [one["profile"]["username"] for page in pages for one in msgspec.json.decode(page.body)["accounts"]]
    return tuple(names[:count])


def full_profiles(shortlist: pl.DataFrame) -> list[ProviderCandidates[AnswerRows]]:
    return profile_candidates(context_of(campaign_of(profiles=PROFILES), shortlist=shortlist)) or []


def handed_in(till: ClientUnderTest, creators: tuple[str, ...], mode: str = "full") -> Job:
    group = CreatorGroup(provider=CLUB, platform="instagram", mode=mode, creators=creators)
    (pages,) = group.pages(ALL_SETTINGS)
    return submit(till.paid_client, pages, PURPOSE)


def batch_requests(till: ClientUnderTest) -> int:
    return sum(request["operation"] == "IC-18" for request in till.market.requests(CLUB))


def collect(till: ClientUnderTest, creators: tuple[str, ...]) -> Any:
    wanted: list[Account] = [("instagram", name) for name in creators]
    at = context_of(campaign_of(profiles=Profiles(depth="full")), till.ledger)
    return batched_profiles(at, BuyerOf(till.paid_client), wanted)


class BuyerOf:
    """What a stage buys with, under the name of this test."""

    def __init__(self, paid_client: PaidClient) -> None:
        self.paid_client = paid_client

    def context(self, window: Window, *, tolerate_rejections: bool = False) -> FetchContext:
        return FetchContext(spender=WHO, window=window, tolerate_rejections=tolerate_rejections)

    def fetch(self, pages: Sequence[PagedRequest], window: Window, *, tolerate_rejections: bool = False) -> FetchResult:
        return self.paid_client.fetch(pages, self.context(window, tolerate_rejections=tolerate_rejections))

    fetch_affordable = fetch


@pytest.mark.parametrize(
    ("creators", "time_left", "is_batch"),
    [
        (BATCH_FROM - 1, timedelta(days=5), False),
        (BATCH_FROM, timedelta(days=5), True),
        (BATCH_FROM, URGENT - timedelta(seconds=1), False),
        (10_000, URGENT, True),
    ],
)
def test_size_and_urgency_choose_between_a_batch_and_single_requests(
    creators: int, time_left: timedelta, is_batch: bool
) -> None:
    way = batch_decision(creators, time_left)
    assert way.is_batch is is_batch
    assert way.reason.startswith("a batch" if is_batch else "single requests")


def test_a_batch_is_paid_as_it_goes_and_collected_to_the_row_and_the_credit(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    creators = found(till, 60)
    before = till.books(CLUB)[0]
    work = handed_in(till, creators)
    assert till.books(CLUB) == (before, 60 * CREDIT, 0)
    pass_time(till, turned_clock, 8)
    work, said = advance(till.paid_client, work, WHO)
    assert work.state is JobState.WAITING, said
    assert 30 <= work.rows_done < 60  # the sandbox's own clock goes on, too
    assert till.books(CLUB)[0] - before == work.charged_microcredits > 0
    assert sum(till.books(CLUB)) == before + 60 * CREDIT
    pass_time(till, turned_clock, 60)
    work, _ = advance(till.paid_client, work, WHO)
    assert work.state is JobState.READY
    batched = collect(till, creators)
    rows = pl.concat([parsed.rows for parsed in batched.rows])
    assert rows.height == 60
    assert rows.filter(pl.col("state") == "enriched").height * CREDIT == work.charged_microcredits
    assert rows["cost_microcredits"].sum() == work.charged_microcredits
    assert till.books(CLUB) == (before + work.charged_microcredits, 0, 0)
    (row,) = batch_rows(till.paid_client, [work])
    assert row.rows.select("state", "total_rows", "processed_rows").row(0) == ("finished", 60, 60)


def test_the_rows_of_a_batch_are_those_of_single_calls(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, 8)
    work = handed_in(till, creators)
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, work, WHO)
    (batched,) = collect(till, creators).rows
    shortlist = pl.DataFrame(
        {
            "platform": "instagram",
            "username": creators,
            "provider": CLUB,
            "selected": True,
            "native_id": None,
            "provider_id": None,
            "place": range(1, len(creators) + 1),
        }
    )
    ranked = full_profiles(shortlist)
    fetched = till.fetch(*first_requests(ranked).values())
    (single,) = rows_of([one.first for one in ranked], fetched.answers)
    columns = ["username", "state", "followers", "engagement_rate", "display_name", "biography", "average_likes"]
    assert batched.rows.select(columns).sort("username").equals(single.rows.select(columns).sort("username"))


def test_duplicates_are_not_handed_in(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, 5)
    work = handed_in(till, creators + creators)
    assert work.rows_total == 5
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, work, WHO)


def test_the_same_list_is_handed_in_once(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, 6)
    first, again = handed_in(till, creators), handed_in(till, creators)
    assert (again.job_id, batch_requests(till)) == (first.job_id, 1)
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, first, WHO)
    collect(till, creators)
    till.ledger.jobs.collected(first.job_id)
    third = handed_in(till, creators)
    assert (third.provider_job_id, batch_requests(till)) == (first.provider_job_id, 1)
    till.ledger.jobs.abandon(third.job_id, "as collected as the first")


def test_a_pause_is_an_alarm_that_waits_and_goes_on_after_a_top_up(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    creators = found(till, 40)
    work = handed_in(till, creators)
    till.market.set_account(CLUB, set_balance="10")
    pass_time(till, turned_clock, 30)
    work, said = advance(till.paid_client, work, WHO)
    assert work.state is JobState.PAUSED
    assert "0 credits are left" in said
    assert [notice.level for notice in till.ledger.notices() if notice.level.startswith("job")] == ["job_paused"]
    so_far = pl.concat([parsed.rows for parsed in collect(till, creators).rows])
    assert so_far.filter(pl.col("state") == "enriched").height == 10
    till.market.set_account(CLUB, set_balance="100")
    pass_time(till, turned_clock, 3600)
    work, said = advance(till.paid_client, work, WHO)
    assert (work.state, work.resumes) == (JobState.WAITING, 1), said
    pass_time(till, turned_clock, 60)
    work, _ = advance(till.paid_client, work, WHO)
    assert work.state is JobState.READY
    rows = pl.concat([parsed.rows for parsed in collect(till, creators).rows])
    assert rows.height == 40
    assert till.books(CLUB)[1] == 0


def test_a_job_that_fails_is_resumed_once_and_then_reported(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, 30)
    work = handed_in(till, creators)
    till.market.fault("job_fails", "IC-18", nth=11, count=2)  # row 11 at first, and again after the resumption
    pass_time(till, turned_clock, 30)
    work, said = advance(till.paid_client, work, WHO)
    assert (work.state, work.resumes, said) == (JobState.WAITING, 1, "resumed (failed: resumed once)")
    pass_time(till, turned_clock, 60)
    for _ in range(2):
        work, said = advance(till.paid_client, work, WHO)
        assert (work.state, work.resumes) == (JobState.FAILED, 1)
        assert said == "failed again after it was resumed"
    assert [one.level for one in till.ledger.notices() if one.level.startswith("job")] == ["job_failed"] * 2
    # What it has is collected, what it lacks is held until somebody gives it up; then it is asked for singly.
    batched = collect(till, creators)
    assert sum(parsed.rows.height for parsed in batched.rows) == 10
    assert till.books(CLUB)[1] == 30 * CREDIT - work.charged_microcredits
    till.ledger.jobs.abandon(work.job_id, "the provider gave up")
    assert till.books(CLUB)[1:] == (0, 30 * CREDIT - work.charged_microcredits)
    kept = collect(till, creators)
    assert sum(parsed.rows.height for parsed in kept.rows) == len(kept.settled) == 10  # paid, and not asked for again


def test_a_list_that_the_account_cannot_pay_is_refused_and_forgotten(till: ClientUnderTest) -> None:
    creators = found(till, 5)
    till.market.fault("status", "IC-18", status=402)
    with pytest.raises(CreditsExhaustedError):
        handed_in(till, creators)
    (work,) = till.ledger.jobs.of_partition("enrichment_batches", str(WEEK.key))
    assert work.state is JobState.ABANDONED
    assert till.books(CLUB)[1:] == (0, 0)


def test_what_may_have_arrived_is_never_handed_in_again_and_stays_counted(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    creators = found(till, 5)
    before = sum(till.books(CLUB))
    till.market.fault("drop_after_charge", "IC-18")
    with pytest.raises(FateUnknownError):
        handed_in(till, creators)
    assert handed_in(till, creators).state is JobState.UNCERTAIN
    assert batch_requests(till) == 1
    assert sum(till.books(CLUB)) == before + 5 * CREDIT
    pass_time(till, turned_clock, 60)  # and yet it is worked on and charged


def test_a_server_error_may_have_come_after_the_batch_was_made(till: ClientUnderTest) -> None:
    creators = found(till, 5)
    till.market.fault("status", "IC-18", status=504)
    with pytest.raises(AnswerDamagedError):
        handed_in(till, creators)
    assert handed_in(till, creators).state is JobState.UNCERTAIN
    assert batch_requests(till) == 1


def test_a_job_that_the_provider_has_forgotten_is_lost_and_its_rest_stays_in_doubt(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    creators = found(till, 5)
    work = handed_in(till, creators)
    till.market.fault("status", "IC-21", status=404)
    work, _ = advance(till.paid_client, work, WHO)
    assert work.state is JobState.LOST
    assert till.books(CLUB)[1:] == (0, 5 * CREDIT)
    pass_time(till, turned_clock, 60)  # and yet it works on and charges


def test_a_provider_that_is_down_for_an_hour_changes_nothing(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, 5)
    work = handed_in(till, creators)
    till.market.fault("status", "IC-21", status=503, count=None)
    for tick in range(4):
        same, said = advance(till.paid_client, work, poller(f"tick-{tick}", "test"))
        assert (same.state, same.provider_job_id) == (JobState.WAITING, work.provider_job_id)
        assert said.startswith("no answer")
        pass_time(till, turned_clock, 900)
    till.market.control.delete("/faults")
    done, _ = advance(till.paid_client, work, WHO)
    assert done.state is JobState.READY


DYING = """
import os, sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from creator_assets.demand.batches import steps
from tests.demand import test_batches
from tests.market import ClientUnderTest

moment, base_url, folder, now, *creators = sys.argv[1:]
running = SimpleNamespace(url=lambda provider: f"{base_url}/{provider}")
clock = lambda: datetime.fromisoformat(now)
till = ClientUnderTest.open(SimpleNamespace(running=running), Path(folder), clock=clock, sleep=lambda seconds: None)
if moment == "before":
    till.paid_client.fetch = lambda *_: os._exit(9)
else:
    steps._taken = lambda *_: os._exit(9)
test_batches.handed_in(till, tuple(creators))
"""


@pytest.mark.kills
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_dies_while_handing_in_does_not_hand_in_twice(
    till: ClientUnderTest, tmp_path: Path, turned_clock: ManualClock, moment: str
) -> None:
    """Killed before anything is sent, the list is handed in anew; killed after the answer, the job is found again."""
    creators = found(till, 5)
    base_url = till.market.running.base_url
    command = [sys.executable, "-c", DYING, moment, base_url, str(tmp_path), turned_clock.now.isoformat(), *creators]
    died = subprocess.run(command, check=False, timeout=60)
    assert died.returncode == 9
    (work,) = till.ledger.jobs.died_while_submitting()
    recovered, _ = advance(till.paid_client, work, WHO)
    assert recovered.state is (JobState.ABANDONED if moment == "before" else JobState.WAITING)
    final = handed_in(till, creators)
    assert (final.state, batch_requests(till)) == (JobState.WAITING, 1)
    assert till.books(CLUB)[1] == 5 * CREDIT
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, final, WHO)


def test_what_a_batch_has_is_not_wanted_again_by_anybody(till: ClientUnderTest, turned_clock: ManualClock) -> None:
    creators = found(till, BATCH_FROM)
    shortlist = pl.DataFrame(
        {
            "platform": "instagram",
            "username": creators,
            "provider": CLUB,
            "selected": True,
            "native_id": None,
            "provider_id": None,
        }
    ).with_row_index("place", 1)
    wanted = first_requests(full_profiles(shortlist))
    at = context_of(campaign_of(profiles=PROFILES), till.ledger)
    (choice,) = batch_choices(at, wanted)
    assert choice.decision.is_batch
    work = submit(till.paid_client, choice.pages[0], PURPOSE)
    assert batch_choices(at, wanted) == []
    assert collect(till, creators).settled == set(wanted)
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, work, WHO)
    collect(till, creators)
    till.ledger.jobs.collected(work.job_id)
    next_week = Partition.week_of(CAMPAIGN, WEEK.first_day + timedelta(days=7))
    assert batch_choices(msgspec.structs.replace(at, partition=next_week), wanted) == []


def test_no_module_of_batches_needs_dagster_to_be_imported_first() -> None:
    """The steps are plain functions: a fresh interpreter imports them without a definition being loaded."""
    code = "import creator_assets.demand.batches.choice as w; print(w.batch_decision(100, w.URGENT).is_batch)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "True"


def test_more_failed_records_than_records_are_an_unknown_count(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    job = handed_in(till, found(till, 3))
    odd = msgspec.structs.replace(job, rows_done=0, rows_failed=2)
    (parsed,) = batch_rows(till.paid_client, [odd])
    assert parsed.rows.select("succeeded_rows", "failed_rows").rows() == [(None, 2)]
    pass_time(till, turned_clock, 60)
    assert advance(till.paid_client, job, WHO)[0].state is JobState.READY


def test_no_batch_is_handed_in_or_used_for_profiles_with_an_option(
    till: ClientUnderTest, turned_clock: ManualClock
) -> None:
    creators = found(till, BATCH_FROM)
    shortlist = pl.DataFrame(
        {
            "platform": "instagram",
            "username": creators,
            "provider": CLUB,
            "selected": True,
            "native_id": None,
            "provider_id": None,
        }
    ).with_row_index("place", 1)
    plain = context_of(campaign_of(profiles=PROFILES), till.ledger, shortlist=shortlist)
    wish = Profiles(depth="full", provider=CLUB, only_with_email=True)
    with_option = context_of(campaign_of(profiles=wish), till.ledger, shortlist=shortlist)
    decided = [
        [choice.decision.is_batch for choice in batch_choices(at, first_requests(profile_candidates(at) or []))]
        for at in (plain, with_option)
    ]
    assert decided == [[True], []]
    asked = [one.first.pages.first.body for one in profile_candidates(with_option) or []]
    assert {(body or {})["email_required"] for body in asked} == {"must_have"}
    # A batch of plain profiles is no answer to them: it holds profiles without an address, too.
    (choice,) = batch_choices(plain, first_requests(profile_candidates(plain) or []))
    work = submit(till.paid_client, choice.pages[0], PURPOSE)
    assert len(settled_accounts(plain, timedelta(0))[0]) == BATCH_FROM
    assert settled_accounts(with_option, timedelta(0)) == (set(), set())
    pass_time(till, turned_clock, 60)
    advance(till.paid_client, work, WHO)
