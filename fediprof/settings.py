"""Every setting of the server: its name, its default, what it is for. Nothing reads the environment anywhere else.

A TOML file (`fediprof.toml` in the working directory, or the path in FEDIPROF_CONFIG) gives values, an environment
variable FEDIPROF_<NAME> overrides one. A public instance needs `host`, and usually nothing more. A wrong value raises
Misconfigured with a sentence that names the setting.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from fediprof.errors import Misconfigured

_HOST = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?"
)
_LANGUAGES = ("fr", "en")
_NAME = re.compile(r"[a-z0-9_]{1,30}")


def _doc(default: Any, text: str) -> Any:
    return field(default=default, metadata={"doc": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """What `fediprof.toml` may say. `as_toml()` in the command line prints this list with its texts."""

    host: str = _doc(
        "localhost:8000", "The name this server answers at; part of every address it gives out, for ever."
    )
    account_domain: str = _doc(
        "", "The name behind the second @ of handles, when it differs from host. Never change it."
    )
    database: str = _doc("", "postgresql://user@host/name, or empty for the SQLite file in the data folder.")
    data: Path = _doc(Path("data"), "Folder of the database, uploaded pictures and the picture cache.")
    keys: Path = _doc(Path("keys"), "Folder of the instance's secrets; back it up apart from the data, mode 0700.")

    listen: str = _doc("127.0.0.1:8000", "Address and port the server binds to.")
    development: bool = _doc(False, "Plain http, and only towards this machine. On by itself when host is localhost.")
    name: str = _doc("fediprof", "The server's name on its pages and in NodeInfo.")
    language: str = _doc("fr", "fr or en: for visitors whose browser asks for neither.")
    contact: str = _doc("", "A mail address shown to people who must reach whoever runs the server.")
    trusted_proxies: str = _doc("127.0.0.1", "Whose X-Forwarded-For and -Proto are believed; comma-separated, or *.")
    picture_cache_mb: int = _doc(512, "Most space for copies of other servers' pictures, in MiB.")
    upload_mb: int = _doc(16, "Largest file a member may upload, in MiB.")
    entry_ceiling: int = _doc(
        8,
        "Entries of a career (experience, education) a member may show to everyone before they are asked to confirm in "
        "writing that they mean it.",
    )
    founders: str = _doc(
        "keepers",
        "Who may found groups: keepers (those who run the server) or members (every member). keepers on a person's own "
        "instance: a group is run under the server's name, and what is written in it weighs on whoever keeps it.",
    )
    front_group: str = _doc(
        "", "Name of a group here whose page stands at / for those who are not logged in: a group instance."
    )
    secure_fetch: bool = _doc(False, "Ask for a signature before posts and collections are given to other servers.")
    signed_collections: bool = _doc(
        True, "Ask for a signature before the list of what a person wrote is given to other servers."
    )
    profiles_per_hour: int = _doc(
        60, "Different people that one network, reader or server may look up within an hour; 0: no limit."
    )
    profile_pages_per_minute: int = _doc(
        300, "Pages about people that one network, reader or server may open within a minute; 0: no limit."
    )
    federation: str = _doc(
        "open", "open: every server that is not blocked is talked to; allowed: only those listed under Servers."
    )
    inbox_per_minute: int = _doc(
        3000, "Activities one server may send within a minute before it is asked to come again later; 0: no limit."
    )
    sqlite_full_sync: bool = _doc(False, "Wait for the disk at every commit: safer at a power cut, slower.")
    workers: int = _doc(16, "Incoming activities worked on at once.")
    delivery_hosts: int = _doc(16, "Other servers delivered to at once; each gets at most 6 parallel requests.")
    worker: bool = _doc(True, "Also do background work in the web process; switch off beside `fediprof worker`.")
    log: str = _doc("info", "debug, info, warning or error.")
    metrics_from: str = _doc(
        "127.0.0.1, ::1",
        "Addresses or networks that may read /metrics directly, not through a proxy; comma-separated.",
    )
    certificates: str = _doc("", "PEM file of extra authorities to trust, e.g. a private one in tests.")
    dev_hosts: str = _doc("", "Development only: name=address:port pairs, comma-separated, instead of DNS.")

    @property
    def scheme(self) -> str:
        return "http" if self.development and not self.dev_hosts else "https"

    @property
    def origin(self) -> str:
        """Scheme and host of all our addresses, without a slash at the end."""
        return f"{self.scheme}://{self.host}"

    @property
    def domain(self) -> str:
        """What follows the second @ of our handles."""
        return self.account_domain or self.host

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data / 'fediprof.sqlite3').as_posix()}"

    @property
    def hosts(self) -> dict[str, tuple[str, int]]:
        """`dev_hosts` as a table from name to loopback address and port."""
        table = {}
        for pair in filter(None, (part.strip() for part in self.dev_hosts.split(","))):
            name, _, target = pair.partition("=")
            address, _, port = target.rpartition(":")
            table[name.strip()] = (address.strip(), int(port))
        return table


def load_settings(
    path: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: object
) -> Settings:
    """Read the file, then the environment, then `overrides` (already typed). Raises Misconfigured."""
    environ = os.environ if environ is None else environ
    chosen = path or (Path(environ["FEDIPROF_CONFIG"]) if environ.get("FEDIPROF_CONFIG") else None)
    values: dict[str, object] = dict(_read(chosen)) if chosen else dict(_read(Path("fediprof.toml"), optional=True))
    known = {f.name: f for f in fields(Settings)}
    for name in values:
        if name not in known:
            raise Misconfigured(
                f"fediprof.toml: there is no setting named {name!r}; known: {', '.join(sorted(known))}"
            )
    for name in known:
        variable = f"FEDIPROF_{name.upper()}"
        if variable in environ:
            values[name] = environ[variable]
    values.update({name: value for name, value in overrides.items() if value is not None})
    return checked(Settings(**{name: _typed(name, value) for name, value in values.items()}))


def checked(settings: Settings) -> Settings:
    """The same settings, development mode derived; or Misconfigured with the sentence to show."""
    if not _HOST.fullmatch(settings.host):
        raise Misconfigured(f"host: {settings.host!r} is not a host name (lower case, no scheme, no path)")
    if settings.account_domain and not _HOST.fullmatch(settings.account_domain):
        raise Misconfigured(f"account_domain: {settings.account_domain!r} is not a host name")
    local = settings.host.split(":")[0] in ("localhost", "127.0.0.1")
    if local and not settings.development:
        settings = _with(settings, development=True)
    if ":" in settings.host and not settings.development:
        raise Misconfigured(f"host: {settings.host!r} has a port; other servers only speak to the default one")
    if settings.database and not settings.database.startswith(("postgresql://", "sqlite:///")):
        raise Misconfigured("database: must start with postgresql:// or sqlite:///, or be empty")
    if settings.language not in _LANGUAGES:
        raise Misconfigured(f"language: {settings.language!r} is not one of {', '.join(_LANGUAGES)}")
    if settings.founders not in ("keepers", "members"):
        raise Misconfigured(f"founders: {settings.founders!r} is neither keepers nor members")
    if settings.front_group and not _NAME.fullmatch(settings.front_group):
        raise Misconfigured(
            f"front_group: {settings.front_group!r} is not the name of a group, in lower case, without @"
        )
    if settings.log not in ("debug", "info", "warning", "error"):
        raise Misconfigured(f"log: {settings.log!r} is not debug, info, warning or error")
    for part in filter(None, (part.strip() for part in settings.metrics_from.split(","))):
        try:
            ip_network(part)
        except ValueError:
            raise Misconfigured(f"metrics_from: {part!r} is neither an address nor a network") from None
    if not re.fullmatch(r"[^\s:]+:\d{1,5}|\[[0-9a-f:]+\]:\d{1,5}", settings.listen):
        raise Misconfigured(f"listen: {settings.listen!r} is not address:port")
    if settings.certificates and not Path(settings.certificates).is_file():
        raise Misconfigured(f"certificates: there is no file {settings.certificates!r}")
    if settings.dev_hosts and not settings.development:
        raise Misconfigured("dev_hosts: only in development mode")
    try:
        settings.hosts  # noqa: B018 - read to check it
    except ValueError:
        raise Misconfigured("dev_hosts: must be name=address:port pairs, comma-separated") from None
    for name in ("picture_cache_mb", "upload_mb", "workers", "delivery_hosts"):
        if getattr(settings, name) < 1:
            raise Misconfigured(f"{name}: must be at least 1")
    if settings.federation not in ("open", "allowed"):
        raise Misconfigured(f"federation: {settings.federation!r} is neither open nor allowed")
    if settings.entry_ceiling < 0:
        raise Misconfigured("entry_ceiling: must be 0 (ask each time) or more")
    for name in ("profiles_per_hour", "profile_pages_per_minute", "inbox_per_minute"):
        if getattr(settings, name) < 0:
            raise Misconfigured(f"{name}: must be 0 (no limit) or more")
    return settings


def _with(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, **changes)


def _read(path: Path, *, optional: bool = False) -> dict[str, object]:
    if optional and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"There is no settings file {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: {error}") from None


def _typed(name: str, value: object) -> Any:
    kind = {f.name: f.type for f in fields(Settings)}[name]
    if kind == "bool":
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "on", "0", "false", "no", "off", ""):
            return str(value).lower() in ("1", "true", "yes", "on")
        raise Misconfigured(f"{name}: {value!r} is neither true nor false")
    if kind == "int":
        try:
            return int(str(value))
        except ValueError:
            raise Misconfigured(f"{name}: {value!r} is not a whole number") from None
    if kind == "Path":
        return Path(str(value)).expanduser()
    if not isinstance(value, str):
        raise Misconfigured(f"{name}: {value!r} is not text")
    return value
