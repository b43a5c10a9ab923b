"""The measurement as a page: targets, tables, plots."""
