"""Language tags."""

from __future__ import annotations

import pytest

from fediprof.text.language import normalise


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("ca-ES-VALENCIA", "ca-ES-valencia"),
        ("de-1996", "de-1996"),
        ("en-US-u-ca-gregory", "en-US"),
        (" fr ", "fr"),
        ("gsw", "gsw"),
        ("und", None),
        ("zxx", None),
        ("", None),
        ("e", None),
        ("english", None),
        ("en<script>", None),
        ("x-klingon", None),
        ("en" * 50, None),
    ],
)
def test_tags_are_brought_to_one_spelling(tag: str, expected: str | None) -> None:
    assert normalise(tag) == expected
