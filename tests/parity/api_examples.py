"""What tensors, shapes, dtypes and variables look like and how they behave in Python: expressions, one a line.

The result of each is stored as text (see oracle_examples.py); `test_api_examples.py` compares Runnel's.
"""

TENSORS = '''
tf.constant(1)
tf.constant(1.5)
tf.constant(-0.0)
tf.constant(True)
tf.constant("a")
tf.constant(b"\\xff")
tf.constant(1 + 2j)
tf.constant([1, 2])
tf.constant([[1., 2., 3.], [4., 5., 6.]])
tf.constant([], tf.float32)
tf.zeros([0, 3])
tf.zeros([2, 0, 2])
tf.constant([1e-8, 1.0, 1e8])
tf.constant([float("nan"), float("inf"), -float("inf")])
tf.constant([0.1, 0.2], tf.float64)
tf.constant([1.5, 2.5], tf.float16)
tf.constant([1, 2], tf.int8)
tf.constant([1, 2], tf.uint64)
tf.constant([True, False])
tf.constant(["a", "bc"])
tf.constant([["x"], ["y"]])
tf.constant([1 + 2j, 3], tf.complex64)
tf.range(2000)
tf.reshape(tf.range(3000), [30, 100])
tf.ones([2, 2, 2])
tf.zeros([1, 1, 1, 1])
tf.linspace(1.0, 2.0, 7)
tf.constant([123456.789, 0.001])
tf.constant(3.0, tf.bfloat16)
tf.eye(3, dtype=tf.int32)
'''.strip().splitlines()

