"""`python -m reference` prints what the whole document prints, in its order."""

from reference import EXAMPLES
from reference.example import lenient_stdout

lenient_stdout()
for example in EXAMPLES:
    example.main()
