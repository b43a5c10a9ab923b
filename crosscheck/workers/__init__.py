"""Processes of our own: started, spoken to and ended here."""
