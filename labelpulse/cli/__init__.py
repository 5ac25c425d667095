"""The command line: one thin file a verb; a verb imports what it needs when it runs."""
