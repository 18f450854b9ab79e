"""influData: a sign-up, a search, and what its first creator with a ready report has."""

from __future__ import annotations

from creator_assets.providers.infludata import operations, pulls, rows
from tests.providers.bench import Bench
from tests.providers.examples import SETTINGS, Ask, Examples, found_creators, one_table, usernames


def ask_all(bench: Bench, ask: Ask) -> None:
    ask(operations.trial_key("jane@company.test", email_hash="h").first)
    code = bench.control.get("/mail").json()[-1]["code"]
    ask(operations.trial_code("jane@company.test", code, email_hash="h").first)
    page = ask(operations.search(SETTINGS, "instagram", {"followerMin": 10_000}, 20).first)
    names = usernames(rows.creator_rows, page)
    ready = next(
        name for name in names if rows.readiness(ask(operations.status(SETTINGS, "instagram", name).first)).has_audience
    )
    ask(operations.profile_with_report(SETTINGS, "instagram", ready).first)
    ask(operations.queue(SETTINGS, "instagram", names[:3])[0].first)
    ask(pulls.content(SETTINGS, "instagram", ready, 5).first)
    ask(operations.balance(SETTINGS).first)
    ask(operations.cities(SETTINGS, "instagram", {"country": "Germany"})[0].first)


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
