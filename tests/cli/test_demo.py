"""The demonstration ends as it says it does."""

from __future__ import annotations

import pytest

from tests.cli.instance import Instance


@pytest.mark.timeout(300)
def test_three_instances_talk_open_a_part_and_meet_in_a_group(instance: Instance) -> None:
    with instance.running("demo", until="Ctrl-C stops all three", seconds=240) as demo:
        for step in (
            "the reply stands under lea's post",
            "marc finds it among private messages",
            "lea has the answer",
            "her employer is masked in it",
            "marc asks, with one button",
            "lea opens that part to marc",
            "marc reads “Arvor Bridges & Sons” at his own server",
            "lea's ledger says who read it",
            "marc's very next look finds it closed",
            "it stands at the group's front, for anybody",
            "marc answers, from his own server",
            "lea reads it under her question",
            "marc sees it locked",
        ):
            assert step in demo.said
        assert demo.said.count("/login/link/") == 3
        assert demo.stop() == 0
