"""labelpulse: live metrics of data labeling, with numbers one can defend."""

__version__ = "0.1.0"
