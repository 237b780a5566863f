"""What machines are told before they begin: robots.txt (RFC 9309) with Content Signals, and the reservation of text and
data mining (TDMRep, W3C Community Group report). Signs, not locks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from fediprof.actors import store as actors
from fediprof.refusals import paths
from fediprof.services import Services

NOT_FOR_MACHINES = (
    "admin",
    "ask",
    "c",
    "conversations",
    "e",
    "entries",
    "find",
    "grants",
    "home",
    "ledger",
    "login",
    "notifications",
    "people",
    "posts",
    "settings",
    "start",
    "visit",
    "write",
)
"""First steps of addresses that are members' own, or one reader's."""
SENT_AWAY = (
    "AI2Bot",
    "Amazonbot",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ChatGPT-User",
    "ClaudeBot",
    "Claude-User",
    "cohere-ai",
    "Diffbot",
    "Google-Extended",
    "GPTBot",
    "meta-externalagent",
    "OAI-SearchBot",
    "omgili",
    "PerplexityBot",
    "PetalBot",
)
"""Tokens for robots.txt; some are no User-Agent (Google-Extended) but obey the file under that name."""


async def robots(request: Request) -> Response:
    """Search is allowed as soon as one member allows it; whose pages may be listed stands on the pages themselves."""
    services: Services = request.app.state.services
    search = "yes" if await services.read(actors.anybody_indexable) else "no"
    lines = ["User-agent: *", f"Content-Signal: search={search}, ai-input=no, ai-train=no"]
    lines += [f"Disallow: /{name}/" if len(name) == 1 else f"Disallow: /{name}" for name in NOT_FOR_MACHINES]
    lines += [f"Disallow: {paths.TRAP}", ""]
    lines += [f"User-agent: {agent}" for agent in SENT_AWAY]
    lines += ["Disallow: /"]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=86400"})


async def tdmrep(request: Request) -> Response:
    return JSONResponse([{"location": "/", "tdm-reservation": 1}], headers={"Cache-Control": "public, max-age=86400"})
