from collections.abc import Sequence

class Model:
    def load_model(self, path: str) -> None: ...

class FastModel(Model):
    def __init__(self, cache_key_order: Sequence[int]) -> None: ...
