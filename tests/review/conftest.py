"""A database of a few advisories, and the review pages of it."""

import pytest
from review_site import ANN, BOB, Site

from talks import Talks


@pytest.fixture
def talks(tmp_path):
    """Ann's close call with an unknown, Bob's transcription, and an advisory that Bob has only begun."""
    made = Talks(tmp_path / "a.db")
    made.ann = made.advised("p1", person=ANN, words="Photo tags for our web shop", volume={"status": "dont_know"})
    made.bob = made.advised("p2", person=BOB, words="Dictation typing", kind="transcription", data="regulated")
    made.begun = made.send("p3", person=BOB, fresh=True)
    made.send("p3", person=BOB, text="Sorting of returned parcels")
    yield made
    made.close()


@pytest.fixture
def site(talks):
    made = Site(talks.path)
    yield made
    made.close()
