"""Lists and dicts that are attributes of a layer: what is put into them is tracked, too."""

from runnel import _runnel


class TrackedList(list):
    """A list whose layers and Variables belong to `owner`."""

    def __init__(self, owner, values=()):
        super().__init__(_tracked(owner, value) for value in values)
        self._owner = owner

    def append(self, value):
        super().append(_tracked(self._owner, value))

    def insert(self, index, value):
        super().insert(index, _tracked(self._owner, value))

    def extend(self, values):
        super().extend([_tracked(self._owner, value) for value in values])

    def __iadd__(self, values):
        self.extend(values)
        return self

    def __setitem__(self, index, value):
        old = self[index]
        _runnel.keras_untrack(self._owner, old)
        is_slice = isinstance(index, slice)
        super().__setitem__(index, [_tracked(self._owner, v) for v in value] if is_slice else _tracked(self._owner, value))

    def __delitem__(self, index):
        _runnel.keras_untrack(self._owner, self[index])
        super().__delitem__(index)

    def pop(self, index=-1):
        value = super().pop(index)
        _runnel.keras_untrack(self._owner, value)
        return value

    def remove(self, value):
        super().remove(value)
        _runnel.keras_untrack(self._owner, value)

    def clear(self):
        for value in self:
            _runnel.keras_untrack(self._owner, value)
        super().clear()

    def __reduce__(self):
        return list, (list(self),)


class TrackedDict(dict):
    """A dict whose layers and Variables belong to `owner`."""

    def __init__(self, owner, values=()):
        super().__init__({key: _tracked(owner, value) for key, value in dict(values).items()})
        self._owner = owner

    def __setitem__(self, key, value):
        if key in self:
            _runnel.keras_untrack(self._owner, self[key])
        super().__setitem__(key, _tracked(self._owner, value))

    def __delitem__(self, key):
        _runnel.keras_untrack(self._owner, self[key])
        super().__delitem__(key)

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        value = super().pop(key, *default)
        _runnel.keras_untrack(self._owner, value)
        return value

    def __reduce__(self):
        return dict, (dict(self),)


def _tracked(owner, value):
    if type(value) is list:
        return TrackedList(owner, value)
    if type(value) is dict:
        return TrackedDict(owner, value)
    _runnel.keras_track(owner, value)
    return value
