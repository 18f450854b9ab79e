"""influData: trial keys in two steps, and the balance of a key (ID-1, ID-2, ID-8). All free.

The control path ``mail`` shows the verification codes; no e-mail is sent. Each inbox gets one trial, and plus-aliases
are the same inbox. A code is valid for 15 minutes and five attempts.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT, to_microcredits
from creator_assets.sandbox.engine.accounts import SandboxAccount, next_month
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.universe.mixing import mix_text

CODE_MINUTES = 15
ATTEMPTS_MAX = 5
TRIAL_DAYS = 14
TRIAL_REQUESTS = 250
COMPANY_CHARACTERS_MAX = 120
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DISPOSABLE = ("mailinator.com", "guerrillamail.com", "10minutemail.com", "trashmail.com", "yopmail.com")
_SIGNUPS = (RateWindow(20, 3600),)


def create_trial_key(request: SandboxRequest) -> SandboxResponse:
    """ID-1: send a six-digit code to an e-mail address."""
    body = request.json()
    email = _email(body)
    company = body.get("company")
    if company is not None and (not isinstance(company, str) or len(company) > COMPANY_CHARACTERS_MAX):
        raise refusal(request, "invalid", f"company must be a text of at most {COMPANY_CHARACTERS_MAX} characters.")
    if email.rpartition("@")[2] in _DISPOSABLE:
        raise refusal(request, "invalid", "Disposable email addresses are not accepted.")
    if request.world.limiter.admit(f"signup/{request.client}", _SIGNUPS, request.world.clock.elapsed_seconds()):
        raise refusal(request, "rate", "Too many signups from this address. Please try again later.")
    inbox = _inbox(email)
    if inbox in request.world.state.section("infludata.trials"):
        raise refusal(request, "invalid", "A trial key was already issued for this email.", status=409)
    pending = request.world.state.section("infludata.pending")
    sent = (pending.get(inbox) or {}).get("sent", 0) + 1
    code = f"{mix_text(request.world.settings.seed, inbox, sent) % 1_000_000:06d}"
    pending.put(
        inbox,
        {
            "code": code,
            "attempts": 0,
            "sent": sent,
            "until": (request.now + timedelta(minutes=CODE_MINUTES)).isoformat(),
        },
    )
    request.world.mail.append({"to": email, "code": code, "at": iso_z(request.now)})
    return SandboxResponse(
        {
            "success": True,
            "message": f"A 6-digit verification code was sent to {email}. Call verifyTrialKey with it.",
            "nextStep": {
                "method": "POST",
                "url": f"{request.base_url}/verifyTrialKey",
                "body": {"email": email, "code": "<6-digit code from the email>"},
            },
            "codeExpiresInMinutes": CODE_MINUTES,
        }
    )


def verify_trial_key(request: SandboxRequest) -> SandboxResponse:
    """ID-2: exchange a code for a key; success is a 201."""
    body = request.json()
    email, code = _email(body), body.get("code")
    if not isinstance(code, str) or not re.fullmatch(r"\d{6}", code):
        raise refusal(request, "invalid", "code must be a text of six digits.")
    inbox = _inbox(email)
    pending = request.world.state.section("infludata.pending")
    expected = pending.get(inbox)
    if expected is None:
        raise refusal(request, "not_found", "No pending verification. Request a code first.")
    if datetime.fromisoformat(expected["until"]) <= request.now:
        raise refusal(request, "invalid", "The code has expired. Request a new one.", status=410)
    if expected["attempts"] >= ATTEMPTS_MAX:
        raise refusal(request, "rate", "Too many incorrect attempts. Request a new code.")
    if code != expected["code"]:
        expected["attempts"] += 1
        pending.put(inbox, expected)
        remaining = ATTEMPTS_MAX - expected["attempts"]
        raise refusal(request, "unauthorized", "Incorrect code.", extra={"attemptsRemaining": remaining})
    pending.remove(inbox)
    account = _issue(request, inbox)
    return SandboxResponse(
        {
            "success": True,
            "apiKey": account.key,
            "clientId": account.client_id,
            "expiresAt": account.expires_at,
            "requestsIncluded": TRIAL_REQUESTS,
            "rateLimit": {"perSecond": 2, "perMinute": 60},
            "baseUrl": request.base_url,
            "quickstart": f'curl -H "Authorization: Bearer <apiKey>" '
            f'"{request.base_url}/getUserData?platform=instagram&username=cristiano"',
        },
        201,
    )


def client_info(request: SandboxRequest) -> SandboxResponse:
    """ID-8: the remaining requests of a key."""
    client_id = request.query.get("clientId")
    if not client_id:
        raise refusal(request, "invalid", "Missing required parameter: clientId")
    account = request.account
    if client_id != account.client_id:
        raise refusal(request, "not_found", "Unknown clientId.")
    left = account.left_microcredits // MICROCREDITS_PER_CREDIT
    return SandboxResponse(
        {"clientId": client_id, "reportsLeft": left, "reports": [], "createdDate": account.created_at}
    )


def refusal(
    request: SandboxRequest, kind: str, message: str, *, status: int | None = None, extra: dict[str, Any] | None = None
) -> Refusal:
    """Return a refusal in the error form of the settings."""
    shape = {"shape": request.world.settings.infludata_error_shape}
    return Refusal(kind, message, status=status, extra={**shape, **(extra or {})})


def require_balance(request: SandboxRequest, cost_microcredits: int) -> None:
    """Refuse a request that exceeds the balance: 403, or 429 for an organization without any credits."""
    account = request.account
    if cost_microcredits <= account.left_microcredits:
        return
    if account.monthly and account.left_microcredits < MICROCREDITS_PER_CREDIT:
        reset_at = iso_z(next_month(request.now), milliseconds=True)
        raise refusal(request, "monthly", "Monthly request limit exceeded.", extra={"resetDate": reset_at})
    raise refusal(request, "insufficient", "Insufficient request balance.", status=403)


def _issue(request: SandboxRequest, inbox: str) -> SandboxAccount:
    token = f"{mix_text(request.request_id, inbox):016x}"
    request.world.state.section("infludata.trials").put(inbox, {"issued_at": request.now.isoformat()})
    return request.world.accounts.describe(
        {
            "key": f"sandbox-trial-{token}",
            "provider": "infludata",
            "plan": "trial",
            "limit_microcredits": to_microcredits(TRIAL_REQUESTS),
            "trial": True,
            "client_id": f"trial-{token[:10]}",
            "expires_at": (request.now + timedelta(days=TRIAL_DAYS))
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
        },
        request.now,
    )


def _email(body: dict[str, Any]) -> str:
    email = body.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email.strip()):
        raise Refusal("invalid", "Invalid or missing email.")
    return email.strip().casefold()


def _inbox(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local.partition('+')[0]}@{domain}"
