"""Telling people: what is sent, and the channels that it goes through."""
