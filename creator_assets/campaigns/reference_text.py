"""The prose of the reference page of a brief: introduction, example, rules. The tables are made in ``reference``."""

from __future__ import annotations

INTRODUCTION = """\
<!-- Written by `creator-assets brief reference`. Change creator_assets/campaigns/, not this page. -->

# Campaign briefs

A campaign brief says which creators a campaign needs, what it buys for them and how much it may spend. It is one YAML
file in `campaigns/`. The name of the file is the slug of the campaign: `campaigns/berlin-fitness.yaml` is the campaign
`berlin-fitness`. A slug has 1 to 63 lower-case letters, digits and hyphens.

Briefs are checked when the code location loads. A wrong brief is left out, and the others load.
`creator-assets doctor` lists every fault with file, line, column and the nearest right word. Reload the code location
after you add or change a brief.

The schema `docs/brief.schema.json` lets an editor complete and check fields while you type. It needs the YAML language
server (in VS Code: the YAML extension of Red Hat) and this first line in the brief:

```yaml
# yaml-language-server: $schema=../docs/brief.schema.json
```

The schema knows fields, types, bounds, providers, platforms and filters. It does not know what sections need from each
other."""

EXAMPLE = """\
brief: {market: Germany, start: 2026-11-02, end: 2027-06-27, currency: EUR, fees: 60_000}
budget: {influencers_club: 250, influtics: 300} # credits of each provider, for this campaign
thresholds: {notify: 0.8, suspend: 0.95}

discovery:
  - name: instagram
    provider: influencers_club
    platform: instagram
    max_creators: 60
    filters: {location: [Germany], number_of_followers: {min: 10_000}}
lookalikes: [{provider: influencers_club, platform: instagram, like: example_user, max_creators: 20}]
roster: [{platform: instagram, handle: adidas}]

shortlist: {top: 20, min_engagement_rate: 0.01}
profiles: {depth: full, max_age: 30d} # no provider: the cheapest one with a budget
audiences: {top: 10, max_age: 45d}
linked_accounts: {top: 6}
content: {top: 7, max_items: 12, details: {kinds: [data, comments], top: 5, max_comment_pages: 2}}
tracking:
  videos: ["https://www.tiktok.com/@bar.films/video/7300000000000000001"]
  max_sponsored: 2 # and two of the paid posts that `content` finds, each week
"""

VALUES = """\
## How values are written

Values are read as YAML 1.2 reads them, exactly as they are written: `NO` is a text and not false, and `010` is refused.
A field that is left out has its default. A field with nothing behind the colon is refused, and so is a name that comes
twice, an alias (`*name`) or a tag (`!name`). A brief has at most 1,000,000 bytes, 100,000 values and 20 levels."""

RULES = """\
## What sections need from each other

- A brief has at least one of `discovery`, `lookalikes`, `roster`, `tracking` and `email_matches`.
- A brief with `discovery`, `lookalikes` or `roster` has a `shortlist`: it bounds what is bought.
- `shortlist`, `profiles`, `audiences`, `content`, `overlap` and `linked_accounts` need creators: `discovery`,
  `lookalikes` or `roster`.
- A provider that is named has a `budget`. Where none is named, some provider with a budget can do it on each platform
  of the brief's creators.
- `tracking` names `videos`, `max_sponsored` or both. `max_sponsored` needs `content`.
- Nothing is named twice: no search, account or video, in whatever form the link is."""
