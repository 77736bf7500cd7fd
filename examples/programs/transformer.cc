// A small transformer: two blocks of attention over word sequences.
#include "data.h"

tf::Tensor block(const tf::Tensor& x) {
  tf::Tensor attended = layers::MultiHeadAttention({.num_heads = 2, .key_dim = 8})(x, {.more = {{"value", x}}});
  tf::Tensor y = layers::LayerNormalization()(layers::Add()(Nest{x, attended}).tensor());
  tf::Tensor widened = layers::Dense({.units = 32, .activation = "gelu"})(y);
  return layers::LayerNormalization()(layers::Add()(Nest{y, layers::Dense({.units = 16})(widened)}).tensor());
}

int main() {
  utils::set_random_seed(42);
  auto [x, y] = sentences();
  tf::Tensor words = Input({12}, tf::int32);
  tf::Tensor z = block(block(layers::Embedding({.input_dim = 30, .output_dim = 16, .mask_zero = true})(words)));
  Model model(words, layers::Dense({.units = 3})(layers::GlobalAveragePooling1D()(z)));
  model.compile({.optimizer = optimizers::AdamW({.learning_rate = 0.002}), .loss = losses::SparseCategoricalCrossentropy({.from_logits = true})});
  model.fit(x, y, {.epochs = 3});
  print_fingerprint(model.get_weights());
}
