"""What only files of a million rows need: splitting and parsing lines several times faster than Python's own modules do.

The results are the same as theirs, which tests hold; whoever reads how a small file is read can leave this folder closed.
"""
