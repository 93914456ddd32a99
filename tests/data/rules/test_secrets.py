import pytest

from ftwidgets.data.rules import REPAIRS, TextRules
from ftwidgets.data.rules.secrets import find_secrets
from ftwidgets.data.rules.spans import mask

# Made up, and put together here, so that no scanner takes this file for a leak.
RANDOM = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7kL9nP1rS3tU5wX7zA9cD1fG3"
SECRETS = {
    "sk-" + "proj-" + RANDOM[:48]: "an OpenAI API key",
    "sk-" + RANDOM[:48]: "an OpenAI API key",
    "sk-" + "ant-api03-" + RANDOM[:60] + "-AA": "an Anthropic API key",
    "AKIA" + "QYLPMN5HHHFPZAM2": "an AWS access key ID",
    "ghp" + "_" + RANDOM[:36]: "a GitHub token",
    "github" + "_pat_" + RANDOM[:22] + "_" + RANDOM[:59]: "a GitHub token",
    "xoxb" + "-2345678901-" + RANDOM[:24]: "a Slack token",
    "AIza" + "Sy" + RANDOM[:33]: "a Google API key",
    "sk" + "_live_" + RANDOM[:24]: "a Stripe key",
    "hf" + "_" + RANDOM[:34]: "a Hugging Face token",
    "glpat" + "-" + RANDOM[:20]: "a GitLab token",
    "npm" + "_" + RANDOM[:36]: "an npm token",
    "SG" + "." + RANDOM[:22] + "." + RANDOM[:43]: "a SendGrid API key",
    "8123456789" + ":AA" + RANDOM[:33]: "a Telegram bot token",
    "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiI0MiJ9." + RANDOM[:43]: "a signed token (JWT)",
    "-----BEGIN RSA " + "PRIVATE KEY-----\n" + RANDOM + "\n" + RANDOM + "=\n-----END RSA PRIVATE KEY-----": "a private key",
    "-----BEGIN " + "PRIVATE KEY-----\n" + RANDOM + "\ncut off": "a private key",
}


