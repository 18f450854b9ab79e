"""The registry of providers: each definition is consistent, and every list in the product follows from it."""

from __future__ import annotations

import pytest

from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.registry import BATCH_JOBS, CAPABILITIES, OPERATIONS, PROVIDERS
from creator_assets.sandbox import providers as sandbox_providers
from creator_assets.settings import from_environment

each_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda one: one.name)


@each_provider
def test_a_definition_is_consistent(provider: ProviderDefinition) -> None:
    assert provider.base_url.startswith("https://")
    assert {one.provider for one in provider.operations} == {provider.name}
    assert {one.provider for one in provider.capabilities} == {provider.name}
    assert all(one.charged in provider.operations for one in provider.capabilities if one.charged is not None)
    assert {name for one in provider.operations for name in one.sub_budgets} == set(provider.sub_budget_divisors)


def test_the_lists_hold_what_the_definitions_hold() -> None:
    assert (
        len(OPERATIONS) == len({one.id for one in OPERATIONS}) == sum(len(one.operations) for one in PROVIDERS.values())
    )
    assert len(CAPABILITIES) == sum(len(one.capabilities) for one in PROVIDERS.values())
    assert set(BATCH_JOBS) == {"influencers_club"}


@each_provider
def test_every_provider_is_a_resource_of_its_own_and_nested_in_the_paid_client(provider: ProviderDefinition) -> None:
    resources = from_environment({provider.variable("CREDIT_LIMIT"): "25"})
    account = resources.by_key()[provider.name]
    assert resources.paid_client.nested_resources[provider.name] is account
    assert resources.paid_client.providers()[provider.name].credit_limit == "25"
    assert resources.accounts[provider.name].base_url == provider.base_url


def test_a_sub_budget_is_its_share_of_the_credits_of_the_plan() -> None:
    accounts = from_environment({"INFLUENCERS_CLUB_CREDIT_LIMIT": "1000", "INFLUDATA_CREDIT_LIMIT": "1000"}).accounts
    assert accounts["influencers_club"].sub_limits == {"discovery": "100"}
    assert accounts["infludata"].sub_limits == {}


def test_the_sandbox_serves_every_provider_of_the_product() -> None:
    assert {one.name for one in sandbox_providers.PROVIDERS} == set(PROVIDERS)
