"""Nightly runs: bring the store up to date with a source, collect what no lesson refers to, tell a webhook.

source (a folder, or s3://) -- plan --> guard, limit --> run --> record of the source's lessons --> webhook
"""
