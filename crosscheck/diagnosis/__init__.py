"""From a disagreement to the name and the line of the mistake."""

from crosscheck.diagnosis.diagnosis import Diagnosis, Reading, diagnose, undiagnosed

__all__ = ["Diagnosis", "Reading", "diagnose", "undiagnosed"]
