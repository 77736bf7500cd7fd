"""Messages of TensorFlow's protocol buffers (GraphDef and what it holds): plain objects with the fields' names, read from and
written to the wire format. A message is described by its fields alone: number, kind, and whether it repeats."""

import functools
import struct

_INTEGERS = ("int64", "int32", "bool", "enum")
_REALS = {"float": (5, "<f"), "double": (1, "<d")}  # wire type, format


def _read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer(value, kind):
    if kind == "bool":
        return bool(value)
    return value - (1 << 64) if value >= 1 << 63 else value


class _Field:
    def __init__(self, number, name, kind, repeated=False, map=False, oneof=False):
        self.number, self.name, self.kind, self.repeated, self.map, self.oneof = number, name, kind, repeated, map, oneof

    def default(self):
        if self.map:
            return _Map(self.kind)
        if self.repeated:
            return _Repeated(self.kind)
        if isinstance(self.kind, type):
            return self.kind()
        return {"string": "", "bytes": b"", "float": 0.0, "double": 0.0, "bool": False}.get(self.kind, 0)


class _Repeated(list):
    def __init__(self, kind, items=()):
        super().__init__(items)
        self._kind = kind

    def add(self, **fields):
        self.append(self._kind(**fields))
        return self[-1]


class _Map(dict):
    def __init__(self, kind):
        super().__init__()
        self._kind = kind

    def __missing__(self, key):
        self[key] = self._kind() if isinstance(self._kind, type) else ""
        return self[key]


class Message:
    """A message; `_fields` lists its fields."""

    _fields = ()

    def __init__(self, **fields):
        self._given = set()  # single fields that were set
        for name, value in fields.items():
            setattr(self, name, value)

    def __getattr__(self, name):
        for field in type(self)._fields:
            if field.name == name:
                value = field.default()
                object.__setattr__(self, name, value)
                return value
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if not name.startswith("_"):
            if not any(field.name == name for field in self._fields):
                raise AttributeError(f"Assignment not allowed (no field {name!r} in protocol message object).")
            self._given.add(name)
        object.__setattr__(self, name, value)

    @classmethod
    def FromString(cls, data):
        message = cls()
        message.ParseFromString(data)
        return message

    def ParseFromString(self, data):
        by_number, at = {field.number: field for field in self._fields}, 0
        while at < len(data):
            tag, at = _read_varint(data, at)
            at = self._read_field(by_number.get(tag >> 3), tag & 7, data, at)
        return len(data)

    def _read_field(self, field, wire, data, at):
        if wire == 2:
            length, at = _read_varint(data, at)
            payload, at = data[at:at + length], at + length
        elif wire in (1, 5):
            payload, at = data[at:at + (8 if wire == 1 else 4)], at + (8 if wire == 1 else 4)
        else:
            payload, at = _read_varint(data, at)
        if field is None:
            return at
        if wire == 2 and field.kind in (*_INTEGERS, *_REALS):
            getattr(self, field.name).extend(_packed(field.kind, payload))
        elif field.map:
            entry = _entry(field.kind).FromString(payload)
            getattr(self, field.name)[entry.key] = entry.value
        elif field.repeated:
            getattr(self, field.name).append(_value(field.kind, payload))
        else:
            setattr(self, field.name, _value(field.kind, payload))
        return at

    def SerializeToString(self, deterministic=None):
        return b"".join(_written(field, self.__dict__[field.name], field.name in self._given) for field in self._fields
                        if field.name in self.__dict__)

    def CopyFrom(self, other):
        self.__dict__.clear()
        object.__setattr__(self, "_given", set())
        self.ParseFromString(other.SerializeToString())

    def HasField(self, name):
        return name in self._given or (isinstance(self.__dict__.get(name), Message) and bool(self.__dict__[name].ListFields()))

    def WhichOneof(self, group):
        return next((field.name for field in self._fields if self.HasField(field.name)), None)

    def ListFields(self):
        return [(field, self.__dict__[field.name]) for field in self._fields
                if field.name in self.__dict__ and _written(field, self.__dict__[field.name], field.name in self._given)]

    def ByteSize(self):
        return len(self.SerializeToString())

    def __eq__(self, other):
        return type(other) is type(self) and self.SerializeToString() == other.SerializeToString()

    __hash__ = None

    def __str__(self):
        return "".join(_text(field, value) for field, value in self.ListFields())

    __repr__ = __str__


@functools.cache
def _entry(kind):
    return type("Entry", (Message,), {"_fields": (_Field(1, "key", "string"), _Field(2, "value", kind))})


def _value(kind, payload):
    if isinstance(kind, type):
        return kind.FromString(payload)
    if kind == "string":
        return payload.decode()
    if kind in _REALS:
        return struct.unpack(_REALS[kind][1], payload)[0]
    return _integer(payload, kind) if kind in _INTEGERS else bytes(payload)


def _packed(kind, payload):
    if kind in _REALS:
        return [v for v, in struct.iter_unpack(_REALS[kind][1], payload)]
    out, at = [], 0
    while at < len(payload):
        value, at = _read_varint(payload, at)
        out.append(_integer(value, kind))
    return out


