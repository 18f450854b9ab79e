"""One request of the hostile voice: what its draw does before the provider, in its place, and on the way back.

The meter charges for the true answer as its provider documents. It charges nothing where the provider says that it has
nothing, or where a server in front of it answers.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from creator_assets.sandbox.engine.endpoint import Endpoint, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.first_page import first_page
from creator_assets.sandbox.hostile_voice import answers, texts, values
from creator_assets.sandbox.hostile_voice.draws import Draw

# They order work: a provider that has taken an order says so.
ORDERS = frozenset({"IC-18", "IC-20", "ID-1", "ID-2", "ID-5", "IT-2", "IT-job"})
HAS_NO_BODY = 204
_PAGES = {"denied": answers.denial, "out": answers.outage}
_REPLACED = {"nothing": answers.nothing, "trouble": answers.trouble}


class Encounter:
    """One request at an endpoint, and its draw."""

    def __init__(self, endpoint: Endpoint, draw: Draw) -> None:
        """Let ``draw`` happen at ``endpoint``."""
        self._endpoint, self._chance, self._entry = endpoint, draw.chance, draw.entry
        self._fate = draw.fate

    def in_front(self) -> SandboxResponse | None:
        """The page of a server that lets nothing reach the provider, if there is one."""
        page = _PAGES.get(self._fate)
        return None if page is None else self._replaced(page(self._chance))

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        """The true answer, or that the provider has nothing, which it does not charge."""
        first = first_page(self._endpoint.id, request) if self._fate == "first page" else None
        if first is not None:
            self._entry["done"].append(self._fate)
        response = self._endpoint.handler(first or request)
        if self._endpoint.id in ORDERS or response.status >= 300:
            self._fate = "spoiled"
        self._entry["truth"] = response.body if isinstance(response.body, (dict, list)) else None
        replaced = _REPLACED.get(self._fate)
        return response if replaced is None else self._replaced(replaced(self._chance))

    def sent(self, response: SandboxResponse) -> SandboxResponse:
        """What arrives of an answer that is decided and charged."""
        self._entry["charged_microcredits"] = response.charge_microcredits
        if self._fate == "untouched" or not self._entry["keeps"] or response.status == HAS_NO_BODY:
            return response
        if self._fate == "lost" and response.status < 300:
            return self._noted(replace(response, body=self._chance.choice((b"", b" \r\n"))))
        if isinstance(response.body, bytes):
            content, form = texts.spoiled_bytes(response.body, self._chance)
            self._entry["done"].append(form)
            return replace(response, body=content)
        body = msgspec.json.decode(response.payload())
        if response.status < 300:
            self._entry["done"] += values.changed(body, self._chance)
        content, media_type, form = texts.spoiled(body, self._chance)
        self._entry["done"].append(form)
        return replace(response, body=content, content_type=media_type)

    def _replaced(self, replacement: answers.Replacement) -> SandboxResponse:
        return self._noted(SandboxResponse(replacement.body, replacement.status, content_type=replacement.content_type))

    def _noted(self, response: SandboxResponse) -> SandboxResponse:
        self._entry["done"].append(self._fate)
        self._entry["keeps"] = False
        return response
