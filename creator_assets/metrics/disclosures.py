"""Words by which a creator discloses that a post is paid, in the languages of the platforms' markets.

Consumer-protection bodies ask for such words: ASA, CMA and FTC (English), Die Medienanstalten (German), ARPP and DGCCRF
(French), AUTOCONTROL (Spanish), CONAR (Portuguese), AGCM and IAP (Italian), Stichting Reclame Code (Dutch), the Nordic
consumer agencies, UOKiK (Polish), the Turkish Ministry of Trade, CAA (Japanese) and KFTC (Korean); further words are
those of the platforms' own label ("Paid partnership" of Instagram). The table was written from general knowledge of
their guides. ``disclosure_sources`` has the pages that name its words, and marks the words that no page names. Words
with a second meaning (pub) are left out, or count only in a phrase or where they open the text (annonce is any
announcement in French).
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
    "da": ("betalt partnerskab", "er annonce", "en annonce for", "annonce for"),
    "fi": ("mainos", "kaupallinen yhteistyö"),
    "et": ("reklaam",),
    "pl": ("reklama", "współpraca reklamowa", "materiał reklamowy"),
    "cs": ("placená spolupráce", "placené partnerství"),
    "hu": ("hirdetés", "fizetett partnerség", "fizetett együttműködés"),
    "ro": ("publicitate", "parteneriat plătit"),
    "tr": ("iş birliği içerir", "ücretli iş birliği"),
    "el": ("διαφήμιση", "επί πληρωμή συνεργασία"),
    "ru": ("реклама", "на правах рекламы", "оплачиваемое партнерство"),
    "uk": ("оплачуване партнерство",),
    "id": ("iklan", "kemitraan berbayar"),
    "ar": ("إعلان", "شراكة مدفوعة"),
    "zh": ("广告", "廣告", "付费合作"),
    "ja": ("広告", "タイアップ"),
    "ko": ("광고", "협찬", "유료광고"),
}
# Short words: paid as a hashtag, or where they open the text (`Ad: ...`, `[ad] ...`); elsewhere they may mean anything.
SHORT = ("ad", "ads", "advert", "adv", "publi", "spon", "annonce")

HASHTAGS = tuple(
    sorted({word.replace(" ", "") for words in DISCLOSURES.values() for word in words} | {*SHORT, "paidpartnership"})
)
"""Hashtags that disclose a paid post, in lower case and without #."""

_CJK = ("ja", "ko", "zh")
# Until a blank or a letter of a script without blanks: text may follow an address at once.
_NO_BREAK = r"[^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_ADDRESS = rf"(?i)\b(?:(?:https?://|www\.){_NO_BREAK}+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{{2,}}[/#?]{_NO_BREAK}*)"
_SPACED = "|".join(
    word.replace(" ", r"\s+") for language, words in DISCLOSURES.items() if language not in _CJK for word in words
)
_UNSPACED = "|".join(word for language in _CJK for word in DISCLOSURES[language])
_ANYWHERE = rf"(?i)(?:^|[^\p{{L}}\p{{N}}_@])(?:{_SPACED})(?:$|[^\p{{L}}\p{{N}}_])|{_UNSPACED}"
_OPENING = rf"(?i)^[\s\[(*#]*(?:{'|'.join(SHORT)})\s*(?:[\])|:*/\x{{2013}}\x{{2014}}-]|$)"
# What says that a post is not paid, although a word of the list stands in it.
_UNPAID = (
    r"(?i)(?:unbezahlte|unbeauftragte|keine|unpaid|not|no|sin|non|pas de)\s+(?:\p{L}+\s+)?"
    r"(?:werbung|anzeige|sponsored|ad|publicidad)\b|\bwerbung\W{1,3}(?:unbezahlt|unbeauftragt)"
)


def without_addresses(text: pl.Expr) -> pl.Expr:
    """The text without addresses of pages: the fragment of one is no hashtag."""
    return text.str.replace_all(_ADDRESS, " ")


def discloses(caption: pl.Expr) -> pl.Expr:
    """Whether a caption says in words that its post is paid; null where there is no caption."""
    text = without_addresses(caption)
    said = text.str.contains(_ANYWHERE) | text.str.contains(_OPENING)
    return said & ~text.str.contains(_UNPAID)
