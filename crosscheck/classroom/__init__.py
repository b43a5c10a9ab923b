"""Many submissions in one run, each in a process of its own."""
