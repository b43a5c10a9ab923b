"""`certify` beside gradcheck and its relatives: time, and the smallest error noticed."""
