"""Tables of identity: the providers' statements about linked accounts, and the creators that follow from them.

The providers' statements are bought for a campaign and week. Accounts, links and changes cover the whole installation,
because a person is the same in all campaigns. The room ``identity`` computes them.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    account_basis_column,
    account_id_column,
    count,
    native_id_column,
    provider_id_column,
    text,
    timestamp,
)
from creator_assets.tables.partition_keys import WEEKLY, WHOLE, Tables


def _confidence(description: str) -> dy.Float64:
    metadata = about("probability", Personal.INDIRECT)
    return dy.Float64(min=0, max=1, description=description, metadata=metadata, nullable=False)


class LinkedAccounts(Provenance):
    """One row per account that a provider links to the person of the requested account."""

    seed_platform = text("Platform of the requested account.", primary_key=True)
    seed_username = text(
        "Handle of the requested account, without @, in its one spelling (see the glossary).",
        Personal.DIRECT,
        primary_key=True,
    )
    platform = text(
        "Platform of the linked account. If there is none, the platform of the requested account.", primary_key=True
    )
    username = text(
        "Handle of the linked account, without @, in its one spelling (see the glossary).",
        Personal.DIRECT,
        primary_key=True,
    )
    state = text("`linked`, or `not_found` if the requested account has no links.")
    native_id = native_id_column()
    provider_id = provider_id_column()
    account_id = account_id_column()
    account_basis = account_basis_column()
    display_name = text("Name on the profile.", Personal.DIRECT, nullable=True)
    url = text("URL of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")


class EmailMatches(Provenance):
    """One row per e-mail address and account of its owner. Every table has a keyed hash instead of the address."""

    email_hash = text("Keyed hash of the e-mail address.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the account. Empty if the provider found none.", primary_key=True)
    username = text(
        "Handle of the account, without @. Empty if the provider found none.", Personal.DIRECT, primary_key=True
    )
    depth = text("`basic` or `advanced`.")
    state = text("`matched` or `not_found`.")
    lawful_basis = text("Lawful basis of the request by the brief (Article 6(1) GDPR).", nullable=True)
    purpose = text("Purpose of the request by the brief.", nullable=True)
    native_id = native_id_column()
    provider_id = provider_id_column()
    account_id = account_id_column()
    account_basis = account_basis_column()
    display_name = text("Name on the profile.", Personal.DIRECT, nullable=True)
    url = text("URL of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")


class CreatorAccounts(dy.Schema):
    """One row per account that was ever observed, with its creator and the evidence. Ids survive a rename."""

    account_id = text("Id of the account in this installation.", Personal.INDIRECT, primary_key=True)
    creator_id = text("Id of the person in this installation.", Personal.INDIRECT)
    creator_since = timestamp("Time of the first observation of the creator's first account.")
    platform = text("Platform of the account.")
    username = text("Latest observed handle, without @.", Personal.DIRECT, nullable=True)
    native_id = text("The platform's own id of the account.", Personal.DIRECT, nullable=True)
    account_basis = text("Basis of the account's id: `native`, `provider`, or `handle` (provisional).")
    founding_id = text("First id of the account in this installation.", Personal.INDIRECT)
    display_name = text("Latest observed name.", Personal.DIRECT, nullable=True)
    followers = count("Latest observed followers or subscribers.", "accounts")
    linked_to = text(
        "Account of the same creator that this account is linked to. Null for the creator's first account.",
        Personal.INDIRECT,
        nullable=True,
    )
    evidence = text(
        "Evidence for that link, e.g. `same_handle+stated`. Null for the creator's first account.",
        Personal.INDIRECT,
        nullable=True,
    )
    confidence = _confidence("Confidence of the weakest link to the creator's first account. 1 for the first account.")
    first_seen_at = timestamp("Time of the first observation.")
    last_seen_at = timestamp("Time of the latest observation.")


class AccountLinks(dy.Schema):
    """One row per pair of accounts with evidence for one person, joined or not."""

    account_id = text("Account with the smaller id.", Personal.INDIRECT, primary_key=True)
    other_account_id = text("Account with the larger id.", Personal.INDIRECT, primary_key=True)
    evidence = text("Kinds of evidence, joined by `+`.", Personal.INDIRECT)
    confidence = _confidence("Confidence that both accounts belong to one person.")
    verdict = text(
        "`joined`, or the reason against it: `weak`, `weak_chain`, `same_platform`, `kept_apart`, `too_many`."
    )


class AccountChanges(dy.Schema):
    """One row per change of an account, or of a creator's id."""

    kind = text(
        "`renamed`, `respelled`, `name_changed`, `probably_renamed`, `handle_taken`, `id_joined`, `creator_merged` or "
        "`creator_split`.",
        primary_key=True,
    )
    subject_id = text("Old id of the account or creator.", Personal.INDIRECT, primary_key=True)
    new_subject_id = text(
        "New id of the account or creator. The same as the old one if only a name changed.",
        Personal.INDIRECT,
        primary_key=True,
    )
    first_seen_new_at = timestamp("Time of the first observation of the new state.", primary_key=True)
    new_value = text("New handle or name. Empty for ids.", Personal.DIRECT, primary_key=True)
    old_value = text("Old handle or name. Empty for ids.", Personal.DIRECT)
    platform = text("Platform of the account. Empty for creators.")
    last_seen_old_at = timestamp("Time of the latest observation of the old state.", nullable=True)
    confidence = _confidence("Confidence in the change. Below 1 only for `probably_renamed`.")


TABLES: Tables = {
    "linked_accounts": (LinkedAccounts, WEEKLY),
    "email_matches": (EmailMatches, WEEKLY),
    "creator_accounts": (CreatorAccounts, WHOLE),
    "account_links": (AccountLinks, WHOLE),
    "account_changes": (AccountChanges, WHOLE),
}
"""The tables of this module, each with its schema and partition keys."""
