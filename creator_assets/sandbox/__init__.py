"""The paid providers on localhost, rebuilt from their published documents.

The sandbox answers, charges, limits and fails as the documents say, over real HTTP, and keeps its own meter so that a
ledger elsewhere can be held against it. It shares nothing with the code that it tests but the arithmetic of
microcredits: a misreading on one side must show as a difference, not agree with itself.
"""

from creator_assets.sandbox.server import RunningSandbox, serve, start_in_background
from creator_assets.sandbox.settings import SandboxSettings

__all__ = ["RunningSandbox", "SandboxSettings", "serve", "start_in_background"]
