"""The demonstration ends as it says it does."""

from __future__ import annotations

import pytest

from tests.cli.instance import Instance


@pytest.mark.timeout(300)
def test_two_instances_follow_write_reply_and_talk_in_private(instance: Instance) -> None:
    with instance.running("demo", until="Ctrl-C stops both", seconds=240) as demo:
        for step in (
            "the reply stands under lea's post",
            "marc finds it among private messages",
            "lea has the answer",
        ):
            assert step in demo.said
        assert demo.said.count("/login/link/") == 2
        assert demo.stop() == 0
