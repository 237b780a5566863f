"""Archives as LinkedIn makes them, small: a zip of CSV files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

FULL: dict[str, str] = {
    "Profile.csv": "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location\n"
    'Marie,Durand,,3 rue des Lilas,4 mai,Ingénieure méthodes,"Je répare des usines.\nDepuis vingt ans.",Énergie,69003,Lyon\n',
    "Profile Summary.csv": 'Profile Summary\n"Je répare des usines.\nDepuis vingt ans."\n',
    "Positions.csv": "Company Name,Title,Description,Location,Started On,Finished On\n"
    'Ventorga,Method engineer,"We halved the changeover time. It took a year.\nThree lines, one team.",Lyon,Mar 2019,\n'
    "Oldmill,Technician,,Grenoble,Sep 2012,Feb 2019\n",
    "Education.csv": "School Name,Start Date,End Date,Notes,Degree Name,Activities\n"
    "École de Lyon,2007,2012,,Diplôme d'ingénieur,Robotics club\n",
    "Skills.csv": "Name\nSMED\nLean\nPython\n",
    "Languages.csv": "Name,Proficiency\nFrançais,Native or bilingual proficiency\nEnglish,Professional working proficiency\n",
    "Certifications.csv": "Name,Url,Authority,Started On,Finished On,License Number\n"
    "Green Belt,https://belts.example/1,Belts Inc,Jan 2020,,GB-77\n",
    "Projects.csv": "Title,Description,Url,Started On,Finished On\nLine 4,Rebuilt at night.,,Jan 2021,Jun 2021\n",
    "Publications.csv": "Name,Published On,Description,Publisher,Url\n"
    "Ten minutes,Mar 2022,On SMED.,Factory Review,https://review.example/ten\n",
    "Recommendations_Received.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\n"
    'Leo,Martin,Oldmill,Foreman,"She listens, then she moves the machine.","03/15/24, 09:12 AM",VISIBLE\n',
    "Recommendations_Given.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\n"
    'Ana,Roy,Ventorga,Buyer,Never late.,"12/25/23, 10:00 AM",VISIBLE\n',
    "Connections.csv": 'Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n'
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    "Leo,Martin,https://www.linkedin.example/in/leo,leo@mill.example,Oldmill,Foreman,12 Jan 2023\n"
    "Ana,Roy,https://www.linkedin.example/in/ana,,Ventorga,Buyer,03 Feb 2022\n"
    ",,,,,,04 Feb 2022\n",
    "messages.csv": "CONVERSATION ID,FROM,TO,CONTENT\n1,Leo,Marie,a secret between us\n",
    "Ad_Targeting.csv": "Member Age,Company Names,Company Names\n44,x,y\n",
}
"""14 entries: 1 about, 2 positions, 1 school, 3 skills, 2 languages, 1 certificate, 1 project, 1 publication, 2 words."""

ENTRIES = 14


def zipped(files: Mapping[str, str | bytes], folder: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(folder + name, text)
    return out.getvalue()
