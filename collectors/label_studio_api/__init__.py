"""Label Studio's REST API, polled with a token."""

from collectors.label_studio_api.source import LabelStudioApi

__all__ = ["LabelStudioApi"]
