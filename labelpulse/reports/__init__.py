"""The numbers of the pages on paper: HTML, PDF and CSV from the same reader, rules and charts."""
