"""The list of machines that are not wanted: ours, and the operator's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fediprof.refusals.agents import LOOKED_AT_EVERY, MOST_BYTES, Agents, names

PEOPLE = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1",
    "NetNewsWire (RSS Reader; https://netnewswire.com/)",
)
SERVERS = (
    "Mastodon/4.5.0 (http.rb/5.3.1; +https://far.example/)",
    "Lemmy/0.19.12; +https://far.example",
    "gotosocial/0.20.0 (+https://far.example)",
    "Pleroma 2.9.1; https://far.example <admin@far.example>",
    "fediprof/0.1.0 (+https://far.example)",
    "Misskey/2025.10.0 (https://far.example)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.32.3",
    "curl/8.14.1",
)
GATHERERS = (
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "gptbot",
    ),
    ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "claudebot"),
    ("CCBot/2.0 (https://commoncrawl.org/faq/)", "ccbot"),
    (
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
        "meta-externalagent",
    ),
    ("SCRAPY/2.13 (+https://scrapy.org)", "scrapy"),
    (
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
        "bytespider",
    ),
)


@pytest.mark.parametrize("agent", [*PEOPLE, *SERVERS, ""])
def test_people_servers_and_search_engines_are_let_in(agent: str) -> None:
    assert Agents().named(agent, 0.0) is None


@pytest.mark.parametrize(("agent", "name"), GATHERERS)
def test_known_gatherers_are_told_by_their_name(agent: str, name: str) -> None:
    assert Agents().named(agent, 0.0) == name


def test_the_operator_adds_and_takes_away_without_a_restart(tmp_path: Path) -> None:
    extra = tmp_path / "agents.txt"
    agents = Agents(extra)
    assert agents.named("NosyBot/1", 0.0) is None
    # When a list is laid into the data folder
    extra.write_text("# ours\nnosybot # sells profiles\n-CCBot\n")
    assert agents.named("NosyBot/1", 1.0) is None
    later = LOOKED_AT_EVERY
    # Then it holds within a minute
    assert agents.named("NosyBot/1", later) == "nosybot"
    assert agents.named("CCBot/2.0", later) is None
    assert agents.named("GPTBot/1.2", later) == "gptbot"
    # And no longer when it is taken away
    extra.unlink()
    assert agents.named("NosyBot/1", 2 * later) is None
    assert agents.named("CCBot/2.0", 2 * later) == "ccbot"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00bad\x00",
        b"a\nbot\n\n   \n-\n#\n",
        b"(((\n[[[[\n.*.*\n",
        b"x" * 5000,
        b"nosybot\n" + b"y" * 10 * MOST_BYTES,
        "\ufeffNosyBot\r\n".encode(),
    ],
)
def test_a_broken_list_shuts_out_nobody_else(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "agents.txt").write_bytes(content)
    agents = Agents(tmp_path / "agents.txt")
    assert [agents.named(each, 0.0) for each in (*PEOPLE, *SERVERS)] == [None] * len((*PEOPLE, *SERVERS))
    assert agents.named("GPTBot/1.2", 0.0) == "gptbot"
    assert agents.named("NosyBot/1", 0.0) == ("nosybot" if b"osy" in content.lower() else None)


def test_a_list_that_cannot_be_read_leaves_ours(tmp_path: Path) -> None:
    (tmp_path / "agents.txt").mkdir()
    assert Agents(tmp_path / "agents.txt").named("GPTBot/1.2", 0.0) == "gptbot"


def test_a_list_of_the_same_length_and_a_new_time_is_read(tmp_path: Path) -> None:
    extra = tmp_path / "agents.txt"
    extra.write_text("firstbot")
    agents = Agents(extra)
    assert agents.named("firstbot", 0.0) == "firstbot"
    extra.write_text("otherbot")
    os.utime(extra, (1, 1))
    assert agents.named("otherbot", 100.0) == "otherbot"


def test_names_are_long_enough_to_mean_somebody() -> None:
    assert list(names("a\nbot\n" + "x" * 81)) == []
    assert list(names("  SomeBot  # why\n- Other Bot")) == [("somebot", True), ("other bot", False)]
