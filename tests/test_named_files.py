"""Files that a user names: a pipe, a device, a folder and a file without end are refused at once, in every reader."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from creator_assets.campaigns.address_file import AddressFileError, read_addresses
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.folder import load_campaigns
from creator_assets.checked_yaml import FaultList, compose_file
from creator_assets.named_files import UnfitFileError, read_named, read_start
from creator_assets.replay.case import CaseError, read_cases
from creator_assets.spending.planning.approved_plan import UnreadablePlanError, read_plan


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "odd.yaml")
    return folder / "odd.yaml"


def device(folder: Path) -> Path:
    (folder / "odd.yaml").symlink_to("/dev/zero")
    return folder / "odd.yaml"


def directory(folder: Path) -> Path:
    (folder / "odd.yaml").mkdir()
    return folder / "odd.yaml"


ODD = pytest.mark.parametrize("make", [pipe, device, directory])
Make = Callable[[Path], Path]


@ODD
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path)
    for read in (read_start, read_named):
        with pytest.raises(UnfitFileError, match="it is no regular file"):
            read(path, 100)


@ODD
def test_every_reader_of_a_named_file_refuses_it(tmp_path: Path, make: Make) -> None:
    path = make(tmp_path)
    with pytest.raises(UnreadablePlanError, match=r"cannot be read \(it is no regular file"):
        read_plan(path)
    with pytest.raises(AddressFileError, match="this is no regular file"):
        read_addresses(path, at_most=10)
    with pytest.raises(CaseError):
        read_cases(path)
    faults = FaultList(str(path))
    assert compose_file(path, faults, "the price list", "CREATOR_ASSETS_PRICES") is None
    assert "the price list cannot be read (it is no regular file)" in str(faults.in_order()[0])
    (fault,) = load_campaigns(tmp_path, ProviderCatalog(providers={})).faults
    assert "this is no regular file" in str(fault)


def test_a_file_has_at_most_the_bytes_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "named"
    path.write_bytes(b"x" * 100)
    assert read_named(path, 100) == b"x" * 100
    assert read_start(path, 10) == b"x" * 10
    with pytest.raises(UnfitFileError, match="it has more than 99 bytes"):
        read_named(path, 99)
