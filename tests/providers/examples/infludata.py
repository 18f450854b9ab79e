"""influData: a sign-up, a search, and what its first creator with a ready report has."""

from __future__ import annotations

from creator_assets.providers.infludata import content_requests, requests, rows
from tests.providers.bench import ProviderBench
from tests.providers.examples import SETTINGS, Ask, Examples, found_creators, one_table, usernames


def ask_all(bench: ProviderBench, ask: Ask) -> None:
    ask(requests.trial_key("jane@company.test", email_hash="h").first)
    code = bench.control.get("/mail").json()[-1]["code"]
    ask(requests.trial_code("jane@company.test", code, email_hash="h").first)
    page = ask(requests.search(SETTINGS, "instagram", {"followerMin": 10_000}, 20).first)
    names = usernames(rows.creator_rows, page)
    ready = next(
        name for name in names if rows.readiness(ask(requests.status(SETTINGS, "instagram", name).first)).has_audience
    )
    ask(requests.profile_with_report(SETTINGS, "instagram", ready).first)
    ask(requests.queue(SETTINGS, "instagram", names[:3])[0].first)
    ask(content_requests.content(SETTINGS, "instagram", ready, 5).first)
    ask(requests.balance(SETTINGS).first)
    ask(requests.cities(SETTINGS, "instagram", {"country": "Germany"})[0].first)


EXAMPLES = Examples(
    operations=tuple(f"ID-{number}" for number in range(1, 10)),
    ask=ask_all,
    rows={
        "ID-3": lambda answers: [rows.profile_rows(answers), rows.report_rows(answers).reports],
        "ID-5": one_table(rows.queue_rows),
        "ID-6": found_creators(rows.creator_rows),
        "ID-7": one_table(rows.content_rows),
        "ID-9": one_table(rows.filter_rows),
    },
    readers={"ID-4": rows.readiness, "ID-8": rows.balance},
)
