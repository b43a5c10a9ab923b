"""`certify` compared with gradcheck and its relatives: time, and the smallest error detected."""
