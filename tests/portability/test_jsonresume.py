"""JSON Resume: all twelve sections in and out, three faces, valid each, and nothing masked in any."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediprof.portability import jsonresume, reading
from fediprof.portability.plan import as_entry
from fediprof.portability.records import Arrival
from fediprof.profiles import rules
from fediprof.profiles.disclosure import ANYBODY, Viewer, disclose
from fediprof.profiles.records import EVERYONE, FIELDS, KINDS, ONLY_ME, Entry, Field, Grant, Rule, Words
from tests.portability.resume_schema import SECTIONS, faults

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
OWNER = Viewer(7, owner=True)
BASICS = jsonresume.basics_of(
    "Marie",
    "I mend things.",
    "https://home.example/@marie",
    "marie@home.example",
    "",
    [("Site", "https://marie.example/")],
)

SAMPLE: dict[str, Any] = {
    "basics": {"name": "Marie", "label": "Method engineer", "summary": "I mend factories."},
    "work": [
        {
            "name": "Ventorga",
            "position": "Engineer",
            "location": "Lyon",
            "url": "https://ventorga.example",
            "startDate": "2019-03",
            "endDate": "2021-06-30",
            "summary": "Lines.",
            "highlights": ["Half the time", "No accident"],
        }
    ],
    "volunteer": [{"organization": "Repair Café", "position": "Mender", "startDate": "2015"}],
    "education": [
        {"institution": "ECL", "area": "Mechanics", "studyType": "MSc", "score": "16", "courses": ["Robots"]}
    ],
    "awards": [{"title": "Golden Wrench", "date": "2020-05", "awarder": "Trade Fair", "summary": "For line 4."}],
    "certificates": [{"name": "Green Belt", "date": "2020", "issuer": "Belts", "url": "https://belts.example/1"}],
    "publications": [{"name": "Ten minutes", "publisher": "Review", "releaseDate": "2022-03", "summary": "SMED."}],
    "skills": [{"name": "SMED", "level": "Expert", "keywords": ["Lean", "supply chain"]}],
    "languages": [{"language": "French", "fluency": "Native"}],
    "interests": [{"name": "Beekeeping", "keywords": ["hives"]}],
    "references": [{"name": "Leo", "reference": "She listens."}],
    "projects": [
        {
            "name": "Line 4",
            "description": "At night.",
            "entity": "Ventorga",
            "roles": ["Lead"],
            "keywords": ["night"],
        },
        {"name": "SMED for all", "type": "talk", "description": "A talk."},
    ],
}


def read(document: object, language: str = "en") -> Arrival:
    return reading.read(io.BytesIO(json.dumps(document).encode()), language)


def entries_of(arrival: Arrival) -> list[Entry]:
    """As they would be kept: refused by no rule."""
    found = []
    for number, draft in enumerate(arrival.drafts, 1):
        made = as_entry(draft)
        entry = Entry(
            number, 7, f"slug{number}", made.kind, made.words, NOW, NOW, language=made.language, tags=made.tags,
            link=made.link, fields=made.fields, import_key=made.import_key,
        )  # fmt: skip
        rules.must_be_keepable(entry)
        found.append(entry)
    return found


def written(entries: list[Entry], viewer: Viewer, grants: tuple[Grant, ...] = ()) -> dict[str, Any]:
    shown = disclose(entries, viewer, NOW, grants=grants)
    made = jsonresume.document(BASICS, shown, address="https://home.example/@marie/resume.json", now=NOW)
    assert faults(made) == []
    return made


def test_every_section_becomes_entries_and_goes_out_again_as_it_came() -> None:
    arrival = read(SAMPLE)
    assert {each.section for each in arrival.drafts} == {*SECTIONS, "about"}
    out = written(entries_of(arrival), OWNER)
    assert SECTIONS.keys() <= out.keys()
    assert out["work"][0].items() >= {
        "name": "Ventorga", "position": "Engineer", "location": "Lyon", "url": "https://ventorga.example",
        "startDate": "2019-03", "endDate": "2021-06-30", "summary": "Lines.\n\n- Half the time\n- No accident",
    }.items()  # fmt: skip
    assert out["education"][0].items() >= {"institution": "ECL", "studyType": "MSc, Mechanics", "score": "16"}.items()
    for section in ("awards", "certificates", "publications", "languages", "references"):
        assert out[section] == SAMPLE[section], section
    assert out["skills"] == [{"name": "SMED", "level": "Expert", "keywords": ["Lean", "SupplyChain"]}]
    assert out["interests"] == SAMPLE["interests"]
    assert [each["type"] for each in out["projects"] if "type" in each] == ["text", "talk"]  # basics come first


def test_a_second_reading_of_what_went_out_knows_each_line_again() -> None:
    first = read(SAMPLE)
    again = read(written(entries_of(first), OWNER))
    keys = {each.import_key for each in first.drafts if each.section not in ("about", "education")}
    assert keys <= {each.import_key for each in again.drafts}


def test_the_same_job_is_one_line_whether_linkedin_or_a_resume_tells_it() -> None:
    from tests.portability.exports import FULL, zipped

    linkedin = reading.read(io.BytesIO(zipped(FULL)), "en")
    resume = read({"work": [{"name": "Ventorga", "position": "Method engineer", "startDate": "2019-03-01"}]})
    assert resume.drafts[0].import_key in {each.import_key for each in linkedin.drafts}


def masked() -> Entry:
    fields = (
        Field("employer", "Ventorga", ONLY_ME, "a maker of pumps"),
        Field("title", "Head of Everything", ONLY_ME),
        Field("dates", "2019-03/", ONLY_ME, "the last years"),
        Field("place", "Lyon", EVERYONE),
    )
    return Entry(
        1, 7, "s", "experience", Words("Half the time", "We did it.", "How?"), NOW, NOW, rule=EVERYONE, fields=fields
    )


def test_the_public_face_holds_stand_ins_and_nothing_masked() -> None:
    private = Entry(2, 7, "t", "project", Words("Secret plan"), NOW, NOW)
    out = written([masked(), private], ANYBODY)
    assert out["work"] == [
        {
            "name": "a maker of pumps",
            "location": "Lyon",
            "position": "Half the time",
            "summary": "We did it.\n\nHow?",
        }
    ]
    text = json.dumps(out)
    for hidden in ("Ventorga", "Head of Everything", "2019", "Secret plan", "the last years"):
        assert hidden not in text


def test_a_stand_in_for_dates_counts_where_it_is_a_coarser_date() -> None:
    coarse = replace(masked(), fields=(Field("dates", "2019-03-14/2021-06-02", ONLY_ME, "2019/2021"),))
    [work] = written([coarse], ANYBODY)["work"]
    assert (work["startDate"], work["endDate"]) == ("2019", "2021")


def test_the_granted_face_holds_what_was_opened_until_it_ends() -> None:
    grant = Grant(9, 7, 42, "show", {1: frozenset({"employer", "dates"})}, NOW, NOW + timedelta(days=30))
    paul = Viewer(42)
    assert (
        written([masked()], paul, (grant,))["work"][0].items() >= {"name": "Ventorga", "startDate": "2019-03"}.items()
    )
    assert "title" not in json.dumps(written([masked()], paul, (grant,)))
    over = disclose([masked()], paul, NOW + timedelta(days=30), grants=(grant,))
    assert "Ventorga" not in json.dumps(jsonresume.document(BASICS, over, address="https://x.example/", now=NOW))


def test_old_names_of_the_standard_and_wrong_types_are_read_as_far_as_they_go() -> None:
    found = read(
        {
            "work": [
                {"company": "Old", "position": "Clerk", "website": "https://old.example"},
                "not an object",
                {"name": 7, "position": ["x"], "startDate": {"a": 1}, "highlights": "no list"},
                {},
            ],
            "hobbies": [{"name": "Bees", "keywords": "none"}],
            "education": {"institution": "ECL", "courses": 3},
            "skills": None,
            "publications": [{"name": "P", "releaseDate": "soon", "website": "javascript:alert(1)"}],
        }
    )
    assert [each.words.headline for each in found.drafts] == ["Clerk", "A job", "Studies", "P", "Bees"]
    assert found.drafts[0].link == "https://old.example"
    assert found.drafts[3].link == ""
    assert [(each.what, each.count) for each in found.left_out] == [("work", 2)]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), lambda each: st.lists(each, max_size=4)
    | st.dictionaries(st.sampled_from(["name", "position", "startDate", "summary", "keywords", "work", "skills", "basics",
      "url", "education", "institution", "courses", "highlights", "meta", "fediprof", "entries", "fields", "tags", "sets",
      "kind", "headline", "hiddenFrom", "domains"]), each, max_size=6), max_leaves=30))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused_with_a_sentence_and_gives_entries_no_rule_refuses(found: Any) -> None:
    from fediprof.errors import FediprofError

    document = {"work": [found], "skills": [found], "education": found, "basics": found, "meta": {"fediprof": found}}
    for each in (found, document, {"meta": {"fediprof": {"entries": [found], "sets": found, "hiddenFrom": found}}}):
        try:
            arrival = read(each)
        except FediprofError:
            continue
        written(entries_of(arrival), OWNER)


_RULES = st.sampled_from([EVERYONE, ONLY_ME, Rule("contacts"), Rule("people", people=frozenset({42}))])
_ENTRY = st.builds(
    Entry,
    id=st.integers(1, 5),
    actor_id=st.just(7),
    slug=st.just("s"),
    kind=st.sampled_from(KINDS),
    words=st.builds(Words, st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=20)),
    created_at=st.just(NOW),
    changed_at=st.just(NOW),
    rule=_RULES,
    link=st.sampled_from(["", "https://x.example/é à?q=1", "http://x.example"]),
    tags=st.lists(st.sampled_from(["lean", "language", "award", "certificate", "langue"]), max_size=3).map(tuple),
    fields=st.lists(
        st.builds(
            Field,
            st.sampled_from(FIELDS),
            st.sampled_from(["HIDDEN one", "2019-03/2020", "2019/", "not a date"]),
            _RULES,
            st.sampled_from(["", "a stand-in"]),
        ),
        max_size=6,
        unique_by=lambda each: each.name,
    ).map(tuple),
)


@given(st.lists(_ENTRY, max_size=6), st.sampled_from([ANYBODY, Viewer(42), Viewer(8, contact=True), OWNER]))
@settings(max_examples=300, deadline=None)
def test_every_face_of_any_profile_is_valid_and_holds_only_what_was_disclosed(
    entries: list[Entry], viewer: Viewer
) -> None:
    out = json.dumps(written(entries, viewer))
    shown = disclose(entries, viewer, NOW)
    if not any(part.text == "HIDDEN one" for each in shown for part in each.fields):
        assert "HIDDEN" not in out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_resume_in_another_encoding_is_read(encoding: str) -> None:
    data = json.dumps({"skills": [{"name": "Écouter"}]}, ensure_ascii=False).encode(encoding)
    assert reading.read(io.BytesIO(data), "fr").drafts[0].words.headline == "Écouter"
