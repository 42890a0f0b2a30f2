"""Every documented request of the registration API, and one that meets each of its errors.

A case is a function that prepares the node and returns the request. Its golden file,
`golden/STATUS-NAME.http`, has the request and the whole answer. One module an endpoint.
"""

from tests.dialects.registration.cases import (  # noqa: F401 - they enter their cases
    faults,
    register,
    registerstatus,
    signin,
    tokens,
)
from tests.dialects.registration.cases.listing import BACKLOG, CASES

__all__ = ["BACKLOG", "CASES"]
