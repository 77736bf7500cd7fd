"""keras.distillation: a small model learns from the labels and from a larger one (Hinton et al., 2015)."""

from runnel import _runnel
from runnel.keras import _registry
from runnel.keras._model import Model, Sequential


def _tf():
    import runnel as tf

    return tf


def _functions(losses):
    """Losses in any structure, those given by name as functions; ValueError where all are None."""
    tree = _tf().keras.tree
    made = tree.map_structure(lambda loss: _tf().keras.losses.get(loss) if isinstance(loss, str) else loss, losses)
    if all(loss is None for loss in tree.flatten(made)):
        raise ValueError("The `loss` argument must contain at least one non-`None` value.")
    return made


def _sum_of(value, losses, *outputs):
    """The sum over the structure of `losses` of the means of value(loss, ...)."""
    tf = _tf()
    values = tf.keras.tree.map_structure(lambda loss, *outs: 0.0 if loss is None else tf.reduce_mean(value(loss, *outs)), losses, *outputs)
    return tf.add_n([tf.convert_to_tensor(v, dtype="float32") for v in tf.keras.tree.flatten(values)])


class DistillationLoss:
    """How far a student is from its teacher. A subclass defines compute_loss(), which gives a scalar."""

    teacher_layer_name = student_layer_name = None

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        raise NotImplementedError("Subclasses must implement compute_loss")

    def validate_outputs(self, teacher_outputs, student_outputs):
        """ValueError where the two have different structures."""
        _tf().keras.tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher, student):
        """ValueError where the loss cannot be taken of these models; called once."""

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "loss": _registry.deserialize_keras_object(config["loss"])})


class LogitsDistillation(DistillationLoss):
    """The loss between the two models' logits, divided by a temperature; of probabilities where it is the divergence."""

    def __init__(self, temperature=3.0, loss="kl_divergence"):
        if not isinstance(temperature, (int, float)):
            raise ValueError(f"temperature must be a number, got {type(temperature)}")
        if temperature <= 0:
            raise ValueError("temperature must be positive.")
        self.temperature, self.loss, self._given = temperature, _functions(loss), loss

    def _one(self, loss, teacher, student):
        tf = _tf()
        teacher, student = teacher / self.temperature, student / self.temperature
        if isinstance(loss, tf.keras.losses.KLDivergence):
            return loss(tf.nn.softmax(teacher), tf.nn.softmax(student)) * self.temperature**2
        return loss(teacher, student)

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        return _sum_of(self._one, self.loss, teacher_outputs, student_outputs)

    def get_config(self):
        return {"temperature": self.temperature, "loss": _registry.serialize_keras_object(self._given)}


class FeatureDistillation(DistillationLoss):
    """The loss between the outputs of a layer of the teacher and one of the student; by default of the models themselves."""

    def __init__(self, loss="mse", teacher_layer_name=None, student_layer_name=None):
        self.teacher_layer_name, self.student_layer_name = teacher_layer_name, student_layer_name
        self.loss, self._given = _functions(loss), loss

    def validate_model_compatibility(self, teacher, student):
        for what, model, name in (("teacher", teacher, self.teacher_layer_name), ("student", student, self.student_layer_name)):
            if name is None:
                continue
            if not model.inputs:
                raise ValueError(f"FeatureDistillation with specific layer names requires Functional or Sequential models. The {what} model(s) appear to "
                                 "be subclassed (no symbolic inputs/outputs).")
            try:
                model.get_layer(name=name)
            except ValueError as error:
                raise ValueError(f"In {what} model: {error}") from None

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        return _sum_of(lambda loss, teacher, student: loss(teacher, student), self.loss, teacher_outputs, student_outputs)

    def get_config(self):
        return {"loss": _registry.serialize_keras_object(self._given), "teacher_layer_name": self.teacher_layer_name,
                "student_layer_name": self.student_layer_name}


def _check_alike(teacher, student, what):
    ends = [list(getattr(model, what + "s") or []) for model in (teacher, student)]
    for a, b in zip(*ends):
        if len(a.shape) != len(b.shape) or any(m is not None and n is not None and m != n for m, n in zip(a.shape, b.shape)):
            raise ValueError(f"Teacher and student {what} shapes are incompatible. Teacher: {a.shape}, Student: {b.shape}. All dimensions must match.")
        if a.dtype != b.dtype:
            raise ValueError(f"Teacher and student {what} dtypes must match. Teacher: {a.dtype.name}, Student: {b.dtype.name}.")


def _extractor(model, names):
    """The model with the outputs of these layers beside its own, by name; None where none is asked for."""
    wanted = [name for name in names if name]
    if not wanted:
        return None
    last = model.layers[-1].output if isinstance(model, Sequential) else model.output
    return Model(model.inputs, {"final_output": last, **{name: model.get_layer(name).output for name in wanted}})


