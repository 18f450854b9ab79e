"""Keys under the installation's secret: old keys are replaced once, and nobody can guess a key."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.errors import LedgerUnusableError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.storage.opening import open_database
from creator_assets.ledger.storage.request_keys import _Key, fingerprint_of
from creator_assets.providers.contract.operations import Request
from creator_assets.providers.influencers_club.operations import ENRICH_FULL
from tests.ledger.old_ledgers import after_the_old_release, contents, make_old_ledger
from tests.ledger.scenery import LedgerDriver, open_ledger
from tests.ledger.test_migrations import ANSWERS

SECRET, OTHER = InstallationSecret(b"a" * 32), InstallationSecret(b"b" * 32)
PROFILE = Request(operation=ENRICH_FULL, body={"platform": "instagram", "handle": "mila.example"})


@pytest.fixture
def old_target(target: str | Path) -> str | Path:
    """A ledger of the first release, whose keys are plain."""
    make_old_ledger(target)
    return target


def test_every_answer_is_found_under_its_new_key_and_the_books_stay_in_order(old_target: str | Path) -> None:
    for _ in range(2):  # the second time nothing is left to do
        with open_ledger(old_target, after_the_old_release(), secret=SECRET) as ledger:
            driver = LedgerDriver(ledger)
            keyed = {SECRET.keyed_hash("request key", key): body for key, body in ANSWERS.items()}
            found = ledger.look_up_many(dict.fromkeys([*keyed, *ANSWERS], driver.window))
            assert {key: answer.body for key, answer in found.items()} == keyed
            assert ledger.check() == []
    assert not ANSWERS.keys() & _keys_in(old_target)


def _keys_in(target: str | Path) -> set[str]:
    database = open_database(target)
    try:
        tables = (("attempt", "request_key"), ("response", "request_key"), ("request_part", "part_key"))
        found: set[str] = set()
        for table, name in tables:
            found |= {row.key for row in database.query(_Key, f"SELECT {name} AS key FROM {table}", [])}  # noqa: S608
        return found
    finally:
        database.close()


def test_another_secret_is_refused_and_changes_nothing(target: str | Path) -> None:
    open_ledger(target, secret=SECRET).close()
    before = contents(target)
    with pytest.raises(LedgerUnusableError, match=r"belongs to the installation secret .*Nothing was sent. Restore"):
        open_ledger(target, secret=OTHER)
    assert contents(target) == before


def test_without_its_secret_a_ledger_names_no_key(target: str | Path) -> None:
    open_ledger(target, secret=SECRET).close()
    with open_ledger(target) as ledger:
        assert ledger.check() == []
        with pytest.raises(LedgerUnusableError, match="opened without it"):
            ledger.key_of(PROFILE)


def test_of_processes_that_open_an_old_ledger_together_one_replaces_the_keys(old_target: str | Path) -> None:
    opened: list[Ledger] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_ledger(old_target, after_the_old_release(), secret=SECRET)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3
    for ledger in opened:
        assert ledger.check() == []
        ledger.close()
    database = open_database(old_target)
    assert fingerprint_of(database.query) == SECRET.fingerprint
    database.close()


def test_nobody_can_guess_a_key_without_the_secret(target: str | Path) -> None:
    with open_ledger(target, secret=SECRET) as ledger:
        digest = PROFILE.request_key(ledger.realm)
        assert ledger.key_of(PROFILE) not in {digest, hashlib.sha256(digest.encode()).hexdigest()}
    with open_ledger(f"{target}-2" if isinstance(target, Path) else target, secret=SECRET) as other:
        assert other.key_of(PROFILE) == SECRET.keyed_hash("request key", PROFILE.request_key(other.realm))
