"""keras.wrappers: Keras models as estimators of scikit-learn. It is imported when one of the classes is first asked for."""

import numpy as np

from runnel.keras import _model, _saving

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
except ImportError:
    BaseEstimator = ClassifierMixin = RegressorMixin = TransformerMixin = None


def _bases(*mixins):
    """Without scikit-learn a class is there, and says what it lacks when it is made."""
    return mixins if BaseEstimator else ()


def _checked(estimator, x, *y, **options):
    from sklearn.utils.validation import validate_data

    return validate_data(estimator, x, *y, **options)


def _kind_of(y):
    from sklearn.utils.multiclass import type_of_target

    kind = type_of_target(y)
    if kind == "unknown":
        raise ValueError(f"Unknown label type for data: {y!r}")
    return kind


class _Estimator(*_bases(BaseEstimator)):
    """What the estimators have in common. `model`: a compiled model, of which fit() trains a copy (with `warm_start` the model itself), or a
    function of X, y and `model_kwargs` that makes one. After fit(), `model_` is the trained model and `history_` its History."""

    _many_outputs = True

    def __init__(self, model, warm_start=False, model_kwargs=None, fit_kwargs=None):
        if BaseEstimator is None:
            raise ImportError(f"{type(self).__name__} requires `scikit-learn` to be installed. Run `pip install scikit-learn` to install it.")
        self.model, self.warm_start, self.model_kwargs, self.fit_kwargs = model, warm_start, model_kwargs, fit_kwargs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self):
        return type(self)(self.model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    def fit(self, X, y, **kwargs):
        """Trains on X (samples, features) and y; `kwargs` go to the model's fit(), before `fit_kwargs`."""
        X, y = _checked(self, X, y, multi_output=self._many_outputs)
        targets = self._learn_targets(y)
        model = self._new_model(X, targets)
        if not (model.compiled and model.loss and model.optimizer):
            raise RuntimeError("Given model needs to be compiled, and have a loss and an optimizer.")
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _new_model(self, X, y):
        if not isinstance(self.model, _model.Model):
            return self.model(X=X, y=y, **(self.model_kwargs or {}))
        if self.warm_start:
            return self.model
        model = _saving.clone_model(self.model)
        if self.model.compiled and not model.compiled:
            model.compile_from_config(self.model.get_compile_config())
        return model

    def _outputs(self, X):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        return self.model_.predict(_checked(self, X, reset=False))

    def _learn_targets(self, y):
        """y as (samples, outputs)."""
        _kind_of(y)
        self._flat = y.ndim == 1
        return y.reshape(-1, 1) if self._flat else y

    def predict(self, X):
        """The targets for X, in the form of fit()'s y."""
        found = self._outputs(X)
        return found.reshape(-1) if self._flat and found.shape[1:] == (1,) else found


class SKLearnClassifier(*_bases(ClassifierMixin), _Estimator):
    """A model as a classifier of scikit-learn: it is trained on one-hot classes; `classes_` are their labels."""

    _many_outputs = False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _learn_targets(self, y):
        kind = _kind_of(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[index]

    def decision_function(self, X):
        """The model's outputs (samples, classes)."""
        return self._outputs(X)

    def predict(self, X):
        """The likeliest label of each sample."""
        likeliest = np.argmax(self._outputs(X), -1)
        return self.classes_[likeliest]


class SKLearnRegressor(*_bases(RegressorMixin), _Estimator):
    """A model as a regressor of scikit-learn."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(*_bases(TransformerMixin), _Estimator):
    """A model as a transformer of scikit-learn: transform() gives its outputs."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def transform(self, X):
        """The model's outputs for X (samples, features)."""
        return self._outputs(X)


def install(wrappers):
    for cls in (SKLearnClassifier, SKLearnRegressor, SKLearnTransformer):
        cls.__module__ = "runnel.keras.wrappers"
        setattr(wrappers, cls.__name__, cls)
