"""The doctor and a ledger of another release: it names both versions, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creator_assets.ledger.storage.migrations import SCHEMA_VERSION
from creator_assets.ledger.storage.realm import Realm, inspect_realm
from tests.cli.checkout import Checkout
from tests.ledger.old_ledgers import contents, make_old_ledger, run


def version_of(findings: list[dict[str, Any]]) -> dict[str, Any]:
    (version,) = [finding for finding in findings if finding["subject"] == "ledger version"]
    return version


def test_the_doctor_shows_both_versions_of_an_older_ledger_and_does_not_migrate_it(tmp_path: Path) -> None:
    home, ledger = Checkout(tmp_path), tmp_path / "old.sqlite"
    make_old_ledger(ledger)
    ledger.chmod(0o600)
    before = ledger.read_bytes()
    findings = home.json("doctor", CREATOR_ASSETS_LEDGER=str(ledger))
    version = version_of(findings)
    assert version["is_well"]
    both = f"schema version 1, and this release works with version {SCHEMA_VERSION}"
    assert version["message"].startswith(f"{both}. The next run or command migrates it")
    assert "ledger" not in {finding["subject"] for finding in findings}, "its books are not checked before that"
    assert ledger.read_bytes() == before
    assert inspect_realm(ledger) == Realm(name="test", schema_version=1)


def test_the_doctor_finds_a_newer_ledger_wrong_and_leaves_it_alone(tmp_path: Path) -> None:
    home, ledger = Checkout(tmp_path), tmp_path / "new.sqlite"
    make_old_ledger(ledger)
    ledger.chmod(0o600)
    run(ledger, f"UPDATE realm SET schema_version = {SCHEMA_VERSION + 1}")  # noqa: S608
    before = contents(ledger)
    version = version_of(home.json("doctor", code=1, CREATOR_ASSETS_LEDGER=str(ledger)))
    assert not version["is_well"]
    assert (
        f"schema version {SCHEMA_VERSION + 1}, and this release works with version {SCHEMA_VERSION}. Install"
        in (version["message"])
    )
    assert contents(ledger) == before


def test_the_doctor_shows_the_version_of_a_ledger_of_this_release(tmp_path: Path) -> None:
    message = version_of(Checkout(tmp_path).json("doctor"))["message"]
    assert message == f"schema version {SCHEMA_VERSION}, as this release works with"
