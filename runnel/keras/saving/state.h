// The state of a model in a tree of groups: every object that is saved has a group `<path>/vars` with its Variables.
#pragma once

#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/keras/nest.h"
#include "runnel/keras/saving/saveable.h"

namespace runnel::inline v0::keras {

/// A value that was read and checked, and waits for all others to be, too.
struct Assignment {
  Variable variable{};
  Tensor value{};
  Ref<KerasObject> object{};  ///< Where its class, of another language, loads its variables itself: from `store`.
  Nest store{};
};
void assign_all(const std::vector<Assignment>& assignments);

/// Writes the Variables of the root and of everything below, or of all but the optimizer.
void write_state(const Ref<KerasObject>& root, hdf5::Group& to, bool include_optimizer = true);

/// The values of all Variables of the root and of everything below; nothing is assigned yet. ValueError in Keras's words where
/// the number or the shapes differ; with `skip_mismatch` such objects are left out with a warning.
std::vector<Assignment> read_state(const Ref<KerasObject>& root, const hdf5::Group& from, bool skip_mismatch = false);

/// The value in the Variable's dtype. ValueError where the shape is another.
Assignment checked_assignment(const Variable& variable, const Tensor& value);

}  // namespace runnel::inline v0::keras
