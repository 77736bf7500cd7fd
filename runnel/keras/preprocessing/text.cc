#include "runnel/keras/preprocessing/text.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "runnel/base/error.h"

namespace runnel::inline v0::keras::preprocessing::text {

namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

// A character of UTF-8 begins with a byte that does not continue one.
Words characters(const std::string& text) {
  Words out;
  for (char c : text) {
    if ((c & 0xC0) != 0x80 || out.empty()) out.emplace_back();
    out.back() += c;
  }
  return out;
}

Words parted(const std::string& text, const std::string& separator) {
  Words out;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + separator.size();
  }
  return out;
}

double weight(const std::string& mode, double count, double length, double documents, double with_word) {
  if (mode == "binary") return 1;
  if (mode == "count") return count;
  if (mode == "freq") return count / length;
  return (1 + std::log(count)) * std::log(1 + documents / (1 + with_word));
}

}  // namespace

Words text_to_word_sequence(const std::string& text, const WordOptions& options) {
  if (options.split.empty()) fail<ValueError>("", "empty separator");
  std::string plain;
  for (char c : text) {
    if (options.lower) c = small(c);
    if (options.filters.find(c) == std::string::npos) plain += c;
    else plain += options.split;
  }
  return parted(plain, options.split);
}

Tokenizer::Tokenizer(const TokenizerOptions& options) : options_(options) {}

Words Tokenizer::words_of(const std::string& text) const {
  if (!options_.char_level) return text_to_word_sequence(text, {options_.filters, options_.lower, options_.split});
  std::string plain = text;
  if (options_.lower) std::transform(plain.begin(), plain.end(), plain.begin(), small);
  return characters(plain);
}

void Tokenizer::fit_on_texts(const std::vector<std::string>& texts) {
  std::vector<Words> words;
  for (const std::string& text : texts) words.push_back(words_of(text));
  fit_on_words(words);
}

void Tokenizer::fit_on_words(const std::vector<Words>& texts) {
  for (const Words& words : texts) {
    ++document_count_;
    for (const std::string& word : words) {
      auto [place, added] = places_.try_emplace(word, counts_.size());
      if (added) counts_.emplace_back(word, 0);
      ++counts_[place->second].second;
    }
    for (const std::string& word : std::set<std::string>(words.begin(), words.end())) ++word_docs_[word];
  }
  number_words();
}

// Frequent words first; words as frequent as each other in the order in which they came.
void Tokenizer::number_words() {
  auto sorted = counts_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (!options_.oov_token.empty()) sorted.insert(sorted.begin(), {options_.oov_token, 0});
  index_.clear();
  words_.clear();
  for (size_t i = 0; i < sorted.size(); ++i) index_[sorted[i].first] = int64_t(i) + 1;
  for (const auto& [word, i] : index_) words_[i] = word;
  for (const auto& [word, documents] : word_docs_) index_docs_[index_[word]] = documents;
}

void Tokenizer::fit_on_sequences(const std::vector<Sequence>& sequences) {
  document_count_ += int64_t(sequences.size());
  for (const Sequence& sequence : sequences)
    for (int64_t i : std::set<int64_t>(sequence.begin(), sequence.end())) ++index_docs_[i];
}

int64_t Tokenizer::index_of(const std::string& word) const {
  auto found = index_.find(word);
  if (found != index_.end() && (options_.num_words == 0 || found->second < options_.num_words)) return found->second;
  auto unknown = index_.find(options_.oov_token);
  return options_.oov_token.empty() || unknown == index_.end() ? 0 : unknown->second;
}

Sequence Tokenizer::words_to_sequence(const Words& words) const {
  Sequence out;
  for (const std::string& word : words)
    if (int64_t i = index_of(word)) out.push_back(i);
  return out;
}

std::vector<Sequence> Tokenizer::texts_to_sequences(const std::vector<std::string>& texts) const {
  std::vector<Sequence> out;
  for (const std::string& text : texts) out.push_back(words_to_sequence(words_of(text)));
  return out;
}

