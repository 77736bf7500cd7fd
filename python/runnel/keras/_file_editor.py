"""keras.saving.KerasFileEditor: looks at and changes the weights in a file, without a model."""

import os

from runnel import _runnel

_cpp = _runnel.keras_preprocessing


class KerasFileEditor:
    """Of a `.keras` or `.weights.h5` file. Objects are named by their paths in it: "layers/dense"."""

    def __init__(self, filepath):
        self.filepath = os.fspath(filepath)
        if not self.filepath.endswith((".keras", ".weights.h5")):
            raise ValueError(f"Invalid filename: expected a `.keras` `.weights.h5` extension. Received: filepath={filepath}")
        self.weights_dict = _cpp.read_weights_tree(self.filepath)

    def _place(self, object_name):
        """(the dict around an object, its key in it)."""
        *above, last = object_name.strip("/").split("/")
        place = self.weights_dict
        for part in above:
            place = place.get(part, {})
        if last in place:
            return place, last
        found = [(around, object_name) for around in self._dicts(self.weights_dict) if object_name in around]
        if len(found) > 1:
            raise ValueError(f"Name '{object_name}' occurs more than once in the model; try passing a complete path")
        if not found:
            raise ValueError(f"Could not find weights with name {object_name}")
        return found[0]

    @classmethod
    def _dicts(cls, tree):
        yield tree
        for value in tree.values():
            if isinstance(value, dict):
                yield from cls._dicts(value)

    def add_object(self, object_path, weights):
        """A new object with its weights: a dict of arrays by "0", "1", ..."""
        *above, last = object_path.strip("/").split("/")
        place = self.weights_dict
        for part in above:
            place = place.setdefault(part, {})
        place[last] = {"vars": dict(weights)}

    def delete_object(self, object_name):
        place, key = self._place(object_name)
        del place[key]

    def rename_object(self, object_name, new_name):
        place, key = self._place(object_name)
        place[new_name.rpartition("/")[2]] = place.pop(key)

    def add_weights(self, object_name, weights):
        """More arrays for an object, or others in place of those of the same names."""
        place, key = self._place(object_name)
        place[key].setdefault("vars", {}).update(weights)

    def delete_weight(self, object_name, weight_name):
        place, key = self._place(object_name)
        weights = place[key].get("vars", place[key])
        if weight_name not in weights:
            raise ValueError(f"Could not find weight {weight_name} in {object_name}. It has {sorted(weights)}")
        del weights[weight_name]

    def save(self, filepath):
        """Writes a `.weights.h5` file."""
        if not os.fspath(filepath).endswith(".weights.h5"):
            raise ValueError(f"Invalid `filepath` argument: expected a `.weights.h5` extension. Received: filepath={filepath}")
        _cpp.write_weights_tree(os.fspath(filepath), self.weights_dict)

    resave_weights = save

    def _paths(self, tree=None, path=""):
        for name, value in sorted((self.weights_dict if tree is None else tree).items()):
            here = f"{path}/{name}" if path else name
            if isinstance(value, dict):
                yield from self._paths(value, here)
            else:
                yield here, value

    def summary(self):
        """Prints the arrays of the file: path, shape, dtype."""
        print(f"Weights file '{self.filepath}'")
        for path, value in self._paths():
            print(f"  {path}: shape={tuple(value.shape)}, dtype={value.dtype}")

    def compare(self, reference_model):
        """Prints how a model's weights differ from those of the file; gives {"status": "success" or "error", "error_count"}."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "reference.weights.h5")
            reference_model.save_weights(path)
            wanted = dict(KerasFileEditor(path)._paths())
        found = dict(self._paths())
        problems = [f"{path}: not in the file" for path in wanted if path not in found]
        problems += [f"{path}: not in the model" for path in found if path not in wanted]
        problems += [f"{path}: shape {found[path].shape} in the file, {wanted[path].shape} in the model" for path in wanted
                     if path in found and found[path].shape != wanted[path].shape]
        print("\n".join(problems) or "Comparison successful: no differences found.")
        return {"status": "error" if problems else "success", "error_count": len(problems), "match_count": len(wanted) - len(problems)}
