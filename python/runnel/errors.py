"""tf.errors: what operators raise."""

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED = range(8)
RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS = range(8, 16)
UNAUTHENTICATED = 16


class OpError(Exception):
    """The base of the errors of operators."""

    error_code = UNKNOWN

    def __init__(self, node_def=None, op=None, message=None, *args):
        super().__init__(node_def, op, message, *args)
        self._node_def, self._op, self._message = node_def, op, message

    node_def = property(lambda self: self._node_def, doc="The node of a graph that failed, where one did.")
    op = property(lambda self: self._op)
    message = property(lambda self: self._message)
    experimental_payloads = property(lambda self: {})

    # Raised by an operator, the class tells the code.
    @property
    def code(self):
        return self.error_code

    def __str__(self):
        return str(self._message)

    def __reduce__(self):
        return type(self), (self._node_def, self._op, self._message)


_BY_CODE = {}


def _define(name, code):
    made = type(name, (OpError,), {"error_code": code, "__module__": __name__})
    _BY_CODE[code] = globals()[name] = made


for _name, _code in (("CancelledError", 1), ("UnknownError", 2), ("InvalidArgumentError", 3), ("DeadlineExceededError", 4),
                     ("NotFoundError", 5), ("AlreadyExistsError", 6), ("PermissionDeniedError", 7), ("ResourceExhaustedError", 8),
                     ("FailedPreconditionError", 9), ("AbortedError", 10), ("OutOfRangeError", 11), ("UnimplementedError", 12),
                     ("InternalError", 13), ("UnavailableError", 14), ("DataLossError", 15), ("UnauthenticatedError", 16)):
    _define(_name, _code)


class OperatorNotAllowedInGraphError(TypeError):
    """Python code does with a symbolic tensor what only an eager one allows."""


class InaccessibleTensorError(ValueError):
    """A tensor of another graph is used."""


def exception_type_from_error_code(error_code):
    return _BY_CODE.get(error_code, UnknownError)  # noqa: F821


def error_code_from_exception_type(cls):
    return cls.error_code
