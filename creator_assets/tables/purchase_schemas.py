"""Tables about purchases: background jobs, rejected records, the credit plan, the ledger and balances."""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import Personal, Provenance, about, count, microcredits, ordinal, text, timestamp
from creator_assets.tables.partition_keys import UNREAD, WEEKLY, WHOLE, Tables


class EnrichmentBatches(Provenance):
    """One row per batch or background job at a provider, with its last known state."""

    batch_id = text(
        "The provider's id of the batch. Queues without an id have the id of the request in the ledger.",
        primary_key=True,
    )
    platform = text("Platform of the creators. Empty if the response does not say.")
    mode = text("Work per creator: `raw`, `full`, `basic`, `advanced`, `queue`, `queue_weekly` or `track`.")
    state = text("`queued`, `processing`, `finished`, `failed` or `paused_insufficient_credits`.")
    next_look_at = timestamp("Time of the next poll. Null if the batch has ended.", nullable=True)
    total_rows = count("Submitted creators.", "creators", Personal.NONE)
    processed_rows = count("Processed creators.", "creators", Personal.NONE)
    succeeded_rows = count("Creators with data.", "creators", Personal.NONE)
    failed_rows = count("Creators without data.", "creators", Personal.NONE)
    reported_cost_microcredits = microcredits("Cost so far by the provider's own statement.", nullable=True)


class _Unread(Provenance):
    """What all tables of unread parts of responses have in common: which part it is, of which account, and why."""

    number = ordinal("Number of the row in its partition, from 1.", "row")
    position = dy.Int64(
        nullable=True,
        min=0,
        description="Position of the record in the response, from 0.",
        metadata=about("position"),
    )
    platform = text("Platform of the account. Null if the record has none.", nullable=True)
    account_id = text(
        "Id of the account in this installation. Null if the record has none.", Personal.INDIRECT, nullable=True
    )
    field = text("The field, as a path in the record or as a column. Empty for the whole response.")
    problem = text(
        "`missing`, `wrong_type`, `placeholder` (a word for no value), `impossible`, or `approximate` (rounded). "
        "Also `ambiguous` (unit), `unknown` (no reader knows the name), `repeated`, `unreadable` or `text` (repaired)."
    )
    reason = text("Error in the field, without its value.")


class Rejected(_Unread):
    """One row per record of a paid response that became no row of its table. The archive keeps the record.

    The partition key is the asset, its campaign, and the first day of its week or day. A table without partitions has
    the campaign `all` and the day 1970-01-01.
    """

    number = ordinal("Number of the row in its partition, from 1.", "row", primary_key=True)


class FieldNotes(_Unread):
    """One row per field of a paid response that could not be read as it stands. Its record has a row in its table.

    The partition key is that of `rejected`. The archive keeps the value.
    """

    number = ordinal("Number of the row in its partition, from 1.", "row", primary_key=True)


class CreditLedger(dy.Schema):
    """One row per admitted request: its asset, provider, cost, and the basis of the cost."""

    request_id = text("Id of the request in the ledger.", primary_key=True)
    provider = text("Provider of the request.")
    operation = text("Operation of the provider.")
    state = text("`reserved`, `sent`, `settled`, `voided`, `in_doubt` or `resolved`.")
    upper_microcredits = microcredits("Reserved amount: the maximum cost.")
    charge_microcredits = microcredits("Actual cost. Null until it is known.", nullable=True)
    basis = text("Basis of the actual cost: `stated`, `priced`, `free` or `assumed`.", nullable=True)
    asset = text("Asset that made the request.")
    partition = text("Partition that the request belongs to.")
    campaign = text("Campaign that pays. Empty for requests without a campaign.")
    run_id = text("Dagster run that made the request.")
    code_version = text("Version of the asset's code.")
    price_version = text("Version of the applied price list.")
    http_status = dy.Int64(nullable=True, description="HTTP status of the response.", metadata=about("HTTP status"))
    reserved_at = timestamp("Time of admission.")
    sent_at = timestamp("Time of sending.", nullable=True)
    closed_at = timestamp("Time at which the outcome was known.", nullable=True)


