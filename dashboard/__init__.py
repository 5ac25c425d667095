"""The pages: Streamlit over `labelpulse.reader` and `labelpulse.charts`, and nothing below them."""
