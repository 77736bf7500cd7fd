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
    op = property(lambda self: self._op, doc="The operation of a graph that failed, where one did.")
    message = property(lambda self: self._message, doc="The text.")
    experimental_payloads = property(lambda self: {}, doc="No payloads.")

    # Raised by an operator, the class tells the code.
    @property
    def code(self):
        """One of tf.errors.OK, CANCELLED, ..."""
        return self.error_code

    def __str__(self):
        return str(self._message)

    def __reduce__(self):
        return type(self), (self._node_def, self._op, self._message)


_BY_CODE = {}


def _define(name, code, doc):
    made = type(name, (OpError,), {"error_code": code, "__module__": __name__, "__doc__": doc})
    _BY_CODE[code] = globals()[name] = made


for _row in (("CancelledError", 1, "The work was stopped: by request_stop(), Ctrl-C, or the end of what it was for."),
             ("UnknownError", 2, "Something failed for a reason that nothing else says."),
             ("InvalidArgumentError", 3, "An argument has a shape, dtype or value that the operator does not take."),
             ("DeadlineExceededError", 4, "Something took longer than it was allowed to."),
             ("NotFoundError", 5, "A file, an operator or another thing of that name does not exist."),
             ("AlreadyExistsError", 6, "A thing of that name exists already."),
             ("PermissionDeniedError", 7, "The process may not do that."),
             ("ResourceExhaustedError", 8, "Memory, or another resource, does not suffice."),
             ("FailedPreconditionError", 9, "Something has to be done first: a variable or a table has no value yet."),
             ("AbortedError", 10, "The work was given up, because something else was done meanwhile."),
             ("OutOfRangeError", 11, "The end was reached: of a data set, a file, a counter."),
             ("UnimplementedError", 12, "The operator does not do that, for these dtypes or at all."),
             ("InternalError", 13, "A mistake of the library itself."),
             ("UnavailableError", 14, "A service cannot be reached now."),
             ("DataLossError", 15, "Data is damaged or lost."),
             ("UnauthenticatedError", 16, "The request lacks valid credentials.")):
    _define(*_row)


class OperatorNotAllowedInGraphError(TypeError):
    """Python code does with a symbolic tensor what only an eager one allows."""


class InaccessibleTensorError(ValueError):
    """A tensor of another graph is used."""


def exception_type_from_error_code(error_code):
    """The class of an error by its code."""
    return _BY_CODE.get(error_code, UnknownError)  # noqa: F821


def error_code_from_exception_type(cls):
    """The code of a class of errors."""
    return cls.error_code
