"""The tools labelpulse reads, one file each; deleting one changes nothing else."""
