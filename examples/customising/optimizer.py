"""An optimizer of one's own, with a slot for each Variable, and a schedule of its learning rate."""

import runnel as tf
from housing import train_save_load_train


class Momentum(tf.keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(v, "momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momenta[self._get_variable_index(variable)]
        self.assign(m, self.momentum * m - learning_rate * gradient)
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class Warming(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises evenly to `top`, and stays there."""

    def __init__(self, top=0.1, steps=100):
        self.top, self.steps = top, steps

    def __call__(self, step):
        share = (tf.cast(step, tf.float32) + 1.0) / self.steps
        return self.top * tf.minimum(share, 1.0)

    def get_config(self):
        return {"top": self.top, "steps": self.steps}


tf.keras.utils.set_random_seed(42)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(16, activation="relu", input_shape=(8,)),
    tf.keras.layers.Dense(1),
])
model.compile(optimizer=Momentum(Warming(top=0.02, steps=30), momentum=0.8), loss="mse")
train_save_load_train(model, {"Momentum": Momentum, "Warming": Warming})
