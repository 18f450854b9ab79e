"""The vocabulary itself: what decides that two requests are the same, and what a request never tells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.providers.contract.files import File
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.infludata.operations import DISCOVERY, USER_DATA
from creator_assets.providers.influencers_club.operations import BATCH, EMAIL_BASIC, ENRICH_FULL
from creator_assets.providers.influtics.operations import TRACKED_BLOGGER

from .bench import answer

CALL = Request(operation=USER_DATA, params={"platform": "tiktok", "username": "x"})


def upload(content: bytes, **more: Any) -> Request:
    file = File(name="handles.csv", content=content, media_type="text/csv")
    return Request(operation=BATCH, body={"enrichment_mode": "raw"}, files={"file": file}, **more)


def test_a_request_key_covers_everything_that_decides_the_answer_and_nothing_else() -> None:
    key = CALL.request_key("live")
    assert key == Request(operation=USER_DATA, params={"username": "x", "platform": "tiktok"}).request_key("live")
    assert key == Request(operation=USER_DATA, params=CALL.params, weight=7, about={"a": "b"}).request_key("live")
    others = [
        CALL.request_key("sandbox"),
        Request(operation=DISCOVERY, params=CALL.params).request_key("live"),
        Request(operation=USER_DATA, params={**CALL.params, "username": "y"}).request_key("live"),
        Request(operation=USER_DATA, params=CALL.params, body={}).request_key("live"),
    ]
    assert len({key, *others}) == len(others) + 1


def test_a_file_decides_the_key_by_its_content_unless_it_is_redacted() -> None:
    assert upload(b"a").request_key("live") == upload(b"a").request_key("live") != upload(b"b").request_key("live")
    stands = {"file": "keyed"}
    assert upload(b"a", redacted_inputs=stands).request_key("live") == upload(b"b", redacted_inputs=stands).request_key(
        "live"
    )
    assert upload(b"a", redacted_inputs=stands).request_key("live") != upload(b"a").request_key("live")


@given(name=st.text(min_size=1, max_size=20))
def test_a_name_stays_one_segment_of_the_path_with_any_characters(name: str) -> None:
    prefix, _, last = Request(operation=TRACKED_BLOGGER, path_params={"username": name}).path.rpartition("/")
    assert prefix == "/v1/bloggers/by-username"
    assert not set(last) & set("/?#& ")


def test_representations_name_the_operation_and_no_person() -> None:
    call = Request(operation=ENRICH_FULL, params={"q": "jane"}, body={"handle": "jane"}, redacted_inputs={"a": "jane"})
    bought: Answer = answer(call, {"result": {"name": "jane"}})
    assert "jane" not in repr(call) + repr(bought) + repr(upload(b"jane").files)
    assert "enrich_full" in repr(bought)


@pytest.mark.parametrize(("bound", "worst"), [(None, 4_000_000), (1_000_000, 1_000_000), (9_000_000, 4_000_000)])
def test_a_paged_request_costs_at_most_all_its_pages_or_its_own_bound(bound: int | None, worst: int) -> None:
    assert PagedRequest(first=CALL, max_requests=4, bound_microcredits=bound).worst_case_microcredits == worst


@pytest.mark.parametrize(
    "spelled",
    ["jane+a@example.com", "Jane+A@Example.com", r"jane\u002ba\u0040example.com", "jane%2Ba%40example.com"],
)
def test_redacted_inputs_are_replaced_in_the_body_of_the_answer(spelled: str) -> None:
    call = Request(operation=EMAIL_BASIC, body={"email": "jane+a@example.com"}, redacted_inputs={"email": "0f" * 32})
    body = f'{{"email": "{spelled}", "result": {{"username": "jane"}}}}'.encode()
    assert call.without_inputs(body) == b'{"email": "%b", "result": {"username": "jane"}}' % (b"0f" * 32)
    assert Request(operation=EMAIL_BASIC, body=call.body).without_inputs(body) == body
