"""Sensors that mind the ledger: they free what dead processes held and pass on its alarms. None makes a paid call.

Each is a pure decision with a small cursor, bounded per tick; the tick's text says what was seen.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of a sensor as they stand.

from collections.abc import Sequence

import dagster as dg

from creator_assets.ledger.book_records import Notice
from creator_assets.ledger.booking.recovery import RecoveryReport
from creator_assets.resources import PaidClientResource

RECOVERY_SECONDS = 60
ALARM_SECONDS = 60
NOTICES_PER_TICK = 50


def build_sensors() -> list[dg.SensorDefinition]:
    """All sensors of the ledger; free, so on by default."""

    @dg.sensor(
        minimum_interval_seconds=RECOVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Frees what dead processes held and counts what they may have sent. Costs nothing.",
    )
    def recovery(paid_client: PaidClientResource) -> dg.SkipReason:
        try:
            return dg.SkipReason(recovered(paid_client.open().ledger.recover()))
        finally:
            paid_client.close()

    @dg.run_failure_sensor(
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=RECOVERY_SECONDS,
        description="Looks after the ledger at once when a run fails.",
    )
    def recovery_after_failure(context: dg.RunFailureSensorContext, paid_client: PaidClientResource) -> None:
        try:
            context.log.info(recovered(paid_client.open().ledger.recover()))
        finally:
            paid_client.close()

    @dg.sensor(
        minimum_interval_seconds=ALARM_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows the ledger's alarms (thresholds, overruns, freezes, drift, foreign use) on `credit_ledger`.",
    )
    def ledger_alarms(context: dg.SensorEvaluationContext, paid_client: PaidClientResource) -> dg.SensorResult:
        seen = int(context.cursor or "0")
        try:
            notices = paid_client.open().ledger.notices(after_id=seen)
        finally:
            paid_client.close()
        return alarms(notices, seen)

    return [recovery, recovery_after_failure, ledger_alarms]


def recovered(report: RecoveryReport) -> str:
    """What a recovery did, in a sentence."""
    if not report.voided and not report.in_doubt:
        return f"Nothing to recover; {report.left_alone} requests are under way."
    return (
        f"{report.voided} holds freed that were provably never sent, {report.in_doubt} requests in doubt (counted at "
        f"their worst case until reconciled), {report.left_alone} under way."
    )


def alarms(notices: Sequence[Notice], seen: int) -> dg.SensorResult:
    """New notices as observations of `credit_ledger`, and the cursor after the last of them."""
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
