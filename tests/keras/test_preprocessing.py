"""Texts, series and data sets against real Keras (expected_preprocessing.json, written by make_expected_preprocessing.py)."""

import copy
import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import preprocessing_rows
import pytest
import runnel as tf

EXPECTED = json.loads(Path(__file__).with_name("expected_preprocessing.json").read_text())
keras = tf.keras


def plain(value):
    return json.loads(json.dumps(value))


def close(got, wanted):
    if isinstance(wanted, list):
        assert len(got) == len(wanted)
        for a, b in zip(got, wanted):
            close(a, b)
    else:
        assert got == pytest.approx(wanted, rel=1e-6) if isinstance(wanted, float) else got == wanted


@pytest.mark.parametrize("name", list(preprocessing_rows.CALLS))
def test_preprocessing(name):
    close(plain(preprocessing_rows.CALLS[name](keras)), EXPECTED[name])


def test_a_tokenizer_is_pickled_and_copied():
    tokenizer = keras.preprocessing.text.Tokenizer(oov_token="?")
    tokenizer.fit_on_texts(preprocessing_rows.TEXTS)
    for again in (pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer)):
        assert again.word_index == tokenizer.word_index and again.texts_to_sequences(["the cat x"]) == tokenizer.texts_to_sequences(["the cat x"])
    tokenizer.fit_on_sequences([[1, 2], [2]])
    assert tokenizer.document_count == 5 and tokenizer.index_docs[2] >= 2


@pytest.mark.parametrize("call, error, text", [
    (lambda u: u.timeseries_dataset_from_array(np.ones(5), None, 2, sampling_rate=0), ValueError, "`sampling_rate` must be higher than 0"),
    (lambda u: u.timeseries_dataset_from_array(np.ones(5), None, 2, start_index=9), ValueError, "`start_index` must be"),
    (lambda u: u.split_dataset(np.ones(5)), ValueError, "At least one of the `left_size` or `right_size`"),
    (lambda u: u.split_dataset(np.ones(5), left_size=9), ValueError, "`left_size` should be either a positive integer"),
    (lambda u: u.split_dataset({1: 2}, left_size=1), TypeError, "`dataset` argument must be"),
    (lambda u: u.get_file("x"), ValueError, 'Please specify the "origin" argument'),
    (lambda u: u.get_file("a/b", "http://h/c"), ValueError, "Paths are no longer accepted"),
    (lambda u: keras.preprocessing.text.Tokenizer().sequences_to_matrix([[1]]), ValueError, "Specify a dimension"),
    (lambda u: keras.preprocessing.text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "tfidf"), ValueError, "Fit the Tokenizer on some data"),
    (lambda u: keras.preprocessing.text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "odd"), ValueError, "Unknown vectorization mode: odd"),
    (lambda u: keras.preprocessing.sequence.TimeseriesGenerator(np.ones(4), np.ones(3), 1), ValueError, "Data and targets have to be of same length"),
])
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(keras.utils)


# --- get_file

def test_a_file_is_fetched_once_and_checked(tmp_path, capsys):
    source = tmp_path / "numbers.txt"
    source.write_text("1 2 3")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    path = keras.utils.get_file("n.txt", source.as_uri(), file_hash=digest, cache_dir=tmp_path / "cache")
    assert Path(path).read_text() == "1 2 3" and "Downloading data from" in capsys.readouterr().out
    assert keras.utils.get_file("n.txt", source.as_uri(), file_hash=digest, cache_dir=tmp_path / "cache") == path
    assert not capsys.readouterr().out
    source.write_text("changed")
    assert Path(keras.utils.get_file("n.txt", source.as_uri(), cache_dir=tmp_path / "cache")).read_text() == "1 2 3"
    with pytest.raises(ValueError, match="Incomplete or corrupted file detected"):
        keras.utils.get_file("n.txt", source.as_uri(), md5_hash="0" * 32, cache_dir=tmp_path / "cache")
    assert not Path(path).exists()


def test_an_archive_is_unpacked_and_a_missing_file_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside.txt", "hello")
    folder = keras.utils.get_file(origin=(tmp_path / "a.zip").as_uri(), extract=True, cache_dir=tmp_path / "cache")
    assert (Path(folder) / "inside.txt").read_text() == "hello"
    with pytest.raises(Exception, match="URL fetch failure on"):
        keras.utils.get_file(origin=(tmp_path / "none.bin").as_uri(), cache_dir=tmp_path / "cache")


# --- Progbar

def test_a_progress_bar_averages_what_it_shows(capsys):
    bar = keras.utils.Progbar(4, width=4, interval=0, stateful_metrics=["rate"], unit_name="batch")
    bar.update(1, [("loss", 1.0), ("rate", 5.0)])
    bar.add(1, [("loss", tf.constant(3.0)), ("rate", 7.0)])
    out = capsys.readouterr().out
    assert "1/4" in out and "\x1b[32m━━\x1b[0m\x1b[37m━━\x1b[0m" in out.split("2/4")[1] and "/batch" in out and out.endswith("loss: 2.0000 - rate: 7.0000")
    bar.update(4, finalize=True)
    assert capsys.readouterr().out.endswith("\n")
