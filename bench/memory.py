"""Peak memory of a ResNet-like training step: python memory.py MODULE [batch]. MODULE has TensorFlow's names (runnel, tensorflow).

Prints how far the process's resident memory rises above what it is once the model and the data stand. Run it under each module in
a process of its own, and take the smaller of two runs: allocators round up."""
import importlib
import os
import resource
import sys


def resident_mb():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize() / 2**20


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def block(L, x, filters, stride):
    y = L.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = L.Activation("relu")(L.BatchNormalization()(y))
    y = L.BatchNormalization()(L.Conv2D(filters, 3, padding="same", use_bias=False)(y))
    if stride != 1 or x.shape[-1] != filters:
        x = L.BatchNormalization()(L.Conv2D(filters, 1, strides=stride, use_bias=False)(x))
    return L.Activation("relu")(L.Add()([x, y]))


def resnet(keras):
    L = keras.layers
    i = keras.Input((64, 64, 3))
    x = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(32, 3, padding="same", use_bias=False)(i)))
    for filters, stride in ((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        x = block(L, x, filters, stride)
    model = keras.Model(i, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(x)))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model


def main(module, batch=64):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    tf = importlib.import_module(module)
    model = resnet(tf.keras)
    x = tf.random.normal((batch, 64, 64, 3))
    y = tf.zeros((batch,), dtype="int32")
    model.predict(x[:1], verbose=0)  # brings in what a first call brings in
    before = resident_mb()
    model.fit(x, y, batch_size=batch, epochs=3, verbose=0)
    print(f"{module}, batch {batch}: {before:.0f} MB before, {peak_mb() - before:.0f} MB more at the peak")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
