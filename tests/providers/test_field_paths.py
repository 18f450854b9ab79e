"""Paths of the fields of an answer: they name every field, and never a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from creator_assets.providers.parsing.field_paths import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_FIELDS,
    MAX_UNLISTED_NAMES,
    AnswerFields,
    Field,
    Listed,
    containing,
    fields_of,
    listed_fields,
    listed_of,
)

LISTED = Listed(frozenset({
    Field("", "object"), Field("result", "object"), Field("result.id", "text"), Field("result.shares", "object"),
    Field("result.shares.*", "number"), Field("posts", "list"), Field("posts[]", "object"),
    Field("success", "flag"),
}), frozenset({"average", "views", "audience", "us"}))  # fmt: skip


def read(value: Any, listed: Listed | None = LISTED) -> AnswerFields:
    found = fields_of(json.dumps(value).encode(), listed)
    assert found is not None
    return found


def paths(value: Any, listed: Listed | None = LISTED) -> set[str]:
    return {f"{one.path} {one.json_type}" for one in read(value, listed).fields}


def test_each_field_has_its_path_and_type_and_null_is_absent() -> None:
    value = {"a": {"b": 1, "c": [{"d": "x"}, {"e": True}], "f": None}, "g": [1.5], "h": []}
    assert paths(value, None) == {
        " object", "a object", "a.b number", "a.c list", "a.c[] object", "a.c[].d text", "a.c[].e flag", "g list",
        "g[] number", "h list",
    }  # fmt: skip


def test_nothing_is_looked_at_below_what_no_document_lists() -> None:
    assert paths({"result": {"id": "1", "audience": {"deep": {"name": "x"}}}}) == {
        " object", "result object", "result.id text", "result.audience object",
    }  # fmt: skip
    # A listed field of another type is another field.
    assert paths({"result": ["x"]}) == {" object", "result list"}


@pytest.mark.parametrize(
    "names",
    [
        {"jane.canary": {"x": 1}},  # no name of a field
        {"@jane": {}, "joe": {}},
        {"US": 1, "de": 2},
        {"fr": 1},  # too short to be sure
        {"jane_canary": {"username": "Jane_Canary"}},  # a text of the answer says what it is
        {"jane": 1, "joe": {"handle": "jane"}},  # its neighbours are of the same kind
        {f"views_{number}": 1 for number in range(MAX_UNLISTED_NAMES + 1)},
        {"emma_fits": {"x": 1}},  # a handle that looks like the name of a field
        {"emmasmith": {"url": "https://instagram.com/emmasmith"}},
        {"emma_at_example_com": 1},
        {"p491701234567": 1},
        {"us": 1},  # a known word, and too short
        {"average.views": 1},
        {"result.id": 1},
        {"": 1},
        {"x" * 80: 1},
        {"mail@example.com": 1, "success": True},
    ],
)
def test_a_name_that_may_be_a_value_is_no_path(names: dict[str, Any]) -> None:
    found = paths({"result": names})
    assert {path.split(" ")[0] for path in found} <= {"", "result", "result.*"}
    top = paths(names)
    assert {path.split(" ")[0] for path in top} <= {"", "*", "success"}


def test_names_of_a_listed_map_are_data_and_listed_names_are_fields_whatever_texts_say() -> None:
    assert paths({"result": {"shares": {"women": 0.4, "men": 0.6}}}) == {
        " object", "result object", "result.shares object", "result.shares.* number",
    }  # fmt: skip
    assert paths({"success": True, "result": {"id": "success"}}) == {
        " object", "success flag", "result object", "result.id text",
    }  # fmt: skip


def test_a_new_name_that_looks_like_a_field_is_shown() -> None:
    shown = paths({"result": {"id": "1", "average_views": 7, "averageViews30": 7, "views_of_emma": 7}})
    assert shown == {
        " object", "result object", "result.id text", "result.average_views number", "result.averageViews30 number",
        "result.* number",
    }  # fmt: skip


def test_depth_and_elements_are_bounded() -> None:
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    found = fields_of(b"[" * 5_000 + b"]" * 5_000)
    assert found is None or len(found.fields) <= MAX_DEPTH + 1
    names = [f"{a}{b}{c}" for a in "abcdefghij" for b in "abcdefghij" for c in "abcdefghijklmnopqrst"]
    wide = {f"views_{one}": {f"views_{two}": 1 for two in names[:100]} for one in names}
    assert len(read(wide, None).fields) <= MAX_FIELDS
    late = {"posts": [{"id": 1}] * MAX_ELEMENTS + [{"late": 1}]}
    assert "posts[].late number" not in paths(late, None)


@pytest.mark.parametrize("body", [b"", b"none", b"12", b'"text"', b"\xff\xfe", b"<html>"])
def test_what_holds_no_object_has_no_fields(body: bytes) -> None:
    assert fields_of(body) is None


def test_a_body_that_is_no_strict_json_is_read_all_the_same() -> None:
    for body in (
        b'\xef\xbb\xbf{"a": NaN, "b": 1} tail',
        b'{"a": "caf\xe9", "b": 1}',
        '{"a": 1, "b": 1}'.encode("utf-16"),
        b'{"a": "\\ud83d", "b": 1}',
    ):
        found = fields_of(body)
        assert found is not None, body
        assert Field("b", "number") in found.fields


@pytest.mark.parametrize(
    ("value", "platform"),
    [
        ({"platform": "TikTok"}, "tiktok"),
        ({"data": [{"platform": "instagram"}]}, "instagram"),
        ({"platform": 7}, ""),
        ([], ""),
    ],
)
def test_the_platform_is_the_one_that_the_answer_names(value: Any, platform: str) -> None:
    assert read(value, None).platform == platform


def test_the_object_around_a_field() -> None:
    assert [containing(path) for path in ("a", "a.b", "a[].b", "a.b[]", "[]", "")] == ["", "a", "a[]", "a", "", ""]


def test_a_provider_without_a_list_has_none() -> None:
    assert listed_fields("parsing") == {}
    assert Field("", "object") in listed_fields("infludata")["user_data"]
    assert listed_of("infludata", "no operation").fields == frozenset()


def test_without_a_list_the_fields_of_the_answer_itself_are_shown() -> None:
    assert paths({"followers": 1, "deep": {"followers": 1}}, Listed(frozenset(), frozenset({"followers", "deep"}))) == {
        " object", "followers number", "deep object",
    }  # fmt: skip
