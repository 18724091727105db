"""What runs while nobody looks: sync a source with the store, collect what no lesson refers to, tell who wants to know.

source (a folder, or s3://) -- plan --> guard, limit --> run --> record of the source's lessons --> webhook
"""
