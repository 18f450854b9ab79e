"""The bytes of a brief: what is no plain YAML mapping is refused where it begins, and no bytes make reading fail."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.campaigns import Campaign
from creator_assets.checked_yaml import document
from tests.campaigns.briefs import BRIEF, changed, read, right, wrong


@pytest.mark.parametrize(
    ("raw", "line", "column", "problem"),
    [
        (b"", 1, 1, "the file is empty"),
        (b"# only a remark\n", 1, 1, "the file is empty"),
        (b"~\n", 1, 1, "expected a mapping, found nothing"),
        (b"- a\n", 1, 1, "expected a mapping, found a list"),
        (b"brief\n", 1, 1, "expected a mapping, found text"),
        (b"brief:\n\tmarket: x\n", 2, 1, "a tab is used for indentation"),
        (b"roster:\n  - {platform: tiktok, handle: @some_handle}\n", 2, 32, "begins with @"),
        (b"a: 1\nb: [1, 2\n", 3, 1, "not valid YAML"),
        (b"a: 1\nb: c: d\n", 2, 5, "mapping values"),
        (b"a: 1\nb: \xff\n", 2, 4, "a byte is not UTF-8"),
        (b"a: 1\nb: x\x00\n", 2, 5, "a control character"),
        (b"a: 1\n---\nb: 1\n", 2, 1, "a second document"),
        (b"a: &x 1\nb: *x\n", 2, 4, "aliases"),
        (b"a: !!python/object/apply:os.system [id]\n", 1, 4, "tags"),
        (b"a: " + b"[" * 30 + b"]" * 30, 1, 23, "nested more than 20"),
        (b"? [a]\n: 1\n", 1, 3, "a field name must be plain text"),
        (b"x" * 1_000_001, 1, 1, "larger than 1,000,000 bytes"),
        (b"[" * 1_000_000, 1, 21, "nested more than 20"),
        (b"[" + b"1," * 400_000 + b"1]", 1, 200_000, "more than 100,000 values"),
    ],
)
def test_a_file_that_is_no_plain_yaml_mapping_is_refused(raw: bytes, line: int, column: int, problem: str) -> None:
    (fault,) = [fault for fault in wrong(raw) if problem in fault.problem]
    assert (fault.line, fault.column) == (line, column)


def test_an_empty_file_is_answered_with_the_page_that_shows_an_example() -> None:
    assert [fault.remedy for fault in wrong(b"\n")] == ["Write `name: value` lines; docs/briefs.md shows an example"]


def test_both_yaml_readers_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [
        BRIEF,
        "a:\n\tb: 1\n",
        "a: {b: @c}\n",
        "a: &x 1\nb: *x\n",
        changed("max_creators: 500", "max_creators: 0"),
    ]
    fast = [read(source) for source in sources]
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    assert [read(source) for source in sources] == fast


def test_a_byte_order_mark_and_windows_line_ends_are_welcome() -> None:
    assert read(b"\xef\xbb\xbf" + BRIEF.replace("\n", "\r\n").encode()) == right(BRIEF)


def test_aliases_that_would_grow_without_bound_are_refused_at_the_first() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (fault,) = wrong("\n".join(levels))
    assert (fault.line, "aliases" in fault.problem) == (2, True)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_whatsoever_make_reading_fail(raw: bytes) -> None:
    assert isinstance(read(raw), tuple)


@given(st.data())
def test_no_damage_to_a_right_brief_makes_reading_fail(data: st.DataObject) -> None:
    at = data.draw(st.integers(min_value=0, max_value=len(BRIEF)))
    length = data.draw(st.integers(min_value=0, max_value=40))
    text = BRIEF[:at] + data.draw(st.text(max_size=5)) + BRIEF[at + length :]
    found = read(text)
    assert isinstance(found, Campaign) or all(fault.line <= text.count("\n") + 2 for fault in found)
