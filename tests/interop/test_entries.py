"""An entry from the candidate's server to the recruiter's, and what is opened of it: two processes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

Join = Callable[[Server], Member]
Trio = tuple[Server, Server, Server]
AS2 = {"accept": "application/activity+json"}
SECRET = "Ferroénergie Zéphyr"
STAND_IN = "une PME de l’énergie"


@dataclass
class Written:
    id: str
    url: str


def write(member: Member, headline: str) -> Written:
    """A public entry with a masked employer, and sent out, by the command of the member's own server."""
    name = ["--as", member.username]
    made = json.loads(
        member.server.command(
            *("entry", "add", headline, *name, "--kind", "project", "--story", "Two failures, then this."),
            *("--question", "why did we fail twice?", "--language", "en", "--tag", "lean", "--readers", "everyone"),
            *("--field", f"employer={SECRET}", "--stand-in", f"employer={STAND_IN}", "--json"),
        )
    )
    said = member.server.command("entry", "publish", str(made["id"]), *name)
    return Written(str(made["id"]), said.split()[0])


def conversation(member: Member, words: str) -> str:
    """The number of the private conversation in which somebody wrote `words`."""

    def look() -> str | None:
        for number in re.findall(r'href="/conversations/(\d+)', member.browser.get("/conversations").text):
            if words in member.browser.get(f"/conversations/{number}").text:
                return str(number)
        return None

    return eventually(look, f"{member.handle} finds {words!r} among private messages")


def read_elsewhere(member: Member, url: str) -> str:
    answer = member.browser.post(
        "/elsewhere",
        data={"token": _token(member, f"/elsewhere?url={quote(url, safe='')}"), "url": url},
        headers={"origin": member.server.origin},
    )
    return re.sub(r"<[^>]+>", " ", answer.text)


def _token(member: Member, page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', member.browser.get(page).text)
    assert found is not None, page
    return found[1]


def test_a_masked_entry_is_asked_about_opened_read_and_closed_again(trio: Trio, join: Join) -> None:
    # Given a candidate, and a recruiter on another server who follows them
    candidate, recruiter = join(trio[0]), join(trio[1])
    recruiter.follow(candidate)

    # When the candidate sends out an entry whose employer is masked
    entry = write(candidate, "Delays cut to a third")

    # Then the recruiter sees it at home, with its question and the words in the employer's place
    post = eventually(
        lambda: next((each for each in recruiter.home() if each["url"] == entry.url), None), "the entry is at home"
    )
    assert "why did we fail twice?" in post["content"]
    assert STAND_IN in post["content"]
    assert SECRET not in json.dumps(recruiter.home(), ensure_ascii=False)
    assert "why did we fail twice?" in recruiter.browser.get("/home").text
    assert recruiter.find_post(entry.url)["uri"] == post["uri"]

    # and answers it; the answer stands under the entry
    recruiter.write(f"@{candidate.handle} Because of the suppliers?", in_reply_to_id=post["id"])
    page = entry.url.removeprefix(candidate.server.origin)
    eventually(lambda: "Because of the suppliers?" in candidate.browser.get(page).text, "the answer is on its page")

    # When they ask for what is masked, with one button at their own server
    assert SECRET not in read_elsewhere(recruiter, entry.url)
    form = f"/intents/ask?object={quote(entry.url, safe='')}"
    asked = {"object": entry.url, "field-employer": "1", "words": "We hire exactly for this."}
    recruiter.submit(form, "/intents/ask", **asked)

    # and the candidate opens it to them, for thirty days, in that conversation
    number = conversation(candidate, "We hire exactly for this.")
    parts = {f"part-{entry.id}": "1", f"part-{entry.id}-employer": "1"}
    opening = f"/conversations/{number}/open"
    candidate.submit(opening, opening, **parts, days="30", mode="show")
    conversation(recruiter, entry.url)

    # Then the recruiter reads it at their own server, in their own name, and it is kept nowhere there
    assert SECRET in read_elsewhere(recruiter, entry.url)
    assert recruiter.held(f"{candidate.server.origin}/e/{page.rpartition('/')[2]}") is None
    eventually(
        lambda: recruiter.server.host in candidate.browser.get("/ledger").text, "the ledger tells of the fetch"
    )

    # but somebody else there does not, nor does a stranger
    other = join(trio[1])
    assert SECRET not in read_elsewhere(other, entry.url)
    with candidate.server.internet.client(candidate.server.origin, follow_redirects=True) as stranger:
        assert SECRET not in stranger.get(page).text
        assert SECRET not in stranger.get(page, headers=AS2).text

    # When the candidate closes it, the very next look finds it closed
    grant = re.search(r'action="(/grants/\d+/revoke)"', candidate.browser.get("/grants").text)
    assert grant is not None
    candidate.submit("/grants", grant[1])
    assert SECRET not in read_elsewhere(recruiter, entry.url)


def test_what_is_private_altogether_is_not_there_before_and_after(trio: Trio, join: Join) -> None:
    candidate, recruiter = join(trio[0]), join(trio[1])
    made = json.loads(candidate.server.command("entry", "add", "Only for some", "--as", candidate.username, "--json"))
    url = f"{candidate.server.origin}/@{candidate.username}/e/{made['slug']}"
    candidate.write(f"@{recruiter.handle} Shall I show you something?", visibility="direct")
    conversation(recruiter, "Shall I show you something?")
    assert "There is nothing for you at this address" in read_elsewhere(recruiter, url)

    number = conversation(candidate, "Shall I show you something?")
    opening = f"/conversations/{number}/open"
    candidate.submit(opening, opening, **{f"part-{made['id']}": "1"}, days="7", mode="show")
    assert "Only for some" in read_elsewhere(recruiter, url)

    grant = re.search(r'action="(/grants/\d+/revoke)"', candidate.browser.get("/grants").text)
    assert grant is not None
    candidate.submit("/grants", grant[1])
    assert "There is nothing for you at this address" in read_elsewhere(recruiter, url)
