"""Processes of this package: started, listened to and ended here."""
