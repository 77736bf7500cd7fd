# keras.backend, saving and the odd corners as they were written for Keras 2.4 to 2.15.

# %% K functions of a loss
def rmsle(y_true, y_pred):
    return K.sqrt(K.mean(K.square(K.log(y_pred + 1.0) - K.log(y_true + 1.0)), axis=-1))

assert np.isclose(rmsle(K.constant([[0.0]]), K.constant([[np.e - 1]])), 1)

# %% f1 as people write it
def f1(y_true, y_pred):
    tp = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    predicted, possible = K.sum(K.round(K.clip(y_pred, 0, 1))), K.sum(K.round(K.clip(y_true, 0, 1)))
    precision, recall = tp / (predicted + K.epsilon()), tp / (possible + K.epsilon())
    return 2 * precision * recall / (precision + recall + K.epsilon())

assert np.isclose(f1(K.constant([1.0, 1, 0]), K.constant([0.9, 0.2, 0.8])), 0.5, atol=1e-5)

# %% dice as people write it
def dice(y_true, y_pred, smooth=1.0):
    a, b = K.flatten(y_true), K.flatten(y_pred)
    return (2.0 * K.sum(a * b) + smooth) / (K.sum(a) + K.sum(b) + smooth)

assert np.isclose(dice(K.ones((2, 2)), K.ones((2, 2))), 1)

# %% focal loss as people write it
def focal(y_true, y_pred, gamma=2.0, alpha=0.25):
    y_pred = K.clip(y_pred, K.epsilon(), 1.0 - K.epsilon())
    pt = tf.where(K.equal(y_true, 1), y_pred, 1 - y_pred)
    return -K.sum(alpha * K.pow(1.0 - pt, gamma) * K.log(pt))

assert np.isclose(focal(K.constant([1.0]), K.constant([0.5])), 0.25 * 0.25 * np.log(2))

# %% K.variable, K.get_value, K.set_value, K.update (needs keras.backend.eval)
v = K.variable(np.array([1.0, 2.0]))
K.set_value(v, [3.0, 4.0])
assert K.get_value(v).tolist() == [3, 4] and K.eval(v * 2).tolist() == [6, 8]
K.update_add(v, [1.0, 1.0])
assert K.get_value(v).tolist() == [4, 5]

# %% K.batch_get_value and K.batch_set_value
a, b = K.variable(1.0), K.variable(2.0)
K.batch_set_value([(a, 5.0), (b, 6.0)])
assert [float(v) for v in K.batch_get_value([a, b])] == [5, 6]

# %% K.dot, K.batch_dot, K.transpose (needs keras.backend.batch_dot)
a = K.constant(np.arange(6).reshape(2, 3))
assert np.allclose(K.dot(a, K.transpose(a)), [[5, 14], [14, 50]])
assert K.batch_dot(K.ones((4, 3)), K.ones((4, 3)), axes=1).shape == (4, 1)

# %% K.expand_dims, K.squeeze, K.repeat_elements, K.tile, K.permute_dimensions (needs keras.backend.eval)
x = K.constant([[1.0, 2.0]])
assert K.expand_dims(x).shape == (1, 2, 1) and K.squeeze(x, 0).shape == (2,) and K.permute_dimensions(x, (1, 0)).shape == (2, 1)
assert K.repeat_elements(x, 2, axis=1).numpy().tolist() == [[1, 1, 2, 2]] and K.tile(x, [1, 2]).numpy().tolist() == [[1, 2, 1, 2]]
assert K.repeat(x, 3).shape == (1, 3, 2)

# %% K.switch and K.in_train_phase
assert float(K.switch(K.constant(1.0) > 0, K.constant(2.0), K.constant(3.0))) == 2
assert float(K.in_train_phase(K.constant(1.0), K.constant(0.0), training=True)) == 1

# %% K.learning_phase
K.set_learning_phase(1)
assert int(K.learning_phase()) == 1
K.set_learning_phase(0)

