"""Fault rules: which requests go wrong, and how.

A rule matches by provider, operation and position, for a number of requests. Rules are pure choices here; the front
door acts on them. Every kind is something that has been seen of a real HTTP API; nothing here knows what an answer
means.
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
# What goes wrong while nobody asks: counted by rows of background work, never by requests.
_BACKGROUND = frozenset({"job_fails", "row_fails"})


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One thing that goes wrong.

    Attributes:
        kind: What goes wrong. ``job_fails`` lets background work stop at a row, ``row_fails`` lets it lose one.
        provider: Provider it applies to; None is any.
        operation: Operation id it applies to, e.g. ``IC-1``; None is any.
        asked: A text in the query or body of the requests it applies to, e.g. a handle; None is any.
        nth: First matching request (or row of background work) that it hits, counted from 1 since the rule was added.
        count: How many it hits from there on; None is every one.
        seconds: For ``latency`` the delay, for ``slow_body`` the time over which the body trickles.
        status: For ``status`` the HTTP status; for ``fault_in_body`` the status that the body tells of at HTTP 200.
        after_charge: For these two whether the work is done and charged before the status is sent (a billed 504).
        retry_after: For ``status`` and ``monthly_limit`` the value of a Retry-After header.
        field: For field faults the dotted path into the body, ``*`` or an index for list positions,
            e.g. ``users.0.followers``.
        fields: For ``unknown_fields`` what is added to every object; a few strange ones by default.
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
        """Return the rules with how often each was seen and hit."""
        return [msgspec.to_builtins(rule) for rule in self._rules]

    def strike(self, provider: str, operation: str, asked: str) -> list[FaultRule]:
        """Count one request against every matching rule and return those that hit it; `asked` is its query and body."""
        return [
            rule
            for rule in self._rules
            if rule.kind not in _BACKGROUND and (rule.asked or "") in asked and _hits(rule, provider, operation)
        ]

    def strike_row(self, kind: FaultKind, provider: str, operation: str) -> bool:
        """Count one row of background work against every matching rule of a kind and tell whether one hit it."""
        hits = [_hits(rule, provider, operation) for rule in self._rules if rule.kind == kind]  # each counts it
        return any(hits)

    def distort(self, provider: str, operation: str, body: Any, hitting: list[FaultRule]) -> Any:
        """Return the body as the rules falsify it; the original is left alone."""
        repeated = any(rule.kind == "repeated_page" for rule in hitting)
        place = f"{provider}/{operation}"
        if repeated and place in self._last_good:
            body = self._last_good[place]
        elif isinstance(body, (dict, list)):
            self._last_good[place] = body
        if not isinstance(body, (dict, list)):
            return body
        distorted = deepcopy(body) if hitting else body
        for rule in hitting:
            _apply(distorted, rule)
        return distorted


def _hits(rule: FaultRule, provider: str, operation: str) -> bool:
    """Count a request or a row against a rule, and tell whether the rule hits it."""
    if rule.provider not in (None, provider) or rule.operation not in (None, operation):
        return False
    rule.seen += 1
    is_hit = rule.seen >= rule.nth and (rule.count is None or rule.seen < rule.nth + rule.count)
    rule.hits += is_hit
    return is_hit


def _apply(body: Any, rule: FaultRule) -> None:
    """Falsify a body in place as one rule says; kinds that are not about the body's values leave it alone."""
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
    """Return every object inside a body, the outermost first."""
    found: list[dict[str, Any]] = [body] if isinstance(body, dict) else []
    for value in body.values() if isinstance(body, dict) else body:
        if isinstance(value, (dict, list)):
            found.extend(_records(value))
    return found


def _targets(body: Any, path: str | None) -> list[tuple[dict[str, Any], str]]:
    """Resolve a dotted path to (object, field name) pairs; without one, the first field of the first listed record."""
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
