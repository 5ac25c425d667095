"""From a source to the warehouse: polls, imports, and what tool readers share."""
