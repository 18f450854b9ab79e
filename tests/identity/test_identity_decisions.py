"""The decisions file: strict reading, faults with file and line, and no handles in messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from creator_assets.identity.decisions import DecisionsError, read_decisions

A, B, C = (f"{digit * 8}-{digit * 4}-8{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "abc")


def written(folder: Path, text: str) -> Path:
    path = folder / "decisions.yaml"
    path.write_text(text)
    return path


def test_every_pair_of_a_group_is_decided_once(tmp_path: Path) -> None:
    decided = read_decisions(written(tmp_path, f"together: [[{B}, {A}, {B.upper()}]]\napart: [[{C}, {A}], [{B}, {C}]]"))
    assert decided.together.rows() == [(A, B)]
    assert decided.apart.rows() == [(A, C), (B, C)]


def test_without_a_file_there_are_no_decisions(tmp_path: Path) -> None:
    assert read_decisions(None).together.is_empty()
    assert read_decisions(written(tmp_path, "apart: []")).apart.is_empty()


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (f"together:\n  - [{A}, jane.doe]\n", ":2:44: together[0][1]", "this is not an account id"),
        (f"together: [[{A}]]", ":1:12: together[0]", "fewer than two accounts"),
        (f"together: [[{A}, {A}]]", ":1:12: together[0]", "fewer than two accounts"),
        (
            f"together: [[{A}, {B}]]\napart: [[{C}, {B}, {A}]]",
            ":2:9: apart[0]",
            "two of these accounts are one person's in together[0]",
        ),
        (f"togther: [[{A}, {B}]]", ":1:1: togther", "unknown field"),
        (f"apart: {A}", ":1:8: apart", "expected a list"),
        ("apart: [[", ":", ""),
        ("[]", ":1:1", "expected a mapping"),
    ],
)
def test_a_fault_names_file_line_and_field_and_no_person(tmp_path: Path, text: str, place: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DecisionsError) as error:
        read_decisions(path)
    assert f"{path}{place}" in str(error.value)
    assert problem in str(error.value)
    assert "jane" not in str(error.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DecisionsError, match=r"the decisions cannot be read .* Check CREATOR_ASSETS_DECISIONS"):
        read_decisions(tmp_path / "missing.yaml")
