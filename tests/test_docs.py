"""The pages of `docs/`: links lead somewhere, the picture of the rooms is the contracts, every asset is named."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise, product
from pathlib import Path

import pytest

from creator_assets.assets.graph import asset_graph

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "creator_assets"
PAGES = sorted(
    [CHECKOUT / "README.md", *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / ".github").rglob("*.md")],
    key=str,
)
# Words of inverted sentences, which are hard to read in a second language.
UNPLAIN = re.compile(r"\b(whom|whoever|told)\b", re.IGNORECASE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def _prose(page: Path) -> str:
    """A page without its code blocks: what looks like a link in code is none."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_file() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_page_has_a_word_that_turns_a_sentence_round(page: Path) -> None:
    assert not [line for line in page.read_text().splitlines() if UNPLAIN.search(line)]


def test_the_index_lists_every_page() -> None:
    index = CHECKOUT / "docs" / "README.md"
    listed = {(index.parent / link).resolve() for link in LINK.findall(index.read_text())}
    pages = {page for page in (CHECKOUT / "docs").glob("*.md") if page != index}
    assert not pages - listed
    decisions = CHECKOUT / "docs" / "decisions"
    linked = set(LINK.findall((decisions / "README.md").read_text()))
    assert linked == {page.name for page in decisions.glob("0*.md")}


def _floors() -> list[set[str]]:
    """The layers of the contract, top to bottom, each with its rooms."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (floors,) = [contract for contract in contracts if contract["id"] == "floors"]
    return [{room.strip(" ()") for room in re.split(r"[|:]", layer)} for layer in floors["layers"]]


def _drawn() -> list[tuple[set[str], bool]]:
    """The layers of the picture, top to bottom: their rooms, and whether the line says that Dagster is known."""
    page = (CHECKOUT / "docs" / "architecture.md").read_text()
    layers = re.findall(r"^ layer (\d+) +(.*?) {2,}(\S.*)$", page, re.MULTILINE)
    assert [int(number) for number, _, _ in layers] == list(range(1, len(layers) + 1))
    return [(set(rooms.split(" | ")), knows != "no") for _, rooms, knows in layers]


def test_the_picture_of_the_rooms_is_the_contract_of_the_floors() -> None:
    assert [rooms for rooms, _ in _drawn()] == _floors()


def test_the_picture_says_which_rooms_import_dagster() -> None:
    imports = re.compile(r"^\s*(import dagster|from dagster)\b", re.MULTILINE)
    for rooms, knows in _drawn():
        modules = [path for room in rooms for path in (PACKAGE / f"{room}.py", *(PACKAGE / room).rglob("*.py"))]
        texts = [path.read_text() for path in modules if path.is_file()]
        assert texts, rooms
        assert any(map(imports.search, texts)) == knows, rooms


def test_every_room_has_one_sentence() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text()
    section = page.partition("## The rooms")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \| (\S.*) \|$", section, re.MULTILINE)
    names = [name for name, _ in described]
    assert sorted(names) == sorted(set().union(*_floors()))


def test_where_things_live_names_what_exists() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text()
    section = page.partition("## Where things live")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w<>*./]+(?:\.py|\.yaml|\.example|/))`", section)
    assert len(named) > 15
    for name in named:
        if "/" not in name and name == "rows.py":
            continue  # beside the module that stands before it
        pattern = name.replace("<name>", "*").rstrip("/")
        assert [*PACKAGE.glob(pattern), *CHECKOUT.glob(pattern)], name


def test_the_table_of_assets_names_every_asset_with_its_group_partitions_and_cost() -> None:
    page = (CHECKOUT / "docs" / "assets.md").read_text()
    listed = re.findall(r"^\| (\w+) \| `(\w+)`( \*)? \| (none|week|day)(?: \S campaign)? \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(
        (node.group, node.name, " *" if node.stage else "", node.kind.value if node.kind else "none")
        for node in asset_graph().nodes
    )


def test_the_order_of_assets_is_that_of_the_graph() -> None:
    page = (CHECKOUT / "docs" / "assets.md").read_text()
    drawing = page.partition("## Order")[2].partition("```text\n")[2].partition("```")[0]
    drawn: set[tuple[str, str]] = set()
    for line in drawing.splitlines():
        for before, after in pairwise(line.split("->")):
            drawn |= set(product(re.findall(r"\w+", before), re.findall(r"\w+", after)))
    graph = asset_graph()
    assert drawn <= {(one, node.name) for node in graph.nodes for one in graph.upstream_of(node.name)}
    reads = {(one, node.name) for node in graph.nodes for one in node.upstream}
    assert not {(first, last) for first, last in reads if not _follows(first, last, drawn)}


def _follows(first: str, last: str, drawn: set[tuple[str, str]]) -> bool:
    """Whether the drawing leads from one asset to another, in one step or several."""
    following = {after for before, after in drawn if before == first}
    return last in following or any(_follows(one, last, drawn) for one in following)


def test_every_name_of_the_glossary_exists() -> None:
    page = (CHECKOUT / "docs" / "glossary.md").read_text().partition("## For developers")[2]
    terms = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    named = {name for term in terms for name in re.findall(r"`([A-Z]\w+)`", term)}
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert len(named) > 20
    assert not {name for name in named if not re.search(rf"^class {name}\b", code, re.MULTILINE)}