class Distiller(Model):
    """Trains `student` on the labels and, by distillation losses, on the outputs of `teacher`, which stays as it is.

    The loss is student_loss_weight times that of compile() and the rest times the weighted sum of the distillation losses."""

    def __init__(self, teacher, student, distillation_losses, distillation_loss_weights=None, student_loss_weight=0.5, name="distiller", **kwargs):
        super().__init__(name=name, **kwargs)
        for what, model in (("Teacher", teacher), ("Student", student)):
            if not isinstance(model, Model):
                raise ValueError(f"{what} must be a keras.Model, got {type(model)}")
        _check_alike(teacher, student, "input")
        _check_alike(teacher, student, "output")
        self._take_weights(distillation_losses, distillation_loss_weights, student_loss_weight)
        self.teacher, self.student = teacher, student
        for loss in self.distillation_losses:
            loss.validate_model_compatibility(teacher, student)
        # Other views of the two models, no layers of this one.
        self.__dict__["_of_teacher"] = _extractor(teacher, [loss.teacher_layer_name for loss in self.distillation_losses])
        self.__dict__["_of_student"] = _extractor(student, [loss.student_layer_name for loss in self.distillation_losses])
        teacher.trainable = False
        mean = _runnel.keras_class("metrics", "Mean")
        self.student_loss_tracker, self.distillation_loss_tracker = mean(name="student_loss"), mean(name="distillation_loss")
        self.total_loss_tracker = mean(name="total_loss")

    def _take_weights(self, losses, weights, student_weight):
        if not isinstance(student_weight, (int, float)):
            raise ValueError(f"student_loss_weight must be a number, got {type(student_weight)}")
        if not 0 <= student_weight <= 1:
            raise ValueError(f"student_loss_weight must be between 0.0 and 1.0, got {student_weight}")
        if losses is None:
            raise ValueError("'distillation_losses' cannot be `None`. Provide a distillation loss or a list of distillation losses.")
        losses = list(losses) if isinstance(losses, (list, tuple)) else [losses]
        weights = [1.0] * len(losses) if weights is None else list(weights)
        if len(weights) != len(losses):
            raise ValueError(f"Number of distillation_loss_weights ({len(weights)}) must match number of distillation_losses ({len(losses)})")
        self.student_loss_weight = student_weight
        self.__dict__.update(distillation_losses=losses, distillation_loss_weights=weights)

    def compile(self, optimizer="adam", loss=None, metrics=None, **kwargs):
        if loss is None:
            raise ValueError("'loss' cannot be `None`.")
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise ValueError(f"metrics must be a list or tuple, got {type(metrics)}")
        self.__dict__["_student_loss"] = _functions(loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)

    def call(self, inputs, training=None):
        return self.student(inputs, training=training)

    def _distillation_loss(self, x, y_pred):
        of_teacher = self._of_teacher(x, training=False) if self._of_teacher else {"final_output": self.teacher(x, training=False)}
        of_student = self._of_student(x, training=True) if self._of_student else {}
        of_student["final_output"] = y_pred
        total = 0.0
        for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights):
            teacher, student = of_teacher[loss.teacher_layer_name or "final_output"], of_student[loss.student_layer_name or "final_output"]
            loss.validate_outputs(teacher, student)
            value = loss.compute_loss(teacher, student)
            if len(value.shape) > 0:
                raise ValueError(f"Distillation loss {type(loss).__name__} returned a non-scalar loss with shape {value.shape}. The compute_loss method "
                                 "must return a scalar tensor.")
            total = total + weight * value
        return total

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        y_pred = self(x, training=training) if y_pred is None else y_pred
        of_labels, distilled = 0.0, 0.0
        if self.student_loss_weight > 0 and y is not None:
            of_labels = _sum_of(lambda loss, truth, predicted: loss(truth, predicted), self._student_loss, y, y_pred)
        if self.student_loss_weight < 1:
            distilled = self._distillation_loss(x, y_pred)
        total = self.student_loss_weight * of_labels + (1.0 - self.student_loss_weight) * distilled
        self.student_loss_tracker.update_state(of_labels)
        self.distillation_loss_tracker.update_state(distilled)
        self.total_loss_tracker.update_state(total)
        return total

    def get_config(self):
        serialize = _registry.serialize_keras_object
        return {"name": self.name, "teacher": serialize(self.teacher), "student": serialize(self.student),
                "distillation_losses": [serialize(loss) for loss in self.distillation_losses],
                "distillation_loss_weights": self.distillation_loss_weights, "student_loss_weight": self.student_loss_weight}

    @classmethod
    def from_config(cls, config):
        made = {name: _registry.deserialize_keras_object(config[name]) for name in ("teacher", "student")}
        made["distillation_losses"] = [_registry.deserialize_keras_object(loss) for loss in config["distillation_losses"]]
        return cls(**{**config, **made})


def install(home):
    for cls in (DistillationLoss, LogitsDistillation, FeatureDistillation, Distiller):
        cls.__module__ = "keras.distillation"  # as files say it
        setattr(home, cls.__name__, cls)
