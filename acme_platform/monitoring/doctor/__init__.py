"""The doctor: looks at everything that can be wrong here, and says of each how it is and which command mends it.

    examination.py  which checks there are, in which order, and what each of them needs
    finding.py      what a check says
    patient.py      what a check may look at, opened when the first one asks
    secret.py       what of a URL may be shown
    variable.py …   one subject a module: functions that take the patient and yield findings

It changes nothing: it starts the embedded servers to look at them, and writes neither to them nor to the lake.

Not here: what is there and how much (`status.py`).
"""

from acme_platform.monitoring.doctor.examination import examine
from acme_platform.monitoring.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
