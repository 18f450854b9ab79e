"""Words by which a creator discloses that a post is paid, in the languages of the platforms' markets.

Consumer-protection bodies ask for such words: ASA, CMA and FTC (English), Die Medienanstalten (German), ARPP and DGCCRF
(French), AUTOCONTROL (Spanish), CONAR (Portuguese), AGCM and IAP (Italian), Stichting Reclame Code (Dutch), the Nordic
consumer agencies, UOKiK (Polish), CAA (Japanese) and KFTC (Korean). The table was written from general knowledge of
their guides and was not compared with each guide word for word. Words with a second meaning (pub) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

# Words that mean a paid post wherever they stand, and as hashtags without their blanks.
DISCLOSURES: Mapping[str, tuple[str, ...]] = {
    "en": ("advertisement", "advertising", "sponsored", "sponsoredpost", "paid partnership", "paid promotion"),
    "de": ("werbung", "anzeige", "bezahlte werbung", "bezahlte partnerschaft"),
    "fr": ("publicité", "publicite", "partenariat rémunéré", "partenariat remunere", "collaboration commerciale"),
    "es": ("publicidad", "patrocinado", "colaboración pagada", "colaboracion pagada"),
    "pt": ("publicidade", "parceria paga", "publipost"),
    "it": ("pubblicità", "pubblicita", "sponsorizzato", "collaborazione a pagamento"),
    "nl": ("advertentie", "gesponsord", "betaalde samenwerking"),
    "sv": ("annons", "betalt samarbete", "reklam"),
    "no": ("reklame", "annonse", "sponset innhold"),
    "da": ("betalt partnerskab", "annonce"),
    "fi": ("mainos", "kaupallinen yhteistyö"),
    "et": ("reklaam",),
    "pl": ("reklama", "współpraca reklamowa", "materiał reklamowy"),
    "tr": ("iş birliği içerir",),
    "ja": ("広告", "タイアップ"),
    "ko": ("광고", "협찬", "유료광고"),
}
# Short words: paid as a hashtag, or where they open the text (`Ad: ...`, `[ad] ...`); elsewhere they may mean anything.
SHORT = ("ad", "ads", "advert", "adv", "publi", "spon")

HASHTAGS = tuple(
    sorted({word.replace(" ", "") for words in DISCLOSURES.values() for word in words} | {*SHORT, "paidpartnership"})
)
"""Hashtags that disclose a paid post, in lower case and without #."""

_ADDRESS = r"(?i)\b(https?://|www\.)\S+"
_CJK = ("ja", "ko")
_SPACED = "|".join(
    word.replace(" ", r"\s+") for language, words in DISCLOSURES.items() if language not in _CJK for word in words
)
_UNSPACED = "|".join(word for language in _CJK for word in DISCLOSURES[language])
_ANYWHERE = rf"(?i)(?:^|[^\p{{L}}\p{{N}}_@])(?:{_SPACED})(?:$|[^\p{{L}}\p{{N}}_])|{_UNSPACED}"
_OPENING = rf"(?i)^[\s\[(*#]*(?:{'|'.join(SHORT)})\s*(?:[\])|:*/\x{{2013}}\x{{2014}}-]|$)"
# What says that a post is not paid, although a word of the list stands in it.
_UNPAID = (
    r"(?i)(?:unbezahlte|keine|unpaid|not|no|sin|non|pas de)\s+(?:\p{L}+\s+)?(?:werbung|anzeige|sponsored|ad|publicidad)"
)


def without_addresses(text: pl.Expr) -> pl.Expr:
    """The text without addresses of pages: the fragment of one is no hashtag."""
    return text.str.replace_all(_ADDRESS, " ")


def discloses(caption: pl.Expr) -> pl.Expr:
    """Whether a caption says in words that its post is paid; null where there is no caption."""
    text = without_addresses(caption)
    said = text.str.contains(_ANYWHERE) | text.str.contains(_OPENING)
    return said & ~text.str.contains(_UNPAID)