# %% K.gradients of a function's input
x = tf.Variable([2.0])
with tf.GradientTape() as tape:
    y = K.sum(K.square(x))
assert tape.gradient(y, x).numpy().tolist() == [4]

# %% K.function of a model (needs keras.backend.function)
model = keras.Sequential([keras.layers.Dense(3, input_shape=(4,)), keras.layers.Dense(1)])
inner = K.function([model.input], [model.layers[0].output])
assert np.allclose(inner([X])[0], X @ model.layers[0].get_weights()[0], atol=1e-6)

# %% K.binary_crossentropy and K.categorical_crossentropy (needs keras.backend.categorical_crossentropy)
assert np.allclose(K.binary_crossentropy(K.constant([1.0]), K.constant([0.5])), np.log(2), atol=1e-6)
assert np.allclose(K.categorical_crossentropy(K.constant([[0.0, 1.0]]), K.constant([[0.5, 0.5]])), np.log(2), atol=1e-6)

# %% K.floatx, K.image_data_format, K.backend
assert K.floatx() == "float32" and K.image_data_format() == "channels_last" and K.backend() == "tensorflow" and K.epsilon() == 1e-7

# %% K.set_epsilon
K.set_epsilon(1e-5)
assert K.epsilon() == 1e-5
K.set_epsilon(1e-7)

# %% K.cast_to_floatx (needs keras.backend.cast_to_floatx)
assert K.cast_to_floatx(np.array([1.0])).dtype == np.float32

# %% K.random_normal and K.random_uniform
K.clear_session()
assert K.random_normal((2, 3)).shape == (2, 3) and 0 <= float(K.random_uniform(())) < 1

# %% the sampling layer of a VAE
class Sampling(keras.layers.Layer):
    def call(self, inputs):
        mean, log_var = inputs
        return K.random_normal(tf.shape(log_var)) * K.exp(log_var / 2) + mean

z = Sampling()([K.zeros((500, 2)), K.constant(-20.0, shape=(500, 2))])
assert z.shape == (500, 2) and abs(z.numpy()).max() < 0.01

# %% the loss of a VAE by add_loss
mean_in = keras.Input((4,))
mean, log_var = keras.layers.Dense(2)(mean_in), keras.layers.Dense(2, kernel_initializer="zeros")(mean_in)
vae = keras.Model(mean_in, [mean, log_var])
latent = -0.5 * K.sum(1 + log_var - K.exp(log_var) - K.square(mean), axis=-1)
vae.add_loss(K.mean(latent) / 784.0)
vae.compile(optimizer="rmsprop")
vae.fit(X, epochs=1, verbose=0)
m, v = vae.predict(X, verbose=0)
by_hand = np.mean(-0.5 * np.sum(1 + v - np.exp(v) - m**2, axis=-1)) / 784
assert np.isclose(vae.evaluate(X, verbose=0, return_dict=True)["loss"], by_hand, rtol=1e-4)

# %% K.name_scope
class Outer(keras.layers.Layer):
    def call(self, x):
        with K.name_scope("inside"):
            return x + 1.0

assert np.allclose(Outer()(X), X + 1)

# %% save and load .h5
import tempfile

path, model = tempfile.mkdtemp() + "/model.h5", compiled()
model.fit(X, Y, verbose=0)
model.save(path)
assert np.array_equal(keras.models.load_model(path).predict(X, verbose=0), model.predict(X, verbose=0))

# %% save with include_optimizer=False
import tempfile

path, model = tempfile.mkdtemp() + "/model.h5", compiled()
model.save(path, include_optimizer=False)
assert not keras.models.load_model(path).compiled

# %% save_weights and load_weights of .h5 by name
import tempfile

path, model = tempfile.mkdtemp() + "/w.h5", keras.Sequential([keras.layers.Dense(2, input_shape=(4,), name="one")])
model.save_weights(path, overwrite=True)
other = keras.Sequential([keras.layers.Dense(2, input_shape=(4,), name="one"), keras.layers.Dense(1, name="two")])
other.load_weights(path, by_name=True)
assert np.array_equal(other.layers[0].get_weights()[0], model.get_weights()[0])

