"""Asking the sandbox what the providers' operations would ask, and making answers by hand where it must be odd."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import polars as pl

from creator_assets.providers.contract.operations import Answer, PagedRequest, Request, Response, ResponseOutcome
from creator_assets.sandbox import RunningSandbox
from creator_assets.sandbox.providers import PROVIDERS as SANDBOX_PROVIDERS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS: dict[str, str] = {provider.name: provider.accounts[0]["key"] for provider in SANDBOX_PROVIDERS}


def response(body: Any, status: int = 200, **headers: str) -> Response:
    """Return a response; a body that is neither bytes nor text is sent as JSON."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Response(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=content
    )


def read(call: Request, body: Any, status: int = 200, **headers: str) -> ResponseOutcome:
    """Return what a response means to the operation of `call`."""
    return call.operation.read(call, response(body, status, **headers))


def answer(call: Request, body: Any, status: int = 200, *, observed_at: datetime = NOW, number: int = 1) -> Answer:
    """Return the answer that the paid client would return."""
    given = response(body, status)
    return answered(call, given, call.operation.read(call, given), observed_at=observed_at, number=number)


def answered(call: Request, given: Response, outcome: ResponseOutcome, *, observed_at: datetime, number: int) -> Answer:
    pause = outcome.not_before_seconds
    return Answer(
        request=call,
        kind=outcome.kind,
        status=given.status,
        body=given.body,
        response_sha256=hashlib.sha256(given.body + str(number).encode()).hexdigest(),
        observed_at=observed_at,
        request_id=f"request-{number}",
        run_id="run",
        charge_microcredits=outcome.charge_microcredits,
        not_before=None if pause is None else observed_at + timedelta(seconds=pause),
    )


class ProviderBench:
    """A running sandbox that requests are sent to, and the charges of their outcomes."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.client = httpx.Client(timeout=30)
        self.control = httpx.Client(base_url=running.url("_sandbox"), timeout=30)
        self.booked: dict[str, int] = dict.fromkeys(KEYS, 0)
        self.outcomes: list[ResponseOutcome] = []
        self.keys = dict(KEYS)

    def close(self) -> None:
        self.client.close()
        self.control.close()
        self.running.stop()

    def send(self, call: Request) -> Response:
        operation = call.operation
        key = {"authorization": f"Bearer {self.keys[operation.provider]}"} if operation.authenticated else {}
        files = {field: (file.name, file.content, file.media_type) for field, file in call.files.items()}
        sent = self.client.request(
            operation.method,
            self.running.url(operation.provider) + call.path,
            params=dict(call.params) or None,
            headers=key,
            **({"data": dict(call.body or {}), "files": files} if files else {"json": call.body}),
        )
        return Response(status=sent.status_code, headers=dict(sent.headers), body=sent.content)

    def ask(self, call: Request) -> Answer:
        given = self.send(call)
        outcome = call.operation.read(call, given)
        self.outcomes.append(outcome)
        self.booked[call.operation.provider] += outcome.charge_microcredits
        assert outcome.charge_microcredits <= call.worst_case_microcredits, "more was charged than the worst case"
        return answered(call, given, outcome, observed_at=self.now(), number=len(self.outcomes))

    def fetch(self, pages: PagedRequest) -> list[Answer]:
        """Make the requests page after page, as the paid client does."""
        answers: list[Answer] = []
        call: Request | None = pages.first
        while call is not None and len(answers) < pages.max_requests:
            answers.append(self.ask(call))
            call = pages.follow(answers[-1], len(answers))
        return answers

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control.get("/clock").json()["now"])

    def meter(self, provider: str) -> int:
        charged: int = self.control.get("/meter").json()[provider]["charged_microcredits"]
        return charged

    def asked_operations(self) -> set[str]:
        """Return the ids of all operations that the sandbox answered."""
        return {name for one in self.control.get("/meter").json().values() for name in one["operations"]}

    def advance(self, **duration: float) -> None:
        seconds = timedelta(**duration).total_seconds()
        assert self.control.post("/clock", json={"advance_seconds": seconds}).status_code == 200

    def fault(self, **rule: Any) -> None:
        given = self.control.post("/faults", json=rule)
        assert given.status_code == 201, given.text

    def account(self, provider: str, **changes: Any) -> None:
        given = self.control.post("/accounts", json={"key": self.keys[provider], **changes})
        assert given.status_code == 200, given.text


def total_cost(rows: pl.DataFrame) -> int:
    """Return the sum of the shares of cost."""
    return int(rows["cost_microcredits"].sum())
