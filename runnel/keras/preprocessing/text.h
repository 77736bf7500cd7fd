// keras.preprocessing.text: texts as sequences of word numbers, in Keras 2's way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runnel/core/tensor.h"
#include "runnel/keras/config.h"

namespace runnel::inline v0::keras::preprocessing::text {

struct WordOptions {
  std::string filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";  ///< Characters that part words; ASCII.
  bool lower = true;                                              ///< A to Z become small.
  std::string split = " ";
};
/// The words of a text (UTF-8).
std::vector<std::string> text_to_word_sequence(const std::string& text, const WordOptions& options = WordOptions());

struct TokenizerOptions {
  int64_t num_words = 0;  ///< Only the num_words - 1 most frequent words are kept; 0: all.
  std::string filters = WordOptions().filters;
  bool lower = true;
  std::string split = " ";
  bool char_level = false;  ///< Every character is a word.
  std::string oov_token{};  ///< Stands for words that are not known; has the index 1. "": they are left out.
};

using Words = std::vector<std::string>;
using Sequence = std::vector<int64_t>;

/// Numbers words by how often they occur in the texts that it was fitted on: 1 is the most frequent one, 0 is never used.
class Tokenizer {
 public:
  explicit Tokenizer(const TokenizerOptions& options = TokenizerOptions());
  /// The words, or characters, of a text.
  Words words_of(const std::string& text) const;

  void fit_on_texts(const std::vector<std::string>& texts);
  void fit_on_words(const std::vector<Words>& texts);
  void fit_on_sequences(const std::vector<Sequence>& sequences);

  std::vector<Sequence> texts_to_sequences(const std::vector<std::string>& texts) const;
  Sequence words_to_sequence(const Words& words) const;
  std::vector<std::string> sequences_to_texts(const std::vector<Sequence>& sequences) const;
  /// (sequences, words + 1) of float64. mode: "binary", "count", "freq" or "tfidf". ValueError where the Tokenizer was not fitted.
  Tensor sequences_to_matrix(const std::vector<Sequence>& sequences, const std::string& mode = "binary") const;
  Tensor texts_to_matrix(const std::vector<std::string>& texts, const std::string& mode = "binary") const;

  /// The options and all counts, and back: tokenizer_from_json() of Keras 2 reads it.
  Config get_config() const;
  std::string to_json() const;

  const TokenizerOptions& options() const { return options_; }
  int64_t document_count() const { return document_count_; }
  const std::vector<std::pair<std::string, int64_t>>& word_counts() const { return counts_; }  ///< In the order of their first occurrence.
  const std::unordered_map<std::string, int64_t>& word_index() const { return index_; }
  const std::map<int64_t, std::string>& index_word() const { return words_; }
  const std::unordered_map<std::string, int64_t>& word_docs() const { return word_docs_; }  ///< In how many texts a word occurs.
  const std::unordered_map<int64_t, int64_t>& index_docs() const { return index_docs_; }

 private:
  friend Tokenizer tokenizer_from_json(const std::string& json);
  int64_t index_of(const std::string& word) const;
  void number_words();

  TokenizerOptions options_;
  int64_t document_count_ = 0;
  std::vector<std::pair<std::string, int64_t>> counts_{};
  std::unordered_map<std::string, size_t> places_{};  // in counts_
  std::unordered_map<std::string, int64_t> index_{}, word_docs_{};
  std::map<int64_t, std::string> words_{};
  std::unordered_map<int64_t, int64_t> index_docs_{};
};

Tokenizer tokenizer_from_json(const std::string& json);

}  // namespace runnel::inline v0::keras::preprocessing::text
