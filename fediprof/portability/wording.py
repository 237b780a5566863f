"""The few words we add to what a file says, in the member's language, and what is told of lines left out."""

from __future__ import annotations

from fediprof.i18n.catalog import N_

BROKEN = N_("lines that could not be read")
TOO_MANY = N_("more lines than we take")
NO_HEADER = N_("no header we know")
NOT_A_LINE = N_("entries without a name")
NEVER_READ = N_("messages: never opened")
NAME_THEM_AGAIN = N_("people you hide from: name them again here, under Hidden from")
NOT_OPENED_AGAIN = N_("what was opened to others stays closed here")

_SAID = {
    "about": ("About me", "À propos de moi"),
    "work": ("A job", "Un poste"),
    "volunteer": ("Volunteering", "Bénévolat"),
    "studies": ("Studies", "Études"),
    "received": ("Recommendation by {}", "Recommandation de {}"),
    "given": ("Recommendation for {}", "Recommandation pour {}"),
}
_TAGS = {
    "certificates": ("certificate", "certificat"),
    "languages": ("language", "langue"),
    "awards": ("award", "distinction"),
    "references": ("recommendation", "recommandation"),
}
"""Sections of JSON Resume that are no kind of entry here: a tag says it."""

SECTION_OF_TAG = {tag: section for section, tags in _TAGS.items() for tag in tags}


def said(name: str, language: str) -> str:
    return _SAID[name][language == "fr"]


def tag_for(section: str, language: str) -> str:
    return _TAGS[section][language == "fr"]
