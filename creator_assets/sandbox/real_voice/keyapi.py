"""KeyAPI: rows of influencer analytics, as they come.

From the seed ``002`` (48 fields and their types) and PUBLIC_DOCS.md 3: real rows have fractions where the schema says
integer (GMV, averages per video), and fields that the schema lacks.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.universe import Profile

FRACTIONS = ("total_sale_gmv_amt", "total_sale_gmv_30d_amt", "per_video_product_views_avg_7d_cnt")


def row(documented: dict[str, Any], one: Profile) -> dict[str, Any]:
    """Return a row with fractions for a seller, and with the four extra fields of real rows."""
    sells = documented["sales_flag"] > 0
    fractions = {name: documented[name] + 0.37 for name in FRACTIONS} if sells else {}
    gmv = float(documented["total_sale_gmv_30d_amt"])
    return documented | {
        **fractions,
        "product_category_list": documented["most_category_product"],
        "per_views_avg_30d_cnt": float(one.avg_views or 0),
        "total_live_sale_gmv_30d_amt": round(gmv * 0.4, 2),
        "total_video_sale_gmv_30d_amt": round(gmv * 0.6, 2),
    }
