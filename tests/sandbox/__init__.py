"""Tests of the sandbox over real HTTP. Each test runs its own sandbox process."""
