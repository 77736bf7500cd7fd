"""Trains Fashion-MNIST in C++ and in Python, compares all bits of both, and draws the plot; ./run calls it."""

import gzip
import json
import os
import subprocess
import sys
import time

import numpy as np

import steps
from steps import BUILD, PYTHON, ROOT

OUTPUT = ROOT / "run-output"
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def headline(text):
    print(f"\n{steps.colour('== ' + text, 1)}", flush=True)


def train(language, command):
    """Runs one of the two programs, its output on the terminal, and gives its results and the seconds it took."""
    folder = OUTPUT / language
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    start = time.monotonic()
    status = subprocess.run([*command, folder], cwd=ROOT, env=steps.environment(), stdin=subprocess.DEVNULL).returncode
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"run: the {language} program ended with status {status}")
    return json.loads((folder / "result.json").read_text()), seconds


def test_table(cpp, python, truth):
    """Test accuracy by class, from both programs."""
    print(f"  {'class':<14}{'images':>8}{'C++':>10}{'Python':>10}")
    rows = [(name, truth == label) for label, name in enumerate(CLASSES)] + [("all", truth >= 0)]
    for name, chosen in rows:
        shares = [np.mean(np.array(run["labels"])[chosen] == truth[chosen]) for run in (cpp, python)]
        print(f"  {name:<14}{chosen.sum():>8}{shares[0]:>10.2%}{shares[1]:>10.2%}")
    print(f"  {'loss':<14}{'':>8}{cpp['test'][0]:>10.4f}{python['test'][0]:>10.4f}")


def compare(cpp, python):
    """Prints what must be equal; gives True where it is."""
    same = cpp["weights"] == python["weights"]
    reloaded = cpp["reloaded_equal"] and python["reloaded_equal"]
    print(f"  weights, C++     {cpp['weights']}")
    print(f"  weights, Python  {python['weights']}")
    print(f"  the same bits              {verdict(same)}")
    print(f"  reloaded predictions equal {verdict(reloaded)}")
    return same and reloaded


def verdict(good):
    return steps.colour("yes", 32) if good else steps.colour("NO", 31)


def load_test_images():
    """Found as the loader finds them: in the cache, or in Debian's package."""
    homes = [os.environ.get("RUNNEL_HOME"), os.environ.get("KERAS_HOME"), os.path.expanduser("~/.keras")]
    cached = [os.path.join(home, "datasets/fashion-mnist") for home in homes if home]
    for folder in [*cached, "/usr/share/datasets/fashion-mnist"]:
        if os.path.exists(os.path.join(folder, "t10k-images-idx3-ubyte.gz")):
            read = lambda name: gzip.open(os.path.join(folder, name)).read()
            images = np.frombuffer(read("t10k-images-idx3-ubyte.gz"), np.uint8, offset=16).reshape(-1, 28, 28)
            return images, np.frombuffer(read("t10k-labels-idx1-ubyte.gz"), np.uint8, offset=8)
    sys.exit("run: the test images are gone")


def draw(run, images, truth, path):
    """Left the curves of the C++ run, right its predictions for some test images; wrong ones are red."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(13, 5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    panels = left.subplots(2, 1, sharex=True)
    for panel, name in zip(panels, ("loss", "accuracy")):
        values = run["history"][name]
        epochs = range(1, len(values) + 1)
        panel.plot(epochs, values, marker="o", label="training")
        panel.plot(epochs, run["history"]["val_" + name], marker="o", label="validation")
        panel.set_ylabel(name)
        panel.grid(alpha=0.3)
        panel.legend()
    panels[-1].set_xlabel("epoch")
    panels[-1].set_xticks(list(epochs))
    for index, panel in enumerate(right.subplots(3, 5).flat):
        right_answer = run["labels"][index] == truth[index]
        panel.imshow(images[index], cmap="gray_r")
        panel.set_title(CLASSES[run["labels"][index]], fontsize=9, color="black" if right_answer else "red")
        panel.axis("off")
    figure.savefig(path, dpi=110)


def main():
    print(steps.colour("Runnel: Fashion-MNIST in C++ and in Python, on one engine", 1))
    if not steps.build(targets=["demo"]):
        sys.exit(1)
    headline("C++ (examples/fashion_mnist.cc)")
    cpp, cpp_seconds = train("cpp", [BUILD / "examples/fashion_mnist"])
    headline("Python (examples/fashion_mnist.py)")
    python, python_seconds = train("python", [PYTHON, ROOT / "examples/fashion_mnist.py"])

    images, truth = load_test_images()
    headline("Accuracy on the 10,000 test images")
    test_table(cpp, python, truth)
    headline("The same network?")
    good = compare(cpp, python)
    plot = OUTPUT / "fashion_mnist.png"
    draw(cpp, images, truth, plot)
    headline("Done")
    print(f"  C++ took {cpp_seconds:.1f} s, Python {python_seconds:.1f} s, loading and testing included")
    print(f"  curves and predictions: {plot.relative_to(ROOT)}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
