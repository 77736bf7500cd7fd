"""tf.Module: what it finds and how it is named, as real TensorFlow does."""

import pytest
import runnel as tf


class Part(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(1.0, name="w")


def test_own_variables_come_by_name_before_those_below():
    module = Part()
    module.z, module.t = tf.Variable(1.0, name="z"), tf.Variable(2.0, trainable=False, name="t")
    module.a, module.layers = Part(), [Part(), {"q": Part()}]
    module.again, module.itself = module.a, module
    assert [v.name for v in module.variables] == ["t:0", "w:0", "z:0", "w:0", "w:0", "w:0"]
    assert module.variables[3] is module.a.w
    assert [v.name for v in module.trainable_variables] == ["w:0", "z:0", "w:0", "w:0", "w:0"]
    assert module.non_trainable_variables == (module.t,)
    assert module.submodules == (module.a, module.layers[0], module.layers[1]["q"])


def test_names():
    def name_of(class_name):
        return type(class_name, (tf.Module,), {})().name

    assert [name_of(n) for n in ("CamelCaseThing", "HTTPThing", "A2B", "N")] == ["camel_case_thing", "http_thing", "a2_b", "n"]
    with pytest.raises(ValueError, match="'a b' is not a valid module name. Module names must be valid Python identifiers"):
        tf.Module(name="a b")


def test_name_scope():
    class Named(tf.Module):
        @tf.Module.with_name_scope
        def make(self):
            return tf.Variable(1.0, name="k").name

    assert Named().make() == "named/k:0" and Named(name="other").make() == "other/k:0"


def test_losses_of_a_global_batch():
    assert tf.nn.compute_average_loss([1.0, 2.0, 3.0], sample_weight=[0, 1, 1], global_batch_size=6).numpy() == pytest.approx(5 / 6)
    assert tf.nn.compute_average_loss([[1.0], [3.0]], sample_weight=[1.0, 2.0]).numpy() == 3.5
    assert tf.nn.compute_average_loss([1, 2]).dtype == tf.float64 and tf.nn.scale_regularization_loss([1.0, 2.0]).numpy() == 3
    with pytest.raises(TypeError, match="global_batch_size must be an integer"):
        tf.nn.compute_average_loss([1.0, 2.0], global_batch_size=2.0)


def test_the_current_name_scope():
    assert tf.get_current_name_scope() == ""
    with tf.name_scope("outer"):
        with tf.name_scope("inner"):
            assert tf.get_current_name_scope() == "outer/inner"


def test_a_gradient_passes_through():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.grad_pass_through(tf.round)(x * 1.6)
    assert y.numpy().tolist() == [2.0, 3.0] and tape.gradient(y, x).numpy() == pytest.approx([1.6, 1.6])
    assert not tf.is_symbolic_tensor(x.value()) and tf.function(lambda t: tf.constant(tf.is_symbolic_tensor(t)))(x.value())
