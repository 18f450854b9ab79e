"""The walk-through of docs/adding-a-provider.md, followed literally in a scratch copy and asked over HTTP."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adding-a-provider.md"
_BLOCK = re.compile(r"^```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`(creator_assets/[\w/.]+\.py)`")
SMOKE = """
from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.acme import operations, rows
from creator_assets.settings import from_environment
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.capabilities import OPERATIONS, Kind, capability, catalog
from creator_assets.providers.ranking import choices
from creator_assets.sandbox import SandboxSettings, start_in_background
from providers.bench import Bench

can = capability(Kind.PROFILE, provider="acme", platform="tiktok")
assert catalog().providers["acme"].enrich == {"instagram", "tiktok"}
assert "acme" in choices(Kind.PROFILE, platform="tiktok", depth="raw")[1].reason
assert from_environment({}).door.acme.key_variable == "ACME_API_KEY"
bench = Bench(start_in_background(SandboxSettings(size=500)))
bench.keys["acme"], bench.booked["acme"] = "sandbox-acme", 0
try:
    answers = [bench.ask(can.pages(ProviderSettings(), "tiktok", name).first) for name in ("bar.films", "nobody")]
    parsed = can.rows(answers)
    assert sorted(parsed.rows["state"]) == ["enriched", "not_found"], parsed.rows
    assert parsed.rejected.is_empty()
    assert bench.booked["acme"] == bench.meter("acme") == MICROCREDITS_PER_CREDIT // 5
    left = capability(Kind.BALANCE, provider="acme")
    told = left.rows(bench.ask(left.pages(ProviderSettings()).first))
    assert told.left_microcredits == 100 * MICROCREDITS_PER_CREDIT - bench.meter("acme")
finally:
    bench.close()
print("acme answers")
"""


def steps() -> list[tuple[str, str, str]]:
    """Return kind, file and text of each block of the page; a block belongs to the file that was named last."""
    text, found, position, file = PAGE.read_text(), [], 0, ""
    for block in _BLOCK.finditer(text):
        named = _FILE.findall(text[position : block.start()])
        file = named[-1] if named else file
        position = block.end()
        found.append((block[1], file, block[2]))
    return found


def follow(copy: Path, kind: str, file: str, block: str) -> None:
    target = copy / file
    if kind == "python":
        target.parent.mkdir(exist_ok=True)
        assert not target.exists(), f"{file} is there already"
        target.write_text(block)
        return
    lines = block.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in {" ", "-"})
    after = "\n".join(line[1:] for line in lines if line[:1] in {" ", "+"})
    text = target.read_text()
    assert text.count(before) == 1, f"{file} holds this {text.count(before)} times:\n{before}"
    target.write_text(text.replace(before, after))


def test_the_walk_through_leads_to_a_provider_that_answers_and_is_accounted_for(tmp_path: Path) -> None:
    if not (ROOT / "creator_assets" / "sandbox").is_dir():
        pytest.skip("the sandbox is not here")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "creator_assets", tmp_path / "creator_assets", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "providers", tmp_path / "providers", ignore=ignored)
    touched = set()
    for kind, file, block in steps():
        follow(tmp_path, kind, file, block)
        touched.add(file)
    # Only its own folder, the table, the list of resources, the sandbox and its key.
    assert {file for file in touched if "/acme" not in file} == {
        "creator_assets/providers/capabilities.py",
        "creator_assets/resources.py",
        "creator_assets/settings.py",
        "creator_assets/sandbox/providers.py",
        "creator_assets/cli/checkout.py",
    }
    done = subprocess.run(
        [sys.executable, "-c", SMOKE], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "acme answers", done.stderr
