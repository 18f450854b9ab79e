"""One exchange, against a transport that answers as a test says: what is sent, what failures mean, and no key shown."""

from __future__ import annotations

import gzip
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from creator_assets.providers.contract.files import File
from creator_assets.providers.contract.operations import Request
from creator_assets.providers.infludata import requests as infludata_requests
from creator_assets.providers.influencers_club import requests as influencers_club_requests
from creator_assets.spending import transport as transport_module
from creator_assets.spending.transport import InsecureAddressError, Transport, UnansweredError, UnsentError
from tests.market import SETTINGS, account_of

KEY = "sk-canary-0123456789"
POST = influencers_club_requests.full_profile(SETTINGS, "instagram", "some.handle").first
GET = infludata_requests.profile(SETTINGS, "tiktok", "some.handle").first
Handler = Callable[[httpx.Request], httpx.Response]


def sending(handler: Handler, *, base_url: str = "https://provider.test/api", **options: Any) -> Transport:
    def streaming(request: httpx.Request) -> httpx.Response:
        """Answer like a server: the body is there to be read once."""
        made = handler(request)
        if not made.is_stream_consumed:
            return made
        return httpx.Response(made.status_code, headers=made.headers, content=iter([made.content]))

    return Transport(base_url, KEY, http_transport=httpx.MockTransport(streaming), **options)


def answering(status: int = 200, **options: Any) -> Handler:
    return lambda _request: httpx.Response(status, **options)


def raising(error: Exception) -> Handler:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise error

    return handler


# -- what is sent


def test_a_call_travels_with_its_key_and_its_body_and_nothing_else() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    with sending(handler) as transport:
        transport.send(POST)
        transport.send(GET)
    post, get = seen
    assert (post.method, str(post.url)) == (
        "POST",
        "https://provider.test/api/public/v1/creators/enrich/handle/full/",
    )
    assert post.headers["authorization"] == f"Bearer {KEY}"
    assert msgspec.json.decode(post.content) == POST.body
    assert str(get.url) == "https://provider.test/api/getUserData?platform=tiktok&username=some.handle"
    assert get.content == b""
    assert KEY not in str(get.url)
    assert post.extensions["timeout"] == {"connect": 10.0, "read": 75.0, "write": 75.0, "pool": 75.0}


def test_an_operation_without_a_key_gets_none() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    open_to_all = msgspec.structs.replace(GET.operation, authenticated=False)
    with sending(handler) as transport:
        transport.send(msgspec.structs.replace(GET, operation=open_to_all))
    assert "authorization" not in seen[0].headers


def test_files_travel_as_multipart_beside_the_text_fields() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    upload = msgspec.structs.replace(
        POST,
        body={"platform": "instagram"},
        files={"file": File(name="handles.csv", content=b"handle\nsomebody\n", media_type="text/csv")},
    )
    with sending(handler) as transport:
        transport.send(upload)
    assert seen[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="handles.csv"\r\nContent-Type: text/csv\r\n\r\nhandle\nsomebody\n' in seen[0].content
    assert b'name="platform"\r\n\r\ninstagram' in seen[0].content


def test_an_answer_arrives_whole_with_the_few_headers_that_matter() -> None:
    kept = {"content-type": "application/json", "date": "now", "retry-after": "3", "x-request-id": "r"}
    headers = {name.title(): value for name, value in kept.items()} | {"Set-Cookie": "session=1"}
    with sending(answering(503, headers=headers, content=b"\x00\xff")) as transport:
        response = transport.send(GET)
    assert (response.status, response.body) == (503, b"\x00\xff")
    assert response.headers == kept


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(301, headers={"location": "https://elsewhere.test/"})

    with sending(handler) as transport:
        assert transport.send(POST).status == 301
    assert len(asked) == 1


# -- what may have been charged


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
def test_without_a_connection_nothing_was_sent(error: Exception) -> None:
    with sending(raising(error)) as transport, pytest.raises(UnsentError, match=type(error).__name__):
        transport.send(POST)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("closed without an answer"),
    ],
)
def test_after_the_first_byte_the_fate_is_unknown(error: Exception) -> None:
    with sending(raising(error)) as transport, pytest.raises(UnansweredError, match=type(error).__name__):
        transport.send(POST)


def test_what_cannot_be_put_into_a_request_was_never_sent() -> None:
    odd: Request = msgspec.structs.replace(POST, body={"platform": object()})
    with sending(answering()) as transport, pytest.raises(UnsentError, match="TypeError"):
        transport.send(odd)


def test_a_body_above_the_cap_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_BODY_BYTES", 1_000)
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(1_000_000):
            read.append(number)
            yield b"x" * 100

    with sending(answering(content=chunks())) as transport, pytest.raises(UnansweredError, match="larger than 1000"):
        transport.send(GET)
    assert len(read) <= 12


def test_a_body_may_have_64_mebibytes_and_no_byte_more() -> None:
    largest = 64 * 1024 * 1024
    with sending(answering(content=b"x" * largest)) as transport:
        assert len(transport.send(GET).body) == largest
    with sending(answering(content=b"x" * (largest + 1))) as transport, pytest.raises(UnansweredError, match="larger"):
        transport.send(GET)


