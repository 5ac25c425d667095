"""The tests of labelpulse; they mirror its tree."""
