"""Tests of the sandbox, over real HTTP against a process of its own."""
