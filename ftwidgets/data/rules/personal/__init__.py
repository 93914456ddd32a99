"""Personal data in texts: e-mail addresses, phone numbers, payment cards."""
