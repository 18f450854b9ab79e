"""Each kind of fault, and its effect on the charge."""

from __future__ import annotations

import time

import httpx
import pytest

from .conftest import SandboxBench

SEARCH = {"platform": "tiktok", "followerMin": "10000"}


def search(bench: SandboxBench) -> httpx.Response:
    return bench.infludata.get("/discovery", params=SEARCH)


def test_a_connection_dropped_before_the_charge_costs_nothing(bench: SandboxBench) -> None:
    bench.fault(kind="drop_before_charge", provider="infludata")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        search(bench)
    assert bench.charged("infludata") == 0


def test_a_connection_dropped_after_the_charge_costs_its_price(bench: SandboxBench) -> None:
    bench.fault(kind="drop_after_charge", operation="ID-6")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        search(bench)
    assert bench.charged("infludata") == 1


def test_a_truncated_body_ends_in_the_middle_and_is_charged(bench: SandboxBench) -> None:
    bench.fault(kind="truncated_body")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        search(bench)
    assert bench.charged("infludata") == 1


@pytest.mark.parametrize(("status", "charge"), [(500, 0), (503, 0), (429, 0), (402, 0), (403, 0), (401, 0)])
def test_a_status_fault_has_the_providers_error_body_and_charges_nothing(
    bench: SandboxBench, status: int, charge: int
) -> None:
    bench.fault(kind="status", status=status, retry_after="7", provider="infludata")
    response = search(bench)
    assert (response.status_code, response.headers["retry-after"]) == (status, "7")
    assert isinstance(response.json()["error"], str)
    assert bench.charged("infludata") == charge
    assert search(bench).status_code == 200


def test_a_gateway_error_can_follow_the_charge(bench: SandboxBench) -> None:
    bench.fault(kind="status", status=504, after_charge=True)
    assert search(bench).status_code == 504
    assert bench.charged("infludata") == 1


def test_a_monthly_429_gives_the_end_of_the_month(bench: SandboxBench) -> None:
    bench.fault(kind="monthly_limit")
    response = search(bench)
    assert response.status_code == 429
    assert response.json()["resetDate"] == "2026-04-01T00:00:00.000Z"


def test_bodies_can_be_malformed_empty_or_labelled_html(bench: SandboxBench) -> None:
    bench.fault(kind="malformed_json")
    with pytest.raises(ValueError, match="Expecting"):
        search(bench).json()
    bench.fault(kind="empty_body")
    assert search(bench).content == b""
    bench.fault(kind="wrong_content_type")
    response = search(bench)
    assert response.headers["content-type"].startswith("text/html")
    assert len(response.json()["users"]) == 20
    assert bench.charged("infludata") == 3


def test_latency_and_slow_bodies_delay_the_response(bench: SandboxBench) -> None:
    for rule in ({"kind": "latency"}, {"kind": "slow_body"}):
        bench.fault(seconds=0.3, **rule)
        begun = time.monotonic()
        assert len(search(bench).json()["users"]) == 20
        assert time.monotonic() - begun >= 0.3


def test_a_page_can_repeat_and_is_charged_again(bench: SandboxBench) -> None:
    first = search(bench).json()
    bench.fault(kind="repeated_page")
    second = bench.infludata.get("/discovery", params=SEARCH | {"skipCount": 20}).json()
    assert second == first
    assert bench.infludata.get("/discovery", params=SEARCH | {"skipCount": 20}).json() != first
    assert bench.charged("infludata") == 3


def test_values_can_be_changed_at_a_path(bench: SandboxBench) -> None:
    honest = search(bench).json()
    bench.fault(kind="null_field", field="users.0.username")
    assert [one["username"] for one in search(bench).json()["users"][:2]] == [
        None,
        honest["users"][1]["username"],
    ]
    bench.fault(kind="missing_field", field="users.*._id")
    assert all("_id" not in one for one in search(bench).json()["users"])
    bench.fault(kind="number_as_text", field="users.1.followers")
    assert search(bench).json()["users"][1]["followers"] == str(honest["users"][1]["followers"])
    bench.fault(kind="shrinking_total", count=2)
    assert [search(bench).json()["count"] for _ in range(3)] == [
        honest["count"] - 1,
        honest["count"] - 2,
        honest["count"],
    ]
    bench.fault(kind="unknown_fields", fields={"surprise": 1})
    assert all(one["surprise"] == 1 for one in search(bench).json()["users"])
    assert search(bench).json() == honest


def test_a_rule_hits_from_its_nth_request_as_often_as_it_says(bench: SandboxBench) -> None:
    bench.fault(kind="status", operation="ID-6", nth=2, count=2)
    bench.infludata.get("/getCitiesForCountry", params={"country": "Germany"})
    assert [search(bench).status_code for _ in range(4)] == [200, 500, 500, 200]
    [rule] = bench.control.get("/faults").json()
    assert (rule["seen"], rule["hits"]) == (4, 2)
    assert bench.control.delete("/faults").json() == []


def test_an_invalid_rule_is_refused_with_the_reason(bench: SandboxBench) -> None:
    response = bench.control.post("/faults", json={"kind": "gremlins"})
    assert response.status_code == 400
    assert "gremlins" in response.json()["error"]
