import crosscheck
import reference

with crosscheck.oracle_processes() as oracles:
    certificate = crosscheck.certify_examples(reference.EXAMPLES, oracles, points=8, seed=0)
print(certificate.verdict)
