"""Refuses a run that would not fit, when it is submitted: from the UI, a schedule, a sensor or a backfill alike.

``dagster.yaml`` names this class; Dagster asks its run coordinator about every run before it is queued. What is certain
has to fit; the run itself truncates what the waterfall may add. The check inside the run stays as the second
line: budgets can be used up while a run waits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.tags import PARTITION_NAME_TAG

from creator_assets.assets.framework.step import approved_plan
from creator_assets.assets.graph import asset_graph
from creator_assets.campaigns import Campaigns
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.demand.stage import Stage, no_secret
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.errors import LedgerError
from creator_assets.microcredits import format_credits
from creator_assets.partition_definitions import RANGE_END, RANGE_START, day_by_campaign, week_by_campaign
from creator_assets.partitions import Partition, PartitionKeyError, PartitionKind
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.resources import PaidClientResource
from creator_assets.settings import WrongSettingError, from_environment
from creator_assets.spending.failures import suspension_in_words, unknown_price
from creator_assets.spending.planning.approved_plan import UnreadablePlanError, beyond
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict, make_plan
from creator_assets.spending.planning.price_list import PriceListError

_log = logging.getLogger("creator_assets")
_REFUSED = "Refused before it started, nothing was sent"


class AdmittingRunCoordinator(QueuedRunCoordinator):
    """Dagster's queue, behind the plan: what does not fit becomes a failed run that says why, and nothing is sent."""

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Queue the run if the worst case of what is certain fits every budget; fail it otherwise."""
        run = context.dagster_run
        try:
            stages = asset_graph().stages_in(asset_graph().assets_of(run, self._instance))
            refusal = refusal_of(stages, run.tags)
        except (NoCapabilityError, PartitionKeyError, PriceListError, UnreadablePlanError, WrongSettingError) as error:
            refusal = f"{_REFUSED}. {error}"
        except (LedgerError, OSError) as error:
            # The run itself will meet the same obstacle and say so; a plan that cannot be made is no verdict.
            _log.warning("run %s is queued unplanned: %s", run.run_id, error)
            refusal = None
        if refusal is None:
            return super().submit_run(context)
        # Without steps, a failed run looks like a crashed one to Dagster's retries; this one would be refused again.
        self._instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        self._instance.report_run_failed(run, refusal)
        return self._instance.get_run_by_id(run.run_id) or run


def refusal_of(stages: Sequence[Stage], tags: Mapping[str, str]) -> str | None:
    """Why a run of these stages does not fit, in a few lines; None where it does, or where nothing can be said."""
    if not stages:
        return None
    resources = from_environment(os.environ)
    paid_client, campaigns = resources.paid_client, resources.paid_client.briefs()
    with closing(paid_client):
        # A run makes weeks or days, never both.
        partitions = partitions_in(tags, campaigns.slugs, paid_client.weeks_ahead, stages[0].kind)
        lines = plan_of(partitions, stages, paid_client, campaigns, resources.identity.secret)
        stopped = {
            line.tightest_scope for line in lines if line.verdict is PlanVerdict.SUSPENDED and not line.is_waterfall
        }
        suspended = [state for state in paid_client.balances() if state.scope in stopped] if stopped else []
    approved = approved_plan(tags)
    if approved is not None and (said := beyond(approved, paid_client.realm, lines)):
        made = f"{approved.made_at:%Y-%m-%d %H:%M} UTC"
        return f"{_REFUSED}: the run is tied to the plan of {made} and goes beyond it.\n{_listed(said)}"
    lines = [line for line in lines if not line.is_waterfall]
    unknown = [line for line in lines if not line.is_price_known]
    if unknown:
        said = [f"{one.asset} for {one.partition}: {unknown_price(one.provider, one.operation)}" for one in unknown]
        return f"{_REFUSED}: nobody knows what it would cost.\n{_listed(said)}"
    if stopped:
        said = [suspension_in_words(state) for state in suspended if state.provider_suspended_reason]
        return f"{_REFUSED}: the provider itself refuses.\n{_listed(said)}"
    short = [line for line in lines if line.verdict is PlanVerdict.DOES_NOT_FIT and line.short_microcredits]
    if short:
        return f"{_REFUSED}: the worst case does not fit.\n{_listed(map(reason, short))}"
    return None


def partitions_in(
    tags: Mapping[str, str], slugs: Sequence[str], weeks_ahead: int = 0, kind: PartitionKind = PartitionKind.WEEK
) -> list[Partition]:
    """The partitions that a run's tags name, one or a range; a run has weeks or days, never both."""
    if PARTITION_NAME_TAG in tags:
        return [Partition.parse(tags[PARTITION_NAME_TAG], kind)]
    if RANGE_START in tags and RANGE_END in tags:
        asked = dg.PartitionKeyRange(tags[RANGE_START], tags[RANGE_END])
        of_kind = day_by_campaign if kind is PartitionKind.DAY else week_by_campaign
        keys = of_kind(slugs, weeks_ahead=weeks_ahead).get_partition_keys_in_range(asked)
        return [Partition.parse(key, kind) for key in keys]
    return []


def plan_of(
    partitions: Sequence[Partition],
    stages: Sequence[Stage],
    paid_client: PaidClientResource,
    campaigns: Campaigns,
    secret: Callable[[], InstallationSecret] = no_secret,
) -> list[PlanLine]:
    """The plan of some stages for some partitions; campaigns without a readable brief are the run's own failure."""
    ledger = paid_client.open().ledger
    settings = paid_client.settings()
    contexts = (
        plan_context(campaigns[partition.campaign], partition, ledger, settings, secret)
        for partition in partitions
        if partition.campaign in campaigns.by_slug
    )
    return make_plan(ledger, (demand for at in contexts for demand in demands_of(stages, at)))


def reason(line: PlanLine) -> str:
    """One refused line for people: what needs how much, which budget has how little, and what would fit."""
    most, left = format_credits(line.max_microcredits), format_credits(line.left_microcredits)
    return (
        f"{line.asset} for {line.partition} needs up to {most} credits of {line.provider}, budget "
        f"`{line.tightest_scope}` has {left} left. Raise it by "
        f"{format_credits(line.short_microcredits)}, or ask for less."
    )


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