# %% custom_objects with a compiled loss of a function
import tempfile

def huber(y_true, y_pred):
    return tf.reduce_mean(tf.minimum(tf.square(y_true - y_pred) / 2, tf.abs(y_true - y_pred)))

path, model = tempfile.mkdtemp() + "/model.h5", mlp()
model.compile("nadam", huber)
model.save(path)
assert keras.models.load_model(path, custom_objects={"huber": huber}).loss is huber

# %% keras.utils.get_custom_objects
class Plus(keras.layers.Layer):
    def call(self, x):
        return x + 1.0

keras.utils.get_custom_objects()["Plus"] = Plus
try:
    layer = keras.layers.deserialize({"class_name": "Plus", "config": {"name": "p"}})
    assert isinstance(layer, Plus) and layer.name == "p"
finally:
    del keras.utils.get_custom_objects()["Plus"]

# %% an activation by its name in get_custom_objects
keras.utils.get_custom_objects().update({"cube": lambda x: x**3})
try:
    assert np.allclose(keras.layers.Activation("cube")(np.array([2.0], "float32")), 8)
finally:
    keras.utils.get_custom_objects().pop("cube")

# %% custom_object_scope of keras.utils
def swish(x):
    return x * K.sigmoid(x)

with keras.utils.custom_object_scope({"swish2": swish}):
    layer = keras.layers.Dense(1, activation="swish2", kernel_initializer="ones")
assert np.allclose(layer(np.ones((1, 1), "float32")), 1 / (1 + np.exp(-1)))

# %% CustomObjectScope of generic_utils
from runnel.keras.utils.generic_utils import CustomObjectScope

with CustomObjectScope({"f": lambda x: -x}):
    assert np.allclose(keras.activations.get("f")(tf.constant(2.0)), -2)

# %% register_keras_serializable of keras.utils
@keras.utils.register_keras_serializable(package="Spelling")
class Minus(keras.layers.Layer):
    def call(self, x):
        return -x

assert isinstance(keras.Sequential.from_config(keras.Sequential([Minus(), keras.layers.Dense(1)]).get_config()).layers[0], Minus)

# %% model_from_json and to_json
model = compiled()
again = keras.models.model_from_json(model.to_json())
again.set_weights(model.get_weights())
assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))

# %% from_config of a model
model = compiled()
again = keras.Sequential.from_config(model.get_config())
assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]

# %% clone_model and clone_function
model = compiled()
clone = keras.models.clone_model(model)
clone.set_weights(model.get_weights())
assert clone is not model and np.array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))

# %% tf.compat.v1 where Keras users met it
assert tf.compat.v1.TensorShape([None, 3]).as_list() == [None, 3] and tf.compat.v1.Variable is not None

# %% tf.random.set_seed and keras.backend.clear_session
tf.random.set_seed(42)
K.clear_session()
assert keras.layers.Dense(1).name == "dense" and keras.layers.Dense(1).name == "dense_1"

# %% tf.keras.wrappers is gone as in TF 2.12
assert not hasattr(keras, "wrappers") or not hasattr(keras.wrappers, "scikit_learn")

# %% a list, a tuple and an array as input of predict
model = compiled()
assert np.allclose(model.predict(X.tolist(), verbose=0), model.predict(X, verbose=0)) and model.predict(tf.constant(X), verbose=0).shape == (32, 1)

# %% the model's call of an array gives a tensor
assert mlp()(X).numpy().shape == (32, 1) and mlp()(X, training=False).dtype == tf.float32

# %% Input with dtype, name and ragged/sparse left alone
x = keras.layers.Input(shape=[], dtype=tf.int32, name="ids", sparse=False, ragged=False)
assert x.dtype == tf.int32 and keras.Model(x, x + 1).input_names == ["ids"]
