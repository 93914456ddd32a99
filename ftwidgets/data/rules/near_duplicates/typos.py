"""Typos: the edit distance of two words, and pairs of words that look like a typo of each other and are not."""

# Prefixes that make different words: `hypertension` and `hypotension`.
PREFIXES = (
    *("hyper hypo", "in ex", "in un", "in de", "af ef", "pre pro", "inter intra intro infra", "under over"),
    *("im ex", "im em e", "macro micro", "maxi mini", "ante anti", "endo ecto exo", "ab ad", "homo hetero hemo", "super supra"),
    *("mono poly", "mis dis", "sub super", "up down", "out in", "a de", "bi tri", "ana cata meta", "ortho para"),
)
# Suffixes that do: `employer` and `employee`, `nitrate` and `nitrite`.
SUFFIXES = ("er ee", "or ee", "ate ite ide", "ism ist", "ful less", "gen gon", "agia asia", "ine ide", "ic id")

_CONFUSED = frozenset(
    frozenset(pair.split())
    for line in (
        "charge change,contact contract,country county,trail trial,angel angle,quiet quite,dairy diary,untied united",
        "casual causal,martial marital,desert dessert,patent patient,prescribe proscribe,perfect prefect,upload unload",
        "message massage,personal personnel,moral morale,principal principle,stationary stationery,complement compliment",
        "conserve converse,adopt adapt,access excess,allusion illusion,council counsel,device devise,house horse",
        "batter better,better bitter,batter butter,better butter,bitter butter,career carrier,formally formerly",
        "through though,though thought,through thorough,public pubic,expand expend,sender sander,summary summery",
        "form from,shipping shopping,sending spending,detection detention,oncology ontology,arteritis arthritis",
        "conservation conversation,banking baking,printer painter,adverse averse,product produce,precede proceed",
        "insurance issuance,ingenious ingenuous,corporate cooperate,infection inflection,infection injection",
        "injection inflection,attendance attendants,discreet discrete,elicit illicit,emigrant immigrant",
        "planning planting,heading hearing,reading rearing,marking marketing,hosting hoisting,packing parking",
        "cleaning cleansing,training trading,trading trailing,booking boxing,finding funding,finding fining",
        "founding funding,landing lending,mending minding,singing signing,sleeping slipping,staring starring",
        "writing waiting,tracking trucking,clinical cynical,ileum ilium,peritoneal peroneal",
        "precision prevision,provision prevision,revision reversion,session secession",
    )
    for pair in line.split(",")
)


def is_confusable(one: str, other: str) -> bool:
    """Tell whether both are known words that look alike, so that neither is a typo of the other."""
    if frozenset((one, other)) in _CONFUSED:
        return True
    for group in PREFIXES:
        rests = [(prefix, word[len(prefix) :]) for prefix in group.split() for word in (one, other) if word.startswith(prefix)]
        if any(a != b and x == y for a, x in rests for b, y in rests):
            return True
    for group in SUFFIXES:
        stems = [(suffix, word[: -len(suffix)]) for suffix in group.split() for word in (one, other) if word.endswith(suffix)]
        if any(a != b and x == y for a, x in stems for b, y in stems):
            return True
    return False


def edit_distance(one: str, other: str, most: int, *, replaced: int = 1) -> int:
    """Return the optimal string alignment distance of two words, or `most + 1` if it is more than `most`.

    A letter inserted or deleted, or two neighbours swapped, count 1 each; a letter replaced counts `replaced` (Damerau 1964;
    the restricted form, in which no part of a word is edited twice).
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
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (replaced if a != b else 0))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(above) > most:  # a swap reaches back over one row
            return most + 1
        before, above = above, row
    return min(above[-1], most + 1)
