"""Introductions by a third: a member proposes two people to each other; when both say yes, one private conversation of three
is opened. Nobody learns what another answered: one who said no cannot be told from one who never looked.
"""
