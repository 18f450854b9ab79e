"""Names of fields in the providers' documents that say who or what an answer is about, and what it cost."""

from __future__ import annotations

HANDLES = frozenset({"username", "unique_id", "channel_username", "handle"})
IDENTITIES = HANDLES | {
    "userid", "user_id", "userId", "sec_user_id", "_id", "id", "pk", "contentId", "post_id", "external_video_id",
    "video_id", "url", "input_value", "identifier", "creatorId", "batch_id", "job_id", "platform", "index",
}  # fmt: skip
# What decides whether an answer is one, and what its provider did.
FLAGS = frozenset({"exists", "success", "status", "code", "isInDatabase", "hasAudienceData", "dataSuccess"})
MONEY = frozenset(
    {
        "credits_cost", "credits_left", "credits_available", "credits_used", "tokensDeducted", "tokensRemaining",
        "reportsLeft", "cached", "initial_videos_enqueued", "videos_refresh_enqueued", "success_count",
        "already_tracked", "tracked", "used", "limit", "remaining",
    }
)  # fmt: skip
# What is charged by its length: an empty one never gets a record that the provider has not.
COLLECTIONS = frozenset({"accounts", "users", "items", "content", "data", "result", "results", "details", "comments"})
