"""The hostile voice: decided by seed and request alone, and charged as the provider documents for the true answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from .club import handles
from .conftest import SandboxBench, Start

FULL = "/public/v1/creators/enrich/handle/full/"
SIZE, ASKED, MICROCREDITS = 2_000, 150, 1_000_000
Arrived = tuple[int, str, bytes]


@pytest.fixture
def hostile(start: Start) -> SandboxBench:
    return start(voice="hostile", size=SIZE)


@pytest.fixture
def asked(start: Start) -> list[str]:
    return handles(start(size=SIZE), "instagram", 50)


def begin(bench: SandboxBench, seed: int | None) -> None:
    bench.control.post("/hostile", json={"seed": seed}).raise_for_status()


def log(bench: SandboxBench) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = bench.control.get("/hostile").json()["answers"]
    return answers


def full(bench: SandboxBench, handle: str) -> Arrived:
    got = bench.club.post(FULL, json={"platform": "instagram", "handle": handle})
    return got.status_code, got.headers["content-type"], got.content


def of_seed(bench: SandboxBench, seed: int, wanted: Sequence[str]) -> dict[str, Arrived]:
    begin(bench, seed)
    return {handle: full(bench, handle) for handle in wanted}


def test_the_same_seed_gives_the_same_answers_in_any_order(hostile: SandboxBench, asked: list[str]) -> None:
    once = of_seed(hostile, 5, asked)
    assert of_seed(hostile, 5, asked[::-1]) == once
    other = of_seed(hostile, 6, asked)
    assert sum(other[handle] != once[handle] for handle in asked) > len(asked) // 2


def test_the_seed_of_the_settings_is_that_of_the_control_path(start: Start, asked: list[str]) -> None:
    by_setting, by_path = start(voice="hostile", size=SIZE, hostile_seed=9), start(voice="hostile", size=SIZE)
    assert {handle: full(by_setting, handle) for handle in asked[:10]} == of_seed(by_path, 9, asked[:10])


def test_the_same_request_again_has_another_fate(hostile: SandboxBench, asked: list[str]) -> None:
    begin(hostile, 5)
    assert len({full(hostile, asked[0]) for _ in range(10)}) > 1


def test_without_a_seed_nothing_is_spoiled(hostile: SandboxBench, start: Start, asked: list[str]) -> None:
    begin(hostile, None)
    real = start(voice="real", size=SIZE)
    assert [full(hostile, one) for one in asked[:10]] == [full(real, one) for one in asked[:10]]
    assert log(hostile) == []


def test_other_voices_have_no_seed(start: Start) -> None:
    refused = start(size=SIZE).control.post("/hostile", json={"seed": 3})
    assert (refused.status_code, "voice" in refused.json()["error"]) == (400, True)


def test_the_meter_charges_for_the_true_answer_and_for_no_other(hostile: SandboxBench, asked: list[str]) -> None:
    hostile.set_account("influencers_club", limit="100000")
    fates: set[str] = set()
    for seed in range(6):
        begin(hostile, seed)
        before = hostile.charged("influencers_club")
        for handle in asked:
            full(hostile, handle)
        entries = log(hostile)
        charges = sum(one["charged_microcredits"] for one in entries)
        assert charges == (hostile.charged("influencers_club") - before) * MICROCREDITS
        for one in entries:
            is_charged = one["keeps"] or one["done"] == ["lost"]
            assert one["charged_microcredits"] == MICROCREDITS * is_charged, one["done"]
            fates |= set(one["done"])
    # Everything that is written for one operation has happened.
    assert fates >= {
        "denied", "out", "nothing", "trouble", "lost", "odd value", "missing field", "unknown field", "missing amount",
        "no amount", "identity in another form", "byte order mark", "latin-1 without a header", "latin-1 by its header",
        "utf-16", "half an emoji", "NaN", "-Infinity", "1e999", "trailing bytes", "broken UTF-8", "text or list",
    }  # fmt: skip


def test_a_page_may_come_again_and_its_creators_are_charged_again(hostile: SandboxBench) -> None:
    def page(number: int) -> httpx.Response:
        paging = {"limit": 5, "page": number}
        return hostile.club.post("/public/v1/discovery/", json={"platform": "tiktok", "paging": paging})

    begin(hostile, 1)
    for number in range(1, 40):
        page(number)
    entries = log(hostile)
    again = [one for one in entries if "first page" in one["done"]]
    assert again
    for one in again:
        assert one["truth"]["accounts"] == entries[0]["truth"]["accounts"]
        assert one["charged_microcredits"] == 5 * MICROCREDITS // 100
