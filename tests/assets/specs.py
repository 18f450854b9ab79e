"""The asset graph as text, to be reviewed: ``python -m tests.assets.specs > tests/assets/specs.txt`` writes it anew.

Columns are given as ``name type [null] [personal class]``; what they mean is said in ``tables/schemas.py``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from creator_assets.definitions import build_definitions
from creator_assets.settings import from_environment


def rendered() -> str:
    """Every asset, job, schedule, sensor and check of the definitions, without a campaign."""
    with tempfile.TemporaryDirectory() as folder:
        given = from_environment({"CREATOR_ASSETS_CAMPAIGNS": folder, "CREATOR_ASSETS_DATA": folder})
        definitions = build_definitions(given.by_key())
    specs = sorted(definitions.resolve_all_asset_specs(), key=lambda spec: (spec.group_name, spec.key))
    parts = ["\n".join(_asset(spec)) for spec in specs]
    repository = definitions.get_repository_def()
    jobs = [f"job {job.name}: {job.description}" for job in repository.get_all_jobs() if not job.name.startswith("__")]
    schedules = [
        f"schedule {one.name} ({one.cron_schedule} {one.execution_timezone}, {one.default_status.value}): "
        f"{one.description}"
        for one in repository.schedule_defs
    ]
    sensors = [f"sensor {one.name} ({one.default_status.value}): {one.description}" for one in repository.sensor_defs]
    checks = [
        f"check {spec.asset_key.to_user_string()}/{spec.name}: {spec.description}"
        for key in definitions.resolve_asset_graph().asset_check_keys
        for spec in [definitions.resolve_asset_graph().get_check_spec(key)]
    ]
    others = ["\n".join(sorted(lines)) for lines in (jobs, schedules, sensors, checks)]
    return "\n\n".join([*parts, *others]) + "\n"


def _asset(spec: dg.AssetSpec) -> Iterator[str]:
    yield f"{spec.group_name}/{spec.key.to_user_string()}"
    yield f"  {spec.description}"
    yield f"  owners {', '.join(spec.owners)}; kinds {', '.join(sorted(spec.kinds))}"
    yield f"  partitions {_partitions(spec.partitions_def)}"
    yield f"  after {', '.join(sorted(dep.asset_key.to_user_string() for dep in spec.deps)) or 'nothing'}"
    tags = sorted(f"{name}={value}" for name, value in spec.tags.items() if not name.startswith("dagster/kind"))
    yield f"  tags {', '.join(tags) or 'none'}"
    columns = spec.metadata["dagster/column_schema"].columns
    for column in columns:
        nullable = " null" if column.constraints.nullable else ""
        personal = column.tags.get("personal", "")
        yield f"  - {column.name} {column.type}{nullable} {personal}".rstrip()


def _partitions(partitions: dg.PartitionsDefinition[str] | None) -> str:
    if not isinstance(partitions, dg.MultiPartitionsDefinition):
        return "none" if partitions is None else type(partitions).__name__
    return " x ".join(
        f"{dimension.name} ({type(dimension.partitions_def).__name__})" for dimension in partitions.partitions_defs
    )


SNAPSHOT = Path(__file__).with_name("specs.txt")

if __name__ == "__main__":
    sys.stdout.write(rendered())
