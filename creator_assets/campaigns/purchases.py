"""What is bought for the creators that were found, and for addresses.

What belongs here: the sections `profiles`, `audiences`, `content`, `overlap`, `linked_accounts` and `email_matches`:
for how many, how fresh, from whom. Videos that are followed are in ``tracking``. A section with a fault yields None;
the fault is reported by then.
"""

from __future__ import annotations

from creator_assets.campaigns import scalars
from creator_assets.campaigns.address_file import MAX_ADDRESSES
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.lists import MAX_ACCOUNTS, items
from creator_assets.campaigns.model import (
    MONTH,
    QUARTER,
    Audiences,
    ContentWish,
    DetailsWish,
    EmailMatching,
    LinkedAccountsWish,
    Overlap,
    Profiles,
)
from creator_assets.campaigns.place import Place

MAX_ITEMS = 1_000
MAX_PAGES = 100
MAX_CALLS = 1_000
DEPTHS = ("full", "raw")
_NO_REASONS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "~")
EMAIL_DEPTHS = ("basic", "advanced")
LAWFUL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip
"""Those of Article 6(1) of the GDPR, (a) to (f)."""


def read_profiles(place: Place | None, catalog: ProviderCatalog) -> Profiles | None:
    """Read how the shortlist is enriched."""
    if place is None:
        return None
    fields = place.fields({"depth": "full", "max_age": "30d", "provider": "…", "max_cost_each": "2.5"})
    return Profiles(
        depth=scalars.choice(fields.get("depth"), DEPTHS, "depths", default=DEPTHS[0]),
        max_age=scalars.duration(fields.get("max_age"), MONTH),
        provider=scalars.provider(fields.get("provider"), catalog) or None,
        max_cost_each=scalars.amount(fields.get("max_cost_each")),
    )


def read_audiences(place: Place | None, catalog: ProviderCatalog) -> Audiences | None:
    """Read for whom audience reports are bought."""
    if place is None:
        return None
    form = {
        "top": "20", "max_age": "45d", "provider": "…", "max_cost_each": "22",
        "keep_sensitive_because": "the reason",
    }  # fmt: skip
    fields = place.fields(form, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    max_age = scalars.duration(fields.get("max_age"), MONTH)
    max_cost = scalars.amount(fields.get("max_cost_each"))
    because = _reason(fields.get("keep_sensitive_because"))
    if not top:
        return None
    return Audiences(
        top=top, max_age=max_age, provider=provider, max_cost_each=max_cost, keep_sensitive_because=because
    )


def _reason(place: Place | None) -> str:
    """Why something is done that is not done without a reason; a mere yes is none."""
    because = scalars.text(place)
    if place is not None and because.lower() in _NO_REASONS:
        place.refuse("this is no reason", "Write in a sentence why the campaign needs it, or leave the field out")
    return because


def read_content(place: Place | None, catalog: ProviderCatalog) -> ContentWish | None:
    """Read for whom new posts are bought."""
    if place is None:
        return None
    form = {"top": "10", "max_items": "20", "provider": "…", "details": "{kinds: [data], top: 10}"}
    fields = place.fields(form, required=("top", "max_items"))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    max_items = scalars.whole_number(fields.get("max_items"), at_least=1, at_most=MAX_ITEMS)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    details = _details(fields.get("details"), catalog)
    if not (top and max_items):
        return None
    return ContentWish(top=top, max_items=max_items, provider=provider, details=details)


def _details(place: Place | None, catalog: ProviderCatalog) -> DetailsWish | None:
    if place is None:
        return None
    form = {
        "kinds": "[data, comments]", "top": "10", "max_comment_pages": "2", "only_sponsored": "true", "max_age": "30d",
        "provider": "…",
    }  # fmt: skip
    fields = place.fields(form, required=("kinds", "top"))
    known = sorted({kind for can in catalog.providers.values() for kind in can.details})
    named = items(fields.get("kinds"), len(known))
    kinds = [kind for item in named if (kind := scalars.choice(item, known, "kinds"))]
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    pages = scalars.whole_number(fields.get("max_comment_pages"), at_least=1, at_most=MAX_PAGES)
    if pages and kinds and "comments" not in kinds:
        fields["max_comment_pages"].refuse("no comments are asked for", "Add comments to kinds, or remove this field")
    only_sponsored = scalars.flag(fields.get("only_sponsored")) or False
    max_age = scalars.duration(fields.get("max_age"), MONTH)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    if "kinds" in fields and fields["kinds"].found == "a list" and not named:
        fields["kinds"].refuse("names no kind of detail", f"Write some of: {', '.join(known)}")
    if not (kinds and top):
        return None
    return DetailsWish(
        kinds=tuple(dict.fromkeys(kinds)),
        top=top,
        max_comment_pages=pages or 1,
        only_sponsored=only_sponsored,
        max_age=max_age,
        provider=provider,
    )


def read_overlap(place: Place | None, catalog: ProviderCatalog) -> Overlap | None:
    """Read whose audiences are compared."""
    if place is None:
        return None
    fields = place.fields({"top": "10", "max_calls": "1", "provider": "…"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=2, at_most=MAX_ACCOUNTS)
    calls = scalars.whole_number(fields.get("max_calls"), at_least=1, at_most=MAX_CALLS)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    return Overlap(top=top, max_calls=calls or 1, provider=provider) if top else None


def read_linked_accounts(place: Place | None, catalog: ProviderCatalog) -> LinkedAccountsWish | None:
    """Read whose other accounts are asked for."""
    if place is None:
        return None
    fields = place.fields({"top": "20", "max_age": "90d", "provider": "…"}, required=("top",))
    top = scalars.whole_number(fields.get("top"), at_least=1, at_most=MAX_ACCOUNTS)
    max_age = scalars.duration(fields.get("max_age"), QUARTER)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    return LinkedAccountsWish(top=top, max_age=max_age, provider=provider) if top else None


def read_email_matches(place: Place | None, catalog: ProviderCatalog) -> EmailMatching | None:
    """Read the file whose addresses may be asked about, and why they may."""
    if place is None:
        return None
    form = {
        "addresses": "/a/folder/outside/addresses.txt",
        "lawful_basis": "consent",
        "purpose": "why the accounts behind the addresses are needed",
        "max_addresses": "100",
        "depth": "basic",
        "max_age": "90d",
        "provider": "…",
    }
    # An address may stand anywhere in this section by mistake: no fault repeats what does.
    fields = place.marked(personal=True).fields(
        form, required=("addresses", "lawful_basis", "purpose", "max_addresses")
    )
    path = scalars.outside_path(fields.get("addresses"))
    basis = scalars.choice(fields.get("lawful_basis"), LAWFUL_BASES, "lawful bases")
    purpose = scalars.text(fields.get("purpose"))
    if "@" in purpose:
        fields["purpose"].refuse("a purpose names nobody", "Say in words what the accounts are needed for")
    count = scalars.whole_number(fields.get("max_addresses"), at_least=1, at_most=MAX_ADDRESSES)
    depth = scalars.choice(fields.get("depth"), EMAIL_DEPTHS, "depths", default=EMAIL_DEPTHS[0])
    max_age = scalars.duration(fields.get("max_age"), QUARTER)
    provider = scalars.provider(fields.get("provider"), catalog) or None
    if not (path and basis and purpose and count):
        return None
    return EmailMatching(
        addresses=path,
        lawful_basis=basis,
        purpose=purpose,
        max_addresses=count,
        depth=depth,
        max_age=max_age,
        provider=provider,
    )
