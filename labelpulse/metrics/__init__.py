"""What is measured: partials that add up, how they finish into a number, and their definition."""
