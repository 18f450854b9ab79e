"""Fault rules: which requests fail, and how.

A rule matches by provider, operation and position, for a number of requests. This module selects rules and changes
bodies; ``request_pipeline`` does the rest. Every kind of fault occurs at real HTTP APIs. No provider is known here.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

import msgspec

FaultKind = Literal[
    "latency",
    "status",
    "fault_in_body",
    "monthly_limit",
    "drop_before_charge",
    "drop_after_charge",
    "truncated_body",
    "malformed_json",
    "empty_body",
    "wrong_content_type",
    "slow_body",
    "repeated_page",
    "shrinking_total",
    "null_field",
    "number_as_text",
    "unknown_fields",
    "missing_field",
    "job_fails",
    "row_fails",
]
# Faults of background work: counted by its rows, never by requests.
_BACKGROUND = frozenset({"job_fails", "row_fails"})


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault.

    Attributes:
        kind: Kind of fault. ``job_fails`` stops background work at a row, ``row_fails`` fails one row.
        provider: Provider that it applies to; None is any.
        operation: Operation id that it applies to, e.g. ``IC-1``; None is any.
        asked: Text in the query or body of the requests that it applies to, e.g. a handle; None is any.
        nth: First matching request (or row of background work) that it hits, counted from 1 since the rule was added.
        count: Number of hits from there on; None is every one.
        seconds: For ``latency`` the delay, for ``slow_body`` the duration of the body.
        status: For ``status`` the HTTP status; for ``fault_in_body`` the status inside the body, sent with HTTP 200.
        after_charge: For these two kinds: whether the provider charges before it sends the status (a billed 504).
        retry_after: For ``status`` and ``monthly_limit`` the value of a Retry-After header.
        field: For field faults the dotted path into the body, ``*`` or an index for list positions,
            e.g. ``users.0.followers``.
        fields: For ``unknown_fields`` the fields to add to every object; a few odd ones by default.
    """

    kind: FaultKind
    provider: str | None = None
    operation: str | None = None
    asked: str | None = None
    nth: int = 1
    count: int | None = 1
    seconds: float = 0.0
    status: int = 500
    after_charge: bool = False
    retry_after: str | None = None
    field: str | None = None
    fields: dict[str, Any] | None = None
    seen: int = 0
    hits: int = 0


class Faults:
    """The active rules and their counters."""

    def __init__(self) -> None:
        """Start without any fault."""
        self._rules: list[FaultRule] = []
        self._last_good: dict[str, Any] = {}

    def add(self, described: Any) -> FaultRule:
        """Add a rule from plain data.

        Raises:
            ValueError: The data is no fault rule; the message names the field.
        """
        try:
            rule = msgspec.convert(described, FaultRule)
        except msgspec.ValidationError as error:
            raise ValueError(f"this is no fault rule: {error}") from error
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove every rule."""
        self._rules.clear()

    def read(self) -> list[dict[str, Any]]:
        """Return the rules, each with its matches (``seen``) and hits."""
        return [msgspec.to_builtins(rule) for rule in self._rules]

    def matching_rules(self, provider: str, operation: str, asked: str) -> list[FaultRule]:
        """Count a request in every matching rule and return the rules that hit it; `asked` is its query and body."""
        return [
            rule
            for rule in self._rules
            if rule.kind not in _BACKGROUND and (rule.asked or "") in asked and _hits(rule, provider, operation)
        ]

    def hits_row(self, kind: FaultKind, provider: str, operation: str) -> bool:
        """Count a row of background work in every matching rule of a kind and return whether a rule hits it."""
        hits = [_hits(rule, provider, operation) for rule in self._rules if rule.kind == kind]  # every rule counts
        return any(hits)

    def distort(self, provider: str, operation: str, body: Any, active_rules: list[FaultRule]) -> Any:
        """Return a copy of the body, changed as the rules say."""
        repeated = any(rule.kind == "repeated_page" for rule in active_rules)
        place = f"{provider}/{operation}"
        if repeated and place in self._last_good:
            body = self._last_good[place]
        elif isinstance(body, (dict, list)):
            self._last_good[place] = body
        if not isinstance(body, (dict, list)):
            return body
        distorted = deepcopy(body) if active_rules else body
        for rule in active_rules:
            _apply(distorted, rule)
        return distorted


def _hits(rule: FaultRule, provider: str, operation: str) -> bool:
    """Count a request or a row in a rule and return whether the rule hits it."""
    if rule.provider not in (None, provider) or rule.operation not in (None, operation):
        return False
    rule.seen += 1
    is_hit = rule.seen >= rule.nth and (rule.count is None or rule.seen < rule.nth + rule.count)
    rule.hits += is_hit
    return is_hit


def _apply(body: Any, rule: FaultRule) -> None:
    """Change a body in place as one rule says. Kinds that do not concern the body change nothing."""
    if rule.kind == "shrinking_total" and isinstance(body, dict):
        for name in ("total", "count"):
            if isinstance(body.get(name), int):
                body[name] = max(0, body[name] - rule.hits)
    elif rule.kind == "unknown_fields":
        added = rule.fields or {"x_new_field": {"nested": [1, None, "\u202e\U0001f600"]}, "X-Odd Name": True}
        for record in _records(body):
            record.update(added)
    elif rule.kind in ("null_field", "number_as_text", "missing_field"):
        for holder, name in _targets(body, rule.field):
            _falsify(holder, name, rule.kind)


def _falsify(holder: dict[str, Any], name: str, kind: FaultKind) -> None:
    if kind == "null_field":
        holder[name] = None
    elif kind == "missing_field":
        holder.pop(name)
    elif isinstance(holder[name], (int, float)) and not isinstance(holder[name], bool):
        holder[name] = str(holder[name])


def _records(body: Any) -> list[dict[str, Any]]:
    """Return every object inside a body, outermost first."""
    found: list[dict[str, Any]] = [body] if isinstance(body, dict) else []
    for value in body.values() if isinstance(body, dict) else body:
        if isinstance(value, (dict, list)):
            found.extend(_records(value))
    return found


def _targets(body: Any, path: str | None) -> list[tuple[dict[str, Any], str]]:
    """Resolve a dotted path to (object, field name) pairs; None gives the first field of the first listed record."""
    if path is None:
        lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else [body]
        records = [value[0] for value in lists if value and isinstance(value[0], dict)]
        record = records[0] if records else body
        return [(record, next(iter(record)))] if isinstance(record, dict) and record else []
    *steps, last = path.split(".")
    reached = [body]
    for step in steps:
        following: list[Any] = []
        for value in reached:
            if isinstance(value, dict) and step in value:
                following.append(value[step])
            elif isinstance(value, list) and step == "*":
                following.extend(value)
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                following.append(value[int(step)])
        reached = following
    return [(value, last) for value in reached if isinstance(value, dict) and last in value]
