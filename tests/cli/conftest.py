"""One checkout for all tests of a file."""

from __future__ import annotations

import pytest

from tests.cli.checkout import Checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))
