"""keras.wrappers: models as estimators of scikit-learn. The last test runs the others with real Keras's wrappers as well."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if "RUNNEL_TEST_REAL_KERAS" in os.environ:
    import keras
else:
    import runnel as tf

    keras = tf.keras

HERE, PEERS = Path(__file__), os.environ.get("RUNNEL_PEERS_PYTHON")
NAMES = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
random = np.random.default_rng(2)
X = random.normal(size=(80, 5)).astype("float32")
LABELS = np.array(["no", "yes", "perhaps"])[(X[:, 0] > 0.3).astype(int) + (X[:, 0] > 1)]
TARGET = X @ np.array([1.0, -2.0, 0.5, 0.0, 0.0])


def dynamic(X, y, loss, width=16, activation=None):
    inputs = keras.layers.Input((X.shape[1],))
    x = keras.layers.Dense(width, "relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(y.shape[1], activation)(x))
    model.compile(keras.optimizers.Adam(0.02), loss)
    return model


def compiled(outputs, loss):
    return dynamic(X, np.zeros((1, outputs)), loss)


def classifier(**options):
    return keras.wrappers.SKLearnClassifier(dynamic, model_kwargs={"loss": "categorical_crossentropy", "activation": "softmax"}, **options)


@pytest.mark.parametrize("name", NAMES)
def test_without_scikit_learn_a_wrapper_says_what_it_lacks(name):
    cls = getattr(keras.wrappers, name)
    assert cls.__name__ == name
    try:
        import sklearn  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match=f"{name} requires `scikit-learn` to be installed"):
            cls(None)
    else:
        assert cls(None).warm_start is False


def test_classifier():
    pytest.importorskip("sklearn")
    found = classifier(fit_kwargs={"epochs": 40, "verbose": 0}).fit(X, LABELS)
    assert found.classes_.tolist() == ["no", "perhaps", "yes"] and found.n_features_in_ == 5
    assert found.score(X, LABELS) > 0.9 and set(found.predict(X)) <= {"no", "yes", "perhaps"} and found.predict(X).shape == (80,)
    np.testing.assert_allclose(found.decision_function(X).sum(-1), np.ones(80), rtol=1e-5)


def test_regressor_in_a_pipeline_and_a_search():
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def regressor(**options):
        return keras.wrappers.SKLearnRegressor(dynamic, model_kwargs={"loss": "mse"}, fit_kwargs={"epochs": 60, "verbose": 0}, **options)

    pipeline = make_pipeline(StandardScaler(), regressor()).fit(X, TARGET)
    assert pipeline.score(X, TARGET) > 0.8 and pipeline.predict(X).shape == (80,)
    assert cross_val_score(regressor(), X, TARGET, cv=2).shape == (2,)
    search = GridSearchCV(regressor(), {"fit_kwargs": [{"epochs": 1, "verbose": 0}, {"epochs": 30, "verbose": 0}]}, cv=2).fit(X, TARGET)
    assert search.best_params_["fit_kwargs"]["epochs"] == 30
    if "RUNNEL_TEST_REAL_KERAS" in os.environ:
        return  # it promises several outputs, and refuses them
    two = regressor().fit(X, np.stack([TARGET, -TARGET], 1))
    assert two.predict(X).shape == (80, 2)


def test_transformer_and_a_compiled_model():
    pytest.importorskip("sklearn")
    from sklearn.base import clone

    model = compiled(1, "mse")
    before = [w.copy() for w in model.get_weights()]
    found = keras.wrappers.SKLearnTransformer(model, fit_kwargs={"verbose": 0}).fit(X, TARGET)
    assert found.transform(X).shape == (80, 1) and found.model_ is not model
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
    again = clone(found)
    assert not hasattr(again, "model_") and again.model is model
    assert clone(classifier()).get_params()["model"] is dynamic
    assert found.fit(X, TARGET, epochs=2) is found and len(found.history_.epoch) == 2


def test_what_wrappers_refuse():
    pytest.importorskip("sklearn")
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        classifier().predict(X)
    with pytest.raises(ValueError, match="Only binary and multiclass target types are supported. Target type: continuous"):
        classifier().fit(X, TARGET)
    with pytest.raises(ValueError, match="only one class is present"):
        classifier().fit(X, np.ones(80, int))
    with pytest.raises(RuntimeError, match="Given model needs to be compiled"):
        keras.wrappers.SKLearnRegressor(keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(1)])).fit(X, TARGET)


def _run_with(python, environment):
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not peers", str(HERE)]
    done = subprocess.run(command, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", **environment}, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "skipped" not in done.stdout, done.stdout[-3000:]


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON is not set")
@pytest.mark.parametrize("side", ["ours", "keras"])
def test_with_scikit_learn_beside(side):
    """The tests above where the peers' Python has scikit-learn, with our wrappers and with Keras's own."""
    if subprocess.run([PEERS, "-c", "import sklearn"], capture_output=True, timeout=120).returncode:
        pytest.skip("tools/setup --peers installs scikit-learn")
    _run_with(PEERS, {"PYTHONPATH": os.pathsep.join(sys.path)} if side == "ours" else {"RUNNEL_TEST_REAL_KERAS": "1"})
