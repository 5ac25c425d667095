"""One thin file a page: query, chart, layout."""
