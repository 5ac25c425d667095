"""Charts: plain rows in, a figure with its finding, its words and an Altair chart out.

Pure: no page, no database, no clock. What is drawn here is drawn alike on pages and in reports.
"""
