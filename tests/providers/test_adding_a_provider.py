"""The steps of docs/adding-a-provider.md, followed literally in a scratch copy and bought over HTTP."""

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
_FILE = re.compile(r"`((?:creator_assets|tests)/[\w/.]+\.py)`")
# Pages of docs/ and the commands that print them.
GENERATED = {
    "briefs.md": ("brief", "reference"),
    "brief.schema.json": ("brief", "schema"),
    "metrics.md": ("metrics", "--markdown"),
    "operations.md": ("operations", "--markdown"),
    "tables.md": ("tables", "dictionary"),
}
COMMAND = "from creator_assets.cli import main; main()"
# A profile and the balance, by the settings, the paid client and the ledger of the copy.
SMOKE = """
import os
from datetime import timedelta
import httpx
from creator_assets.cli.checkout import charged_by_meter, known_variables, point_at
from creator_assets.definitions import build_definitions
from creator_assets.ledger.records import Attribution, Window
from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.capabilities import capability, catalog
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.ranking import ranked_capabilities
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.settings import from_environment
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.fetch import FetchContext

assert catalog().providers["acme"].enrich == {"instagram", "tiktok"}
assert "acme" in ranked_capabilities(CapabilityKind.PROFILE, platform="tiktok", depth="raw")[1].reason
assert "ACME_API_KEY" in known_variables()
with start_in_background(SandboxSettings(size=500)) as sandbox:
    point_at(sandbox.base_url)
    resources = from_environment(os.environ)
    assert "acme" in build_definitions(resources.by_key()).resources
    client = resources.paid_client.open()
    now = client.ledger.now()
    window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
    spender = Attribution(
        asset="test", partition="-", campaign=NO_CAMPAIGN, run_id="test", step="test", code_version="1"
    )
    settings = resources.paid_client.settings()["acme"]

    def fetch(*pages):
        found = client.fetch(list(pages), FetchContext(spender=spender, window=window))
        return [answer for answers in found.answers for answer in answers]

    can = capability(CapabilityKind.PROFILE, provider="acme", platform="tiktok")
    parsed = can.rows(fetch(*(can.pages(settings, "tiktok", name) for name in ("bar.films", "nobody"))))
    assert sorted(parsed.rows["state"]) == ["enriched", "not_found"], parsed.rows
    assert parsed.rejected.is_empty()
    (booked,) = [state.spent_microcredits for state in resources.paid_client.balances() if state.scope == "acme"]
    assert booked == charged_by_meter(sandbox.base_url)["acme"] == MICROCREDITS_PER_CREDIT // 5
    balance = capability(CapabilityKind.BALANCE, provider="acme")
    (answer,) = fetch(balance.pages(settings))
    assert balance.rows(answer).left_microcredits == 100 * MICROCREDITS_PER_CREDIT - booked
    resources.paid_client.close()
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
        assert not target.exists(), f"{file} exists already"
        target.write_text(block)
        return
    lines = block.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in {" ", "-"})
    after = "\n".join(line[1:] for line in lines if line[:1] in {" ", "+"})
    text = target.read_text()
    assert text.count(before) == 1, f"{file} holds this {text.count(before)} times:\n{before}"
    target.write_text(text.replace(before, after))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which every step of the page was done."""
    copy = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("campaigns", "creator_assets", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for kind, file, block in steps():
        follow(copy, kind, file, block)
    return copy


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, which then imports the copy's modules."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_new_provider_changes_the_files_that_the_page_counts(copy: Path) -> None:
    changed = {file for kind, file, _ in steps() if kind == "diff"}
    added = {
        "creator_assets/providers/registry.py": {'    "acme",'},
        "creator_assets/sandbox/providers.py": {"    ACME,", "from creator_assets.sandbox.acme import ACME"},
    }
    assert changed == set(added)
    for file in changed:
        old, new = ((folder / file).read_text().splitlines() for folder in (ROOT, copy))
        assert set(new) - set(old) == added[file]
    new = [file for kind, file, _ in steps() if kind == "python"]
    own = [file for file in new if file.startswith("creator_assets/providers/acme/")]
    assert len(own) == 6
    assert set(new) - set(own) == {"creator_assets/sandbox/acme.py", "tests/providers/examples/acme.py"}
    assert "6 new files in `creator_assets/providers/acme/`" in PAGE.read_text()


def test_a_new_provider_changes_the_generated_pages_that_the_page_names(copy: Path) -> None:
    printed = {page: run(copy, "-c", COMMAND, *command).stdout for page, command in GENERATED.items()}
    assert all(printed.values())
    changed = {page for page, text in printed.items() if text.strip() not in (ROOT / "docs" / page).read_text()}
    (row,) = [line for line in PAGE.read_text().splitlines() if line.startswith("| the generated pages |")]
    assert changed == set(re.findall(r"`docs/([\w.]+)`", row))
    assert len(changed) == 3
    assert "Five existing files change: two in the code, and three generated pages." in PAGE.read_text()
    for page in changed:
        assert f".venv/bin/creator-assets {' '.join(GENERATED[page])}" in PAGE.read_text()


def test_a_new_provider_sells_over_http_and_the_ledger_agrees_with_the_meter(copy: Path) -> None:
    done = run(copy, "-c", SMOKE)
    assert done.stdout.strip() == "acme answers", done.stderr


def test_a_new_provider_passes_the_tests_of_all_providers(copy: Path) -> None:
    tests = ("test_capabilities.py", "test_registry.py", "test_declared_operations.py", "test_every_operation.py")
    done = run(
        copy, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "-k", "acme or AC-1 or AC-2 or costs_what_the_meter",
        *(f"tests/providers/{name}" for name in tests),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
