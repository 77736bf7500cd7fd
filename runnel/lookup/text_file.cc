// Tables from the lines of a text file.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/numbers.h"
#include "runnel/lookup/lookup.h"
#include "runnel/lookup/table.h"

namespace runnel::inline v0::lookup {

namespace {

[[noreturn]] void invalid(const std::string& what) { fail<errors::InvalidArgumentError>("", what); }

constexpr int64_t kWholeLine = TextFileIndex::kWholeLine, kLineNumber = TextFileIndex::kLineNumber;

// Indices ask for dtypes: a line's number is an int64, a whole line text or an integer.
void check_index(int64_t index, DType dtype, const char* what, const char* whole_line) {
  if (index == kLineNumber && dtype != int64)
    invalid(cat(what, " index for line number requires table ", what[0] == 'K' ? "key" : "value", " dtype of int64, got ", dtype.short_name()));
  if (index == kWholeLine && !dtype.is_integer() && dtype != string) invalid(cat(what, " index for whole line requires ", whole_line, ", got ", dtype.short_name()));
}

std::vector<std::string_view> columns(std::string_view line, char delimiter) {
  std::vector<std::string_view> out;
  for (size_t begin = 0;;) {
    size_t end = line.find(delimiter, begin);
    out.push_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return out;
    begin = end + 1;
  }
}

class Lines {
 public:
  Lines(const TextFile& file, DType key_dtype, DType value_dtype)
      : file_(file), text_(read_file(file.filename)), key_dtype_(key_dtype), value_dtype_(value_dtype) {}

  // The keys and the values of all lines that are wanted.
  std::pair<Tensor, Tensor> read() {
    int64_t wanted = file_.vocab_size, lines = count_lines(), count = wanted < 0 ? lines : std::min(wanted, lines);
    if (lines == 0) fail<errors::OutOfRangeError>("", "Read less bytes than requested", {.got = cat("the empty file ", file_.filename)});
    Tensor keys(key_dtype_, Shape({count})), values(value_dtype_, Shape({count}));
    for (line_ = 0; line_ < count; ++line_) take_line(keys, values);
    if (wanted > lines) invalid(cat("Invalid vocab_size in ", file_.filename, ": expected ", wanted, " but got ", lines));
    return {keys, values};
  }

 private:
  int64_t count_lines() const {
    int64_t ends = std::count(text_.begin(), text_.end(), '\n');
    return ends + (!text_.empty() && text_.back() != '\n');
  }

  void take_line(const Tensor& keys, const Tensor& values) {
    std::string_view line = next_line();
    if (line.empty()) invalid(cat("Invalid content in ", file_.filename, ": empty line found at position ", at_, "."));
    std::vector<std::string_view> tokens;
    size_t wanted = size_t(std::max(file_.key_index, file_.value_index) + 1);
    if (std::max(file_.key_index, file_.value_index) >= 0) {
      tokens = columns(line, file_.delimiter[0]);
      if (tokens.size() < wanted)
        invalid(cat("Invalid number of columns in ", file_.filename, " line ", line_, " (", line, ") : expected at least ", wanted, " got ", tokens.size()));
    }
    put(keys, file_.key_index, line, tokens);
    put(values, file_.value_index, line, tokens);
  }

  // Without its end, "\n" or "\r\n".
  std::string_view next_line() {
    size_t end = text_.find('\n', at_);
    std::string_view line = std::string_view(text_).substr(at_, end - at_);
    at_ = end == std::string::npos ? text_.size() : end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void put(const Tensor& to, int64_t index, std::string_view line, const std::vector<std::string_view>& tokens) {
    if (index == kLineNumber) return set(to, int64_t(line_ + file_.offset));
    std::string_view token = index == kWholeLine ? line : tokens[size_t(index)];
    switch (to.dtype().code()) {
      case DType::kString: return set(to, std::string(token));
      case DType::kInt32: return set(to, int32_t(number<int32_t>(token, "int32") + file_.offset));
      case DType::kInt64: return set(to, number<int64_t>(token, "int64"));
      case DType::kFloat32: return set(to, number<float>(token, "float"));
      case DType::kFloat64: return set(to, number<double>(token, "double"));
      default: invalid(cat("Data type ", to.dtype().short_name(), " not supported."));
    }
  }
  template <class T>
  void set(const Tensor& to, T value) {
    to.mutable_data<T>()[line_] = std::move(value);
  }
  template <class T>
  T number(std::string_view token, const char* name) const {
    T value;
    if (!parse_number(token, value))
      fail<errors::InvalidArgumentError>("", cat("Field ", token, " in line ", line_, " is not a valid ", name, "."), {.hint = cat("look at ", file_.filename)});
    return value;
  }

  const TextFile& file_;
  std::string text_;
  DType key_dtype_, value_dtype_;
  size_t at_ = 0;
  int64_t line_ = 0;
};

}  // namespace

void initialize_from_text_file(Table& table, const TextFile& file) {
  if (file.delimiter.size() != 1) invalid("delimiter should be only 1 char");
  if (file.filename.empty()) invalid("filename cannot be empty.");
  if (!table.is_initializable()) invalid(cat("Table ", table.name(), " is not initializable"));
  if (table.is_initialized()) return;
  if (!file_exists(file.filename)) fail<errors::NotFoundError>("", cat(file.filename, "; No such file or directory"));
  DType key = table.kind().key_dtype, value = table.kind().value_dtype;
  check_index(file.key_index, key, "Key", "string or integer table key");
  check_index(file.value_index, value, "Value", "table value dtype of integer or string");
  auto [keys, values] = Lines(file, key, value).read();
  table.import(keys, values);
}

}  // namespace runnel::inline v0::lookup
