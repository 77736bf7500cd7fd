"""Texts and series that real Keras and Runnel both prepare."""

import random

import numpy as np

TEXTS = ["The cat sat on the mat, the CAT!", "A dog; a cat. Un dîner", "birds   sing\tand the\nrest"]
SERIES = np.arange(24, dtype="float32").reshape(12, 2)


def _tokenizer(keras, **options):
    tokenizer = keras.preprocessing.text.Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


def _facts(tokenizer):
    sequences = tokenizer.texts_to_sequences(TEXTS + ["the unknown cat"])
    matrices = [tokenizer.sequences_to_matrix(sequences, mode).round(9).tolist() for mode in ("binary", "count", "freq", "tfidf")]
    return [sequences, tokenizer.sequences_to_texts(sequences), matrices, tokenizer.document_count, dict(tokenizer.word_index),
            dict(tokenizer.word_counts), dict(tokenizer.word_docs), {str(k): v for k, v in tokenizer.index_docs.items()}]


def _again(keras, **options):
    return _facts(keras.preprocessing.text.tokenizer_from_json(_tokenizer(keras, **options).to_json()))


def _skipgrams(keras, **options):
    random.seed(5)
    couples, labels = keras.preprocessing.sequence.skipgrams([1, 2, 0, 3, 4, 5], 9, **options)
    return [[[int(i) for i in couple] for couple in couples], labels]


def _windows(keras, **options):
    keras.utils.set_random_seed(1)
    dataset = keras.utils.timeseries_dataset_from_array(SERIES, **{"targets": SERIES[:, 0] * 10, "sequence_length": 3, "batch_size": 4, **options})
    return [[np.asarray(part).tolist() for part in (batch if isinstance(batch, tuple) else (batch,))] for batch in dataset]


def _generated(keras, **options):
    generator = keras.preprocessing.sequence.TimeseriesGenerator(SERIES, SERIES[:, 0], 3, batch_size=4, **options)
    return [len(generator), [[np.asarray(part).tolist() for part in generator[i]] for i in range(len(generator))]]


def _split(keras, **options):
    halves = keras.utils.split_dataset([SERIES, SERIES[:, 0]], **options)
    return [[[np.asarray(part).tolist() for part in element] for element in half] for half in halves]


def _words(keras):
    text = keras.preprocessing.text
    return [text.text_to_word_sequence("Ab-c D,e"), text.text_to_word_sequence("Ab-c D,e", lower=False, filters=","),
            text.hashing_trick("ab c ab", 50, "md5"), text.one_hot("a b a", 40, analyzer=None)[0] == text.one_hot("a b a", 40)[2]]


CALLS = {
    "Tokenizer": lambda keras: _facts(_tokenizer(keras)),
    "Tokenizer, few words": lambda keras: _facts(_tokenizer(keras, num_words=4)),
    "Tokenizer, unknown words": lambda keras: _facts(_tokenizer(keras, num_words=4, oov_token="<oov>")),
    "Tokenizer, characters": lambda keras: _facts(_tokenizer(keras, char_level=True)),
    "Tokenizer, analyzer": lambda keras: _facts(_tokenizer(keras, analyzer=lambda text: text.split("a"), lower=False)),
    "tokenizer_from_json": lambda keras: _again(keras, oov_token="?"),
    "words": _words,
    "skipgrams": lambda keras: _skipgrams(keras),
    "skipgrams, seed": lambda keras: _skipgrams(keras, seed=3, window_size=2, negative_samples=0.5),
    "skipgrams, table": lambda keras: _skipgrams(keras, shuffle=False, categorical=True, sampling_table=[0.5] * 9),
    "make_sampling_table": lambda keras: keras.preprocessing.sequence.make_sampling_table(6).round(12).tolist(),
    "timeseries_dataset_from_array": lambda keras: _windows(keras),
    "timeseries, strides": lambda keras: _windows(keras, sequence_stride=2, sampling_rate=2, start_index=1, end_index=10),
    "timeseries, no targets": lambda keras: _windows(keras, targets=None),
    "timeseries, no batches": lambda keras: _windows(keras, batch_size=None),
    "timeseries, shuffled": lambda keras: _windows(keras, shuffle=True, seed=7),
    "TimeseriesGenerator": lambda keras: _generated(keras),
    "TimeseriesGenerator, strides": lambda keras: _generated(keras, stride=2, sampling_rate=2, reverse=True, start_index=1, end_index=10),
    "split_dataset": lambda keras: _split(keras, left_size=0.25),
    "split_dataset, numbers": lambda keras: _split(keras, left_size=2, right_size=3),
    "pad_sequences": lambda keras: [keras.utils.pad_sequences([[1, 2, 3], [4]], **options).tolist() for options in (
        {}, {"maxlen": 2}, {"maxlen": 2, "truncating": "post"}, {"padding": "post", "value": 9}, {"maxlen": 5, "dtype": "float32"})],
    "to_categorical": lambda keras: [keras.utils.to_categorical([0, 2, 1]).tolist(), keras.utils.to_categorical([[1], [0]], 3).tolist()],
    "normalize": lambda keras: [keras.utils.normalize(SERIES[:3]).round(6).tolist(), keras.utils.normalize(SERIES[1:3], order=1).round(6).tolist()],
    "pack_x_y_sample_weight": lambda keras: [keras.utils.pack_x_y_sample_weight(1, 2), keras.utils.pack_x_y_sample_weight(1, 2, 3),
                                             keras.utils.unpack_x_y_sample_weight((1, 2)), keras.utils.unpack_x_y_sample_weight((1,))],
}
