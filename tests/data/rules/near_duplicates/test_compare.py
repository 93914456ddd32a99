import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.data.rules.near_duplicates.compare import Similarity, compare, normalize_prompt
from ftwidgets.data.rules.near_duplicates.typos import edit_distance

NEAR = [
    ("How do I reset my password?", "how do i reset my password"),
    ("How do I reset my password?", "How can I reset my password, please?"),
    ("How do I reset my password?", "How to reset a password"),
    ("How do I reset my password?", "How do I reset my pasword?"),
    ("Where can I download the invoice?", "Where can I donwload the invoice?"),
    ("I don't see the invoice anywhere", "I do not see the invoice anywhere!"),
    ("I can\u2019t find the invoice anywhere", "I cannot find the invoice anywhere"),
    ("What's the delivery time to Spain", "What is the delivery time to Spain?"),
    ("Can I return an item?", "Can I return items"),
    ("Where is my refund for order 12?", "For order 12, where is my refund?"),
    ("Could you please cancel my subscription", "Please cancel my subscription."),
    ("Hi, is the café open on Sunday?", "Is the cafe\u0301 open on Sunday"),
    ("你好\uff0c请问营业时间是几点\uff1f", "你好 请问营业时间是几点"),
    ("It's late and they're at the door", "It is late and they are at the door"),
    ("I'd like what you've got in blue", "I would like what you have got in blue"),
    ("Is Anna\u2019s order here", "Is Annas order here"),
    ("Is order 12 in my list of orders", "Is order 12 on my list of orders"),
    ("Wo ist meine Bestellung geblieben?", "wo ist meine bestelung geblieben"),
    ("How do I send back a coat that is too small?", "How do I send back a coat that is to small"),
    ("Is the blue lamp better then the red one?", "Is the blue lamp better than the red one?"),
    ("Where are the results of my blood test in the app?", "where are the results of my bloodtest in the app"),
    ("Wo finde ich meine Lieferadresse im Konto", "Wo finde ich meine Liefer Adresse im Konto?"),
    ("कल मेरा ऑर्डर कब आएगा", "कल मेरा ऑर्डरर कब आएगा"),
]
DIFFERENT = [
    ("I want a refund for order 12", "I want a refund for order 13"),
    ("I want a refund for order 12", "I want a refund for my order"),
    ("How do I reset my password?", "How do I reset my printer?"),
    ("The food was good and the room was clean", "The food was bad and the room was clean"),
    ("I would recommend this lamp", "I would not recommend this lamp"),
    ("This lamp never works at night", "This lamp works at night"),
    ("Does it ship with a charger?", "Does it ship without a charger?"),
    ("When does my parcel arrive?", "Where does my parcel arrive?"),
    ("What is my name in the system?", "What is your name in the system?"),
    ("Can you send me the form", "Can I send you the form"),
    ("Will my order ship", "Did my order ship"),
    ("Turn on the kitchen light", "Turn off the kitchen light"),
    ("Translate English to French please", "Translate French to English please"),
    ("Book a flight from Paris to Rome", "Book a flight from Rome to Paris"),
    ("Is a cat bigger than a dog", "Is a dog bigger than a cat"),
    ("Does Anna love Bob", "Does Bob love Anna"),
    ("How do I charge my card?", "How do I change my card?"),
    ("The capital of Austria now", "The capital of Australia now"),
    ("Tell me about Marius please", "Tell me about Darius please"),
    ("Write to Martina about it", "Write to Martino about it"),
    ("Give me fifteen ideas for dinner", "Give me fifty ideas for dinner"),
    ("What is C++ used for", "What is C used for"),
    ("Compute 2 + 3 for me", "Compute 2 - 3 for me"),
    ("Compute 1.5 percent of it", "Compute 1,5 percent of it"),
    ("Take 5% off the price", "Take 5 off the price"),
    ("Explain a[i] in this code", "Explain a(i) in this code"),
    ("A plane for my garden", "A plant for my garden"),
    ("What is it?", "What is this?"),
    ("help me", "help me please"),
    ("狗咬了我的人", "人咬了我的狗"),
    ("The red car is mine", "The car is mine"),
    ("Там стоит большой дом", "Там стоит большой дым"),
    ("Is the coat too small for him", "Is the coat small for him"),
    ("Can you send it too my friend", "Can you send it my friend"),
    ("Is this the therapist we talked about", "Is this the rapist we talked about"),
    ("There is notable damage on the lamp", "There is no table damage on the lamp"),
    ("Does it run on windows 10 today", "Does it run on windows10 today"),
    ("How do I cancel before it renews", "How do I cancel before it renewed"),
    ("Convert 1 km to m.", "Convert 1 m to km."),
    ("Convert 0 s to d", "Convert 0 d to s"),
    ("Convert 5 's' to 'd' please", "Convert 5 'd' to 's' please"),
    ("Convert 3 in to cm", "Convert 3 cm to in"),
    ("What is 1 km in m", "What is 1 m in km"),
    ("What is 7 s in m", "What is 7 m in s"),
    ("What are 10 US dollars in Hong Kong dollars", "What are 10 Hong Kong dollars in US dollars"),
    ("How many seconds are in an hour", "How many hours are in a second"),
    ("Set the alarm for 6", "Set the alarm for 6 am"),
    ("Is a diet for hypothyroidism good", "Is a diet for hyperthyroidism good"),
    ("Advice for hypotension at night", "Advice for hypertension at night"),
]
LONG = (
    "Good morning, I ordered two garden chairs and a round table from your shop last week, the chairs came on Monday "
    "but the table has not been delivered yet, and the tracking page shows nothing at all."
)
ADDED = [
    (LONG, LONG + " Many regards from Berlin.", True),
    (LONG, "Greetings. " + LONG, True),
    (LONG, LONG.replace("garden chairs", "wooden garden chairs"), True),
    (LONG, LONG.replace("garden chairs", "office chairs"), False),
    (LONG, LONG.replace("two", "three"), False),
    (LONG, LONG.replace("has not been", "has been"), False),
    (LONG, LONG + " It is not urgent.", False),
    (LONG, LONG + " " + "Besides, the last parcel arrived broken, wet, late, open, dirty and far from our street.", False),
]


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_a_difference_in_wording_is_none(one: str, other: str) -> None:
    """Punctuation, function words, contractions, plurals, slips of the hand, one stretch moved."""
    assert compare(normalize_prompt(one), normalize_prompt(other)) is Similarity.SAME
    assert compare(normalize_prompt(other), normalize_prompt(one)) is Similarity.SAME


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_may_ask_for_something_else_is_different(one: str, other: str) -> None:
    """Numbers, negations, content words, persons, directions, signs; and too little to tell."""
    assert compare(normalize_prompt(one), normalize_prompt(other)) is Similarity.DIFFERENT
    assert compare(normalize_prompt(other), normalize_prompt(one)) is Similarity.DIFFERENT


