import random

import pytest

from ftwidgets.data.rules import REPAIRS, TextRules
from ftwidgets.data.rules.personal.numbers import issuer, luhn

# Test numbers that the payment services publish: https://docs.stripe.com/testing, PayPal's Payflow guide.
PUBLISHED = {
    "4242424242424242": "Visa",
    "4111111111111111": "Visa",
    "4012888888881881": "Visa",
    "5555555555554444": "Mastercard",
    "5105105105105100": "Mastercard",
    "2223003122003222": "Mastercard",
    "378282246310005": "American Express",
    "371449635398431": "American Express",
    "6011111111111117": "Discover",
    "6011000990139424": "Discover",
    "3566002020360505": "JCB",
    "30569309025904": "Diners",
    "38520000023237": "Diners",
    "6200000000000005": "UnionPay",
}


@pytest.mark.parametrize(("number", "name"), PUBLISHED.items())
def test_published_card_numbers_are_found_and_never_told(run, number, name):
    """Every published test number is found, under its issuer's name, masked; with one digit changed it is none."""
    assert luhn(number)
    assert name in issuer(number)
    ((_, fault),) = run(TextRules(), [("fine", f"My card is {number}, please.")])
    assert (fault.id, fault.level, fault.repair) == ("card-number", "error", "redact-card-numbers")
    assert name in fault.message
    assert number[4:-2] not in f"{fault.message} {fault.excerpt}"
    assert len(fault.excerpt) <= 7
    assert REPAIRS["redact-card-numbers"](f"My card is {number}, please.") == "My card is [card], please."
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert run(TextRules(), [("fine", f"My card is {wrong}, please.")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "3782 822463 10005",
        "user_id: 4000 0566 5566 5556",
        "4111-1111-1111-1111 5500-0055-5555-5559",
        "card 4222222222222",
        "4111111111111111 exp 12/27",
        "4111111111111111, CVV 123",
        "Is 4242424242424242 a Visa number?",
        "Kreditkartennummer: 4111111111111111",
        "carte bancaire n° 4111111111111111",
        "tarjeta 4111111111111111",
        '{"cardNumber": "4111111111111111"}',
        '{"card": {"number": "4111111111111111"}}',
        '{"pan": "4111111111111111", "cvv": "123"}',
        "creditCard = 4111111111111111",
        "charged to 4111111111111111",
    ],
)
def test_groups_as_on_a_card_are_read(run, text):
    """Blanks or hyphens between groups make no difference; digits in one row count near a word for a card."""
    assert [fault.id for _, fault in run(TextRules(), [("fine", text)]) if fault.id != "phone-number"] == ["card-number"]
    assert not set(text.replace("-", " ").split()) & set(REPAIRS["redact-card-numbers"](text).split()) & {"4111", "5500"}


@pytest.mark.parametrize("token", ["ghp" + "_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5", "password: hunter2"])
def test_a_card_right_after_a_token_is_found_too(run, token):
    """Both are told of, and with both repairs neither is left."""
    text = f"{token} 4111 1111 1111 1111"
    assert [fault.id for _, fault in run(TextRules(), [("fine", text)])] == ["secret", "card-number"]
    assert "[card]" in REPAIRS["redact-card-numbers"](text)
    assert REPAIRS["redact-secrets"](REPAIRS["redact-card-numbers"](text)).endswith("[secret] [card]")


@pytest.mark.parametrize(
    "text",
    [
        "Order number 4242424242424242 is on its way.",
        "Tracking: 6011000990139424",
        "4222222222222 is a barcode",
        "1234567890123456",
        "4242 4242 4242 4243",
        "42424242424242424242424242",
        "DE89 3704 0044 0532 0130 00",
        "0.4242424242424242",
        "4242-4242 4242 4242",
        "4242 4242 4242 4242 4242",
        "1700000000000 milliseconds",
        "4242424242424242",
        '{"transaction_id": "4000056655665556"}',
        '{"card": "visa", "transactionId": "4000056655665556"}',
        '{"card_type": "visa", "ref": "4000056655665556"}',
        "card transaction id: 4000056655665556",
        "Meter reading 4556737586899855 kWh",
        "user_id: 4000056655665556",
        "Seed 4242424242424242",
        "Transaction 3530111333300000 posted",
        "The number 378282246310005 is divisible by 3",
        "Paid by card. Order number 4111111111111111",
        "discard 4000056655665556, scorecard 4000056655665556",
        "Library card 4000056655665556",
        "[card] and 4000056655665556",
        "12 4242 4242 4242 4242",
    ],
)
def test_numbers_that_are_no_cards_pass(run, text):
    """Order numbers, barcodes, bank accounts, identifiers, fractions and wrong check digits are no cards."""
    assert [fault for _, fault in run(TextRules(), [("fine", text)]) if fault.id == "card-number"] == []
    assert REPAIRS["redact-card-numbers"](text) == text