@pytest.mark.parametrize(("secret", "what"), SECRETS.items())
def test_a_key_of_a_known_service_is_found_and_never_told(run, secret, what):
    """Each is found and named; neither the message nor the excerpt says more than its first 4 and last 2 characters."""
    text = f"Use this: {secret} and try again."
    ((place, fault),) = run(TextRules(), [("fine", "fine"), (text, "fine")])
    assert (place, fault.id, fault.level, fault.repair) == (1, "secret", "error", "redact-secrets")
    assert what in fault.message
    told = [
        piece for piece in (secret[n : n + 5] for n in range(len(secret) - 4)) if piece in f"{fault.message}{fault.excerpt}"
    ]
    assert [piece for piece in told if piece not in ("-----",)] == []
    repaired = REPAIRS["redact-secrets"](text)
    assert repaired.startswith("Use this: [secret]")
    assert RANDOM[:20] not in repaired


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("password: hunter2", "password: [secret]"),
        ("Password = Tr0ub4dor&3!", "Password = [secret]!"),
        ("PASSWORD='s3cr3t-Pw'", "PASSWORD='[secret]'"),
        ("db_password=Winter2024", "db_password=[secret]"),
        ("api_key=9f8e7d6c5b4a39281706", "api_key=[secret]"),
        ('"apiKey": "9f8e7d6c5b4a39281706"', '"apiKey": "[secret]"'),
        ("API key: 9f8e7d6c5b4a39281706.", "API key: [secret]."),
        ("AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz1234567", "AWS_SECRET_ACCESS_KEY=[secret]"),
        ("client_secret => Zx81kk29dkfj39", "client_secret => [secret]"),
        ("Authorization: Bearer " + RANDOM[:30], "Authorization: Bearer [secret]"),
        ("https://user:s3cr3tPw@db.acme.io/x", "https://user:[secret]@db.acme.io/x"),
        ("Passwort: Sommer#24", "Passwort: [secret]"),
        ("login joe / pwd:qwe123rty", "login joe / pwd:[secret]"),
        ("dbPassword=q1w2e3r4", "dbPassword=[secret]"),
        ("redis://:q7ZxVb92LmTr@cache", "redis://:[secret]@cache"),
        ("mysql://root:Kx9!vv2@db", "mysql://root:[secret]@db"),
        ("api_key: 550e8400-e29b-41d4-a716-446655440000", "api_key: [secret]"),
        ("password: md5isweak7Zq", "password: [secret]"),
        ("token: prod-api-9f8e7d6c5b4a39281706", "token: [secret]"),
    ],
)
def test_an_assigned_secret_is_found_and_only_its_value_is_replaced(run, text, repaired):
    """What is assigned to a name for a secret, and looks like one, is found; the repair keeps the rest."""
    assert [fault.id for _, fault in run(TextRules(), [("fine", text)])] == ["secret"]
    assert REPAIRS["redact-secrets"](text) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "Set OPENAI_API_KEY=sk-... in your shell.",
        "sk-proj-...",
        "api_key=YOUR_API_KEY",
        'api_key = "YOUR_API_KEY_HERE_12345"',
        "api_key='xxxxxxxxxxxxxxxxxxxx'",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "token: <token>",
        "AKIAIOSFODNN7EXAMPLE",
        'client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])',
        "password=${DB_PASSWORD}",
        "password: $PASSWORD1",
        "Password: at least eight characters",
        "Your password must have 8-20 characters, one digit: think of one.",
        "I forgot my password: what now?",
        "Reset your password: https://example.com/reset?id=12",
        "password: Optional[str] = None",
        "The secret: patience.",
        "token = tokenizer.encode(text2)",
        "max_tokens=1024, n_tokens: 123456789012345",
        "token: 2024-11-22T10:00:00",
        "password=get_password_2(user1)",
        "secret_key=settings.SECRET_KEY_1",
        "def f(password: str, api_key: str = ''): ...",
        "git clone https://github.com/python/cpython",
        "https://user:password@localhost/db",
        "https://example.com:8080/a@b1",
        "The task-force-of-nineteen-eighty-four-a-very-long-hyphenated-word",
        "risk-based-approach-to-something-or-other-in-the-long-run",
        "550e8400-e29b-41d4-a716-446655440000",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "A key begins with -----BEGIN RSA PRIVATE KEY----- and ends likewise.",
        "compass: north1234",
        "amqp://guest:guest@localhost",
        "postgresql://postgres:postgres@db:5432/x",
        "ftp://anonymous:guest@ftp.acme.io",
        "mongodb://admin:admin123@mongo:27017",
        "mysql://root:rootpass123@db",
        "postgres://${USER}:${PASS}@host, postgresql://{user}:{password}@localhost/x",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        + "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "secret: shop-tls-2024a-prod",
        "secret: my-app-secret-v2-2024",
        "secret: db-creds-2024-11",
        "password: sha512crypt",
        "password: scram-sha-256",
        "password: qwerty123",
        "password: P@ssw0rd1",
        "password = 'SecurePass123!'",
        "Password: Welcome1",
        "ask-proj-" + RANDOM[:10],
        "Monkey: abc12345678901x",
        "keyboard: QWERTZ-12345678",
        "",
    ],
)
def test_placeholders_and_talk_about_secrets_pass(run, text):
    """Nothing that plainly is no secret gives a finding."""
    assert find_secrets(text) == []
    assert run(TextRules(), [("fine", text)]) == []


def test_a_system_prompt_that_all_rows_share_is_told_of_once(run):
    """A key in the constant system prompt gives one finding, for the whole source."""
    system = "The key is api_key=9f8e7d6c5b4a39281706."
    found = run(TextRules(), [("a", "b")] * 30, system, size=8)
    assert [(place, fault.id, fault.field) for place, fault in found] == [(None, "secret", "system")]


@pytest.mark.parametrize("system", [":", "=", "7", "@", "", "\x1e", "a:"])
def test_a_system_prompt_of_a_character_or_two_can_be_read(run, system):
    """The look over all texts copes with next to no text."""
    assert all(fault.id == "control-character" for _, fault in run(TextRules(), [("a", "b")], system))


def test_a_system_prompt_of_its_own_belongs_to_its_row(run):
    """A key in a row's own system prompt is found on that row."""
    found = run(TextRules(), [("a", "b")] * 3, "password: hunter2", own_system=True)
    assert [(place, fault.field) for place, fault in found] == [(0, "system"), (1, "system"), (2, "system")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("abc", "…"), ("hunter2", "h…"), ("a" * 12, "aa…a"), ("abcd" + "-" * 30 + "yz", "abcd…yz"), ("", "…")],
)
def test_a_mask_shows_little(value, expected):
    """At most the first 4 and the last 2 characters, fewer of a short value."""
    assert mask(value) == expected
