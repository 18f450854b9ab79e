"""The engine: processes, state, clock, accounts, limits and the meter, over real HTTP."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

import creator_assets.sandbox
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.sandbox.engine.limits import RateLimiter, RateWindow
from creator_assets.sandbox.providers import PROVIDERS
from creator_assets.sandbox.server import SandboxStartError
from tests.reference import reference

from .conftest import KEYS, SandboxBench, Start

SEARCH = {"platform": "tiktok", "followerMin": "10000"}


def test_the_sandbox_imports_no_code_that_it_tests() -> None:
    folder = Path(creator_assets.sandbox.__file__).parent
    allowed = ("creator_assets.sandbox", "creator_assets.microcredits")
    for module in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("creator_assets") or name.startswith(allowed), (
                    f"{module.name} imports {name}"
                )


def test_a_synthetic_sandbox_starts_without_loading_a_data_frame_library() -> None:
    code = "import sys; from creator_assets.sandbox import app, settings; app.build_app(settings.SandboxSettings())"
    check = f"{code}; print([name for name in ('polars', 'pyarrow', 'numpy', 'dagster') if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_every_operation_of_the_contract_is_served_under_its_own_id() -> None:
    contract = reference("vendors/contract.json", "the documented operations")
    documented = {
        (one["id"], one["method"], one["path"].partition("/api/externalAPI")[2] or one["path"])
        for one in json.loads(contract.read_text())["endpoints"]
    }
    served = {
        (endpoint.id, endpoint.method, endpoint.path) for provider in PROVIDERS for endpoint in provider.endpoints
    }
    assert len(documented) == 36
    assert documented <= served


def test_the_child_process_gets_the_settings(start: Start) -> None:
    bench = start(seed=11, size=1_234, infludata_error_shape="object", first_page=0, similar_counts_as_discovery=False)
    assert bench.control.get("/health").json()["universe_id"] == "synthetic-11-1234"
    assert bench.infludata.get("/discovery").json()["error"]["code"] == "BAD_REQUEST"


def test_a_sandbox_that_cannot_start_gives_the_reason() -> None:
    with pytest.raises(SandboxStartError, match="1,048,576"):
        start_in_background(SandboxSettings(size=0))


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import time; from creator_assets.sandbox import *; s = start_in_background(SandboxSettings(size=100));"
        "print(s.pid, s.base_url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert parent.stdout is not None
    pid, base_url = parent.stdout.readline().split()
    assert httpx.get(f"{base_url}/_sandbox/health").status_code == 200
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{base_url}/_sandbox/health")
        except httpx.TransportError:
            return
        time.sleep(0.05)
    os.kill(int(pid), signal.SIGKILL)
    pytest.fail("the sandbox outlived its parent")


def test_stopping_twice_is_harmless_and_frees_the_port() -> None:
    running = start_in_background(SandboxSettings(size=100))
    running.stop()
    running.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.base_url}/_sandbox/health")


def test_balances_meter_clock_and_jobs_survive_a_killed_process(start: Start, tmp_path: Path) -> None:
    state_path = str(tmp_path / "state.sqlite")
    first = start(state_path=state_path)
    first.advance(days=3)
    assert first.infludata.get("/discovery", params=SEARCH).status_code == 200
    tracked = first.influtics.post("/v1/videos/track", json={"urls": ["https://youtu.be/dQw4w9WgXcQ"]})
    now = first.control.get("/clock").json()["now"]
    os.kill(first.running.pid, signal.SIGKILL)

    second = start(state_path=state_path)
    assert second.charged("infludata") == 1
    assert second.charged("influtics") == 30
    assert second.infludata.get("/getClientInfo", params={"clientId": "sandbox-client"}).json()["reportsLeft"] == 4_999
    assert now <= second.control.get("/clock").json()["now"] < "2026-03-05T13"
    again = second.influtics.post("/v1/videos/track", json={"urls": ["https://youtu.be/dQw4w9WgXcQ"]}).json()
    assert again["data"]["results"][0]["status"] == "already_tracked"
    assert again["meta"]["request_id"] != tracked.json()["meta"]["request_id"]


def test_two_processes_of_one_seed_send_identical_bytes(start: Start) -> None:
    params = {"platform": "instagram", "country": "Germany", "followerMin": "10000"}
    responses = [start(seed=3).infludata.get("/discovery", params=params).content for _ in range(2)]
    assert responses[0] == responses[1]
    assert start(seed=4).infludata.get("/discovery", params=params).content != responses[0]


@pytest.mark.parametrize("provider", KEYS)
def test_a_wrong_or_missing_key_is_a_401_and_costs_nothing(bench: SandboxBench, provider: str) -> None:
    paths = {
        "influencers_club": "/public/v1/accounts/credits/",
        "infludata": "/getClientInfo?clientId=sandbox-client",
        "influtics": "/v1/bloggers/info?username=bar.films",
        "keyapi": "/v1/tiktok/influencer/detail/analytics?unique_ids=bar.films",
    }
    url = bench.running.url(provider) + paths[provider]
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Basic {KEYS[provider]}"}):
        assert httpx.get(url, headers=headers).status_code == 401
    foreign = KEYS["keyapi" if provider != "keyapi" else "influtics"]
    assert httpx.get(url, headers={"Authorization": f"Bearer {foreign}"}).status_code == 401
    assert bench.charged(provider) == 0
    assert httpx.get(url, headers={"Authorization": f"Bearer {KEYS[provider]}"}).status_code == 200


def test_accounts_can_be_topped_up_emptied_and_added(bench: SandboxBench) -> None:
    bench.set_account("keyapi", set_balance="0")
    params = {"unique_ids": "bar.films"}
    assert bench.keyapi.get("/v1/tiktok/influencer/detail/analytics", params=params).status_code == 402
    bench.set_account("keyapi", top_up="1")
    assert bench.keyapi.get("/v1/tiktok/influencer/detail/analytics", params=params).status_code == 200
    assert bench.keyapi.get("/v1/tiktok/influencer/detail/analytics", params=params).status_code == 402
    added = bench.control.post("/accounts", json={"key": "another", "provider": "keyapi", "limit": "2.5"})
    assert added.json()["left"] == "2.5"
    refused = bench.control.post("/accounts", json={"key": "another", "colour": "red"})
    assert refused.status_code == 400
    assert "colour" in refused.json()["error"]


def test_a_burst_beyond_the_limit_is_refused_until_the_window_has_passed(start: Start) -> None:
    bench = start(rate_limit_scale=1.0)
    statuses = [
        bench.infludata.get("/getCitiesForCountry", params={"country": "Germany"}).status_code for _ in range(26)
    ]
    assert statuses == [200] * 25 + [429]
    bench.advance(seconds=1)
    assert bench.infludata.get("/getCitiesForCountry", params={"country": "Germany"}).status_code == 200
    arrivals = bench.control.get("/requests", params={"provider": "infludata"}).json()["infludata"]
    assert [one["status"] for one in arrivals] == [*statuses, 200]
    assert [one["number"] for one in arrivals] == list(range(1, 28))


def test_no_window_ever_holds_more_than_its_limit() -> None:
    limiter, window = RateLimiter(), RateWindow(20, 60)
    admitted: list[float] = []
    now = 0.0
    for step in range(400):
        now += (step * 7 % 11) / 2
        if limiter.admit("key", (window,), now) == 0:
            admitted.append(now)
    assert len(admitted) < 400
    for at in admitted:
        assert sum(at - 60 < other <= at for other in admitted) <= 20


def test_a_refusal_names_the_wait_after_which_the_request_fits() -> None:
    limiter, window = RateLimiter(), RateWindow(1_000, 60)
    assert limiter.admit("key", (window,), 0.0, 600) == 0
    assert limiter.admit("key", (window,), 10.0, 400) == 0
    wait_seconds = limiter.admit("key", (window,), 20.0, 700)
    assert wait_seconds == 50.0
    assert limiter.admit("key", (window,), 20.0 + wait_seconds, 700) == 0


def test_the_clock_can_be_set_to_a_past_date_and_then_advanced(bench: SandboxBench) -> None:
    response = bench.control.post("/clock", json={"set": "2025-09-24T10:00:00Z"})
    assert response.json()["now"].startswith("2025-09-24T10:00:0")
    bench.advance(days=1)
    assert bench.control.get("/clock").json()["now"].startswith("2025-09-25T10:00:0")
    assert bench.control.post("/clock", json={"to": "tomorrow"}).status_code == 400


def test_the_meter_adds_up_and_never_shows_a_key(bench: SandboxBench) -> None:
    for _ in range(3):
        bench.infludata.get("/discovery", params=SEARCH)
    bench.infludata.get("/getUserData", params={"platform": "instagram", "username": "cristiano"})
    text = bench.control.get("/meter").text
    meter = bench.control.get("/meter").json()["infludata"]
    assert meter["charged_microcredits"] == 4_000_000
    assert sum(Decimal(one["charged"]) for one in meter["operations"].values()) == 4
    assert sum(one["charged_microcredits"] for one in meter["recent"]) == 4_000_000
    assert meter["operations"]["ID-6"] == {
        "requests": 3,
        "charges": 3,
        "charged_microcredits": 3_000_000,
        "charged": "3",
    }
    assert not any(key in text for key in KEYS.values())


def test_a_web_page_cannot_turn_the_clock_or_read_the_keys(start: Start) -> None:
    """A page can send simple requests to this machine, and a name of its own can lead here."""
    sandbox = start()
    before = sandbox.control.get("/clock").json()["now"]
    order = json.dumps({"advance_seconds": 86_400})
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        simple = sandbox.control.post("/clock", content=order, headers={"content-type": content_type})
        assert (simple.status_code, "content type" in simple.text) == (400, True)
        assert sandbox.control.post("/faults", content="[]", headers={"content-type": content_type}).status_code == 400
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80"):
        assert sandbox.control.get("/default_accounts", headers={"host": host}).status_code == 400
        assert sandbox.control.post("/clock", json={"advance_seconds": 1}, headers={"host": host}).status_code == 400
    assert sandbox.control.get("/clock").json()["now"][:10] == before[:10]
