"""keras.preprocessing.text with Keras 2's arguments; the work is done in C++ (runnel/keras/preprocessing)."""

from runnel import _runnel

_cpp = _runnel.keras_preprocessing
_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text, filters=_FILTERS, lower=True, split=" "):
    """The words of a text."""
    return _cpp.text_to_word_sequence(input_text.lower() if lower else input_text, filters, False, split)


def one_hot(input_text, n, filters=_FILTERS, lower=True, split=" ", analyzer=None):
    """Words as numbers from 1 to n - 1, by Python's hash(): other numbers in each process, unless PYTHONHASHSEED is set."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(text, n, hash_function=None, filters=_FILTERS, lower=True, split=" ", analyzer=None):
    """Words as numbers from 1 to n - 1, by a hash: a function, "md5", or Python's."""
    if hash_function == "md5":
        import hashlib

        def hash_function(word):
            return int(hashlib.md5(word.encode()).hexdigest(), 16)

    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [(hash_function or hash)(word) % (n - 1) + 1 for word in words]


class Tokenizer:
    """Numbers words by how often they occur in the texts that it was fitted on: 1 is the most frequent one, 0 is never used."""

    def __init__(self, num_words=None, filters=_FILTERS, lower=True, split=" ", char_level=False, oov_token=None, analyzer=None, **kwargs):
        document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError("Unrecognized keyword arguments: " + str(kwargs))
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self._set(_cpp.Tokenizer(num_words or 0, filters, False, split, char_level, oov_token or ""), document_count)

    def _set(self, counts, document_count=None):
        self._counts = counts
        self.document_count = counts.document_count if document_count is None else document_count
        for name in ("word_counts", "word_index", "index_word", "word_docs", "index_docs"):
            setattr(self, name, getattr(counts, name))

    def _words(self, text):
        """A text, or a list of words, as words."""
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.analyzer is not None and not self.char_level:
            return self.analyzer(text)
        return self._counts.words_of(text.lower() if self.lower else text)

    def fit_on_texts(self, texts):
        """Counts the words of texts, or of lists of words."""
        self._counts.fit_on_words([self._words(text) for text in texts])
        self._set(self._counts)

    def fit_on_sequences(self, sequences):
        """Counts in how many sequences a number occurs: what "tfidf" needs."""
        self._counts.fit_on_sequences([list(sequence) for sequence in sequences])
        self._set(self._counts)

    def texts_to_sequences(self, texts):
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        for text in texts:
            yield self._counts.words_to_sequence(self._words(text))

    def sequences_to_texts(self, sequences):
        return self._counts.sequences_to_texts([list(sequence) for sequence in sequences])

    def sequences_to_texts_generator(self, sequences):
        yield from self.sequences_to_texts(sequences)

    def texts_to_matrix(self, texts, mode="binary"):
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """An array (sequences, words + 1). mode: "binary", "count", "freq" or "tfidf"."""
        return self._counts.sequences_to_matrix([list(sequence) for sequence in sequences], mode).numpy()

    def get_config(self):
        import json

        return {**json.loads(self._counts.to_json())["config"], "lower": self.lower}

    def to_json(self, **kwargs):
        import json

        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)

    def __reduce__(self):
        return _restored, (self.to_json(), self.analyzer)


def tokenizer_from_json(json_string):
    """The Tokenizer of to_json(), counts and all."""
    return _restored(json_string, None)


def _restored(json_string, analyzer):
    import json

    config = json.loads(json_string)["config"]
    options = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
    tokenizer = Tokenizer(**{name: config[name] for name in options}, analyzer=analyzer)
    tokenizer._set(_cpp.tokenizer_from_json(json.dumps({"config": {**config, "lower": False}})))
    return tokenizer


def install(module):
    for thing in (text_to_word_sequence, one_hot, hashing_trick, Tokenizer, tokenizer_from_json):
        setattr(module, thing.__name__, thing)
