"""Projects judged by rules: verdict, what needs attention, pace, freshness, quality by evidence.

Pages, reports and alerts say the same because they all ask here; nothing here draws.
"""