def _payload(kind, value):
    """(wire type, bytes) of one value."""
    if isinstance(kind, type):
        value = value.SerializeToString()
    elif kind == "string":
        value = value.encode() if isinstance(value, str) else bytes(value)
    elif kind in _REALS:
        wire, form = _REALS[kind]
        return wire, struct.pack(form, value)
    elif kind in _INTEGERS:
        return 0, _varint(int(value))
    return 2, _varint(len(value)) + value


def _written(field, value, given):
    def one(item, kind=field.kind):
        wire, data = _payload(kind, item)
        return _varint(field.number << 3 | wire) + data

    if field.map:
        entry = _entry(field.kind)
        return b"".join(one(entry(key=key, value=item), entry) for key, item in sorted(value.items()))
    if field.repeated and field.kind in (*_INTEGERS, *_REALS):
        packed = b"".join(_payload(field.kind, item)[1] for item in value)
        return one(packed, "bytes") if value else b""
    if field.repeated:
        return b"".join(one(item) for item in value)
    if isinstance(field.kind, type):
        return one(value) if given or value.ListFields() else b""
    return one(value) if value or (given and field.oneof) else b""


def _text(field, value, indent=""):
    items = value if field.repeated else [value]
    if field.map:
        items = [_entry(field.kind)(key=key, value=item) for key, item in sorted(value.items())]
    out = []
    for item in items:
        if isinstance(item, Message):
            inner = "".join(f"  {line}\n" for line in str(item).splitlines())
            out.append(f"{field.name} {{\n{inner}}}\n")
        elif isinstance(item, (str, bytes)):
            shown = repr(item if isinstance(item, str) else item.decode("latin-1"))[1:-1].replace('"', '\\"')
            out.append(f'{field.name}: "{shown}"\n')
        else:
            out.append(f"{field.name}: {str(item).lower() if isinstance(item, bool) else item}\n")
    return "".join(out)


def _message(name, *fields):
    return type(name, (Message,), {"_fields": tuple(_Field(*field[:3], **dict.fromkeys(field[3:], True)) for field in fields)})


VersionDef = _message("VersionDef", (1, "producer", "int32"), (2, "min_consumer", "int32"))
_Dim = _message("Dim", (1, "size", "int64"), (2, "name", "string"))
TensorShapeProto = _message("TensorShapeProto", (2, "dim", _Dim, "repeated"), (3, "unknown_rank", "bool"))
TensorProto = _message("TensorProto", (1, "dtype", "enum"), (2, "tensor_shape", TensorShapeProto), (4, "tensor_content", "bytes"),
                       (5, "float_val", "float", "repeated"), (6, "double_val", "double", "repeated"), (7, "int_val", "int32", "repeated"),
                       (8, "string_val", "bytes", "repeated"), (10, "int64_val", "int64", "repeated"), (11, "bool_val", "bool", "repeated"))
NameAttrList = _message("NameAttrList", (1, "name", "string"))
_ListValue = _message("ListValue", (2, "s", "bytes", "repeated"), (3, "i", "int64", "repeated"), (4, "f", "float", "repeated"),
                      (5, "b", "bool", "repeated"), (6, "type", "enum", "repeated"), (7, "shape", TensorShapeProto, "repeated"),
                      (8, "tensor", TensorProto, "repeated"), (9, "func", NameAttrList, "repeated"))
AttrValue = _message("AttrValue", (1, "list", _ListValue), (2, "s", "bytes", "oneof"), (3, "i", "int64", "oneof"), (4, "f", "float", "oneof"),
                     (5, "b", "bool", "oneof"), (6, "type", "enum", "oneof"), (7, "shape", TensorShapeProto), (8, "tensor", TensorProto), (9, "placeholder", "string"),
                     (10, "func", NameAttrList))
NameAttrList._fields += (_Field(2, "attr", AttrValue, map=True),)
NodeDef = _message("NodeDef", (1, "name", "string"), (2, "op", "string"), (3, "input", "string", "repeated"), (4, "device", "string"),
                   (5, "attr", AttrValue, "map"))
_ArgDef = _message("ArgDef", (1, "name", "string"), (2, "description", "string"), (3, "type", "enum"))
OpDef = _message("OpDef", (1, "name", "string"), (2, "input_arg", _ArgDef, "repeated"), (3, "output_arg", _ArgDef, "repeated"),
                 (17, "is_stateful", "bool"))
FunctionDef = _message("FunctionDef", (1, "signature", OpDef), (5, "attr", AttrValue, "map"), (3, "node_def", NodeDef, "repeated"),
                       (4, "ret", "string", "map"), (6, "control_ret", "string", "map"))
FunctionDefLibrary = _message("FunctionDefLibrary", (1, "function", FunctionDef, "repeated"))
GraphDef = _message("GraphDef", (1, "node", NodeDef, "repeated"), (2, "library", FunctionDefLibrary), (4, "versions", VersionDef))
