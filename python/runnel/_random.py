"""Names of what random generators run."""

import enum


class Algorithm(enum.Enum):
    """How random numbers are made; Runnel has Philox, which AUTO_SELECT means too."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3
