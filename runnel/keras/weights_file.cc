// Weights in a file of the safetensors format: 8 bytes of header length, a JSON header, then the bytes of all tensors.
// (Keras's .weights.h5 comes with the Keras issue.)
#include <cstring>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

namespace {

const char* format_name(DType dtype) {
  switch (dtype.code()) {
    case DType::kFloat32: return "F32";
    case DType::kFloat64: return "F64";
    case DType::kFloat16: return "F16";
    case DType::kBfloat16: return "BF16";
    case DType::kInt32: return "I32";
    case DType::kInt64: return "I64";
    case DType::kBool: return "BOOL";
    default: fail<ValueError>("save_weights", cat("weights of dtype ", dtype, " cannot be saved"));
  }
}

// "3.dense/kernel": the position makes the name unique, whatever the layers are called.
std::string entry_name(size_t i, const Variable& variable) { return cat(i, ".", variable.name().substr(0, variable.name().find(':'))); }

[[noreturn]] void broken(const std::string& path, std::string_view what) {
  fail<errors::DataLossError>("load_weights", cat("the file ", path, " is damaged: ", what), {.expected = "a safetensors file that save_weights wrote"});
}

struct WeightsFile {
  Config header;
  std::string_view data;
};

WeightsFile parse(const std::string& path, const std::string& bytes) {
  uint64_t length = 0;
  if (bytes.size() < 8) broken(path, "it is shorter than its header");
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8) broken(path, "it is shorter than its header");
  WeightsFile file;
  try {
    file.header = Config::from_json(bytes.substr(8, length));
  } catch (const ValueError&) {
    broken(path, "its header is no JSON");
  }
  if (!file.header.is_dict()) broken(path, "its header is no dict");
  file.data = std::string_view(bytes).substr(8 + length);
  return file;
}

Tensor read_entry(const std::string& path, const WeightsFile& file, const Config& entry, const Variable& variable) {
  Dims dims;
  for (const Config& d : entry.at("shape").as_list()) dims.push_back(d.as_int());
  if (entry.at("dtype").as_string() != format_name(variable.dtype()) || !(PartialShape(dims) == variable.shape()))
    fail<ValueError>("load_weights", cat("the weight ", variable.name(), " has another shape or dtype in ", path),
                     {.got = cat(entry.at("dtype").as_string(), " ", to_text(PartialShape(dims))),
                      .expected = cat(format_name(variable.dtype()), " ", to_text(variable.shape()))});
  int64_t begin = entry.at("data_offsets").as_list().at(0).as_int(), end = entry.at("data_offsets").as_list().at(1).as_int();
  Tensor out(variable.dtype(), Shape(dims));
  if (begin < 0 || end < begin || end - begin != out.nbytes() || uint64_t(end) > file.data.size()) broken(path, "a tensor lies outside of it");
  std::memcpy(out.mutable_raw(), file.data.data() + begin, size_t(out.nbytes()));
  return out;
}

}  // namespace

void ModelBody::save_weights(const std::string& path) const {
  Config header = Config::dict();
  std::string data;
  std::vector<Variable> variables = weights();
  for (size_t i = 0; i < variables.size(); ++i) {
    Tensor value = variables[i].value();
    Config shape = Config::list();
    for (int64_t d : value.shape()) shape.push_back(d);
    int64_t begin = int64_t(data.size());
    data.append(static_cast<const char*>(value.raw()), size_t(value.nbytes()));
    header.set(entry_name(i, variables[i]), Config::Dict{{"dtype", format_name(value.dtype())},
                                                          {"shape", shape},
                                                          {"data_offsets", Config::List{begin, int64_t(data.size())}}});
  }
  std::string json = header.to_json();
  json.append((8 - json.size() % 8) % 8, ' ');
  uint64_t length = json.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  write_file(path, bytes + json + data);
}

void ModelBody::load_weights(const std::string& path) {
  std::string bytes = read_file(path);
  WeightsFile file = parse(path, bytes);
  std::vector<Variable> variables = weights();
  if (file.header.as_dict().size() != variables.size())
    fail<ValueError>("load_weights", cat("the file ", path, " holds another number of weights"),
                     {.got = to_text(file.header.as_dict().size()), .expected = to_text(variables.size()),
                      .hint = "build the model first, by calling it or by giving input_shape."});
  std::vector<Tensor> values;
  for (size_t i = 0; i < variables.size(); ++i) values.push_back(read_entry(path, file, file.header.as_dict()[i].second, variables[i]));
  for (size_t i = 0; i < variables.size(); ++i) variables[i].assign(values[i]);
}

}  // namespace runnel::inline v0::keras
