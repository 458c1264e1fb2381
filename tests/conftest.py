"""What several test files share: where the kits are, and hypothesis without a clock."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("geoplan", deadline=None, derandomize=True)
settings.load_profile("geoplan")
os.environ.setdefault("GEOPLAN_NO_CACHE", "1")  # runs of tests leave no folder beside the towns of the checkout


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of the kits: ../shared beside the checkout, or what GEOPLAN_SHARED says."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("GEOPLAN_SHARED", beside))
    if not (folder / "kits").is_dir():
        sentence = f"the kits are not there: {folder} (set GEOPLAN_SHARED to the folder that holds kits/)"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder
