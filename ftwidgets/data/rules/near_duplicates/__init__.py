"""Find prompts that are nearly the same among a million, without comparing every pair.

    fingerprints ───────────► candidate pairs ─────────► comparison ─────────────► groups
    (fingerprints.py)         (groups.py)                (compare.py)              (groups.py)

    0 reset the password  ─┐  same prefix sum: (0, 1)    SAME: a typo              union: {0, 1}
    1 reset the pasword   ─┘
    2 where is my parcel      no key in common                                     {2}
    3 change my order     ─┐  same prefix sum: (3, 4)    DIFFERENT: other words    {3}, {4}
    4 charge my order     ─┘

1. Each prompt gets a fingerprint of about forty bytes: sums of hashes over its content words, and MinHash bands if it is long.
2. Blocking: prompts that share a sum or a band are candidate pairs. Sorting by such a key makes them neighbours.
3. The two prompts of each candidate pair are read again and compared word by word. `typos.py` knows words that look alike.
4. A union-find joins the pairs that are nearly the same into groups, which a split must keep on one side.

`rule.py` drives all this and reports it.
"""
