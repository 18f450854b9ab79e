"""influencers.club: a search, what its creators have, a finished batch and a resumed one."""

from __future__ import annotations

from collections.abc import Sequence

from creator_assets.providers.influencers_club import (
    account_rows,
    dictionary_requests,
    operations,
    post_requests,
    post_rows,
    requests,
    rows,
)
from creator_assets.providers.parsing.bodies import text_at
from tests.providers.bench import ProviderBench
from tests.providers.examples import SETTINGS, Ask, Examples, found_creators, one_table, usernames


def ask_all(bench: ProviderBench, ask: Ask) -> None:
    names = usernames(rows.creator_rows, ask(requests.search(SETTINGS, "instagram", {}, 40).first))
    for name in names:
        if ask(requests.lookalikes(SETTINGS, "instagram", name, "", {}, 5).first).charge_microcredits:
            break
    ask(requests.overlap(SETTINGS, "instagram", names[:3]).first)
    for platform in ("instagram", "youtube", "twitch"):
        for pages in dictionary_requests.dictionaries(SETTINGS, platform, {}):
            ask(pages.first)
    ask(requests.socials(SETTINGS, "instagram", names[0]).first)
    _ask_with_address(bench, ask, names)
    ask(requests.raw_profile(SETTINGS, "instagram", names[0]).first)
    created = ask(requests.batches(SETTINGS, "instagram", names[:3], mode="raw")[0].first)
    batch_id = text_at(created.body, "batch_id")
    bench.advance(minutes=2)
    ask(requests.batch_status(SETTINGS, batch_id, platform="instagram", mode="raw").first)
    ask(requests.batch_results(SETTINGS, batch_id, platform="instagram", mode="raw").first)
    _ask_resume(bench, ask, names)
    posts = ask(post_requests.posts(SETTINGS, "instagram", names[0], 12).first)
    post_id = post_rows.content_rows([posts]).rows["content_id"][0]
    ask(post_requests.details(SETTINGS, "instagram", post_id).first)
    ask(requests.balance(SETTINGS).first)


def _ask_with_address(bench: ProviderBench, ask: Ask, names: Sequence[str]) -> None:
    """A full profile that holds an e-mail address, and the accounts behind that address."""
    for name in names:
        profile = bench.ask(requests.full_profile(SETTINGS, "instagram", name).first)
        address = text_at(profile.body, "result", "email")
        if address:
            ask(profile.request)
            for depth in operations.EMAIL_MODES:
                ask(requests.email(SETTINGS, address, email_hash=f"hash-{depth}", depth=depth).first)
            return


def _ask_resume(bench: ProviderBench, ask: Ask, names: Sequence[str]) -> None:
    """Only a batch that ran out of credits can be resumed."""
    left = bench.control.get("/accounts").json()
    account = next(one for one in left if one["key"] == bench.keys[operations.NAME])
    bench.account(operations.NAME, set_balance="0.03")
    created = bench.ask(requests.batches(SETTINGS, "instagram", names[3:6], mode="raw")[0].first)
    bench.advance(minutes=2)
    bench.account(operations.NAME, set_balance=account["left"])
    ask(requests.batch_resume(SETTINGS, text_at(created.body, "batch_id")).first)
    bench.advance(minutes=2)


EXAMPLES = Examples(
    operations=tuple(f"IC-{number}" for number in range(1, 25)),
    ask=ask_all,
    rows={
        "IC-1": found_creators(rows.creator_rows),
        "IC-2": found_creators(rows.creator_rows),
        "IC-3": one_table(account_rows.overlap_rows),
        **{f"IC-{number}": one_table(rows.filter_rows) for number in range(4, 13)},
        "IC-13": one_table(account_rows.linked_rows),
        "IC-14": lambda answers: [rows.profile_rows(answers), rows.report_rows(answers).reports],
        "IC-15": one_table(rows.profile_rows),
        "IC-16": one_table(account_rows.email_rows),
        "IC-17": one_table(account_rows.email_rows),
        "IC-18": one_table(account_rows.job_rows),
        "IC-19": one_table(account_rows.batch_profile_rows),
        "IC-21": one_table(account_rows.job_rows),
        "IC-22": one_table(post_rows.content_rows),
        "IC-23": one_table(post_rows.detail_rows),
    },
    readers={"IC-24": rows.balance},
)
