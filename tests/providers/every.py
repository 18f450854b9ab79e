"""One good call of every operation, and what becomes of its answer: what tests of all operations go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.infludata import operations as infludata
from creator_assets.providers.infludata import pulls as infludata_pulls
from creator_assets.providers.infludata import rows as infludata_rows
from creator_assets.providers.influencers_club import account_rows, dictionaries, post_requests, post_rows
from creator_assets.providers.influencers_club import operations as club
from creator_assets.providers.influencers_club import rows as club_rows
from creator_assets.providers.influtics import operations as influtics
from creator_assets.providers.influtics import rows as influtics_rows
from creator_assets.providers.keyapi import operations as keyapi
from creator_assets.providers.keyapi import rows as keyapi_rows
from creator_assets.providers.parsing.bodies import text_at

from .bench import Bench

SETTINGS = ProviderSettings(client_id="sandbox-client")
Rows = Callable[[Sequence[Answer]], Sequence[Parsed]]
DICTIONARIES = range(4, 13)


def _found(rows: Callable[..., Parsed]) -> Rows:
    return lambda answers: [rows(answers, origin="search", origin_name="a", platform="instagram")]


def _one(rows: Callable[..., Parsed]) -> Rows:
    return lambda answers: [rows(answers)]


# The rows that each operation's answers become; an operation that is not here makes none (keys, status, balances).
ROWS: Mapping[str, Rows] = {
    "IT-1": _one(influtics_rows.profile_rows),
    "IT-2": _one(influtics_rows.tracked_rows),
    "ID-3": lambda answers: [infludata_rows.profile_rows(answers), infludata_rows.report_rows(answers).reports],
    "ID-5": _one(infludata_rows.queue_rows),
    "ID-6": _found(infludata_rows.creator_rows),
    "ID-7": _one(infludata_rows.content_rows),
    "ID-9": _one(infludata_rows.filter_rows),
    "KA-1": _one(keyapi_rows.profile_rows),
    "IC-1": _found(club_rows.creator_rows),
    "IC-2": _found(club_rows.creator_rows),
    "IC-3": _one(account_rows.overlap_rows),
    **{f"IC-{number}": _one(club_rows.filter_rows) for number in DICTIONARIES},
    "IC-13": _one(account_rows.linked_rows),
    "IC-14": lambda answers: [club_rows.profile_rows(answers), club_rows.report_rows(answers).reports],
    "IC-15": _one(club_rows.profile_rows),
    "IC-16": _one(account_rows.email_rows),
    "IC-17": _one(account_rows.email_rows),
    "IC-18": _one(account_rows.job_rows),
    "IC-19": _one(account_rows.batch_profile_rows),
    "IC-21": _one(account_rows.job_rows),
    "IC-22": _one(post_rows.content_rows),
    "IC-23": _one(post_rows.detail_rows),
}
# What else reads an answer.
READERS: Mapping[str, Callable[[Answer], Any]] = {
    "ID-4": infludata_rows.readiness,
    "ID-8": infludata_rows.balance,
    "IC-24": club_rows.balance,
}


def every_answer(bench: Bench) -> dict[str, Answer]:
    """Ask a successful call of each of the 36 operations; returns the answers by the operation's id."""
    asked: dict[str, Answer] = {}

    def ask(call: Request) -> Answer:
        asked[call.operation.id] = answer = bench.ask(call)
        assert answer.status < 300, (call, answer.status, answer.body)
        return answer

    _ask_infludata(bench, ask)
    ask(influtics.profile(SETTINGS, "tiktok", "bar.films").first)
    ask(influtics.track(SETTINGS, ["https://www.tiktok.com/@bar.films/video/7489443966908189959"])[0].first)
    ask(Request(operation=keyapi.ANALYTICS, params={"unique_ids": "bar.films,bible._.verse,nobody"}))
    _ask_club(bench, ask)
    return asked


def _ask_infludata(bench: Bench, ask: Callable[[Request], Answer]) -> None:
    ask(infludata.trial_key("jane@company.test", email_hash="h").first)
    code = bench.control.get("/mail").json()[-1]["code"]
    ask(infludata.trial_code("jane@company.test", code, email_hash="h").first)
    page = ask(infludata.search(SETTINGS, "instagram", {"followerMin": 10_000}, 20).first)
    names = _usernames(infludata_rows.creator_rows, page)
    ready = next(
        name
        for name in names
        if infludata_rows.readiness(ask(infludata.status(SETTINGS, "instagram", name).first)).has_audience
    )
    ask(infludata.profile_with_report(SETTINGS, "instagram", ready).first)
    ask(infludata.queue(SETTINGS, "instagram", names[:3])[0].first)
    ask(infludata_pulls.content(SETTINGS, "instagram", ready, 5).first)
    ask(infludata.balance(SETTINGS).first)
    ask(infludata.cities(SETTINGS, "instagram", {"country": "Germany"})[0].first)


def _ask_club(bench: Bench, ask: Callable[[Request], Answer]) -> None:
    names = _usernames(club_rows.creator_rows, ask(club.search(SETTINGS, "instagram", {}, 40).first))
    for name in names:
        if ask(club.lookalikes(SETTINGS, "instagram", name, {}, 5).first).charge_microcredits:
            break
    ask(club.overlap(SETTINGS, "instagram", names[:3]).first)
    for platform in ("instagram", "youtube", "twitch"):
        for pages in dictionaries.dictionaries(SETTINGS, platform, {}):
            ask(pages.first)
    ask(club.socials(SETTINGS, "instagram", names[0]).first)
    address = ""
    for name in names:
        profile = bench.ask(club.full_profile(SETTINGS, "instagram", name).first)
        address = text_at(profile.body, "result", "email")
        if address:
            ask(profile.request)
            break
    ask(club.raw_profile(SETTINGS, "instagram", names[0]).first)
    for depth in club.EMAIL_MODES:
        ask(club.email(SETTINGS, address, email_hash=f"hash-{depth}", depth=depth).first)
    created = ask(club.batches(SETTINGS, "instagram", names[:3], mode="raw")[0].first)
    batch_id = text_at(created.body, "batch_id")
    bench.advance(minutes=2)
    ask(club.batch_status(SETTINGS, batch_id, platform="instagram", mode="raw").first)
    ask(club.batch_results(SETTINGS, batch_id, platform="instagram", mode="raw").first)
    _ask_resume(bench, ask, names)
    posts = ask(post_requests.posts(SETTINGS, "instagram", names[0], 12).first)
    post_id = post_rows.content_rows([posts]).rows["content_id"][0]
    ask(post_requests.details(SETTINGS, "instagram", post_id).first)
    ask(club.balance(SETTINGS).first)


def _ask_resume(bench: Bench, ask: Callable[[Request], Answer], names: Sequence[str]) -> None:
    """Only a batch that ran out of credits can be resumed."""
    left = bench.control.get("/accounts").json()
    account = next(one for one in left if one["key"] == bench.keys[club.NAME])
    bench.account(club.NAME, set_balance="0.03")
    created = bench.ask(club.batches(SETTINGS, "instagram", names[3:6], mode="raw")[0].first)
    bench.advance(minutes=2)
    bench.account(club.NAME, set_balance=account["left"])
    ask(club.batch_resume(SETTINGS, text_at(created.body, "batch_id")).first)
    bench.advance(minutes=2)


def _usernames(rows: Callable[..., Parsed], page: Answer) -> list[str]:
    found: list[str] = rows([page], origin="search", origin_name="a", platform="instagram").rows["username"].to_list()
    return found