@pytest.mark.parametrize(("one", "other", "near"), ADDED)
def test_a_long_prompt_may_have_more_words(one: str, other: str, near: bool) -> None:
    """As long as no word stands in place of another, no number or negation comes in, and 0.8 is in both."""
    assert compare(normalize_prompt(one), normalize_prompt(other)) is (Similarity.CONTAINED if near else Similarity.DIFFERENT)
    assert compare(normalize_prompt(other), normalize_prompt(one)) is (Similarity.CONTAINED if near else Similarity.DIFFERENT)


def test_words_that_many_rows_share_weigh_nothing() -> None:
    """A template of forty words with another slot at its end is another prompt."""
    template = LONG + " The product is"
    one, other = normalize_prompt(f"{template} oak"), normalize_prompt(f"{template} oak wardrobe")
    assert compare(one, other) is Similarity.CONTAINED
    slots = {b"oak": 3, b"wardrobe": 2}
    assert compare(one, other, lambda word: slots.get(word, 5000), 5000) is Similarity.DIFFERENT


def test_a_slip_is_a_word_that_hardly_any_row_has() -> None:
    """Two words that are both common are two words."""
    one, other = normalize_prompt("How do I install the driver"), normalize_prompt("How do I instal the driver")
    assert compare(one, other) is Similarity.SAME
    assert compare(one, other, lambda word: 20, 100) is Similarity.DIFFERENT


def test_a_blank_makes_two_words_where_both_ways_are_common() -> None:
    """A green house is no greenhouse."""
    one, other = normalize_prompt("What does a green house cost"), normalize_prompt("What does a greenhouse cost")
    assert compare(one, other) is Similarity.SAME
    assert compare(one, other, lambda word: 20, 100) is Similarity.DIFFERENT


@given(st.text(alphabet="abc '?.1-n\u4f60", max_size=30), st.text(alphabet="abc '?.1-n\u4f60", max_size=30))
def test_it_is_symmetric(one: str, other: str) -> None:
    """And every text of three words or more is like itself."""
    a, b = normalize_prompt(one), normalize_prompt(other)
    assert compare(a, b) is compare(b, a)
    assert compare(a, a) is (Similarity.SAME if len(a.words) > 2 else Similarity.DIFFERENT)


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("", "", 0), ("a", "", 1), ("order", "odrer", 1), ("order", "ordr", 1), ("kitten", "sitting", 3), ("ca", "abc", 3)],
)
def test_distance(one: str, other: str, steps: int) -> None:
    """Known values; `ca` and `abc` are 3 apart in the restricted form (2 in the full one)."""
    assert edit_distance(one, other, 5) == edit_distance(other, one, 5) == steps
    assert edit_distance(one, other, 1) == min(steps, 2)


@pytest.mark.parametrize(
    ("one", "other", "steps"), [("order", "odrer", 1), ("order", "orfer", 2), ("ab", "abcd", 2), ("hyper", "hypo", 3)]
)
def test_distance_where_a_letter_replaced_counts_twice(one: str, other: str, steps: int) -> None:
    """As a letter left out and one put in."""
    assert edit_distance(one, other, 5, replaced=2) == edit_distance(other, one, 5, replaced=2) == steps
