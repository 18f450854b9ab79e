"""Where the words of ``disclosures`` are read: the page, what it reports, and the words that it names.

Most pages report a guide of a regulator and are not the guide. A word that no page here names was written from general
knowledge; `unsourced` lists those. Nobody has looked for pages about the languages in `NOT_LOOKED_UP`.
"""

from __future__ import annotations

from typing import NamedTuple

from creator_assets.metrics.disclosures import DISCLOSURES, SHORT


class Source(NamedTuple):
    """A page, what it reports, and the words of ``DISCLOSURES`` or ``SHORT`` that it names for a language."""

    language: str
    reports: str
    url: str
    words: tuple[str, ...]


SOURCES = (
    Source(
        "en",
        "labels that ASA and CMA accept, at least in some cases, or find risky",
        "https://www.rpc.co.uk/snapshots/advertising-and-marketing/what-is-the-right-hashtag-to-use-when-labelling-an-ad/",
        ("advertisement", "advertising", "sponsored", "paid promotion", "ad", "advert", "spon"),
    ),
    Source(
        "de",
        "the guide of Die Medienanstalten",
        "https://www.golem.de/news/influencer-medienanstalten-empfehlen-werbung-1707-128835.html",
        ("werbung", "anzeige"),
    ),
    Source(
        "fr",
        "law 2023-451",
        "https://tgs-avocats.fr/blog/encadrement-activite-influenceurs",
        ("publicité", "collaboration commerciale"),
    ),
    Source(
        "es",
        "labels that a lawyer names for the rules of AUTOCONTROL",
        "https://abogados24-es.com/questions/como-se-regula-la-figura-del-influencer-en-redes-sociales-respecto-a-la-publicidad-encubierta",
        ("publicidad", "patrocinado", "colaboración pagada"),
    ),
    Source(
        "pt",
        "the guide of CONAR",
        "https://portalpublicitario.com.br/conar-derruba-perfis-achadinhos-shopee",
        ("publicidade", "publipost", "publi"),
    ),
    Source(
        "pt",
        "the guide of CONAR, and Instagram's label",
        "https://criadoresid.com/guia-de-publicidade/",
        ("publicidade", "parceria paga"),
    ),
    Source(
        "it",
        "the Digital Chart of IAP",
        "https://heymancontent.com/post/guida-completa-alla-digital-chart-regole-pubblicità-social-per-influencer-e-brand",
        ("pubblicità", "sponsorizzato", "ad", "adv"),
    ),
    Source(
        "nl",
        "rules by kind of collaboration",
        "https://influencerregels.com/facebook/",
        ("advertentie", "betaalde samenwerking", "ad", "spon"),
    ),
    Source(
        "nl",
        "examples for the code of Stichting Reclame Code",
        "http://www.onfluence.nl/micro-influencers/regels-omtrent-adverteren-op-social-media/",
        ("gesponsord", "spon"),
    ),
    Source(
        "sv",
        "the Finnish consumer ombudsman, in Swedish",
        "https://kkv.fi/sv/konsumentarenden/information-och-anvisningar-till-foretag/konsumentombudsmannens-riktlinjer/influerarmarknadsforing-i-sociala-medier",
        ("reklam",),
    ),
    Source(
        "no",
        "Forbrukertilsynet",
        "https://headtopics.com/no/storkontroll-av-influencere-skal-se-om-de-driver-med-48249197",
        ("annonse", "reklame"),
    ),
    Source(
        "da",
        "Forbrugerombudsmanden, who prefers the word to `ad`",
        "https://www.bt.dk/krimi/populaere-influencere-politianmeldes-for-skjult-reklame?referrer=RSS",
        ("annonce",),
    ),
    Source(
        "fi",
        "the consumer ombudsman",
        "https://kkv.fi/kuluttaja-asiat/tietoa-ja-ohjeita-yrityksille/kuluttaja-asiamiehen-linjaukset/vaikuttajamarkkinointi-sosiaalisessa-mediassa",
        ("mainos",),
    ),
    Source(
        "pl",
        "the recommendations of UOKiK",
        "https://www.wiadomoscikosmetyczne.pl/artykuly/sa-juz-rekomendacje-uokik-dotyczace-oznaczania-tre,70539",
        ("reklama", "materiał reklamowy", "współpraca reklamowa"),
    ),
    Source(
        "hu",
        "GVH",
        "https://www.origo.hu/gazdasag/2025/05/influenszer-szabaly-gazdasagi-versenyhivatal-atveres",
        ("fizetett partnerség", "fizetett együttműködés"),
    ),
    Source(
        "hu",
        "the practice of GVH",
        "https://www.hrportal.hu/c/millios-birsagokat-kaphatnak-az-influencerek-20191125.html",
        ("hirdetés",),
    ),
    Source(
        "zh",
        "the measures for internet advertising, which ask for the word 廣告 (广告)",
        "http://www.zhuanguanjia.com/langfang/anci/180337.html",
        ("广告", "廣告"),
    ),
)
# For `tr`, `ja` and `ko` pages were looked for: none that was found names a word of the table.
NOT_LOOKED_UP = ("et", "cs", "ro", "el", "ru", "uk", "id", "ar")


def unsourced() -> dict[str, tuple[str, ...]]:
    """By language, the words that no page names: written from general knowledge."""
    named = {(one.language, word) for one in SOURCES for word in one.words}
    found = {
        language: tuple(word for word in words if (language, word) not in named)
        for language, words in DISCLOSURES.items()
    }
    anywhere = {word for _language, word in named}
    short = {"short": tuple(word for word in SHORT if word not in anywhere)}
    return {language: words for language, words in (found | short).items() if words}
