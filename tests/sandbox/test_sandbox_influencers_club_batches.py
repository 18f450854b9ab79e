"""influencers.club: batches, from upload to download, compared with its index and public pages."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest

from .club import ROOT, handles, post
from .conftest import SandboxBench, Start


class TestBatches:
    """The life of a batch, from upload to download."""

    def create(self, bench: SandboxBench, rows: list[str], **fields: str) -> str:
        content = "\n".join(["handle", *rows]).encode()
        data = {"platform": "tiktok", "enrichment_mode": "raw"} | fields
        response = bench.club.post(
            f"{ROOT}/enrichment/batch/", files={"file": ("rows.csv", content, "text/csv")}, data=data
        )
        assert response.status_code == 201, response.text
        assert response.json()["status"] == "queued"
        return str(response.json()["batch_id"])

    def status(self, bench: SandboxBench, batch_id: str) -> Any:
        return bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/status/").json()

    def test_a_batch_charges_only_enriched_rows(self, bench: SandboxBench) -> None:
        known = handles(bench, "tiktok", 10)
        before = bench.charged("influencers_club")
        batch_id = self.create(bench, [*known, known[0], "nobody at all"])
        assert self.status(bench, batch_id)["status"] == "queued"
        assert bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/").status_code == 400
        bench.advance(seconds=60)
        done = self.status(bench, batch_id)
        assert (done["status"], done["total_rows"], done["success_count"], done["failed_count"]) == (
            "finished",
            12,
            11,
            1,
        )
        assert bench.charged("influencers_club") - before == Decimal("0.33") == Decimal(done["credits_used"])
        as_json = bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/", params={"format": "json"}).json()
        as_csv = list(csv.DictReader(io.StringIO(bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/").text)))
        assert [row["input_value"] for row in as_json] == [*known, known[0], "nobody at all"]
        assert [(row["input_value"], row["status"]) for row in as_csv] == [
            (row["input_value"], row["status"]) for row in as_json
        ]
        assert as_json[-1] == {"input_value": "nobody at all", "status": "not_found", "enrichment_data": None}
        assert as_json[0]["enrichment_data"]["username"] == known[0]
        assert bench.charged("influencers_club") - before == Decimal("0.33")

    def test_a_batch_without_credits_pauses_keeps_its_results_and_resumes(self, bench: SandboxBench) -> None:
        known = handles(bench, "tiktok", 20)
        before = bench.charged("influencers_club")
        bench.set_account("influencers_club", set_balance="0.3")
        batch_id = self.create(bench, known)
        bench.advance(seconds=60)
        paused = self.status(bench, batch_id)
        assert (paused["status"], paused["processed_rows"]) == ("paused_insufficient_credits", 10)
        partial = bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/", params={"format": "json"}).json()
        assert [row["input_value"] for row in partial] == known[:10]
        bench.advance(days=1)
        assert self.status(bench, batch_id)["processed_rows"] == 10
        bench.set_account("influencers_club", top_up="5")
        assert bench.club.post(f"{ROOT}/enrichment/batch/{batch_id}/resume/").status_code == 200
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["status"] == "finished"
        assert bench.charged("influencers_club") - before == Decimal("0.6")
        assert bench.club.post(f"{ROOT}/enrichment/batch/{batch_id}/resume/").status_code == 400

    def test_a_running_batch_shows_its_progress(self, start: Start) -> None:
        bench = start(batch_rows_per_second=1, batch_status_spelling="completed")
        batch_id = self.create(bench, handles(bench, "tiktok", 50))
        bench.advance(seconds=15)
        running = self.status(bench, batch_id)
        assert running["status"] == "running"
        assert 9 <= running["processed_rows"] <= 20
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["status"] == "completed"

    def test_a_batch_belongs_to_its_key(self, bench: SandboxBench) -> None:
        batch_id = self.create(bench, ["bar.films"])
        bench.control.post("/accounts", json={"key": "stranger", "provider": "influencers_club", "limit": "5"})
        url = f"{bench.running.url('influencers_club')}{ROOT}/enrichment/batch/{batch_id}/status/"
        assert httpx.get(url, headers={"Authorization": "Bearer stranger"}).status_code == 404

    @pytest.mark.parametrize(
        ("data", "content", "status"),
        [
            ({"platform": "tiktok", "enrichment_mode": "everything"}, b"handle\nbar.films", 422),
            ({"platform": "myspace", "enrichment_mode": "raw"}, b"handle\nbar.films", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"handle\n", 422),
            ({"enrichment_mode": "basic", "min_followers": "many"}, b"email\na@example.com", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"\xff\xfe\x00", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"x" * (10 * 1024 * 1024 + 1), 422),
        ],
    )
    def test_a_file_or_mode_that_cannot_be_served_is_refused(
        self, bench: SandboxBench, data: dict[str, str], content: bytes, status: int
    ) -> None:
        response = bench.club.post(
            f"{ROOT}/enrichment/batch/", files={"file": ("rows.csv", content, "text/csv")}, data=data
        )
        assert response.status_code == status

    def test_addresses_are_enriched_at_their_own_rate(self, bench: SandboxBench) -> None:
        results = (
            post(bench, "creators/enrich/handle/full/", platform="instagram", handle=handle).json()["result"]
            for handle in handles(bench, "instagram", 50)
        )
        address = next(one["email"] for one in results if one["email"])
        before = bench.charged("influencers_club")
        batch_id = self.create(bench, [address, "nobody@example.com"], enrichment_mode="basic")
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["success_count"] == 1
        assert bench.charged("influencers_club") - before == Decimal("0.1")
