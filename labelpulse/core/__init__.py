"""Values and rules that everything shares: standard library only, no input or output."""
