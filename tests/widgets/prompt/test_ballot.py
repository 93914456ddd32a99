"""The blind vote: what is hidden, what is counted, what the count allows to say."""

from math import comb

import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.statistics import wilson
from ftwidgets.widgets.prompt.ballot import Ballot, Choice
from ftwidgets.widgets.prompt.votes import MIN_DECIDED, Votes

NAMES = ("plain", "trained")
PROMPTS = [f"prompt {letter}" for letter in "abcdefgh"]


def filled(prompts: list[str], seed: int = 0) -> Ballot:
    ballot = Ballot(NAMES, prompts, seed=seed)
    for position, prompt in enumerate(ballot.prompts):
        left, right = ballot.sides(position, ("0", "1"))
        ballot.add(position, f"{prompt}: {left}", f"{prompt}: {right}")
    return ballot


def voted(first: int, second: int, ties: int = 0) -> Votes:
    """The result when the first model got so many votes, and so on, whatever the sides were."""
    ballot = filled([f"p{i}" for i in range(first + second + ties)])
    wanted = ["0"] * first + ["1"] * second + ["tie"] * ties
    for who in wanted:
        assert ballot.pair is not None
        side: Choice = "left" if ballot.pair.left.endswith(who) else "right"
        ballot.vote("tie" if who == "tie" else side)
    return ballot.reveal()


def test_the_seed_decides_the_order_and_the_sides() -> None:
    """The same seed gives the same ballot, another one another; over seeds each model is on the left about half the time."""
    again, other = filled(PROMPTS), filled(PROMPTS, seed=1)
    assert filled(PROMPTS).pair == again.pair
    assert again.prompts != other.prompts
    assert sorted(again.prompts) == sorted(other.prompts) == PROMPTS
    swapped = sum(filled(PROMPTS, seed).sides(position, ("0", "1"))[0] == "1" for seed in range(100) for position in range(8))
    low, high = wilson(swapped, 800, confidence=0.999)
    assert low < 0.5 < high


def test_a_ballot_never_shows_a_name() -> None:
    """Neither its text nor the pairs hold a name before the reveal."""
    ballot = filled(PROMPTS)
    shown = [repr(ballot)]
    while ballot.pair is not None:
        shown.append(repr(ballot.pair))
        ballot.vote("tie")
    assert len(shown) == 9
    assert [text for text in shown for name in NAMES if name in text] == []


def test_votes_are_counted_for_the_model_that_said_it() -> None:
    """Whoever always votes for one model's answers finds exactly that in the result, in every row, on both sides."""
    votes = voted(first=2, second=5, ties=1)
    assert votes.wins == {"plain": 2, "trained": 5}
    assert (votes.ties, votes.decided, len(votes.table)) == (1, 7, 8)
    assert votes.interval == wilson(5, 7)
    for row in votes.table.itertuples():
        assert (row.left, row.right) in (NAMES, NAMES[::-1])
        assert row.preferred == {"left": row.left, "right": row.right, "tie": ""}[row.vote]
    assert set(votes.table["left"]) == set(NAMES)
    assert votes.table["answer of plain"].str.endswith("0").all()
    assert votes.table["answer of trained"].str.endswith("1").all()


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 4), "Cannot tell: no vote was decided."),
        ((0, 5, 3), "it takes 6 decided votes or more"),
        ((0, 8, 1), "trained is the better one on prompts like these"),
        ((9, 1, 0), "plain is the better one on prompts like these"),
        ((3, 7, 0), "If the share stayed as it is, about"),
        ((4, 4, 0), "as good as even"),
    ],
)
def test_the_verdict_says_what_the_count_allows(counts: tuple[int, int, int], said: str) -> None:
    """A verdict only where the interval keeps clear of one half and there are votes enough."""
    votes = voted(*counts)
    assert said in votes.verdict
    assert said in str(votes)
    assert "(0" not in votes.verdict or f"{votes.interval.low:.2f} to {votes.interval.high:.2f}" in votes.verdict


