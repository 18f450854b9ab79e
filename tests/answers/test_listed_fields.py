"""The lists of fields hold what the documented answers hold."""

from __future__ import annotations

from tests.answers.listed_fields import documented, missing


def test_each_documented_field_is_listed() -> None:
    lacking = {provider: sorted(fields) for provider, fields in missing(documented()).items() if fields}
    assert lacking == {}, "print them: .venv/bin/python -m tests.answers.listed_fields"