EXPRESSIONS = [f"{form}({text})" for text in TENSORS for form in ("repr", "str")] + '''
format(tf.constant(1.5), ".3f")
format(tf.constant(7), "d")
"{}".format(tf.constant([1, 2]))
f"{tf.constant(2.0)}"
tf.constant([[1, 2], [3, 4]]).shape
repr(tf.constant([[1, 2], [3, 4]]).shape)
tf.constant([1, 2]).dtype
repr(tf.constant([1, 2]).dtype)
tf.constant([1, 2]).ndim
len(tf.constant([[1], [2], [3]]))
bool(tf.constant(1))
bool(tf.constant([0.0]))
bool(tf.constant(""))
int(tf.constant(3.7))
float(tf.constant(2))
complex(tf.constant(2.0))
[10, 20, 30][tf.constant(1)]
list(range(tf.constant(3)))
[float(x) for x in tf.constant([1.0, 2.0])]
[x.shape.as_list() for x in tf.zeros([2, 3])]
tf.constant([1, 2]).numpy()
type(tf.constant(1).numpy()).__name__
type(tf.constant([1]).numpy()).__name__
tf.constant("abc").numpy()
tf.constant(["a"]).numpy()
tf.constant([[1, 2]]).numpy().tolist()
np.asarray(tf.constant([1.0, 2.0])).dtype.name
np.array(tf.constant([1, 2]), dtype=np.float64)
np.sum(tf.constant([1.0, 2.0]))
np.sin(tf.constant([0.0]))
np.concatenate([tf.constant([1]), tf.constant([2])])
np.stack([tf.constant([1]), np.array([2])])
type(np.float32(2) * tf.constant(3.0)).__name__ != "float32"
tf.constant(np.arange(3))
tf.constant(np.float64(1.5))
tf.constant(np.array([1, 2], np.uint8)) + 1
tf.constant([1.0]) + np.array([2.0], np.float32)
tf.constant(2) + 3
3 - tf.constant(2)
2.0 / tf.constant([1.0, 4.0])
tf.constant(7) / 2
tf.constant(7) // 2
-tf.constant(7) % 4
tf.constant([1, 2]) == tf.constant([1, 3])
tf.constant([1, 2]) != [1, 3]
tf.constant(1) == None
tf.constant([1, 2]) == "a"
tf.constant(1) is None
tf.constant(3) < 4
tf.constant([True]) & [False]
tf.constant([[1, 2], [3, 4]]) @ tf.constant([[1], [1]])
tf.constant(2) ** 3
2 ** tf.constant(3)
divmod(7, 2)
round(tf.constant(2.5).numpy().item())
tf.constant([1, 2, 3])[::-1]
tf.constant([[1, 2], [3, 4]])[:, 1]
tf.constant([[1, 2], [3, 4]])[..., tf.newaxis].shape
tf.constant([1, 2, 3])[tf.constant([True, False, True])]
tf.constant([1, 2, 3])[tf.constant(1)]
tf.constant([1, 2, 3])[np.int64(2)]
tf.is_tensor(tf.constant(1))
tf.is_tensor(1)
isinstance(tf.constant(1), tf.Tensor)
tf.constant(1).device.split("/")[-1]
tf.constant([1, 2]).shape == (2,)
tf.constant([1, 2]).shape == [2]
tf.constant([1, 2]).get_shape()
pickle.loads(pickle.dumps(tf.constant([1.0, 2.0])))
copy.copy(tf.constant([1.0]))
copy.deepcopy(tf.constant([1.0]))
tf.constant(1).ref() == tf.constant(1).ref()
tf.convert_to_tensor([1, 2.5])
tf.convert_to_tensor(np.zeros((0, 2)))
tf.convert_to_tensor([tf.constant(1), 2])
tf.convert_to_tensor([[tf.constant(1.0), 2], [3, tf.constant(4.0)]])
tf.convert_to_tensor("a").dtype
tf.convert_to_tensor((1, 2), dtype_hint=tf.float32)
tf.TensorShape([2, None, 3])
repr(tf.TensorShape([2, None, 3]))
repr(tf.TensorShape(None))
repr(tf.TensorShape([]))
str(tf.TensorShape([None]))
tf.TensorShape([2, 3]).num_elements()
tf.TensorShape([2, None]).num_elements()
tf.TensorShape([2, 3]).as_list()
tf.TensorShape([2, 3])[0]
tf.TensorShape([2, 3, 4])[1:]
tf.TensorShape([2, 3]) + [4]
[2] + tf.TensorShape([3])
tf.TensorShape([2, None]).is_fully_defined()
tf.TensorShape([2, None]).is_compatible_with([2, 3])
tf.TensorShape([2, None]).merge_with([None, 3])
tf.TensorShape([2, 3]).concatenate([4])
len(tf.TensorShape([2, 3]))
list(tf.TensorShape([2, 3]))
tf.TensorShape([2, 3]).rank
tf.TensorShape(None).rank
tf.TensorShape([2, 3]) == tf.TensorShape([2, 3])
hash(tf.TensorShape([2, 3])) == hash(tf.TensorShape([2, 3]))
tf.TensorShape([2]).most_specific_compatible_shape([3])
tf.float32
repr(tf.float32)
str(tf.string)
tf.float32.name
tf.float32.size
tf.float32.as_numpy_dtype.__name__
tf.float32.is_floating, tf.int8.is_integer, tf.uint8.is_unsigned, tf.complex64.is_complex, tf.bool.is_bool
tf.float32.min, tf.float32.max
tf.int8.min, tf.int8.max, tf.uint16.max
tf.complex64.real_dtype
tf.float32 == "float32", tf.float32 == np.float32, tf.float32 != tf.float64
tf.as_dtype("float"), tf.as_dtype(np.int32), tf.as_dtype(float), tf.as_dtype("half")
tf.dtypes.as_dtype(bool)
tf.float32.as_datatype_enum
{tf.float32: 1}[tf.float32]
tf.Variable(1.5)
repr(tf.Variable([1, 2], name="v"))
str(tf.Variable([[1.0]]))
tf.Variable(1.0).name
tf.Variable(1.0, name="w").name
tf.Variable([1, 2]).shape
tf.Variable([1, 2]).dtype
tf.Variable([1, 2]).numpy()
tf.Variable([1.0]) + 1
tf.Variable([1.0]).assign([3.0]).numpy()
tf.Variable([1, 2, 3])[1:]
repr(tf.Variable(["a"]))
tf.reduce_sum(tf.Variable([1.0, 2.0]))
float(tf.Variable(2.0)), int(tf.Variable(3)), bool(tf.Variable(True))
len([x for x in tf.Variable([1, 2])])
tf.Variable(1.0, trainable=False).trainable
copy.deepcopy(tf.Variable([1.0])).numpy()
tf.constant([1, 2]).__array__().dtype.name
memoryview(tf.constant([1, 2])).format
tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2])).indices
tf.get_static_value(tf.constant([1, 2]))
tf.rank(tf.zeros([2, 3])).numpy()
tf.executing_eagerly()
tf.math.reduce_all(tf.constant([True, True])).numpy()
'''.strip().splitlines()
