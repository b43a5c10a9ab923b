"""What runs beside the book, in the book's own process."""
