"""The document's six examples, certified."""
