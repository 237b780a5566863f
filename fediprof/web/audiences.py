"""Who may read an entry, or a field of it, in words: the word, and what follows from it. The same words wherever something
is written or shown."""

from __future__ import annotations

from collections.abc import Mapping

from fediprof.i18n.catalog import N_, Texts
from fediprof.profiles.records import FieldName, Kind, Readers

OFFERED: tuple[Readers, ...] = ("me", "people", "group", "contacts", "everyone")
"""Closed first: to open something is a choice. A group is offered to those who are in one."""

WORDS: Mapping[Readers, str] = {
    "everyone": N_("Everyone"),
    "contacts": N_("My contacts"),
    "group": N_("Members of a group"),
    "people": N_("People I chose"),
    "me": N_("Only me"),
}
INSIDE: Mapping[Readers, str] = {
    "everyone": N_("Everyone who reads the entry"),
    "contacts": N_("My contacts"),
    "group": N_("Members of a group"),
    "people": N_("People I chose"),
    "me": N_("Only me"),
}
"""Of a field: it counts among those who may read the entry."""

_CONSEQUENCES: Mapping[Readers, str] = {
    "group": N_(
        "Whoever is let into a group you name, as long as they and you are in it. They show who they are before they read."
    ),
    "people": N_("Only those you name. They show who they are before they read."),
    "me": N_("Nobody else. It stays here."),
}

QUESTIONS: Mapping[Kind, str] = {
    "experience": N_("What would you like to be asked about this time?"),
    "project": N_("What would you like to be asked about this project?"),
    "education": N_("What would you like to be asked about what you learnt?"),
    "skill": N_("What would you like to be asked about this skill?"),
    "talk": N_("What would you like to be asked about this talk?"),
    "publication": N_("What would you like to be asked about this text?"),
    "volunteering": N_("What would you like to be asked about what you do there?"),
    "open_to": N_("What would you like people to propose to you?"),
    "ask_me": N_("What would you like to be asked?"),
    "free": N_("What would you like to be asked?"),
}
"""What asks for the closing question, by kind."""

EXAMPLES: Mapping[FieldName, str] = {
    "employer": N_("For example: an energy company of 40 people"),
    "title": N_("For example: in charge of a workshop"),
    "dates": N_("For example: two years, not long ago"),
    "place": N_("For example: in the west of France"),
    "figures": N_("For example: three times faster"),
    "client": N_("For example: a hospital"),
}
"""Stand-ins that say something without saying it."""


def consequence(readers: Readers, t: Texts, *, indexable: bool, contacts: int) -> str:
    """What follows from a choice, for a member whose page search engines may index, or not, and who has so many contacts."""
    if readers == "contacts" and not contacts:
        return t(N_("Those who follow you and whom you follow: nobody yet. They show who they are before they read."))
    if readers == "contacts":
        return t.plural(
            "Those who follow you and whom you follow: one person today. They show who they are before they read.",
            "Those who follow you and whom you follow: {n} people today. They show who they are before they read.",
            contacts,
        )
    if readers != "everyone":
        return t(_CONSEQUENCES[readers])
    if indexable:
        return t(N_("On your page, and in search engines: you allow them. Copies may stay for ever."))
    return t(N_("On your page. Search engines are asked to leave it out. Copies may stay for ever."))
