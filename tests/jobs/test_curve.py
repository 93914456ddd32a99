"""The learning curve from result files, as the services write them."""

import base64
import math

import pytest

from ftwidgets.errors import DataError
from ftwidgets.jobs.curve import COLUMNS, from_result_file

OPENAI_CSV = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
    "1,2.50000,0.25000,,\n2,2.00000,0.50000,2.25000,0.37500\n"
)
FOUNDRY_CSV = (
    "step,train_loss,train_mean_token_accuracy,valid_loss,valid_mean_token_accuracy,full_valid_loss,"
    "full_valid_mean_token_accuracy\n1,2.5,0.25,-1.0,-1.0,,\n2,2.0,0.5,2.25,0.375,2.3,0.4\n"
)


@pytest.mark.parametrize(
    ("content", "full_valid_loss"),
    [
        (base64.b64encode(OPENAI_CSV.encode()), math.nan),
        (base64.encodebytes(OPENAI_CSV.encode()), math.nan),
        (OPENAI_CSV.encode(), math.nan),
        (FOUNDRY_CSV.encode(), 2.3),
        (b"\xef\xbb\xbf" + FOUNDRY_CSV.replace("\n", "\r\n").encode(), 2.3),
    ],
    ids=["openai", "wrapped base64", "plain", "foundry", "foundry with BOM"],
)
def test_both_published_formats_read_the_same(content: bytes, full_valid_loss: float) -> None:
    """OpenAI's base64 and Foundry's plain CSV, blanks and -1 for what was not measured, a BOM and CRLF or not."""
    table = from_result_file(content)
    assert tuple(table.columns) == COLUMNS
    assert table["train_accuracy"].tolist() == [0.25, 0.5]
    assert math.isnan(table["valid_loss"][0])
    assert table["valid_accuracy"][1] == 0.375
    assert table["full_valid_loss"][1] == pytest.approx(full_valid_loss, nan_ok=True)


def test_a_result_file_that_is_no_table_is_named() -> None:
    """A web page in place of the result file is a clear error, not an empty curve."""
    with pytest.raises(DataError, match=r'step_metrics\.csv is not a table of metrics.*"<html>"'):
        from_result_file(b"<html>\nsign in, please</html>", name="step_metrics.csv")


def test_a_step_that_is_told_twice_is_one_row() -> None:
    """The later figures win, blanks erase nothing, the rows come in the order of the steps."""
    table = from_result_file(b"step,train_loss,valid_loss\n2,1.0,\n1,2.0,2.5\n2,,1.5\n1,1.9,\n,9,9\n")
    assert table["step"].tolist() == [1, 2]
    assert table["train_loss"].tolist() == [1.9, 1.0]
    assert table["valid_loss"].tolist() == [2.5, 1.5]
