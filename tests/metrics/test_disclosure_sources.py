"""Each disclosure word has a page that names it, or is known to have none."""

from __future__ import annotations

from creator_assets.metrics.disclosure_sources import NOT_LOOKED_UP, SOURCES, unsourced
from creator_assets.metrics.disclosures import DISCLOSURES, SHORT

# A new word needs a source, or a line here that says that it has none.
KNOWN_WITHOUT_SOURCE = {
    "en": ("sponsoredpost", "paid partnership"),
    "de": ("bezahlte werbung", "bezahlte partnerschaft"),
    "fr": ("publicite", "partenariat rémunéré", "partenariat remunere"),
    "es": ("colaboracion pagada",),
    "it": ("pubblicita", "collaborazione a pagamento"),
    "sv": ("annons", "betalt samarbete"),
    "no": ("sponset innhold",),
    "da": ("betalt partnerskab", "er annonce", "en annonce for", "annonce for"),
    "fi": ("kaupallinen yhteistyö",),
    "zh": ("付费合作",),
    "short": ("ads",),
}
SEARCHED_IN_VAIN = ("tr", "ja", "ko")


def test_every_word_has_a_source_or_is_marked() -> None:
    whole = {language: DISCLOSURES[language] for language in (*NOT_LOOKED_UP, *SEARCHED_IN_VAIN)}
    assert unsourced() == KNOWN_WITHOUT_SOURCE | whole


def test_a_source_names_words_of_the_table() -> None:
    for one in SOURCES:
        assert set(one.words) <= {*DISCLOSURES[one.language], *SHORT}, one.url
        assert one.url.startswith("http")
