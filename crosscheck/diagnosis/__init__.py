"""From a disagreement to the name and the line of the mistake."""

from crosscheck.diagnosis.diagnosis import Diagnosis, diagnose, undiagnosed
from crosscheck.diagnosis.observation import Observation, PointData

__all__ = ["Diagnosis", "Observation", "PointData", "diagnose", "undiagnosed"]
