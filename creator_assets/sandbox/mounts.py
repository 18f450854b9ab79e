"""The providers that the sandbox serves. To add one, add its line to ``NAMES``.

Each is a module or package of this folder with a ``PROVIDER``; its name is also the first segment of its paths.
Nothing here is shared with the list of providers in the product: the sandbox judges that code.
"""

from __future__ import annotations

from importlib import import_module

from creator_assets.sandbox.engine.operation import Provider

NAMES = (
    "influencers_club",
    "infludata",
    "influtics",
    "keyapi",
)


def mounted_providers() -> tuple[Provider, ...]:
    """The providers, in the order of ``NAMES``.

    Raises:
        TypeError: The ``PROVIDER`` of a module is not the provider of that name.
    """
    found = []
    for name in NAMES:
        provider = import_module(f"creator_assets.sandbox.{name}").PROVIDER
        if not isinstance(provider, Provider) or provider.name != name:
            raise TypeError(f"PROVIDER in sandbox/{name} is not the provider {name}")
        found.append(provider)
    return tuple(found)