def packed(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
    return content


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_a_compressed_body_is_unpacked_however_it_is_cut_into_parts(size: int) -> None:
    plain = b'{"a": 1}' * 20_000
    for body in (
        packed(plain),
        packed(plain[:9]) + packed(plain[9:]),
        packed(plain) + b"\0\0" + packed(b"no"),
        packed(plain) + b"\x1f\x8bno",
    ):
        parts = (body[at : at + size] for at in range(0, len(body), size))
        with sending(answering(content=parts, headers={"content-encoding": "gzip"})) as transport:
            assert transport.send(GET).body == plain


def test_a_compressed_body_is_bounded_while_it_is_unpacked() -> None:
    """A hundred kilobytes that stand for a hundred megabytes never lie in memory as a whole."""
    bomb = packed(b"\0" * 100_000_000)
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with (
            sending(answering(content=iter([bomb]), headers={"content-encoding": "gzip"})) as transport,
            pytest.raises(UnansweredError, match="larger"),
        ):
            transport.send(GET)
        assert tracemalloc.get_traced_memory()[1] < transport_module.MAX_BODY_BYTES + 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "gzip, br"])
def test_a_body_in_an_encoding_that_was_not_asked_for_is_kept_as_it_came(encoding: str) -> None:
    """It may be paid for, and a status says what it means without it."""
    body = packed(b"x" * 1_000, times=2)
    for status in (200, 401, 503):
        with sending(answering(status, content=iter([body]), headers={"content-encoding": encoding})) as transport:
            answer = transport.send(POST)
        assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("encoding", ["", "identity", "none", "UTF-8", "identity, gzip", "GZIP"])
def test_what_is_no_encoding_changes_nothing(encoding: str) -> None:
    body = packed(b"{}") if "gzip" in encoding.lower() else b"{}"
    with sending(answering(content=iter([body]), headers={"content-encoding": encoding})) as transport:
        assert transport.send(POST).body == b"{}"


@pytest.mark.parametrize(
    ("body", "said"),
    [(packed(b"x" * 1_000)[:-9], "is cut"), (b"{}", "not compressed as its header says")],
)
def test_a_compressed_body_that_is_cut_or_none_is_no_answer(body: bytes, said: str) -> None:
    with (
        sending(answering(content=iter([body]), headers={"content-encoding": "gzip"})) as transport,
        pytest.raises(UnansweredError, match=said),
    ):
        transport.send(POST)


def test_a_body_that_ends_with_its_time_is_an_answer() -> None:
    limit = GET.operation.timeout_seconds
    now = iter([0.0, limit])
    with sending(answering(content=b"x"), monotonic=lambda: next(now)) as transport:
        assert transport.send(GET).body == b"x"
    late = iter([0.0, limit + 0.001])
    with (
        sending(answering(content=b"x"), monotonic=lambda: next(late)) as transport,
        pytest.raises(UnansweredError, match="did not end in time"),
    ):
        transport.send(GET)


def test_a_body_that_trickles_is_given_up_in_time() -> None:
    now = iter(range(0, 10_000, 30))

    def chunks() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b"x"

    with (
        sending(answering(content=chunks()), monotonic=lambda: float(next(now))) as transport,
        pytest.raises(UnansweredError, match="did not end in time"),
    ):
        transport.send(GET)
    assert next(now) < 200


# -- the key


@pytest.mark.parametrize(
    "base_url",
    [
        f"http://provider.test/{KEY}",
        f"http://user:{KEY}@provider.test",
        "http://127.0.0.1.provider.test",
        "ftp://provider.test",
        "provider.test",
        "",
    ],
)
def test_a_key_never_travels_unencrypted_beyond_this_machine(base_url: str) -> None:
    with pytest.raises(InsecureAddressError) as refused:
        Transport(base_url, KEY)
    assert KEY not in str(refused.value)
    assert "does not start with https://" in str(refused.value)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "http://localhost:1/x", "http://[::1]:1", "https://a.test"]
)
def test_https_and_this_machine_are_fine(base_url: str) -> None:
    Transport(base_url, KEY).close()


@pytest.mark.parametrize("error", [httpx.ConnectError(f"refused {KEY}"), httpx.ReadError(f"reset {KEY}")])
def test_no_failure_shows_the_key(error: Exception) -> None:
    with sending(raising(error)) as transport, pytest.raises((UnsentError, UnansweredError)) as raised:
        transport.send(POST)
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_no_representation_shows_the_key() -> None:
    account = account_of("influencers_club", "https://a.test", key=KEY)
    with sending(answering()) as transport:
        assert KEY not in repr(account) + str(account) + repr(transport) + repr([account])


def test_the_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with sending(answering(204)) as transport:
        assert transport.send(GET).status == 204


def test_connections_are_bounded_and_let_go_before_a_provider_would() -> None:
    with Transport("https://a.test", KEY, in_flight=3) as transport:
        pool = transport._client._transport._pool  # type: ignore[attr-defined]
    assert (pool._max_connections, pool._max_keepalive_connections, pool._keepalive_expiry) == (3, 3, 3.0)
