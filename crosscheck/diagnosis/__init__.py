"""From an incorrect gradient to the mistake and the line that it is on."""

from crosscheck.diagnosis.diagnosis import Diagnosis, undiagnosed
from crosscheck.diagnosis.explain import diagnose
from crosscheck.diagnosis.observation import Observation, PointData

__all__ = ["Diagnosis", "Observation", "PointData", "diagnose", "undiagnosed"]