@pytest.mark.parametrize(("first", "second"), [(3, 7), (4, 6), (2, 4), (5, 4)])
def test_the_number_of_votes_it_would_take_is_true(first: int, second: int) -> None:
    """At that number, rounded up to where the share comes out even, Wilson's interval leaves out one half; much below not."""
    text = voted(first, second).verdict
    n, of = int(text.rpartition("about ")[2].split()[0]), first + second
    more, fewer = -(-n // of), (n - 1) // of
    assert not (lambda ends: ends.low <= 0.5 <= ends.high)(wilson(second * more, of * more))
    assert (lambda ends: ends.low <= 0.5 <= ends.high)(wilson(second * fewer, of * fewer))


def test_two_equal_models_are_rarely_told_apart() -> None:
    """What `MIN_DECIDED` says of chance: exact sums of the binomial distribution with one half."""

    def chance(n: int) -> float:
        return sum(comb(n, k) for k in range(n + 1) if wilson(k, n).low > 0.5 or wilson(k, n).high < 0.5) / 2**n

    assert chance(4) == pytest.approx(0.125)
    assert chance(5) == pytest.approx(0.0625)
    assert max(chance(n) for n in range(MIN_DECIDED, 200)) <= 0.08


def test_a_prompt_that_failed_is_left_out_and_told() -> None:
    """It is not voted on, and the result counts it apart."""
    ballot = Ballot(NAMES, PROMPTS[:3])
    ballot.leave_out(0)
    ballot.add(1, "x", "y")
    ballot.add(2, "x", "y")
    ballot.vote("left")
    votes = ballot.reveal()
    assert (ballot.n_pairs, ballot.n_voted, len(votes.table)) == (2, 1, 1)
    assert votes.failed == (ballot.prompts[0],)
    assert "gave an error: 1" in str(votes)


def test_refusals_say_what_is_accepted() -> None:
    """An unknown vote, and one too many."""
    ballot = filled(PROMPTS[:1])
    with pytest.raises(ValueError, match=r"\"left\", \"right\" or \"tie\": 'both'"):
        ballot.vote("both")  # type: ignore[arg-type]
    ballot.vote("tie")
    with pytest.raises(FtwidgetsError, match="no pair left"):
        ballot.vote("tie")


def test_the_page_escapes() -> None:
    """Prompts of the result are data."""
    ballot = Ballot(("<a>", "b"), ["<script>1</script>"])
    ballot.add(0, "x", "y")
    ballot.vote("left")
    html = ballot.reveal()._repr_html_()
    assert "<script>" not in html
    assert "&lt;a&gt;" in html


# Two voters


def judged(*pairs: tuple[str, str]) -> Votes:
    """The result when Ada and Ben prefer these models ("0", "1" or "tie"), pair by pair."""
    ballot = Ballot(NAMES, [f"p{i}" for i in range(len(pairs))], voters=("Ada", "Ben"))
    for position in range(len(pairs)):
        ballot.add(position, *ballot.sides(position, ("0", "1")))
    for number, wanted in enumerate(pairs, 1):
        for voter, who in zip(("Ada", "Ben"), wanted, strict=True):
            assert ballot.pair is not None
            assert (ballot.pair.number, ballot.voter) == (number, voter)
            ballot.vote("tie" if who == "tie" else "left" if ballot.pair.left == who else "right")
    return ballot.reveal()


def test_two_people_judge_each_pair_and_it_counts_once() -> None:
    """Both together decide a pair; opposite votes cancel; the interval is that of the pairs, not of twice as many votes."""
    votes = judged(("1", "1"), ("1", "tie"), ("0", "1"), ("0", "0"), ("tie", "tie"))
    assert votes.preferred == ["trained", "trained", "", "plain", ""]
    assert votes.wins == {"plain": 1, "trained": 2}
    assert (votes.ties, votes.decided, len(votes.table)) == (2, 3, 10)
    assert votes.interval == wilson(2, 3)
    assert votes.table["voter"].tolist() == ["Ada", "Ben"] * 5
    assert str(votes).startswith("10 votes on 5 pairs: plain 1, trained 2, ties 2.")


def test_the_agreement_of_two_people_is_put_beside_chance() -> None:
    """The share of equal votes; by chance it is the sum of the products of how often each voted so, computed by hand."""
    ballot = Ballot(NAMES, ["a", "b", "c", "d"], voters=("Ada", "Ben"))
    for position in range(4):
        ballot.add(position, "x", "y")
    for vote in ("left", "left", "left", "right", "right", "right", "left", "tie"):
        ballot.vote(vote)  # type: ignore[arg-type]
    votes = ballot.reveal()
    assert votes.agreement == 0.5
    assert "Ada and Ben voted the same on 2 of 4 pairs; by chance it would be about 1.2." in str(votes)  # 3*1/4 + 1*2/4 = 1.25
    assert "voted the same" not in str(voted(1, 2))
    assert voted(1, 2).agreement != voted(1, 2).agreement  # not a number


def test_a_vote_can_be_taken_back() -> None:
    """Also across the border of two pairs; a pair that only one has judged is not counted."""
    ballot = Ballot(NAMES, ["a", "b"], voters=("Ada", "Ben"))
    ballot.add(0, "x", "y")
    ballot.add(1, "x", "y")
    with pytest.raises(FtwidgetsError, match="no vote to take back"):
        ballot.undo()
    ballot.vote("left")
    ballot.vote("left")
    ballot.undo()
    assert (ballot.voter, ballot.n_voted) == ("Ben", 1)
    ballot.vote("tie")
    ballot.vote("left")
    assert ballot.reveal().table["vote"].tolist() == ["left", "tie"]
