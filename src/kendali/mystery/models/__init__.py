"""The rows of procedure (b): what is prepared, who works where, the plan, the samples, the findings."""

from kendali.mystery.models.calendar import CalendarVersion, Workplace
from kendali.mystery.models.calls import Attempt, CrisisFlag, LeftFile, Recording, Sample
from kendali.mystery.models.cycle import Cycle, CycleMaterial, CycleScenario, CycleSignature
from kendali.mystery.models.evaluation import Evaluation
from kendali.mystery.models.finding import (
    Clock,
    Coaching,
    Digest,
    Dispute,
    Evidence,
    Finding,
    FindingLine,
    FollowUp,
)
from kendali.mystery.models.preparation import Material, MaterialCite, Persona, Scenario, ScenarioCite, ScenarioVersion
from kendali.mystery.models.roster import Absence, Agent, Caller, Destination, Membership, Shift, Team

__all__ = [
    "Absence",
    "Agent",
    "Attempt",
    "CalendarVersion",
    "Caller",
    "Clock",
    "Coaching",
    "CrisisFlag",
    "Cycle",
    "CycleMaterial",
    "CycleScenario",
    "CycleSignature",
    "Destination",
    "Digest",
    "Dispute",
    "Evaluation",
    "Evidence",
    "Finding",
    "FindingLine",
    "FollowUp",
    "LeftFile",
    "Material",
    "MaterialCite",
    "Membership",
    "Persona",
    "Recording",
    "Sample",
    "Scenario",
    "ScenarioCite",
    "ScenarioVersion",
    "Shift",
    "Team",
    "Workplace",
]
