"""Sensors on the ledger: they release what dead processes held, and show its alarms. None makes a paid request.

Each decision is a pure function with a small cursor, bounded per tick. The message of a tick says what it found.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a sensor as they stand.

from collections.abc import Sequence
from contextlib import closing

import dagster as dg

from creator_assets.ledger.book_records import Notice
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.resources import PaidClientResource

RECOVERY_SECONDS = 60
ALARM_SECONDS = 60
NOTICES_PER_TICK = 50


def build_sensors() -> list[dg.SensorDefinition]:
    """All sensors on the ledger. They are free, so they are on."""

    @dg.sensor(
        minimum_interval_seconds=RECOVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Releases what dead processes held, and counts what they may have sent. Free.",
    )
    def recovery(paid_client: PaidClientResource) -> dg.SkipReason:
        with closing(paid_client):
            return dg.SkipReason(recovered(paid_client.recover()))

    @dg.run_failure_sensor(
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=RECOVERY_SECONDS,
        description="Recovers the ledger at once when a run fails. Free.",
    )
    def recovery_after_failure(context: dg.RunFailureSensorContext, paid_client: PaidClientResource) -> None:
        with closing(paid_client):
            context.log.info(recovered(paid_client.recover()))

    @dg.sensor(
        minimum_interval_seconds=ALARM_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows the ledger's alarms on `credit_ledger`: thresholds, overruns, suspensions, drift and "
        "foreign use.",
    )
    def ledger_alarms(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        seen = int(context.cursor or "0")
        with closing(paid_client):
            notices = paid_client.open().ledger.notices(after_id=seen)
        return alarms(notices, seen)

    return [recovery, recovery_after_failure, ledger_alarms]


def recovered(report: RecoveryReport) -> str:
    """What a recovery did, in words."""
    if not report.voided and not report.in_doubt:
        return f"Nothing to recover; {report.left_alone} requests are under way."
    return (
        f"{report.voided} holds released that were provably never sent, {report.in_doubt} requests in doubt (counted "
        f"at their worst case until reconciled), {report.left_alone} under way."
    )


def alarms(notices: Sequence[Notice], seen: int) -> dg.SensorResult:
    """The new notices as observations of `credit_ledger`, and the cursor after the last of them."""
    new = list(notices[:NOTICES_PER_TICK])
    if not new:
        return dg.SensorResult(skip_reason=dg.SkipReason("No new alarm."), cursor=str(seen))
    return dg.SensorResult(
        asset_events=[
            dg.AssetObservation(
                "credit_ledger",
                description=notice.message,
                metadata={"scope": notice.scope, "level": notice.level, "at": dg.MetadataValue.timestamp(notice.at)},
            )
            for notice in new
        ],
        cursor=str(new[-1].notice_id),
    )
