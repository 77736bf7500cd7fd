// keras.preprocessing and keras.utils.Progbar: what of them is neither a layer nor a model.
#include "python/keras/kinds.h"
#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/keras/plot.h"
#include "runnel/keras/preprocessing/sequence.h"
#include "runnel/keras/preprocessing/text.h"
#include "runnel/keras/progbar.h"
#include "runnel/keras/saving/keras_file.h"

namespace runnel::python {

namespace text = keras::preprocessing::text;
namespace sequence = keras::preprocessing::sequence;
using keras::utils::Progbar;

namespace {

/// Python's own module `random`, so that random.seed() there decides.
class ModuleRandom final : public keras::RandomSource {
 public:
  double random() override { return nb::cast<double>(module_.attr("random")()); }
  int64_t below(int64_t n) override { return nb::cast<int64_t>(module_.attr("randrange")(n)); }

 private:
  nb::object module_ = nb::module_::import_("random");
};

nb::tuple skipgrams(const std::vector<int64_t>& words, int64_t vocabulary_size, int64_t window_size, double negative_samples, bool shuffle,
                    const std::vector<double>& table, std::optional<int64_t> seed) {
  ModuleRandom random;
  auto found = sequence::skipgrams(words, vocabulary_size, {window_size, negative_samples, shuffle, table, seed}, random);
  nb::list couples;
  for (auto [word, near] : found.couples) {
    nb::list couple;
    couple.append(word);
    couple.append(near);
    couples.append(couple);
  }
  return nb::make_tuple(couples, found.labels);
}

template <class Map>
nb::dict dict_of(const Map& map) {
  nb::dict out;
  for (const auto& [key, value] : map) out[nb::cast(key)] = value;
  return out;
}

using text::Tokenizer;

void bind_tokenizer(nb::module_& m) {
  nb::class_<Tokenizer>(m, "Tokenizer")
      .def("__init__", [](Tokenizer* self, int64_t num_words, std::string filters, bool lower, std::string split, bool char_level, std::string oov) {
        new (self) Tokenizer({num_words, filters, lower, split, char_level, oov});
      })
      .def("words_of", &Tokenizer::words_of)
      .def("fit_on_words", &Tokenizer::fit_on_words)
      .def("fit_on_sequences", &Tokenizer::fit_on_sequences)
      .def("words_to_sequence", &Tokenizer::words_to_sequence)
      .def("sequences_to_texts", &Tokenizer::sequences_to_texts)
      .def("sequences_to_matrix", &Tokenizer::sequences_to_matrix)
      .def("to_json", &Tokenizer::to_json)
      .def_prop_ro("document_count", &Tokenizer::document_count)
      .def_prop_ro("word_counts", [](const Tokenizer& t) { return dict_of(t.word_counts()); })
      .def_prop_ro("word_index", [](const Tokenizer& t) { return dict_of(t.word_index()); })
      .def_prop_ro("index_word", [](const Tokenizer& t) { return dict_of(t.index_word()); })
      .def_prop_ro("word_docs", [](const Tokenizer& t) { return dict_of(t.word_docs()); })
      .def_prop_ro("index_docs", [](const Tokenizer& t) { return dict_of(t.index_docs()); });
  m.def("tokenizer_from_json", text::tokenizer_from_json);
  m.def("text_to_word_sequence", [](const std::string& input, std::string filters, bool lower, std::string split) {
    return text::text_to_word_sequence(input, {filters, lower, split});
  });
}

keras::Logs logs_of_pairs(nb::handle values) {
  keras::Logs out;
  if (values.is_none()) return out;
  for (nb::handle pair : values) out.emplace_back(nb::cast<std::string>(pair[0]), nb::cast<double>(nb::module_::import_("builtins").attr("float")(pair[1])));
  return out;
}

void update(Progbar& bar, int64_t current, nb::object values, nb::object finalize) {
  if (finalize.is_none()) bar.update(current, logs_of_pairs(values));
  else bar.update(current, logs_of_pairs(values), nb::cast<bool>(finalize));
}

void bind_progbar(nb::module_& m) {
  nb::class_<Progbar>(m, "Progbar")
      .def("__init__", [](Progbar* self, std::optional<int64_t> target, int width, int verbose, double interval, nb::object stateful, std::string unit) {
        std::vector<std::string> names;
        if (!stateful.is_none()) names = nb::cast<std::vector<std::string>>(nb::list(stateful));
        new (self) Progbar({target.value_or(-1), width, verbose, interval, names, unit});
      }, nb::arg("target").none(), nb::arg("width") = 20, nb::arg("verbose") = 1, nb::arg("interval") = 0.05, nb::arg("stateful_metrics").none() = nb::none(),
           nb::arg("unit_name") = "step")
      .def("update", update, nb::arg("current"), nb::arg("values").none() = nb::none(), nb::arg("finalize").none() = nb::none())
      .def("add", [](Progbar& bar, int64_t n, nb::object values) { bar.add(n, logs_of_pairs(values)); }, nb::arg("n"), nb::arg("values").none() = nb::none());
}

std::string plotted(keras::ModelBody& model, const std::string& form, bool shapes, bool dtype, bool names, const std::string& rankdir, bool expand,
                    bool activations, bool trainable) {
  keras::utils::PlotOptions options{shapes, dtype, names, expand, activations, trainable, rankdir};
  return form == "svg" ? keras::utils::svg_text(model, options) : keras::utils::dot_text(model, options);
}

// A file of weights as dicts of dicts of arrays, for KerasFileEditor.
nb::dict tree_of(const hdf5::Group& group) {
  nb::dict out;
  for (const auto& [name, inner] : group.groups) out[name.c_str()] = tree_of(*inner);
  for (const auto& [name, dataset] : group.datasets) out[name.c_str()] = nb::steal(wrap(dataset.read())).attr("numpy")();
  return out;
}
void fill_group(hdf5::Group& group, nb::dict tree) {
  for (auto [key, value] : tree) {
    const std::string name = nb::cast<std::string>(key);
    if (PyDict_Check(value.ptr())) fill_group(group.create_group(name), nb::borrow<nb::dict>(value));
    else group.create_dataset(name, to_tensor(value.ptr()));
  }
}
nb::dict read_weights_tree(const std::string& path) {
  return tree_of(*hdf5::read(path.ends_with(".keras") ? keras::weights_of_archive(read_file(path), path) : read_file(path)));
}
void write_weights_tree(const std::string& path, nb::dict tree) {
  hdf5::Group root;
  fill_group(root, tree);
  write_file(path, hdf5::write(root));
}

}  // namespace

void bind_preprocessing(nb::module_& module) {
  nb::module_ m = module.def_submodule("keras_preprocessing", "keras.preprocessing");
  bind_tokenizer(m);
  bind_progbar(m);
  m.def("skipgrams", skipgrams, nb::arg("words"), nb::arg("vocabulary_size"), nb::arg("window_size"), nb::arg("negative_samples"), nb::arg("shuffle"),
        nb::arg("table"), nb::arg("seed").none());
  m.def("plotted", plotted);
  m.def("read_weights_tree", read_weights_tree);
  m.def("write_weights_tree", write_weights_tree);
  m.def("make_sampling_table", sequence::make_sampling_table, nb::arg("size"), nb::arg("sampling_factor"));
}

}  // namespace runnel::python
