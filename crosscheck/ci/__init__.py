"""What a build server shows of a certificate: annotations, a summary, SARIF."""
