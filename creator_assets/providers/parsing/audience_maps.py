"""The maps of shares in an audience report: what divides the audience, by which code, with which share.

Documents and real reports name one dimension in many ways (``audience_ages``, ``ageDistribution``, ``topCountries``).
They write its parts in many forms (``{code: share}``, ``[{code, weight}]``, ``[{country, value}]``, "40%"). Names are
compared by the words that carry meaning. What no reader knows is listed, never dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Dimension(NamedTuple):
    """What divides an audience: whether its parts exclude one another, and whether a report names all of them."""

    name: str
    is_exclusive: bool = True
    is_whole: bool = False
    is_sensitive: bool = False


class Part(NamedTuple):
    """One part of a dimension as the report writes it; its field may be called a percentage."""

    code: Any
    share: Any
    affinity: Any = None
    is_called_per_cent: bool = False


_DIMENSIONS: Mapping[frozenset[str], Dimension] = {
    frozenset(words.split()): dimension
    for names, dimension in (
        ("age", Dimension("age", is_whole=True)),
        ("gender|sex", Dimension("gender", is_whole=True)),
        ("gender age|age gender per|gender per age|sex age", Dimension("gender_and_age", is_whole=True)),
        ("country|location country|nation", Dimension("country")),
        ("state", Dimension("state")),
        ("city|location city", Dimension("city")),
        ("language|lang", Dimension("language")),
        ("interest|interest category", Dimension("interest", is_exclusive=False)),
        ("brand|brand affinity|affinity brand", Dimension("brand", is_exclusive=False)),
        ("reachability", Dimension("reachability")),
        ("type", Dimension("type")),
        ("ethnicity|race", Dimension("ethnicity", is_sensitive=True)),
    )
    for words in names.split("|")
}
# Words that say nothing of what a map divides.
_EMPTY_WORDS = frozenset(
    {
        "audience", "follower", "subscriber", "viewer", "user", "distribution", "split", "breakdown", "share", "top",
        "by", "of", "data", "stat", "statistic", "percentage", "percent", "demographic", "group", "range", "bracket",
        "list", "map", "name", "ratio",
    }
)  # fmt: skip
# Lists of a report that divide no audience: people, histograms, and figures of the whole.
_OTHER = re.compile(
    r"lookalike|notable_users|similar|histogram|credib|quality|subdivisions|engagement|basis", re.IGNORECASE
)
_CODES = ("code", "name", "id", "title", "label", "key")
_SHARES = ("weight", "share", "percentage", "percent", "value", "ratio", "pct")
_GENDERS = ("male", "female")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def dimension_of(name: str) -> Dimension | None:
    """The dimension that a name means, in any spelling; None for a name that no reader knows."""
    words = (_singular(word.lower()) for word in _WORD.findall(name))
    return _DIMENSIONS.get(frozenset(word for word in words if word not in _EMPTY_WORDS))


def maps_in(report: Mapping[str, Any]) -> tuple[dict[Dimension, list[Part]], list[str]]:
    """The parts of each dimension of a report, and the names of lists and maps that no reader knows.

    Places may stand one level deeper, under a name of their own (``geo``).
    """
    known: dict[Dimension, list[Part]] = {}
    unknown: list[str] = []
    for name, value in report.items():
        if _OTHER.search(name):
            continue
        found = [(name, value)]
        if isinstance(value, dict) and dimension_of(name) is None and any(map(dimension_of, value)):
            found = [(f"{name}.{inner}", one) for inner, one in value.items()]
        for path, one in found:
            dimension = dimension_of(path.rpartition(".")[2])
            if dimension is not None and isinstance(one, list | dict):
                known.setdefault(dimension, []).extend(_parts(one))
            elif one and isinstance(one, list | dict) and not _OTHER.search(path):
                unknown.append(path)
    return known, unknown


def number(value: Any) -> float | None:
    """A share as a number; one with a percent sign as a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    try:
        return float(text.removesuffix("%").replace(",", ".")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


def _parts(shares: list[Any] | dict[str, Any]) -> Iterator[Part]:
    """Each part, from either form."""
    if isinstance(shares, dict):
        for code, share in shares.items():
            if isinstance(share, dict):
                yield from _of_genders(code, share)
            else:
                yield Part(code, share)
        return
    for part in shares:
        if not isinstance(part, dict):
            yield Part(None, part)
            continue
        field = next((name for name in _SHARES if name in part), "")
        if not field and any(name in part for name in _GENDERS):
            yield from _of_genders(next((part[name] for name in _CODES if name in part), None), part)
        else:
            yield Part(_code(part), part.get(field), part.get("affinity"), field.startswith(("percent", "pct")))


def _code(part: Mapping[str, Any]) -> Any:
    """What names a part: the usual names, else the field that is called like its dimension (``country``)."""
    usual = next((part[name] for name in _CODES if name in part), None)
    named = (text for name, text in part.items() if isinstance(text, str) and dimension_of(name))
    return usual if usual is not None else next(named, None)


def _of_genders(code: Any, shares: Mapping[str, Any]) -> Iterator[Part]:
    yield from (Part(f"{code}/{gender}", shares.get(gender)) for gender in _GENDERS)
