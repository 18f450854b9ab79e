"""Start-up settings of a sandbox: the universe, the clock, and the choices that the documents leave open.

Every field is plain data, so that a parent process can pass the settings as command-line flags. Settings never change
while a sandbox runs. Balances, clock and faults change through the control paths.
"""

from __future__ import annotations

from typing import Literal

import msgspec

ErrorShape = Literal["string", "object"]
Generation = Literal["seed", "jobs"]
BatchStatusSpelling = Literal["finished", "completed"]
Voice = Literal["plain", "real", "hostile"]


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Start-up choices of one sandbox.

    Attributes:
        seed: Seed of the synthetic universe.
        size: People in the synthetic universe, 1 to 1,048,576.
        universe_path: Parquet file of creators to serve instead of the synthetic universe.
        links_path: Parquet file of cross-platform links (``link_id``, ``platform``, ``username``) beside a Parquet
            universe.
        video_series_path: Parquet file of daily video counters that Influtics replays.
        state_path: SQLite file in which balances, meter and jobs outlive the process. None keeps them in memory.
        start_at: ISO 8601 instant at which the clock starts. None is the real current time.
        clock_rate: Sandbox seconds that pass in one real second.
        rate_limit_scale: Factor on every documented rate limit; 1 keeps the documented limits.
        first_page: Number of the first discovery page at influencers.club. Its FAQ says 1, its own connector 0.
        similar_counts_as_discovery: Whether look-alike search uses the discovery limit. The documents do not say.
        batch_status_spelling: ``finished`` as on the batch page, ``completed`` as on the status page.
        batch_rows_per_second: Rows that a running batch enriches in one second of the sandbox clock.
        infludata_error_shape: Whether influData's ``error`` field is a text or an object. The documents do not say.
        influtics_generation: ``seed`` serves bloggers/info, ``jobs`` the newer track, jobs and by-username form.
        voice: ``plain`` bodies, or ``real`` ones: names, types and nesting of the providers' own documents. ``hostile``
            is the real voice with answers that are spoiled, as careless providers and networks do it.
        hostile_seed: Seed by which the hostile voice spoils answers.
    """

    seed: int = 7
    size: int = 100_000
    universe_path: str | None = None
    links_path: str | None = None
    video_series_path: str | None = None
    state_path: str | None = None
    start_at: str | None = None
    clock_rate: float = 1.0
    rate_limit_scale: float = 1.0
    first_page: Literal[0, 1] = 1
    similar_counts_as_discovery: bool = True
    batch_status_spelling: BatchStatusSpelling = "finished"
    batch_rows_per_second: float = 50.0
    infludata_error_shape: ErrorShape = "string"
    influtics_generation: Generation = "seed"
    voice: Voice = "plain"
    hostile_seed: int = 1

    def as_flags(self) -> list[str]:
        """Return the settings that differ from their defaults as command-line flags."""
        flags = []
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                flags.append(f"--{field.name.replace('_', '-')}={value}")
        return flags
