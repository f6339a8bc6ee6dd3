"""Names of checks by which others know what was found.

Belongs here: names alone, which cost nothing to import. Not here: the checks (`checks/builtin.py`).
"""

#: whether a day of raw has a row
SOMETHING_DELIVERED = "something_delivered"
