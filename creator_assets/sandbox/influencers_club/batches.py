"""influencers.club: batch enrichment of a file in the background (IC-18 to IC-21).

A batch starts after a short time in the queue. It processes its rows by the sandbox clock and charges each enriched
row. Without credits it pauses until somebody resumes it; its results so far can be downloaded. The documents spell the
states in two ways; a setting selects one.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import msgspec

from creator_assets.microcredits import format_credits
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influencers_club.enrichment import (
    MODE_MICROCREDITS,
    RAW_PLATFORMS,
    SEED_PLATFORMS,
    email_options,
    enrich,
)

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World

FILE_BYTES_MAX = 10 * 1024 * 1024
ROWS_MAX = 10_000
QUEUED_SECONDS = 5.0
PAUSED = "paused_insufficient_credits"
_SECOND_SPELLING = {"processing": "running", "finished": "completed"}
# One letter per processed row: enriched, not found, failed.
_ROW_STATUS = {"e": "success", "n": "not_found", "f": "failed"}


def create(request: SandboxRequest) -> SandboxResponse:
    """IC-18: create a batch from a file of handles or e-mail addresses."""
    fields, content = _form(request)
    mode = fields.get("enrichment_mode", "")
    if mode not in MODE_MICROCREDITS:
        raise Refusal("invalid", f'"{mode}" is not a valid choice.', status=422, extra={"field": "enrichment_mode"})
    by_handle = mode in ("raw", "full")
    platform = fields.get("platform", "")
    if by_handle and platform not in (RAW_PLATFORMS if mode == "raw" else SEED_PLATFORMS):
        raise Refusal("invalid", f'"{platform}" is not a valid choice.', status=422, extra={"field": "platform"})
    rows = _rows(content, "handle" if by_handle else "email")
    section = request.world.state.section("influencers_club.batches")
    batch_id = f"bch_{request.request_id.replace('-', '')[:20]}"
    options: dict[str, Any] = {
        name: value for name, value in fields.items() if name not in ("enrichment_mode", "metadata")
    }
    if "exclude_platforms" in options:
        options["exclude_platforms"] = [name.strip() for name in options["exclude_platforms"].split(",")]
    email_options(options)  # refuse now: a background row cannot send a refusal
    batch = {
        "key": request.account.key,
        "mode": mode,
        "options": options,
        "metadata": fields.get("metadata"),
        "created_at": request.now.isoformat(),
        "due_from": (request.now + timedelta(seconds=QUEUED_SECONDS)).isoformat(),
        "started_at": None,
        "settled": "",
        "settled_before": 0,
        "status": "queued",
        "charged": 0,
        "total": len(rows),
    }
    section.put(batch_id, batch)
    request.world.state.section("influencers_club.batch_rows").put(batch_id, rows)
    return SandboxResponse(
        {
            "batch_id": batch_id,
            "status": "queued",
            "created_at": iso_z(request.now, milliseconds=True),
            "platform": platform or None,
            "metadata": _metadata(batch),
            "og_input_number": len(rows),
            "type_report": "ENRICH_BY_HANDLE" if by_handle else "ENRICH_BY_EMAIL",
            "enrichment_mode": mode,
            "message": "Batch enrichment job created.",
        },
        201,
    )


def status(request: SandboxRequest) -> SandboxResponse:
    """IC-21: the progress of a batch."""
    batch_id, batch = _own_batch(request)
    settled = batch["settled"]
    succeeded = settled.count("e")
    left = batch["total"] - len(settled)
    rate = request.world.settings.batch_rows_per_second
    ready_at = request.now + timedelta(seconds=left / rate)
    return SandboxResponse(
        {
            "batch_id": batch_id,
            "status": _spelling_of(batch["status"], request.world),
            "total_rows": batch["total"],
            "processed_rows": len(settled),
            "success_count": succeeded,
            "failed_count": len(settled) - succeeded,
            "started_at": batch["started_at"],
            "metadata": _metadata(batch),
            "credits_used": format_credits(batch["charged"]),
            "estimated_completion": iso_z(ready_at) if batch["status"] in ("queued", "processing") else None,
            "status_message": "Top up credits and resume." if batch["status"] == PAUSED else "",
        }
    )


def download(request: SandboxRequest) -> SandboxResponse:
    """IC-19: the results as CSV or JSON. A paused batch gives its results so far."""
    _, batch = _own_batch(request)
    wanted = request.query.get("format", "csv")
    if wanted not in ("csv", "json"):
        raise Refusal("invalid", f'"{wanted}" is not a valid choice.', extra={"field": "format"})
    if batch["status"] not in ("finished", PAUSED, "failed") or not batch["settled"]:
        raise Refusal("invalid", "Batch is not completed yet or no results file is available.")
    results = _results(request, batch)
    if wanted == "json":
        return SandboxResponse(results)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["input_value", "status", "enrichment_data"])
    for row in results:
        data = row["enrichment_data"]
        writer.writerow([row["input_value"], row["status"], "" if data is None else msgspec.json.encode(data).decode()])
    filename = f'attachment; filename="{request.path["batch_id"]}.csv"'
    return SandboxResponse(
        text.getvalue().encode(), headers={"content-disposition": filename}, content_type="text/csv; charset=utf-8"
    )


def resume(request: SandboxRequest) -> SandboxResponse:
    """IC-20: resume a paused or failed batch."""
    batch_id, batch = _own_batch(request)
    if batch["status"] not in (PAUSED, "failed"):
        raise Refusal("invalid", f"A batch that is {batch['status']} cannot be resumed.")
    batch |= {"status": "processing", "due_from": request.now.isoformat(), "settled_before": len(batch["settled"])}
    request.world.state.section("influencers_club.batches").put(batch_id, batch)
    return SandboxResponse(
        {"batch_id": batch_id, "status": _spelling_of("processing", request.world), "message": "Batch resumed."}
    )


def run_background_work(world: World) -> None:
    """Process the rows that are due, and charge them one by one."""
    section = world.state.section("influencers_club.batches")
    for batch_id, batch in section.items():
        if batch["status"] not in ("queued", "processing"):
            continue
        waited = (world.clock.now() - datetime.fromisoformat(batch["due_from"])).total_seconds()
        if waited < 0:
            continue
        due = min(batch["total"], batch["settled_before"] + int(waited * world.settings.batch_rows_per_second))
        started_at = batch["started_at"] or iso_z(world.clock.now(), milliseconds=True)
        batch |= {"status": "processing", "started_at": started_at}
        _process_rows(world, batch_id, batch, due)
        section.put(batch_id, batch)


def _process_rows(world: World, batch_id: str, batch: dict[str, Any], due: int) -> None:
    account = world.accounts.find("influencers_club", batch["key"], world.clock.now())
    if account is None:
        batch["status"] = "failed"
        return
    rows = world.state.section("influencers_club.batch_rows").get(batch_id)
    price = MODE_MICROCREDITS[batch["mode"]]
    request = _background_request(world)
    letters = [batch["settled"]]
    for value in rows[len(batch["settled"]) : due]:
        if world.faults.hits_row("job_fails", "influencers_club", "IC-18"):
            batch["status"] = "failed"
            break
        letter = "e" if enrich(request, batch["mode"], value, batch["options"]) is not None else "n"
        if world.faults.hits_row("row_fails", "influencers_club", "IC-18"):
            letter = "f"
        if letter == "e":
            if price > account.left_microcredits:
                batch["status"] = PAUSED
                break
            world.charge("influencers_club", "IC-18", account, price, 200, background=True)
            batch["charged"] += price
        letters.append(letter)
    batch["settled"] = "".join(letters)
    if len(batch["settled"]) == batch["total"]:
        batch["status"] = "finished"


def _results(request: SandboxRequest, batch: dict[str, Any]) -> list[dict[str, Any]]:
    rows = request.world.state.section("influencers_club.batch_rows").get(request.path["batch_id"])
    results = []
    for value, letter in zip(
        rows, batch["settled"], strict=False
    ):  # a paused batch has settled fewer than it was given
        data = enrich(request, batch["mode"], value, batch["options"]) if letter == "e" else None
        results.append({"input_value": value, "status": _ROW_STATUS[letter], "enrichment_data": data})
    return results


def _own_batch(request: SandboxRequest) -> tuple[str, dict[str, Any]]:
    batch_id = request.path["batch_id"]
    batch = request.world.state.section("influencers_club.batches").get(batch_id)
    if batch is None or batch["key"] != request.account.key:
        raise Refusal("not_found", "Batch not found.")
    return batch_id, batch


def _form(request: SandboxRequest) -> tuple[dict[str, str], bytes]:
    """Read a multipart form into its fields and the bytes of ``file``."""
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise Refusal("invalid", f'Unsupported media type "{content_type}" in request.', status=415)
    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + request.body)
    fields: dict[str, str] = {}
    content: bytes | None = None
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        if name == "file":
            content = payload
        elif isinstance(name, str):
            fields[name] = payload.decode().strip()
    if content is None:
        raise Refusal("invalid", "No file was submitted.", status=422, extra={"field": "file"})
    if len(content) > FILE_BYTES_MAX:
        raise Refusal("invalid", "The file is larger than 10 MB.", status=422, extra={"field": "file"})
    return fields, content


def _rows(content: bytes, column: str) -> list[str]:
    try:
        lines = [
            row[0].strip() for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row and row[0].strip()
        ]
    except (UnicodeDecodeError, csv.Error):
        raise Refusal("invalid", "The file is no CSV.", status=422, extra={"field": "file"}) from None
    if lines and lines[0].casefold() == column:
        lines = lines[1:]
    if not 1 <= len(lines) <= ROWS_MAX:
        raise Refusal("invalid", f"The file must have 1 to {ROWS_MAX:,} rows.", status=422, extra={"field": "file"})
    return lines


def _spelling_of(state: str, world: World) -> str:
    return _SECOND_SPELLING.get(state, state) if world.settings.batch_status_spelling == "completed" else state


def _metadata(batch: dict[str, Any]) -> Any:
    if not batch["metadata"]:
        return {}
    try:
        return msgspec.json.decode(batch["metadata"])
    except msgspec.DecodeError:
        return batch["metadata"]


def _background_request(world: World) -> SandboxRequest:
    """Return a request for background work, which has no client."""
    return SandboxRequest(
        world, "POST", "", {}, {}, {}, b"", world.clock.now(), "background", client="background", key=None
    )
