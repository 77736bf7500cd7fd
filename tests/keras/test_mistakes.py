"""Usual mistakes: the class of the error is real Keras's, the text says what is wrong and what would mend it, in eight lines at most."""

import json
import pathlib

import mistakes
import pytest
import runnel as tf

EXPECTED = json.loads((pathlib.Path(__file__).parent / "expected_mistakes.json").read_text())
# Keras 3.15 fails inside of its own code here.
EXPECTED["labels_of_one_output_of_two"] = "ValueError"


@pytest.mark.parametrize("name", mistakes.ROWS)
def test_mistake(name):
    function, words = mistakes.ROWS[name]
    with pytest.raises(Exception) as caught:
        function(tf.keras)
    text = str(caught.value)
    assert type(caught.value).__name__ == EXPECTED[name], text
    assert len(text.splitlines()) <= 8, text
    assert not [word for word in words if word not in text], text
