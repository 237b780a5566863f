"""Marie at her browser, and somebody who only visits."""

from tests.web.conftest import member, network, visitor

__all__ = ["member", "network", "visitor"]
