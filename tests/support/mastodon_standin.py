"""A server whose members can log in elsewhere with their account, written from Mastodon's documented behaviour: apps, the
authorization page with PKCE, tokens, `verify_credentials`, revocation, RFC 8414 metadata; WebFinger and actor documents
are the network's own.

Hosts are hostile or old as `Server`'s fields say.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from fediprof.errors import Forbidden, TooMuch, Unreachable
from fediprof.net.fetcher import Response
from tests.support.remote import Network

SCOPES = ("read", "write", "follow", "push", "profile", "read:accounts", "write:statuses")


@dataclass(slots=True)
class App:
    client_id: str
    secret: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]


@dataclass(slots=True)
class Code:
    app: App
    user: str
    redirect_uri: str
    challenge: str
    scopes: list[str]
    used: bool = False


@dataclass(slots=True)
class Token:
    user: str
    scopes: list[str]
    revoked: bool = False


@dataclass(slots=True)
class Server:
    """`metadata`: None for a server that has none, else its document. `acct`: what it says instead of the truth."""

    host: str
    metadata: dict[str, object] | None = None
    api: bool = True
    acct: str | None = None
    answers: dict[str, Response | Exception] = field(default_factory=dict)  # path → in place of what it would say
    revoked_at_once: int = 0  # how many revocations fail first
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, form
    made: int = 0

    @property
    def base(self) -> str:
        return f"https://{self.host}"

    def describe(self, **changes: object) -> None:
        """Have metadata, as Mastodon 4.3 and later."""
        self.metadata = {
            "issuer": f"{self.base}/",
            "authorization_endpoint": f"{self.base}/oauth/authorize",
            "token_endpoint": f"{self.base}/oauth/token",
            "revocation_endpoint": f"{self.base}/oauth/revoke",
            "app_registration_endpoint": f"{self.base}/api/v1/apps",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            **changes,
        }

    def authorize(self, url: str, user: str, *, agree: bool = True, **more: str) -> str:
        """A member of it opens our link, reads what is asked, agrees or not. Returns where they are sent back to."""
        parts = urlsplit(url)
        assert (parts.netloc, parts.path) == (self.host, "/oauth/authorize")
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        app = self.apps[asked["client_id"]]
        assert asked["redirect_uri"] in app.redirect_uris
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        scopes = asked["scope"].split()
        assert set(scopes) <= set(app.scopes)
        if not agree:
            said = {"error": "access_denied", "state": asked["state"], **more}
            return f"{asked['redirect_uri']}?{urlencode(said)}"
        code = self._new("code")
        self.codes[code] = Code(app, user, asked["redirect_uri"], asked["code_challenge"], scopes)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], **more})}"

    # --- what it answers

    def answer(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Response | None:
        """None for what the network knows itself (WebFinger, documents)."""
        path = urlsplit(url).path
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append((method, path, form))
        if (forced := self.answers.get(path)) is not None:
            if isinstance(forced, Exception):
                raise forced
            return forced
        if path == "/.well-known/oauth-authorization-server":
            return _json(url, 404, {}) if self.metadata is None else _json(url, 200, self.metadata)
        if not self.api and path.startswith(("/api/", "/oauth/")):
            return _json(url, 404, {"error": "Not Found"})
        match path:
            case "/api/v1/apps":
                return self._registered(url, form)
            case "/oauth/token":
                return self._bought(url, form)
            case "/oauth/revoke":
                return self._revoked(url, form)
            case "/api/v1/accounts/verify_credentials":
                return self._who(url, headers)
        return None

    def _registered(self, url: str, form: dict[str, str]) -> Response:
        app = App(
            self._new("id"),
            self._new("secret"),
            form["client_name"],
            form["redirect_uris"].split("\n"),
            form["scopes"].split(),
        )
        self.apps[app.client_id] = app
        return _json(url, 200, {"id": "1", "name": app.name, "client_id": app.client_id, "client_secret": app.secret})

    def _client(self, form: dict[str, str]) -> App | None:
        app = self.apps.get(form.get("client_id", ""))
        return app if app is not None and app.secret == form.get("client_secret") else None

    def _bought(self, url: str, form: dict[str, str]) -> Response:
        app, code = self._client(form), self.codes.get(form.get("code", ""))
        if app is None:
            return _json(url, 401, {"error": "invalid_client"})
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = code is not None and not code.used and code.app is app and code.challenge == challenge
        if not good or code is None or form.get("redirect_uri") != code.redirect_uri:
            return _json(url, 400, {"error": "invalid_grant"})
        code.used = True
        token = self._new("token")
        self.tokens[token] = Token(code.user, code.scopes)
        said = {"access_token": token, "token_type": "Bearer", "scope": " ".join(code.scopes), "created_at": 1}
        return _json(url, 200, said)

    def _revoked(self, url: str, form: dict[str, str]) -> Response:
        if self._client(form) is None:
            return _json(url, 403, {"error": "unauthorized_client"})
        if self.revoked_at_once:
            self.revoked_at_once -= 1
            raise Unreachable("no answer")
        if (token := self.tokens.get(form["token"])) is not None:
            token.revoked = True
        return _json(url, 200, {})

    def _who(self, url: str, headers: Mapping[str, str]) -> Response:
        token = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None or token.revoked:
            return _json(url, 401, {"error": "The access token is invalid"})
        acct = self.acct or token.user
        return _json(url, 200, {"id": "1", "username": token.user, "acct": acct, "url": f"{self.base}/@{token.user}"})

    def _new(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.host}-{self.made}"


@dataclass(slots=True)
class LoginNetwork(Network):
    """A network on which some servers let their members log in elsewhere. `jrds`: WebFinger answers by resource."""

    servers: dict[str, Server] = field(default_factory=dict)
    jrds: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)

    def server(self, host: str, **more: object) -> Server:
        made = self.servers[host] = Server(host, **more)  # type: ignore[arg-type]
        return made

    async def get(  # type: ignore[no-untyped-def]
        self, url: str, *, accept: str, sign=None, max_bytes=1_048_576, seconds=10, redirects=3
    ) -> Response:
        host = urlsplit(url).netloc
        server = self.servers.get(host)
        if server is not None and host not in self.down:
            headers = sign("GET", url, {"Host": host, "Accept": accept}, b"") if sign is not None else {}
            if (said := server.answer("GET", url, b"", headers)) is not None:
                self.got.append(url)
                if len(said.body) > max_bytes:
                    raise TooMuch(f"longer than {max_bytes} bytes")
                if 300 <= said.status < 400:
                    assert redirects == 0, "what carries a secret follows no redirect"
                    raise Forbidden("more than 0 redirects")
                return said
        return await super(LoginNetwork, self).get(
            url, accept=accept, sign=sign, max_bytes=max_bytes, seconds=seconds, redirects=redirects
        )

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = 10) -> Response:
        host = urlsplit(url).netloc
        server = self.servers.get(host)
        live = server is not None and host not in self.down
        if live and server is not None and (said := server.answer("POST", url, body, headers)) is not None:
            return Response(said.url, said.status, said.headers, said.body[:4096])
        return await super(LoginNetwork, self).post(url, body, headers=headers, seconds=seconds)

    def _webfinger(self, url: str, host: str, resource: str) -> Response:
        jrd = self.jrds.get((host, resource))
        if jrd is not None:
            return _json(url, 200, jrd)
        return super(LoginNetwork, self)._webfinger(url, host, resource)


def _json(url: str, status: int, document: dict[str, object]) -> Response:
    return Response(url, status, {"content-type": "application/json"}, json.dumps(document).encode())
