"""What `import runnel` does to a process."""

import os
import subprocess
import sys


def fresh(code, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done


def test_it_prints_nothing_and_loads_no_numpy():
    done = fresh("import sys, runnel as tf\nassert 'numpy' not in sys.modules\ntf.constant([1, 2]) + 1\nassert 'numpy' not in sys.modules")
    assert done.stdout == done.stderr == ""


def test_modules_can_be_imported_by_name():
    fresh("from runnel.keras.layers import Dense\nimport runnel.math\nfrom runnel.nn import relu\nfrom runnel import errors")


def test_warnings_are_errors():
    fresh("import runnel as tf; str(tf.constant([1])); tf.keras.layers.Dense(1)", PYTHONWARNINGS="error")


def test_what_lets_go_of_functions_at_the_end_is_there_from_the_start():
    """A first use that registered it could wait for the GIL while another thread waits for that first use."""
    fresh("import atexit, runnel as tf\ndata = tf.data.Dataset.range(2)\nbefore = atexit._ncallbacks()\n"
          "data._variant.filter(lambda x: True)\nassert atexit._ncallbacks() == before")
