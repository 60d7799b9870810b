"""Several solves that make one answer: a long horizon window by window."""
