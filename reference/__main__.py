"""`python -m reference` prints what the whole document prints; `--list` lists the pages."""

import sys

from reference import EXAMPLES, GROUPS
from reference.example import lenient_stdout

lenient_stdout()
if sys.argv[1:] == ["--list"]:
    for group, names in GROUPS.items():
        print(f"{group}: {', '.join(names)}")
elif sys.argv[1:]:
    sys.exit(f"usage: python -m reference [--list]; got {' '.join(sys.argv[1:])}")
else:
    for example in EXAMPLES:
        example.main()
