"""A local HTTP server that imitates the paid providers. Tests and the demonstration run against it.

Belongs here: everything that the server does. It responds, charges, limits and fails as the providers' documents say.
Its meter counts every charge, so that tests can compare the ledger with it.

Does not belong here: any code of the rooms that it tests. The sandbox imports only ``microcredits`` from the project.
Shared code would hide an error that both sides make.
"""

from creator_assets.sandbox.server import RunningSandbox, serve, start_in_background
from creator_assets.sandbox.settings import SandboxSettings

__all__ = ["RunningSandbox", "SandboxSettings", "serve", "start_in_background"]
