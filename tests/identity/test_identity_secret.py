"""The secret is created once, readable only by its owner, and never silently replaced."""

from __future__ import annotations

import errno
import multiprocessing
import os
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.identity.secret import FILE_NAME, FINGERPRINT_NAME, InstallationSecret, InstallationSecretError

PROCESSES = 6


def open_at_once(folder: Path, start: multiprocessing.synchronize.Event, found: multiprocessing.Queue[str]) -> None:
    start.wait(20)
    found.put(InstallationSecret.open_with_fingerprint(folder).fingerprint)


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, found = context.Event(), context.Queue()
    processes = [context.Process(target=open_at_once, args=(tmp_path, start, found)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    start.set()
    fingerprints = {found.get(timeout=20) for _ in processes}
    for process in processes:
        process.join(20)
    assert len(fingerprints) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == [FINGERPRINT_NAME, FILE_NAME]
    assert (tmp_path / FINGERPRINT_NAME).read_text().strip() in fingerprints


def test_only_the_owner_can_read_the_file_with_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        InstallationSecret.open(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_second_process_gets_the_same_ids(tmp_path: Path) -> None:
    first, second = InstallationSecret.open(tmp_path / "data"), InstallationSecret.open(tmp_path / "data")
    assert first.pseudonym("account", "a") == second.pseudonym("account", "a")


def test_another_installation_gives_other_ids(tmp_path: Path) -> None:
    first, second = InstallationSecret.open(tmp_path / "one"), InstallationSecret.open(tmp_path / "two")
    assert first.pseudonym("account", "a") != second.pseudonym("account", "a")
    assert first.fingerprint != second.fingerprint


def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    InstallationSecret.open(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o640)
    with pytest.raises(InstallationSecretError, match="chmod 600"):
        InstallationSecret.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"creator-assets-identity-1:", b"x" * 300, b"\xff\xfe", b"0" * 64])
def test_a_damaged_file_is_refused_and_not_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InstallationSecretError, match="backup"):
        InstallationSecret.open(tmp_path)
    assert path.read_bytes() == content


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    InstallationSecret.open(tmp_path / "elsewhere")
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "elsewhere" / FILE_NAME)
    with pytest.raises(InstallationSecretError, match="could not be read"):
        InstallationSecret.open(tmp_path)


def test_a_lost_secret_is_not_replaced_if_ids_exist(tmp_path: Path) -> None:
    with pytest.raises(InstallationSecretError, match="restore it"):
        InstallationSecret.open(tmp_path, expected_fingerprint="0123456789ab")
    assert list(tmp_path.iterdir()) == []


def test_an_exchanged_secret_is_refused(tmp_path: Path) -> None:
    secret = InstallationSecret.open(tmp_path)
    assert InstallationSecret.open(tmp_path, secret.fingerprint).fingerprint == secret.fingerprint
    with pytest.raises(InstallationSecretError, match="not the secret"):
        InstallationSecret.open(tmp_path, "0123456789ab")


def test_a_file_system_without_hard_links_is_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(InstallationSecretError, match="local file system"):
        InstallationSecret.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InstallationSecretError, match="32 bytes"):
        InstallationSecret(b"short")


def test_the_key_is_not_in_the_repr() -> None:
    key = b"k3y-k3y-k3y-k3y-k3y-k3y-k3y-k3y-"
    shown = repr(InstallationSecret(key)) + str(InstallationSecret(key))
    assert "k3y" not in shown
    assert key.hex() not in shown


@given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
def test_different_parts_give_different_uuids_even_if_their_concatenation_is_equal(
    one: list[str], other: list[str]
) -> None:
    secret = InstallationSecret(b"k" * 32)
    assert (secret.pseudonym(*one) == secret.pseudonym(*other)) == (one == other)
    parsed = uuid.UUID(secret.pseudonym(*one))
    assert parsed.version == 8
    assert parsed.variant == uuid.RFC_4122
    assert str(parsed) == secret.pseudonym(*one)


def test_a_lost_secret_is_reported_and_not_created_again(tmp_path: Path) -> None:
    secret = InstallationSecret.open_with_fingerprint(tmp_path)
    assert InstallationSecret.open_with_fingerprint(tmp_path).fingerprint == secret.fingerprint
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(InstallationSecretError, match="restore it from a backup"):
        InstallationSecret.open_with_fingerprint(tmp_path)
    InstallationSecret.open(tmp_path)
    with pytest.raises(InstallationSecretError, match="not the secret of the existing ids"):
        InstallationSecret.open_with_fingerprint(tmp_path)
