"""What the project needs to know of KeyAPI."""

from __future__ import annotations

from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.keyapi import operations, requests, rows

DEFINITION = ProviderDefinition(
    name=operations.NAME,
    display_name="KeyAPI",
    base_url=operations.BASE_URL,
    operations=operations.OPERATIONS,
    capabilities=(
        CapabilityKind.PROFILE.provided_by(
            operations.NAME,
            operations.PLATFORMS,
            pages=requests.profile,
            rows=rows.profile_rows,
            depth="full",
            charged=operations.ANALYTICS,
            shared_by=operations.IDS_PER_REQUEST,
        ),
    ),
)
