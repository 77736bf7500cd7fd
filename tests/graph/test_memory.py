"""The memory that a training step takes, beside TensorFlow's."""

import pathlib
import re
import subprocess
import sys

BENCH = pathlib.Path(__file__).parents[2] / "bench"
# Real TensorFlow 2.21, `bench/memory.py tensorflow 32` on two cores: what the process grew by over three steps of batch 32, at its peak.
# (Batch 64: 743 MB. Runnel, measured alike: 353 and 678 MB.)
TENSORFLOW_MB = 433

STEP = """
import sys
sys.path.insert(0, sys.argv[1])
import memory
import runnel as tf

model = memory.resnet(tf.keras)
x, y = tf.random.normal((32, 64, 64, 3)), tf.zeros((32,), "int32")
model.predict(x[:1], verbose=0)
before = memory.resident_mb()
model.fit(x, y, batch_size=32, epochs=1, verbose=0)
print(memory.peak_mb() - before)
print(model.explain())
"""


def test_a_step_of_a_resnet_takes_no_more_than_tensorflow():
    done = subprocess.run([sys.executable, "-c", STEP, BENCH], capture_output=True, text=True, check=True)
    grown, text = done.stdout.split("\n", 1)
    planned = int(re.search(r"(\d+) bytes at most at one time \(sizes that only a run tells as 32\)", text)[1]) / 2**20
    assert planned < float(grown) + 50 and float(grown) < 1.4 * planned  # the plan is what happens: data and caches are beside it
    assert float(grown) < TENSORFLOW_MB and planned < TENSORFLOW_MB
