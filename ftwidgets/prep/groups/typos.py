"""How many slips of the hand lie between two words. Left out: which words there are."""


def distance(one: str, other: str, most: int) -> int:
    """Return the optimal string alignment distance of two words, or `most + 1` if it is more than `most`.

    Letters put in, left out, put in place of another, or two neighbours swapped count 1 each (Damerau 1964; the
    restricted form, in which no stretch is changed twice).
    """
    if one == other:
        return 0
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, above = above, row
    return min(above[-1], most + 1)
