"""LinkedIn's archive as drafts: every file it knows, in both languages, however broken."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediprof.portability import reading
from fediprof.portability.moments import moment, span
from fediprof.portability.records import Arrival, Draft
from tests.portability.exports import ENTRIES, FULL, zipped
from tests.portability.test_jsonresume import entries_of


def read(files: dict[str, str] | dict[str, bytes] | dict[str, str | bytes], language: str = "en") -> Arrival:
    return reading.read(io.BytesIO(zipped(files)), language)  # type: ignore[arg-type]


def only(arrival: Arrival) -> Draft:
    [draft] = arrival.drafts
    return draft


def of(arrival: Arrival, section: str) -> list[Draft]:
    return [each for each in arrival.drafts if each.section == section]


def test_a_whole_archive_brings_every_line_once_and_people_apart() -> None:
    found = read(FULL)
    assert len(found.drafts) == ENTRIES
    assert len({each.import_key for each in found.drafts}) == ENTRIES
    assert [each.name for each in found.people] == ["Leo Martin", "Ana Roy"]
    assert found.people[0].since == "2023-01-12"
    [about] = of(found, "about")
    assert about.words.headline == "Ingénieure méthodes"
    assert about.words.story == "Je répare des usines.\nDepuis vingt ans."


def test_what_stands_in_a_private_corner_of_the_archive_is_not_read() -> None:
    found = str(read(FULL))
    for secret in ("a secret between us", "rue des Lilas", "4 mai", "69003"):
        assert secret not in found


def test_messages_are_named_as_left_out_and_never_opened() -> None:
    # Given messages that could not be read without a complaint
    found = read({**FULL, "messages.csv": b"\xff\xfe\x00"})
    assert [(each.what, each.why) for each in found.left_out] == [("messages.csv", "messages: never opened")]


def test_a_job_keeps_what_can_be_masked_out_of_its_headline() -> None:
    told, untold = of(read(FULL), "work")
    assert told.words.headline == "We halved the changeover time"
    assert told.fields == {
        "employer": "Ventorga",
        "title": "Method engineer",
        "dates": "2019-03/",
        "place": "Lyon",
    }
    # Of a job nothing was told of, the title is all there is to know it by: it is no field that could be masked
    assert untold.words.headline == "Technician"
    assert "title" not in untold.fields
    assert untold.fields["dates"] == "2012-09/2019-02"


def test_the_archive_may_lie_in_a_folder_and_have_numbers_in_its_names() -> None:
    found = reading.read(io.BytesIO(zipped({"Skills_252.csv": "Name\nLean\n"}, "Basic_LinkedInDataExport/")), "en")
    assert only(found).words.headline == "Lean"


def test_french_headers_dates_and_file_names_are_read() -> None:
    found = read(
        {
            "Positions.csv": "Nom de l’entreprise,Intitulé du poste,Description,Lieu,Date de début,Date de fin\n"
            "Ventorga,Ingénieure,,Lyon,mars 2019,févr. 2021\n",
            "Compétences.csv": "Nom\nSoudure\n",
            "Langues.csv": "Nom,Niveau\nFrançais,Langue maternelle\n",
            "Connections.csv": "Notes :\n«blabla»\n\nPrénom,Nom,URL,Adresse e-mail,Entreprise,Poste,Date de connexion\n"
            "Léo,Martin,,leo@mill.example,Oldmill,Chef,12 août 2023\n",
        },
        "fr",
    )
    [job] = of(found, "work")
    assert job.fields == {"employer": "Ventorga", "dates": "2019-03/2021-02", "place": "Lyon"}
    assert of(found, "skills")[0].words.headline == "Soudure"
    assert of(found, "languages")[0].tags == ("langue",)
    assert (found.people[0].name, found.people[0].since) == ("Léo Martin", "2023-08-12")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_a_spreadsheet_saves_in_is_read(encoding: str) -> None:
    text = "School Name;Start Date;End Date;Notes;Degree Name;Activities\r\nÉcole à l’été;2007;2012;;Diplôme;\r\n"
    draft = only(read({"Education.csv": text.encode(encoding)}))
    assert draft.fields == {"employer": "École à l’été", "dates": "2007/2012"}


def test_a_quote_that_never_closes_costs_its_own_line_at_most() -> None:
    lines = "".join(f"Project {n},Fine.,,,\n" for n in range(300))
    found = read({"Projects.csv": f'Title,Description,Url,Started On,Finished On\nBroken,"Never closed,,,\n{lines}'})
    names = [each.words.headline for each in found.drafts]
    assert names[0] == "Broken"
    assert names[1:] == [f"Project {n}" for n in range(300)]


def test_short_long_and_empty_rows_are_read_as_far_as_they_go() -> None:
    found = read(
        {"Positions.csv": f"{FULL['Positions.csv'].splitlines()[0]}\nAlone\n,,,,,\n\nA,B,,,2019,2020,x,y,z\n"}
    )
    assert [each.fields["employer"] for each in found.drafts] == ["Alone", "A"]


def test_a_file_without_a_header_we_know_is_named_and_passed_over() -> None:
    found = read({"Skills.csv": "Name\nLean\n", "Positions.csv": "No conversations found\n"})
    assert only(found).words.headline == "Lean"
    assert [(each.what, each.why) for each in found.left_out] == [("Positions.csv", "no header we know")]


def test_recommendations_are_somebody_elses_words_with_their_name() -> None:
    received, given = of(read(FULL), "references")
    assert received.words.headline == "Recommendation by Leo Martin"
    assert received.words.story.endswith("— Leo Martin, Foreman, Oldmill")
    assert received.tags == ("recommendation",)
    assert received.fields == {"dates": "2024-03-15"}
    assert given.words.headline == "Recommendation for Ana Roy"


def test_a_formula_is_text() -> None:
    found = read({"Skills.csv": "Name\n=HYPERLINK(1)\n+1\n@SUM(A1)\n-2\n"})
    assert [each.words.headline for each in found.drafts] == ["=HYPERLINK(1)", "+1", "@SUM(A1)", "-2"]


def test_two_lines_alike_stay_two_and_keep_their_keys() -> None:
    files = {"Projects.csv": "Title,Description,Url,Started On,Finished On\nSame,one,,,\nSame,two,,,\n"}
    keys = [each.import_key for each in read(files).drafts]
    assert len(set(keys)) == 2
    assert keys == [each.import_key for each in read(files).drafts]


def test_a_line_is_known_again_when_what_is_told_of_it_changed() -> None:
    head = FULL["Positions.csv"].splitlines()[0]
    first = only(read({"Positions.csv": f"{head}\nVentorga,Engineer,,Lyon,Mar 2019,\n"}))
    later = only(read({"Positions.csv": f"{head}\nVENTORGA,Engineer,We did it.,Paris,Mar 2019,Jun 2026\n"}))
    assert first.import_key == later.import_key


def test_more_people_and_entries_than_we_take_are_cut_and_said() -> None:
    skills = "Name\n" + "".join(f"Skill {n}\n" for n in range(1500))
    found = read({"Skills.csv": skills})
    assert len(found.drafts) == 1000
    assert [each.why for each in found.left_out] == ["more lines than we take"]


def test_very_long_texts_are_shortened_to_what_an_entry_holds() -> None:
    draft = only(
        read({"Projects.csv": f"Title,Description,Url,Started On,Finished On\n{'T' * 400},{'x' * 9000},,,\n"})
    )
    assert len(draft.words.headline) == 200
    assert len(draft.words.story) == 5000


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Mar 2019", "2019-03"),
        ("mars 2019", "2019-03"),
        ("Févr. 2021", "2021-02"),
        ("août 2020", "2020-08"),
        ("déc. 2018", "2018-12"),
        ("juil. 2018", "2018-07"),
        ("Sept 2001", "2001-09"),
        ("12 Jan 2023", "2023-01-12"),
        ("Jan 12, 2023", "2023-01-12"),
        ("1er mai 2020", "2020-05"),
        ("2019", "2019"),
        ("2019-3", "2019-03"),
        ("2019-03-14T10:00:00Z", "2019-03-14"),
        ("03/15/24, 09:12 AM", "2024-03-15"),
        ("15/03/2024", "2024-03-15"),
        ("04/05/2024", "2024"),
        ("3/2019", "2019-03"),
        ("31 Feb 2019", "2019-02"),
        ("13/13/2019", "2019"),
        ("Present", ""),
        ("", ""),
        ("soon", ""),
        ("99999", ""),
        ("0001-01-01", ""),
    ],
)
def test_dates_as_both_languages_write_them(written: str, read_as: str) -> None:
    assert moment(written) == read_as


def test_a_span_never_ends_before_it_begins() -> None:
    assert span("Mar 2019", "Jan 2018") == "2019-03"
    assert span("Mar 2019", "Present") == "2019-03/"
    assert span("", "2012") == "2012"
    assert span("2019", "", open_ended=False) == "2019"


_CELL = st.text(max_size=40) | st.sampled_from(
    ['"', ",", "\n", ";", "\x00", "=1+1", "Mar 2019", "2020", "\ud7ff", "\u202e", "a" * 400]
)
_HEADS = {name: text.splitlines()[-1 if name == "Connections.csv" else 0] for name, text in FULL.items()}
_HEADS["Connections.csv"] = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"


@given(
    st.sampled_from([name for name in _HEADS if name not in ("messages.csv", "Ad_Targeting.csv")]),
    st.lists(st.lists(_CELL, max_size=9), max_size=6),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
    st.binary(max_size=60),
)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_file_gives_entries_no_rule_refuses(
    name: str, rows: list[list[str]], encoding: str, tail: bytes
) -> None:
    text = _HEADS[name] + "\n" + "\n".join(",".join(row) for row in rows)
    found = read({name: text.encode(encoding, "replace") + tail}, "fr")
    entries_of(found)
    for each in found.people:
        assert each.name
        assert "\x00" not in str(each)
