"""Ways out, a file each."""
