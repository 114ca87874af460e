"""Casbin is PyPI's `pycasbin`; its stale twin `casbin` imports under the same name and must not be there."""

from importlib.metadata import PackageNotFoundError, version

import pytest


def test_the_living_casbin_is_installed_and_its_twin_is_not() -> None:
    """Both distributions import as `casbin`."""
    assert int(version("pycasbin").partition(".")[0]) >= 2
    with pytest.raises(PackageNotFoundError):
        version("casbin")
