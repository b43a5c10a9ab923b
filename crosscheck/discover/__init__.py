"""Find hand-written derivatives in code that runs, and judge them with the arguments they got."""
