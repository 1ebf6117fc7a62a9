"""A state that a row can take has its word and its colour: a list with one such row is no error page."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db.models import TextChoices

from kendali.disposal.models import ErasureRequest, Hold, LeftOut, Proposal
from kendali.documents import words as documents_words
from kendali.documents.models import ArticleImport
from kendali.records import words, words_disposal
from kendali.records.models import (
    DisposalItem,
    DisposalOrder,
    Escalation,
    EscalationItem,
    Package,
    Scan,
    Unbackupable,
    VersionDestruction,
)
from kendali.records.views import erasures, policies
from kendali.register import words as register_words
from kendali.register.models import Certificate
from kendali.terms.models import Policy

COLOURS = {"done", "soon", "late", "held", "idle", "active"}


@pytest.mark.parametrize(
    ("states", "colours"),
    [
        (Package.Status, words.PACKAGE_COLOURS),
        (Escalation.Status, words.ORDER_COLOURS),
        (EscalationItem.Outcome, words.ITEM_COLOURS),
        (Scan.Status, words.SCAN_COLOURS),
        (Unbackupable.Status, words.UNBACKUPABLE_COLOURS),
        (Hold.Status, words_disposal.HOLD_COLOURS),
        (Proposal.Status, words_disposal.PROPOSAL_COLOURS),
        (DisposalOrder.Status, words_disposal.ORDER_COLOURS),
        (DisposalItem.Outcome, words_disposal.OUTCOME_COLOURS),
        (LeftOut.Reason, words_disposal.LEFT_OUT_COLOURS),
        (VersionDestruction.Status, words_disposal.VERSION_COLOURS),
        (ErasureRequest.Status, erasures.COLOURS),
        (Policy.Status, policies.COLOURS),
        (Certificate.Status, register_words.COLOURS),
        (ArticleImport.Status, documents_words.IMPORT_COLOURS),
    ],
)
def test_every_state_has_its_colour(states: type[TextChoices], colours: Mapping[str, str]) -> None:
    assert set(colours) == set(states.values)
    assert set(colours.values()) <= COLOURS
