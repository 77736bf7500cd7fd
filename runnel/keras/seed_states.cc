#include "runnel/keras/seed_states.h"

#include <algorithm>

namespace runnel::inline v0::keras {

namespace {

struct HeldSeeds : KerasObject {
  explicit HeldSeeds(const Variable& state) : state(state) {}
  std::string class_name() const override { return "SeedGenerator"; }
  std::string module() const override { return "keras"; }
  Variable state;
};

}  // namespace

void track_seeds(LayerBody& layer, const Variable& state) { layer.track_object(make_ref<HeldSeeds>(state)); }

SeedGenerator tracked_seeds(LayerBody& layer, std::optional<int64_t> seed) {
  SeedGenerator seeds(seed);
  track_seeds(layer, seeds.state());
  return seeds;
}

std::vector<Variable> all_variables(const LayerBody& layer) {
  std::vector<Variable> out;
  auto add = [&](const Variable& v) {
    if (std::none_of(out.begin(), out.end(), [&](const Variable& other) { return other.is(v); })) out.push_back(v);
  };
  for (const LayerBody* below : const_cast<LayerBody&>(layer).all_layers()) {
    for (const Variable& v : below->own_weights()) add(v);
    for (const Ref<KerasObject>& object : below->tracked_objects())
      if (auto* seeds = dynamic_cast<HeldSeeds*>(object.get())) add(seeds->state);
  }
  return out;
}

std::vector<Variable> non_trainable_variables(const LayerBody& layer) {
  std::vector<Variable> out = all_variables(layer);
  if (layer.trainable()) std::erase_if(out, [](const Variable& v) { return v.trainable(); });
  return out;
}

}  // namespace runnel::inline v0::keras
