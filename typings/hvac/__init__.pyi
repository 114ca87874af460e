from collections.abc import Mapping

import requests

class Client:
    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        verify: bool | str | None = None,
        timeout: float = 30,
        allow_redirects: bool = True,
        session: requests.Session | None = None,
    ) -> None: ...
    def read(self, path: str) -> object: ...
    def write_data(self, path: str, *, data: Mapping[str, object]) -> object: ...
