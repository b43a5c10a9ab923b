"""The seconds of one `certify` of loops, masks and convolutions, as courses write them."""