class AnswerFields(dy.Schema):
    """One row per field that a provider's answers of a week hold: how many of them, since when, and until when."""

    provider = text("Provider of the answers.", primary_key=True)
    operation = text("Operation of the provider.", primary_key=True)
    platform = text("Platform that the answer names. Empty if it names none.", primary_key=True)
    week = dy.Date(primary_key=True, description="Monday (UTC) of the week of the answers.", metadata=about("date"))
    path = text(
        "Names that lead to the field. `[]` is an element of a list, `*` a name that may be data. Empty for the answer "
        "itself. No value is part of a path.",
        primary_key=True,
    )
    json_type = text("`text`, `number`, `flag`, `list` or `object`. Null counts as absent.", primary_key=True)
    is_listed = dy.Bool(description="Whether a document of the provider names the field.", metadata=about())
    answers = dy.Int64(min=1, description="Answers that hold the field.", metadata=about("answers"))
    of_answers = dy.Int64(
        min=1,
        description="Answers that hold the object around it, from the first to the last one with the field.",
        metadata=about("answers"),
    )
    first_observed_at = timestamp("Time of the first answer of the week with the field.")
    last_observed_at = timestamp("Time of the last answer of the week with the field.")
    absent_since = dy.Int64(
        min=0,
        description="Answers in a row that lack the field by now, although they hold the object around it.",
        metadata=about("answers"),
    )
    through_entry = dy.Int64(
        min=0, description="Number of the last ledger entry that was counted.", metadata=about("number")
    )


class CreditPlan(dy.Schema):
    """One row per paid asset and operation: the missing requests of a week and their possible cost, before buying."""

    asset = text("Asset that would make the requests.", primary_key=True)
    provider = text("Provider of the requests.", primary_key=True)
    operation = text("Operation of the provider.", primary_key=True)
    falls_through = dy.Bool(
        primary_key=True,
        description="Whether the requests are fallbacks of the waterfall, made only if other providers have no data.",
        metadata=about(),
    )
    calls_min = count("Requests that are certain.", "requests", Personal.NONE)
    calls_max = count("Requests that may become necessary.", "requests", Personal.NONE)
    archive_hits = count("Responses that the archive already has.", "responses", Personal.NONE)
    min_microcredits = microcredits("Minimum cost. Null if the price is unknown.", nullable=True)
    max_microcredits = microcredits("Maximum cost. Null if the price is unknown.", nullable=True)
    left_microcredits = microcredits("Remainder of the tightest budget after the maximum cost.")
    tightest_scope = text("Budget with the smallest remainder.")
    verdict = text(
        "`fits`, `does not fit`, `price unknown`, `suspended`, `never observed` or `nothing to buy`. A fallback that "
        "does not fit has `may be truncated (...)` around it."
    )
    price = text("Price of the calculation.")
    planned_at = timestamp("Time of the plan.")


class ProviderBalances(dy.Schema):
    """One row per budget: the ledger's amounts and the provider's own statement."""

    scope = text("Budget, e.g. `influencers_club/discovery`.", primary_key=True)
    period = text("Period of the budget, e.g. `2026-11`. `-` for a budget that does not renew.", primary_key=True)
    limit_microcredits = microcredits("Limit of the budget.")
    spent_microcredits = microcredits("Settled charges.")
    held_microcredits = microcredits("Reserved for requests in progress.")
    in_doubt_microcredits = microcredits("Maximum cost of requests with unknown outcome.")
    left_microcredits = microcredits("Remainder that may still be admitted.")
    reported_left_microcredits = microcredits("Remaining credits by the provider's statement.", nullable=True)
    reported_used_microcredits = microcredits("Used credits by the provider's statement.", nullable=True)
    verdict = text("Result of the comparison with the provider, e.g. `agreed`. Empty without a comparison.")
    drift_microcredits = microcredits(
        "The provider's used credits minus the ledger's. Negative if the provider counts less.", nullable=True
    )
    observed_at = timestamp("Time of the provider's statement, else of reading the ledger.")


TABLES: Tables = {
    "enrichment_batches": (EnrichmentBatches, WEEKLY),
    "rejected": (Rejected, UNREAD),
    "field_notes": (FieldNotes, UNREAD),
    "credit_plan": (CreditPlan, WEEKLY),
    "credit_ledger": (CreditLedger, WHOLE),
    "provider_balances": (ProviderBalances, WHOLE),
    "answer_fields": (AnswerFields, WHOLE),
}
"""The tables of this module, each with its schema and partition keys."""
