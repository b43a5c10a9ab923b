"""Pictures of a certificate: as inline SVG without scripts, and with matplotlib."""
