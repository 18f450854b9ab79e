"""The exit codes of all commands, and the sentence that explains them."""

from __future__ import annotations

FAILURE = 1
PLAN_EXCEEDS_BUDGET = 3
INTERRUPTED = 130

EXIT_CODES = "Exit codes: 0 success, 1 failure, 2 usage error, 3 the plan exceeds a budget, 130 interrupted."
