"""influencers.club: enrichment of a whole file, in the background (IC-18 to IC-21).

A batch is queued for a moment, then works through its rows as the sandbox clock goes on, charging each row that it
enriched. When credits run out it pauses until it is resumed; its results so far can be read. The documents spell the
states in two ways, and the settings choose which.
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
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influencers_club.enrichment import (
    MODE_MICROCREDITS,
    RAW_PLATFORMS,
    SEED_PLATFORMS,
    email_options,
    enriched,
)

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World

FILE_BYTES_MOST = 10 * 1024 * 1024
ROWS_MOST = 10_000
QUEUED_SECONDS = 5.0
PAUSED = "paused_insufficient_credits"
_SECOND_SPELLING = {"processing": "running", "finished": "completed"}
# One letter per settled row: enriched, not found, failed.
_ROW_STATUS = {"e": "success", "n": "not_found", "f": "failed"}


def create(call: Call) -> Answer:
    """IC-18: take a file of handles or addresses."""
    fields, content = _form(call)
    mode = fields.get("enrichment_mode", "")
    if mode not in MODE_MICROCREDITS:
        raise Refused("invalid", f'"{mode}" is not a valid choice.', status=422, extra={"field": "enrichment_mode"})
    by_handle = mode in ("raw", "full")
    platform = fields.get("platform", "")
    if by_handle and platform not in (RAW_PLATFORMS if mode == "raw" else SEED_PLATFORMS):
        raise Refused("invalid", f'"{platform}" is not a valid choice.', status=422, extra={"field": "platform"})
    rows = _rows(content, "handle" if by_handle else "email")
    shelf = call.world.state.shelf("influencers_club.batches")
    batch_id = f"bch_{call.request_id.replace('-', '')[:20]}"
    options: dict[str, Any] = {
        name: value for name, value in fields.items() if name not in ("enrichment_mode", "metadata")
    }
    if "exclude_platforms" in options:
        options["exclude_platforms"] = [name.strip() for name in options["exclude_platforms"].split(",")]
    email_options(options)  # refused now, for nobody is there to be told when a row is due
    batch = {
        "key": call.account.key,
        "mode": mode,
        "options": options,
        "metadata": fields.get("metadata"),
        "created_at": call.now.isoformat(),
        "due_from": (call.now + timedelta(seconds=QUEUED_SECONDS)).isoformat(),
        "started_at": None,
        "settled": "",
        "settled_before": 0,
        "status": "queued",
        "charged": 0,
        "total": len(rows),
    }
    shelf.put(batch_id, batch)
    call.world.state.shelf("influencers_club.batch_rows").put(batch_id, rows)
    return Answer(
        {
            "batch_id": batch_id,
            "status": "queued",
            "created_at": iso_z(call.now, milliseconds=True),
            "platform": platform or None,
            "metadata": _metadata(batch),
            "og_input_number": len(rows),
            "type_report": "ENRICH_BY_HANDLE" if by_handle else "ENRICH_BY_EMAIL",
            "enrichment_mode": mode,
            "message": "Batch enrichment job created.",
        },
        201,
    )


def status(call: Call) -> Answer:
    """IC-21: how far a batch is."""
    batch_id, batch = _own(call)
    settled = batch["settled"]
    succeeded = settled.count("e")
    left = batch["total"] - len(settled)
    rate = call.world.settings.batch_rows_per_second
    ready_at = call.now + timedelta(seconds=left / rate)
    return Answer(
        {
            "batch_id": batch_id,
            "status": _spelled(batch["status"], call.world),
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


def download(call: Call) -> Answer:
    """IC-19: the results as CSV or JSON; of a paused batch those so far."""
    _, batch = _own(call)
    wanted = call.query.get("format", "csv")
    if wanted not in ("csv", "json"):
        raise Refused("invalid", f'"{wanted}" is not a valid choice.', extra={"field": "format"})
    if batch["status"] not in ("finished", PAUSED, "failed") or not batch["settled"]:
        raise Refused("invalid", "Batch is not completed yet or no results file is available.")
    results = _results(call, batch)
    if wanted == "json":
        return Answer(results)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["input_value", "status", "enrichment_data"])
    for row in results:
        data = row["enrichment_data"]
        writer.writerow([row["input_value"], row["status"], "" if data is None else msgspec.json.encode(data).decode()])
    filename = f'attachment; filename="{call.path["batch_id"]}.csv"'
    return Answer(
        text.getvalue().encode(), headers={"content-disposition": filename}, content_type="text/csv; charset=utf-8"
    )


def resume(call: Call) -> Answer:
    """IC-20: let a paused or failed batch go on."""
    batch_id, batch = _own(call)
    if batch["status"] not in (PAUSED, "failed"):
        raise Refused("invalid", f"A batch that is {batch['status']} cannot be resumed.")
    batch |= {"status": "processing", "due_from": call.now.isoformat(), "settled_before": len(batch["settled"])}
    call.world.state.shelf("influencers_club.batches").put(batch_id, batch)
    return Answer({"batch_id": batch_id, "status": _spelled("processing", call.world), "message": "Batch resumed."})


def settle(world: World) -> None:
    """Work through what fell due since the last look, charging row by row."""
    shelf = world.state.shelf("influencers_club.batches")
    for batch_id, batch in shelf.items():
        if batch["status"] not in ("queued", "processing"):
            continue
        waited = (world.clock.now() - datetime.fromisoformat(batch["due_from"])).total_seconds()
        if waited < 0:
            continue
        due = min(batch["total"], batch["settled_before"] + int(waited * world.settings.batch_rows_per_second))
        started_at = batch["started_at"] or iso_z(world.clock.now(), milliseconds=True)
        batch |= {"status": "processing", "started_at": started_at}
        _settle_rows(world, batch_id, batch, due)
        shelf.put(batch_id, batch)


def _settle_rows(world: World, batch_id: str, batch: dict[str, Any], due: int) -> None:
    account = world.accounts.find("influencers_club", batch["key"], world.clock.now())
    if account is None:
        batch["status"] = "failed"
        return
    rows = world.state.shelf("influencers_club.batch_rows").get(batch_id)
    price = MODE_MICROCREDITS[batch["mode"]]
    call = _background_call(world)
    letters = [batch["settled"]]
    for value in rows[len(batch["settled"]) : due]:
        if world.faults.strike_row("job_fails", "influencers_club", "IC-18"):
            batch["status"] = "failed"
            break
        letter = "e" if enriched(call, batch["mode"], value, batch["options"]) is not None else "n"
        if world.faults.strike_row("row_fails", "influencers_club", "IC-18"):
            letter = "f"
        if letter == "e":
            if price > account.left_microcredits:
                batch["status"] = PAUSED
                break
            world.settle_charge("influencers_club", "IC-18", account, price, 200, background=True)
            batch["charged"] += price
        letters.append(letter)
    batch["settled"] = "".join(letters)
    if len(batch["settled"]) == batch["total"]:
        batch["status"] = "finished"


def _results(call: Call, batch: dict[str, Any]) -> list[dict[str, Any]]:
    rows = call.world.state.shelf("influencers_club.batch_rows").get(call.path["batch_id"])
    results = []
    for value, letter in zip(
        rows, batch["settled"], strict=False
    ):  # a paused batch has settled fewer than it was given
        data = enriched(call, batch["mode"], value, batch["options"]) if letter == "e" else None
        results.append({"input_value": value, "status": _ROW_STATUS[letter], "enrichment_data": data})
    return results


def _own(call: Call) -> tuple[str, dict[str, Any]]:
    batch_id = call.path["batch_id"]
    batch = call.world.state.shelf("influencers_club.batches").get(batch_id)
    if batch is None or batch["key"] != call.account.key:
        raise Refused("not_found", "Batch not found.")
    return batch_id, batch


def _form(call: Call) -> tuple[dict[str, str], bytes]:
    """Read a multipart form into its fields and the bytes of ``file``."""
    content_type = call.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise Refused("invalid", f'Unsupported media type "{content_type}" in request.', status=415)
    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + call.body)
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
        raise Refused("invalid", "No file was submitted.", status=422, extra={"field": "file"})
    if len(content) > FILE_BYTES_MOST:
        raise Refused("invalid", "The file is larger than 10 MB.", status=422, extra={"field": "file"})
    return fields, content


def _rows(content: bytes, column: str) -> list[str]:
    try:
        lines = [
            row[0].strip() for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row and row[0].strip()
        ]
    except (UnicodeDecodeError, csv.Error):
        raise Refused("invalid", "The file is no CSV.", status=422, extra={"field": "file"}) from None
    if lines and lines[0].casefold() == column:
        lines = lines[1:]
    if not 1 <= len(lines) <= ROWS_MOST:
        raise Refused("invalid", f"The file must have 1 to {ROWS_MOST:,} rows.", status=422, extra={"field": "file"})
    return lines


def _spelled(state: str, world: World) -> str:
    return _SECOND_SPELLING.get(state, state) if world.settings.batch_status_spelling == "completed" else state


def _metadata(batch: dict[str, Any]) -> Any:
    if not batch["metadata"]:
        return {}
    try:
        return msgspec.json.decode(batch["metadata"])
    except msgspec.DecodeError:
        return batch["metadata"]


def _background_call(world: World) -> Call:
    """Return a call that nobody made, for work that goes on by itself."""
    return Call(world, "POST", "", {}, {}, {}, b"", world.clock.now(), "background", client="background", key=None)
