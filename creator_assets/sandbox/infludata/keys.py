"""influData: trial keys in two steps, and what a key has left (ID-1, ID-2, ID-8). All free.

The verification code is not e-mailed but laid down at the control path ``mail``. One trial per inbox, plus-aliases
counted as the same inbox; a code lives 15 minutes and five attempts.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT, to_microcredits
from creator_assets.sandbox.engine.accounts import Account, next_month
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.universe.mixing import mix_text

CODE_MINUTES = 15
ATTEMPTS_MOST = 5
TRIAL_DAYS = 14
TRIAL_REQUESTS = 250
COMPANY_CHARACTERS_MOST = 120
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DISPOSABLE = ("mailinator.com", "guerrillamail.com", "10minutemail.com", "trashmail.com", "yopmail.com")
_SIGNUPS = (RateWindow(20, 3600),)


def create_trial_key(call: Call) -> Answer:
    """ID-1: send a six-digit code to an address."""
    body = call.json()
    email = _email(body)
    company = body.get("company")
    if company is not None and (not isinstance(company, str) or len(company) > COMPANY_CHARACTERS_MOST):
        raise refused(call, "invalid", f"company must be a text of at most {COMPANY_CHARACTERS_MOST} characters.")
    if email.rpartition("@")[2] in _DISPOSABLE:
        raise refused(call, "invalid", "Disposable email addresses are not accepted.")
    if call.world.limiter.admit(f"signup/{call.client}", _SIGNUPS, call.world.clock.elapsed_seconds()):
        raise refused(call, "rate", "Too many signups from this address. Please try again later.")
    inbox = _inbox(email)
    if inbox in call.world.state.shelf("infludata.trials"):
        raise refused(call, "invalid", "A trial key was already issued for this email.", status=409)
    pending = call.world.state.shelf("infludata.pending")
    sent = (pending.get(inbox) or {}).get("sent", 0) + 1
    code = f"{mix_text(call.world.settings.seed, inbox, sent) % 1_000_000:06d}"
    pending.put(
        inbox,
        {"code": code, "attempts": 0, "sent": sent, "until": (call.now + timedelta(minutes=CODE_MINUTES)).isoformat()},
    )
    call.world.mail.append({"to": email, "code": code, "at": iso_z(call.now)})
    return Answer(
        {
            "success": True,
            "message": f"A 6-digit verification code was sent to {email}. Call verifyTrialKey with it.",
            "nextStep": {
                "method": "POST",
                "url": f"{call.base_url}/verifyTrialKey",
                "body": {"email": email, "code": "<6-digit code from the email>"},
            },
            "codeExpiresInMinutes": CODE_MINUTES,
        }
    )


def verify_trial_key(call: Call) -> Answer:
    """ID-2: exchange a code for a key; success is a 201."""
    body = call.json()
    email, code = _email(body), body.get("code")
    if not isinstance(code, str) or not re.fullmatch(r"\d{6}", code):
        raise refused(call, "invalid", "code must be a text of six digits.")
    inbox = _inbox(email)
    pending = call.world.state.shelf("infludata.pending")
    expected = pending.get(inbox)
    if expected is None:
        raise refused(call, "not_found", "No pending verification. Request a code first.")
    if datetime.fromisoformat(expected["until"]) <= call.now:
        raise refused(call, "invalid", "The code has expired. Request a new one.", status=410)
    if expected["attempts"] >= ATTEMPTS_MOST:
        raise refused(call, "rate", "Too many incorrect attempts. Request a new code.")
    if code != expected["code"]:
        expected["attempts"] += 1
        pending.put(inbox, expected)
        remaining = ATTEMPTS_MOST - expected["attempts"]
        raise refused(call, "unauthorized", "Incorrect code.", extra={"attemptsRemaining": remaining})
    pending.remove(inbox)
    account = _issue(call, inbox)
    return Answer(
        {
            "success": True,
            "apiKey": account.key,
            "clientId": account.client_id,
            "expiresAt": account.expires_at,
            "requestsIncluded": TRIAL_REQUESTS,
            "rateLimit": {"perSecond": 2, "perMinute": 60},
            "baseUrl": call.base_url,
            "quickstart": f'curl -H "Authorization: Bearer <apiKey>" '
            f'"{call.base_url}/getUserData?platform=instagram&username=cristiano"',
        },
        201,
    )


def client_info(call: Call) -> Answer:
    """ID-8: what a key has left."""
    client_id = call.query.get("clientId")
    if not client_id:
        raise refused(call, "invalid", "Missing required parameter: clientId")
    account = call.account
    if client_id != account.client_id:
        raise refused(call, "not_found", "Unknown clientId.")
    left = account.left_microcredits // MICROCREDITS_PER_CREDIT
    return Answer({"clientId": client_id, "reportsLeft": left, "reports": [], "createdDate": account.created_at})


def refused(
    call: Call, kind: str, message: str, *, status: int | None = None, extra: dict[str, Any] | None = None
) -> Refused:
    """Return a refusal in the error shape that the settings choose."""
    shape = {"shape": call.world.settings.infludata_error_shape}
    return Refused(kind, message, status=status, extra={**shape, **(extra or {})})


def afford(call: Call, cost_microcredits: int) -> None:
    """Refuse a call that the balance does not cover: 403, or 429 for an organization that has nothing left."""
    account = call.account
    if cost_microcredits <= account.left_microcredits:
        return
    if account.monthly and account.left_microcredits < MICROCREDITS_PER_CREDIT:
        reset_at = iso_z(next_month(call.now), milliseconds=True)
        raise refused(call, "monthly", "Monthly request limit exceeded.", extra={"resetDate": reset_at})
    raise refused(call, "insufficient", "Insufficient request balance.", status=403)


def _issue(call: Call, inbox: str) -> Account:
    token = f"{mix_text(call.request_id, inbox):016x}"
    call.world.state.shelf("infludata.trials").put(inbox, {"issued_at": call.now.isoformat()})
    return call.world.accounts.describe(
        {
            "key": f"sandbox-trial-{token}",
            "provider": "infludata",
            "plan": "trial",
            "limit_microcredits": to_microcredits(TRIAL_REQUESTS),
            "trial": True,
            "client_id": f"trial-{token[:10]}",
            "expires_at": (call.now + timedelta(days=TRIAL_DAYS))
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
        },
        call.now,
    )


def _email(body: dict[str, Any]) -> str:
    email = body.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email.strip()):
        raise Refused("invalid", "Invalid or missing email.")
    return email.strip().casefold()


def _inbox(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local.partition('+')[0]}@{domain}"
