"""The sandbox's clock as a setting: only of a sandbox on this machine, and with room for partitions to come."""

from __future__ import annotations

import pytest

from creator_assets.settings import WrongSettingError, from_environment

REALM = {"CREATOR_ASSETS_REALM": "sandbox-1"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_sandbox_on_this_machine_may_run_a_quarter_ahead(host: str) -> None:
    clock = f"http://{host}:9/_sandbox/clock"
    paid_client = from_environment(REALM | {"CREATOR_ASSETS_CLOCK": clock}).paid_client
    assert (paid_client.clock_url, paid_client.weeks_ahead) == (clock, 13)
    assert from_environment(REALM).paid_client.weeks_ahead == 0


@pytest.mark.parametrize("url", ["https://localhost/clock", "http://127.0.0.1.example.com/clock", "http://10.0.0.1/c"])
def test_a_clock_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(WrongSettingError, match="a sandbox on this machine is expected"):
        from_environment(REALM | {"CREATOR_ASSETS_CLOCK": url})
