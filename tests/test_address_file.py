"""The file of addresses: read within bounds, refused by file and line, and never repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.campaigns.address_file import MAX_BYTES, AddressFileError, read_addresses


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "invited.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, at_most: int = 10) -> str:
    with pytest.raises(AddressFileError) as error:
        read_addresses(path, at_most=at_most)
    assert str(path) in str(error.value)
    assert "jane" not in str(error.value)
    return str(error.value)


def test_each_address_is_there_once_however_it_is_written(tmp_path: Path) -> None:
    text = '\ufeffE-Mail\r\n\r\n# of the spring fair\r\n  Jane@Example.com \n"jane@example.com"\nbob+x@example.org'
    assert read_addresses(written(tmp_path, text), at_most=2) == ["bob+x@example.org", "jane@example.com"]
    assert read_addresses(written(tmp_path, ""), at_most=1) == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a@example.com\njane\n", 2),
        ("jane@example.com, bob@example.com\n", 1),
        ("a@example.com;jane", 1),
        ("a@example.com\n\njane@localhost\n", 3),
        ("jane <jane@example.com>", 1),
        ("jane@éxample.com", 1),
        ("jane@example..com", 1),
        ("a@example.com\nemail\n", 2),
        (b"a@example.com\njane\xff@example.com\n", 2),
    ],
)
def test_a_line_that_is_no_address_is_named_by_its_number(tmp_path: Path, content: str | bytes, line: int) -> None:
    path = written(tmp_path, content)
    assert f"{path}:{line}: " in refused(path)


def test_many_wrong_lines_are_counted(tmp_path: Path) -> None:
    said = refused(written(tmp_path, "jane\n" * 40))
    assert "invited.txt:1: this is no e-mail address (also lines 2, 3, 4, 5 and 35 further lines)" in said


def test_more_than_the_brief_allows_is_refused_whole(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(f"jane{n}@example.com\n" for n in range(11)))
    assert "11 addresses, and the brief allows 10" in refused(path)
    assert f"{MAX_BYTES:,} bytes" in refused(written(tmp_path, b"#" * (MAX_BYTES + 1)))


def test_a_missing_or_impossible_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert "Put it there, or correct the path" in refused(tmp_path / "missing.txt")
    assert "no regular file" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refused(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused(tmp_path / "loop")


def test_a_file_within_a_repository_is_refused_even_by_a_link_from_outside(tmp_path: Path) -> None:
    folder = tmp_path / "checkout" / "lists"
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    folder.mkdir()
    path = written(folder, "jane@example.com")
    assert "lies in the repository" in refused(path)
    (tmp_path / "link.txt").symlink_to(path)
    assert "lies in the repository" in refused(tmp_path / "link.txt")


@given(content=st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    try:
        found = read_addresses(path, at_most=100)
    except AddressFileError as error:
        assert str(path) in str(error)  # noqa: PT017 - either way is right
    else:
        assert all(one.count("@") == 1 and one == one.casefold() for one in found)
