"""People in a brief: their names are never repeated, and what is inferred about them needs a reason."""

from __future__ import annotations

from typing import Annotated

import pytest
from rich.pretty import pretty_repr

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.campaigns.values import Handle
from creator_assets.checked_yaml import FaultList, Reading, Section, YamlNode, compose, read_section
from creator_assets.checked_yaml.scalars import WholeNumber, choice
from creator_assets.checked_yaml.section import Entries
from creator_assets.providers import capabilities
from tests.campaigns.briefs import BRIEF, right, wrong


@pytest.mark.parametrize("old", ["/srv/team/invited.txt", "To invite them", "consent", "300", "max_addresses"])
def test_an_address_in_the_brief_is_refused_and_never_repeated(old: str) -> None:
    section = BRIEF.splitlines()[-1]
    found = wrong(BRIEF.replace(section, section.replace(old, "jane@example.com")))
    assert found
    assert not [fault for fault in found if "jane" in str(fault)]


CANARIES = ("jane.canary", "canary@example.com", "canary_rival", "canary_twin", "@canary", "canary_handle")


@pytest.mark.parametrize(
    "personal",
    [
        "roster: [{platform: tiktok, handle: jane.canary x}]",
        "roster: [{platform: jane.canary, handle: a}]",
        "roster: {jane.canary: tiktok}",
        "roster: [jane.canary]",
        "roster: [{jane.canary: tiktok}]",
        "roster: [{platform: tiktok, handle: canary@example.com}]",
        "roster: [{platform: tiktok, handle: jane.canary}, {platform: tiktok, handle: jane.canary}]",
        "lookalikes: [{provider: north, platform: instagram, like: canary_twin/x, max_creators: 5}]",
        "lookalikes: [{provider: north, platform: instagram, like: [canary_twin], max_creators: 5}]",
        "shortlist: {top: 5, exclude: [canary_rival /]}",
        "shortlist: {top: 5, exclude: {canary_rival: 1}}",
        "shortlist: {top: 5, canary@example.com: 1}",
        "tracking: {videos: ['http://tiktok.com/@canary/1']}",
        "tracking: {videos: [], fees: {'https://tiktok.com/@canary/1': 1}}",
        "tracking: {videos: ['https://tiktok.com/@canary/1', 'https://tiktok.com/@canary/1']}",
        "roster: [{platform: tiktok, handle: !jane.canary x}]",
        "roster: [{platform: tiktok, handle: !jane.canary!x x}]",
        "roster: [{platform: tiktok, handle: *jane.canary}]",
        "roster: [{platform: tiktok, handle: @canary}]",
        "canary@example.com: 1",
        "shortlist: {top: 5, canary_rival: 1}",
        "roster: [{platform: tiktok, canary_rival: a, handle: b}]",
        "roster: [{platform: tiktok, canary_handle: a, handle: b}]",
        "tracking: {videos: ['https://tiktok.com/v/1'], fees: {canary_rival: x, canary_twin: 1}}",
        "tracking: {videos: ['https://tiktok.com/v/1'], provider: canary_rival}",
        "tracking: {videos: {canary_rival: canary_twin}}",
        "lookalikes: [{provider: canary_rival, platform: canary_twin, like: a, max_creators: jane.canary}]",
        "email_matches: {addresses: /x, lawful_basis: canary_rival, purpose: '@canary', max_addresses: canary_twin}",
    ],
)
def test_no_fault_repeats_what_may_name_a_person(personal: str) -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {north: 1, south: 1}\n"
    for fault in wrong(head + personal):
        assert not any(canary in str(fault) or canary in repr(fault) for canary in CANARIES), str(fault)


def test_a_field_that_is_one_letter_from_a_real_one_is_shown_even_beside_a_handle() -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {north: 1}\n"
    found = wrong(head + "shortlist: {top: 1}\nroster: [{platfrm: tiktok, handel: a, platform: tiktik}]\n")
    fields = [fault.field.removeprefix("roster[0].") for fault in found]
    assert fields == ["handle", "platfrm", "handel", "platform"]
    assert found[3].problem == "unknown value 'tiktik'"
    assert "Did you mean tiktok?" in found[3].remedy


def test_a_new_field_with_a_handle_is_hidden_without_another_word() -> None:
    class Home(Section):
        city: Annotated[str, choice(("Berlin", "Bern"), "cities")] = "Berlin"

    class Friends(Section):
        best: Handle
        home: Home = Home()
        others: Entries[Handle] = ()
        count: WholeNumber = 0

    shown = repr(Friends(best="jane", others=("joe", "jim"), count=2))
    assert shown == "Friends(best='hidden', home=Home(city='Berlin'), others='2 hidden', count=2)"
    faults = FaultList("x")
    raw = compose(b"{best: jane, jane: 1, count: jane, home: {city: jane}}", faults)
    assert raw is not None
    assert read_section(Friends, YamlNode(raw, "", faults), Reading()) is None
    assert [(fault.field, fault.column) for fault in faults.in_order()] == [("?", 14), ("count", 30), ("home.city", 49)]
    assert "jane" not in str(faults.in_order())


def test_no_repr_shows_a_handle() -> None:
    campaign = right(BRIEF)
    for shown in (repr(campaign), str(campaign), pretty_repr(campaign), f"{campaign.roster}", repr(campaign.tracking)):
        assert "hidden" in shown
        assert not any(name in shown for name in ("bar.films", "some_handle", "a_competitor"))


@pytest.mark.parametrize("written", ["true", "false", "yes", "ON", "'y'"])
def test_a_yes_is_no_reason_to_keep_what_is_inferred_about_people(written: str) -> None:
    text = (
        "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {infludata: 90}\n"
        "roster: [{platform: tiktok, handle: bar.films}]\nshortlist: {top: 1}\n"
        f"audiences: {{top: 1, keep_sensitive_because: {written}}}\n"
    )
    found = read_brief("one", text.encode(), capabilities.catalog())
    assert not isinstance(found, Campaign)
    assert [fault.field for fault in found] == ["audiences.keep_sensitive_because"]
    assert found[0].problem == "this is no reason"
    assert isinstance(read_brief("one", text.replace(written, "a study").encode(), capabilities.catalog()), Campaign)
