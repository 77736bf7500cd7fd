#include "runnel/keras/saving/saveable.h"

#include <algorithm>
#include <map>

#include "runnel/base/files.h"
#include "runnel/base/pointer_map.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/optimizers.h"

namespace runnel::inline v0::keras {

namespace {

class Walk {
 public:
  void visit(const std::string& path, const Ref<KerasObject>& object) {
    if (seen_.contains(object.get())) return;
    seen_[object.get()] = true;
    if (object->has_saved_state()) found.push_back({path, object});
    for (const SavedMember& member : object->saved_members()) visit_member(join_path(path, member.attribute), member);
  }
  std::vector<SavedObject> found;

 private:
  void visit_member(const std::string& path, const SavedMember& member) {
    member.object ? visit(path, member.object) : visit_list(path, member.items);
  }

  // Items are named by class, counted in the list; those that were visited elsewhere count as well.
  void visit_list(const std::string& path, const std::vector<SavedMember>& items) {
    std::map<std::string, int> counts;
    for (const SavedMember& item : items) {
      std::string name = item.object ? to_snake_case(item.object->class_name()) : "container";
      int n = counts[name]++;
      visit_member(join_path(path, n == 0 ? name : cat(name, "_", n)), item);
    }
  }

  PointerMap<bool> seen_;
};

std::string sort_key(const std::string& attribute) { return attribute.starts_with('_') ? "~" + attribute : attribute; }

}  // namespace

std::vector<SavedVariable> numbered(const std::vector<Variable>& variables) {
  std::vector<SavedVariable> out;
  for (const Variable& v : variables) out.push_back({to_text(out.size()), v});
  return out;
}

void sort_members(std::vector<SavedMember>& members) {
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return sort_key(a.attribute) < sort_key(b.attribute); });
}

std::vector<SavedObject> saved_objects(const Ref<KerasObject>& root) {
  Walk walk;
  walk.visit("", root);
  return std::move(walk.found);
}

std::string name_of(const KerasObject& object) {
  if (auto* layer = dynamic_cast<const LayerBody*>(&object)) return layer->name();
  if (auto* optimizer = dynamic_cast<const OptimizerBody*>(&object)) return optimizer->name();
  return "";
}

}  // namespace runnel::inline v0::keras
