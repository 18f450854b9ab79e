"""The providers that the project knows. To add one, add its line to ``NAMES``.

What belongs here: that list, and the lists that follow from the definitions. What does not: anything about a single
provider, which is in ``DEFINITION`` of its folder's ``definition.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from creator_assets.providers.contract.batch_jobs import BatchJobs
from creator_assets.providers.contract.capability import AnyCapability
from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.contract.operations import Operation

# In the order in which they are shown. Of equally cheap providers the first one is asked.
NAMES = (
    "influencers_club",
    "infludata",
    "influtics",
    "keyapi",
)


def _definition(name: str) -> ProviderDefinition:
    """The ``DEFINITION`` of a provider's folder.

    Raises:
        TypeError: The folder's ``DEFINITION`` is not the definition of a provider of that name.
    """
    found = import_module(f"creator_assets.providers.{name}.definition").DEFINITION
    if not isinstance(found, ProviderDefinition) or found.name != name:
        raise TypeError(f"DEFINITION in providers/{name}/definition.py does not define the provider {name}")
    return found


PROVIDERS: Mapping[str, ProviderDefinition] = {name: _definition(name) for name in NAMES}
OPERATIONS: tuple[Operation, ...] = tuple(one for provider in PROVIDERS.values() for one in provider.operations)
CAPABILITIES: tuple[AnyCapability, ...] = tuple(one for provider in PROVIDERS.values() for one in provider.capabilities)
BATCH_JOBS: Mapping[str, BatchJobs] = {
    name: provider.batch_jobs for name, provider in PROVIDERS.items() if provider.batch_jobs is not None
}
