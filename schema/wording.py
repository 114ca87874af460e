"""What many inputs and payloads say alike of themselves, word for word."""

from __future__ import annotations

from typing import Final

KEY: Final = "Drawn anew for each act: sent again, it does the act no second time (24 h)."
VERSION: Final = "The version that was read; an older one is refused as `Stale`."
REFUSAL: Final = "Why it was not done."
NO_CREDIT: Final = "Why it was not done, or gives nothing."
REPLAYED: Final = "True: it was done before under this idempotency key."
