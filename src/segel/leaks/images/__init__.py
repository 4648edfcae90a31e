"""Images: which of ours a picture is, whatever was done to it.

A fingerprint is made when a picture is stored, and is biometric data: sealed in shards, opened in
memory for a warranted case. Decision 058; docs/reference/image-matching.md has the measurements.
"""
