"""Tables of who is who: what providers say of it, and what is believed: which account is whose, why, and since when.

What providers say is bought for a campaign's week. What is believed covers the whole installation, since a person is
the same in all campaigns; how those rows come about is for the room ``identity``.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    accounts_basis,
    accounts_id,
    count,
    moment,
    platforms_id,
    providers_id,
    text,
)


def _confidence(description: str) -> dy.Float64:
    return dy.Float64(
        min=0, max=1, description=description, metadata=about("probability", Personal.INDIRECT), nullable=False
    )


class LinkedAccounts(Provenance):
    """One row per account that a provider says belongs to the person behind the account asked for."""

    seed_platform = text("Platform of the account that was asked for.", primary_key=True)
    seed_username = text("Its handle, without @.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the linked account; the seed's own where nothing was found.", primary_key=True)
    username = text("Handle of the linked account, without @.", Personal.DIRECT, primary_key=True)
    state = text("`linked`, or `not_found` for a seed without any.")
    native_id = platforms_id()
    provider_id = providers_id()
    account_id = accounts_id()
    account_basis = accounts_basis()
    display_name = text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    url = text("Address of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")


class EmailMatches(Provenance):
    """One row per e-mail address and account found behind it; the address is a keyed hash here and everywhere."""

    email_hash = text("Keyed hash of the address.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the account; empty where nothing was found.", primary_key=True)
    username = text(
        "Handle of the account, without @; empty where nothing was found.", Personal.DIRECT, primary_key=True
    )
    depth = text("`basic` or `advanced`.")
    state = text("`matched` or `not_found`.")
    lawful_basis = text("On which basis of Article 6(1) GDPR the brief has it asked.", nullable=True)
    purpose = text("For which purpose the brief has it asked.", nullable=True)
    native_id = platforms_id()
    provider_id = providers_id()
    account_id = accounts_id()
    account_basis = accounts_basis()
    display_name = text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    url = text("Address of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")


class CreatorAccounts(dy.Schema):
    """One row per account ever seen: whose it is, and by which evidence. Its ids survive a rename."""

    account_id = text("The account's id in this installation.", Personal.INDIRECT, primary_key=True)
    creator_id = text("The person's id in this installation.", Personal.INDIRECT)
    creator_since = moment("When the first account of this creator was first seen.")
    platform = text("Platform of the account.")
    username = text("Handle when last seen, without @.", Personal.DIRECT, nullable=True)
    native_id = text("The platform's own id.", Personal.DIRECT, nullable=True)
    account_basis = text("What the account's id rests on: `native`, `provider` or, provisionally, `handle`.")
    founding_id = text("The id under which it was first known.", Personal.INDIRECT)
    display_name = text("Name when last seen.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers when last seen.", "accounts")
    linked_to = text(
        "Account of the same creator by which it belongs to him; null for his first.", Personal.INDIRECT, nullable=True
    )
    evidence = text("What speaks for that link, e.g. `same_handle+stated`; null for his first.", nullable=True)
    confidence = _confidence("Of the weakest link on the way to the creator's first account; 1 for that itself.")
    first_seen_at = moment("When it was first observed.")
    last_seen_at = moment("When it was last observed.")


class AccountLinks(dy.Schema):
    """One row per two accounts that something says to be one person's, joined or not."""

    account_id = text("The account with the smaller id.", Personal.INDIRECT, primary_key=True)
    other_account_id = text("The other one.", Personal.INDIRECT, primary_key=True)
    evidence = text("What says so, kinds joined by `+`.")
    confidence = _confidence("That they are one person's.")
    verdict = text("`joined`, or why not: `weak`, `weak_chain`, `same_platform`, `kept_apart`, `too_many`.")


class AccountChanges(dy.Schema):
    """One row per thing that happened to an account, or to a creator's id."""

    kind = text(
        "`renamed`, `respelled`, `name_changed`, `probably_renamed`, `handle_taken`, `id_joined`, `creator_merged` or "
        "`creator_split`.",
        primary_key=True,
    )
    subject_id = text("Account, or creator, as it was known before.", Personal.INDIRECT, primary_key=True)
    new_subject_id = text(
        "As it is known now; the same where only a name changed.", Personal.INDIRECT, primary_key=True
    )
    first_seen_new_at = dy.Datetime(
        time_zone="UTC",
        time_unit="us",
        primary_key=True,
        description="When the new state was first seen.",
        metadata=about("UTC"),
    )
    new_value = text("Handle or name since; empty for ids.", Personal.DIRECT, primary_key=True)
    old_value = text("Handle or name before; empty for ids.", Personal.DIRECT)
    platform = text("Platform of the account; empty for creators.")
    last_seen_old_at = moment("When the old state was last seen.", nullable=True)
    confidence = _confidence("That it happened; below 1 only for `probably_renamed`.")
