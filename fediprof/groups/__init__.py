"""Groups (FEP-1b12), both ways: those that live here, and those elsewhere that members take part in.

`founding` makes and changes one; `membership` who is in it; `posting` what members write; `intake` what reaches a group of
ours; `announcing` what it passes on; `receive` what a group elsewhere passed on to us; `moderating` decides, and says why.
"""