std::vector<std::string> Tokenizer::sequences_to_texts(const std::vector<Sequence>& sequences) const {
  std::vector<std::string> out;
  for (const Sequence& sequence : sequences) {
    Words words;
    for (int64_t i : sequence) {
      auto found = words_.find(i);
      bool known = found != words_.end() && (options_.num_words == 0 || i < options_.num_words);
      if (known) words.push_back(found->second);
      else if (!options_.oov_token.empty()) words.push_back(options_.oov_token);
    }
    out.push_back(join(words, " "));
  }
  return out;
}

Tensor Tokenizer::sequences_to_matrix(const std::vector<Sequence>& sequences, const std::string& mode) const {
  if (options_.num_words == 0 && index_.empty()) fail<ValueError>("", "Specify a dimension (`num_words` argument), or fit on some text data first.");
  if (mode == "tfidf" && document_count_ == 0) fail<ValueError>("", "Fit the Tokenizer on some data before using tfidf mode.");
  if (mode != "binary" && mode != "count" && mode != "freq" && mode != "tfidf") fail<ValueError>("", cat("Unknown vectorization mode: ", mode));
  const int64_t width = options_.num_words ? options_.num_words : int64_t(index_.size()) + 1;
  Tensor out(float64, {int64_t(sequences.size()), width});
  double* row = out.mutable_data<double>();
  std::fill(row, row + out.num_elements(), 0.0);
  for (const Sequence& sequence : sequences) {
    std::map<int64_t, double> counts;
    for (int64_t i : sequence)
      if (i < width) ++counts[i];
    for (auto [i, count] : counts) {
      auto docs = index_docs_.find(i);
      row[i] = weight(mode, count, double(sequence.size()), double(document_count_), docs == index_docs_.end() ? 0 : double(docs->second));
    }
    row += width;
  }
  return out;
}

Tensor Tokenizer::texts_to_matrix(const std::vector<std::string>& texts, const std::string& mode) const {
  return sequences_to_matrix(texts_to_sequences(texts), mode);
}

namespace {

template <class Map>
Config dict_of(const Map& map) {
  Config::Dict out;
  for (const auto& [key, value] : map) out.emplace_back(to_text(key), value);
  return out;
}
template <class Map>
std::string json_of(const Map& map) {
  return dict_of(map).to_json();
}

}  // namespace

Config Tokenizer::get_config() const {
  const TokenizerOptions& o = options_;
  return Config::Dict{{"num_words", o.num_words ? Config(o.num_words) : Config()},
                      {"filters", o.filters},
                      {"lower", o.lower},
                      {"split", o.split},
                      {"char_level", o.char_level},
                      {"oov_token", o.oov_token.empty() ? Config() : Config(o.oov_token)},
                      {"document_count", document_count_},
                      {"word_counts", json_of(counts_)},
                      {"word_docs", json_of(word_docs_)},
                      {"index_docs", json_of(index_docs_)},
                      {"index_word", json_of(words_)},
                      {"word_index", json_of(index_)}};
}

std::string Tokenizer::to_json() const { return Config(Config::Dict{{"class_name", "Tokenizer"}, {"config", get_config()}}).to_json(); }

Tokenizer tokenizer_from_json(const std::string& json) {
  const Config whole = Config::from_json(json);
  const Config& config = whole.at("config");
  auto text = [&](const char* key) { return config.at(key).is_null() ? std::string() : config.at(key).as_string(); };
  const Config& most = config.at("num_words");
  Tokenizer out({most.is_null() ? 0 : most.as_int(), text("filters"), config.at("lower").as_bool(), text("split"), config.at("char_level").as_bool(),
                 text("oov_token")});
  out.document_count_ = config.at("document_count").as_int();
  for (const auto& [word, n] : Config::from_json(text("word_counts")).as_dict()) {
    out.places_[word] = out.counts_.size();
    out.counts_.emplace_back(word, n.as_int());
  }
  for (const auto& [word, n] : Config::from_json(text("word_docs")).as_dict()) out.word_docs_[word] = n.as_int();
  for (const auto& [i, n] : Config::from_json(text("index_docs")).as_dict()) out.index_docs_[std::stoll(i)] = n.as_int();
  for (const auto& [word, i] : Config::from_json(text("word_index")).as_dict()) {
    out.index_[word] = i.as_int();
    out.words_[i.as_int()] = word;
  }
  return out;
}

}  // namespace runnel::inline v0::keras::preprocessing::text
