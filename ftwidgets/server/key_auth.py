"""Authentication on a server: which key belongs to whom; a missing or wrong key is a 401 in the service's words.

Left out: where keys come from (`register`), and what a caller may do once they are in.
"""

from __future__ import annotations

from starlette.datastructures import Headers

from ftwidgets.sandbox.api.auth import Caller, bearer_key
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.server.keys import masked
from ftwidgets.server.users import Register

NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY). Whoever runs this server can give you one."
)
WRONG_KEY = "Incorrect API key provided: {}. Whoever runs this server can give you one; with a join code, get it at /join."


class KeyAuthenticator:
    """Accepts the keys of the register; each key has its own owner.

    Parameters
    ----------
    register
        Knows the keys.
    """

    def __init__(self, register: Register) -> None:
        self._register = register

    def authenticate(self, headers: Headers) -> Caller:
        """Tell who is asking.

        Raises
        ------
        ApiError
            401: there is no key, or nobody holds it (the service's code, `invalid_api_key`).
        """
        key = bearer_key(headers)
        if not key:
            raise ApiError(401, NO_KEY)
        holder = self._register.find(key)
        if holder is None:
            raise ApiError(401, WRONG_KEY.format(masked(key)), code="invalid_api_key")
        return Caller(holder.owner, holder.admin)