def test_random_identifiers_are_no_cards(run):
    """Of a thousand random numbers of 16 digits in JSON none is one, though a right check digit is in many of them."""
    numbers = [random.Random(n).randrange(10**15, 10**16) for n in range(1000)]
    assert sum(luhn(str(number)) and issuer(str(number)) is not None for number in numbers) > 10
    rows = [("fine", f'{{"transaction_id": "{number}", "status": "ok"}}') for number in numbers]
    assert run(TextRules(), rows) == []


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("Write to joe.bloggs@firma.de today.", "Write to [email] today."),
        ("<anna+x@mail.firma.co.uk>", "<[email]>"),
        ("mailto:joe@firma.de", "mailto:[email]"),
        ("JOE@FIRMA.DE, eve@firma.de.", "[email], [email]."),
        ("jörg@müller.de", "[email]"),
        ("support@firma.io", "[email]"),
        ("(joe@firma.de)", "([email])"),
        ("replyking@gmx.de", "[email]"),
        ("foobert@gmx.de", "[email]"),
        ("info@email.com", "[email]"),
    ],
)
def test_an_email_address_is_found_and_replaced(run, text, repaired):
    """Addresses are found, told with one character of the name, and replaced."""
    ((_, fault),) = run(TextRules(), [("fine", text)])
    assert (fault.id, fault.level, fault.repair) == ("email-address", "warning", "redact-email-addresses")
    assert "joe" not in fault.message.lower()
    assert REPAIRS["redact-email-addresses"](text) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "joe@example.com, joe@mail.example.org, joe@EXAMPLE.NET",
        "joe@shop.test, joe@shop.example, joe@x.invalid, root@localhost, joe@box.localhost",
        "you@yourcompany.com",
        "git@github.com:python/cpython.git",
        "@joe@mastodon.social said hi",
        "https://joe@firma.de/path",
        "logo@2x.png",
        "lodash@4.17.21",
        "meet @ 5.pm or @joe",
        "a@b",
        "import foo@bar",
        "5 apples @ 3.50 each",
        "noreply@firma.de, no-reply@firma.de, donotreply@firma.co.uk, do-not-reply@firma.com",
        "foo@bar.com, user@email.com, name@domain.com, jane@company.com, test@test.com",
        "john.doe@email.com, your.email@gmail.com, firstname.lastname@firma.de",
        "@property",
        "@@@@",
        "",
    ],
)
def test_what_only_has_an_at_sign_passes(run, text):
    """Names reserved for examples (RFC 2606), handles, versions and file names give no finding."""
    assert run(TextRules(), [("fine", text)]) == []


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("Call +49 30 901820 now.", "Call [phone] now."),
        ("+44 20 7123 4567", "[phone]"),
        ("+14155552671", "[phone]"),
        ("+33 6 12 34 56 79 ou +34 912 345 679", "[phone] ou [phone]"),
        ("0049 30 901820", "[phone]"),
        ("+49 (0)30 / 90 18 20", "[phone]"),
        ("(212) 736-5000", "[phone]"),
        ("212-736-5000 or 1-212-736-5001", "[phone] or [phone]"),
        ("212.736.5000", "[phone]"),
        ("01 42 68 53 00", "[phone]"),
        ("030 9018200, 0171/9018205", "[phone], [phone]"),
        ("(030) 901 8205", "[phone]"),
        ("020 7123 4568", "[phone]"),
        ("Tel.: 01719018205", "Tel.: [phone]"),
        ("phone number: 736 5001", "phone number: [phone]"),
        ("My mobile is 0412 736 501.", "My mobile is [phone]."),
        ("call me at 7365001 tonight", "call me at [phone] tonight"),
        ("For your order call 212-736-5000", "For your order call [phone]"),
        ("Tel. 612 345 678, cell: 612 345 679", "Tel. [phone], cell: [phone]"),
        ("Call 736 5001 or dial 1 800 736 5000", "Call [phone] or dial [phone]"),
        ("Text 7365001", "Text [phone]"),
        ("0161 475 8123 or (0161) 475 8123", "[phone] or [phone]"),
        ("07911 123456, 07911 123 456, 0800 731 1234", "[phone], [phone], [phone]"),
        ("+44 (0)161 475 8123 or 0044 161 475 8123", "[phone] or [phone]"),
        ("(212)664-7665 or 1 (212) 664-7665", "[phone] or [phone]"),
        ("030/23456789, 089 / 23 45 67, 0171-2345678", "[phone], [phone], [phone]"),
        ("040 42 83 1-234", "[phone]"),
        ("01.42.68.53.11 ou 01-42-68-53-11 ou +33 (0)1 42 68 53 11", "[phone] ou [phone] ou [phone]"),
        ("My number is 02079250918.", "My number is [phone]."),
        ("Meine Nummer: 01719018205", "Meine Nummer: [phone]"),
        ("Mon numéro: 0142685311, ou téléphone 0142685312", "Mon numéro: [phone], ou téléphone [phone]"),
    ],
)
def test_a_phone_number_is_found_and_replaced(run, text, repaired):
    """International form, national forms with separators, and digits after a word for a phone are found."""
    ((_, fault),) = run(TextRules(), [("fine", text)])
    assert (fault.id, fault.level, fault.repair) == ("phone-number", "warning", "redact-phone-numbers")
    assert sum(map(str.isdigit, fault.excerpt)) <= 6
    assert REPAIRS["redact-phone-numbers"](text) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "Call 555-0142 or (212) 555-0123 or +1 202 555 0123.",
        "Ofcom keeps 020 7946 0123, 07700 900123 and 01632 960123 for drama.",
        "06 39 98 12 34 is for films.",
        "2024-11-22, 22.11.2024, 11/22/2024, 01-02-2024, 2024-11-22 10:30:00",
        "2024-11-22T10:30:00+01:00",
        "From 2019-2024, or 1999 - 2003",
        "Order 4000123456, parcel 003404341234567890",
        "192.168.100.200 and 10.0.0.1:8080",
        "Version 1.2.3.4, build 20241122.1",
        "EUR 1.000.000,00, $1,234,567.89, 1 000 000 000 people",
        "+1000000, +12.5 %, + 500 000 000",
        "48.858844, +48.858844, -2.294351",
        "ISBN 978-3-16-148410-0, 0-306-40615-2",
        "IBAN DE89 3704 0044 0532 0130 00",
        "Boston, MA 02110-1301",
        "12345 Berlin, 1 2 3 4 5 6 7 8 9 10",
        "01 02 03 04 05 06 07 08",
        "pi is 3.14159265358979",
        "tel: 0000000, phone: 123456789",
        "Phone: 2024-11-22",
        "call 911 or 112",
        "0123456789",
        "a 1280 x 1024 screen, 0.5 012 345",
        "https://example.com/212-736-5000",
        "SKU 030-9018200-X",
        "Call me at 10:30 on 22.11.2024",
        "score 0-0, 21-15 21-18",
        "Battery cell: 3.71 3.65 3.68 V",
        "Battery cell: 371 365 368 mV",
        "Cell 0.12 0.34 0.56",
        "Cell 101 204 309",
        "Ring 0.5 0.75 1.0 inch",
        "Put/Call 100 105 110 115 120",
        "NHS number 943 476 5919",
        "The UPC is 036000 291452.",
        "Invoice 0911 4711 0815",
        "Rechnungsnr. 0911 4711 0815",
        "Lot (0231) 445566",
        "Grid ref 0412-3456789",
        "The case number is 878-555-4400-0",
        "The case number is 878-555-4400-0 since May.",
        '{"order_id": "212-736-5000"}',
        "Order 0161 475 8123, order number 02079250918, order no. 030 2345678",
        "My order number is 02079250918, and my number in the queue is 20791234.",
        "Our number of parts is 12345678, our number: 4711 0815 22",
        "Dates such as 03 11 2024, 3/11/24, 2024 11 03 and 03.11.24 10:30",
        "Prices: 0.99, 1 299,00 EUR, 12 345 678 JPY, $1299.00, 049,90",
        "ISBN 0-19-852663-6, ISBN-13: 978 0 19 852663 1, ISBN 0 19 852663 6",
        "Tracking 1Z 999 AA1 01 2345 6784, parcel 0034 0434 1234 5678 90",
        "Call 0161 496 0123, a number for films.",
        "",
    ],
)
def test_numbers_that_are_no_phones_pass(run, text):
    """Dates, times, addresses, prices, versions, order numbers and numbers kept for films give no finding."""
    assert [fault for _, fault in run(TextRules(), [("fine", text)]) if fault.id == "phone-number"] == []


def test_a_card_is_no_phone(run):
    """A card's number is told of once."""
    assert [fault.id for _, fault in run(TextRules(), [("call 4242 4242 4242 4242", "fine")])] == ["card-number"]
