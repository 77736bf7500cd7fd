"""Property: random programs give the same numbers when traced on tensors as in Python."""

import pytest
import programs
import runnel as tf
from test_programs import compiled


class StagedWriter(programs.Writer):
    """Programs that can be staged: every variable is defined first, returns are not in loops, loops run over tensors."""

    def __init__(self, seed):
        super().__init__(seed)
        self.budget = 9

    def program(self):
        self.lines = ["def f(a, b, run):", "    c, d = a * 0, b * 0 + 1"]
        self.block(1, in_loop=False)
        self.lines.append("    return a, b, c, d")
        return "\n".join(self.lines) + "\n"

    def block(self, depth, in_loop):
        for _ in range(self.random.randint(1, 3)):
            self.budget -= 1
            kind = self.random.random()
            if self.budget < 0 or depth > 4 or kind < 0.4:
                self.simple(depth, in_loop)
            elif kind < 0.7:
                self.branch(depth, in_loop)
            elif kind < 0.85:
                self.say(depth, f"steps_{depth} = a * 0")
                self.loop(depth, f"while steps_{depth} < 5 and {self.test()}:")
            else:
                self.loop(depth, f"for e in run({self.random.randint(0, 4)}):")

    def loop(self, depth, head):
        self.say(depth, head)
        self.say(depth + 1, f"steps_{depth} += 1" if head.startswith("while") else "c = c + e")
        self.block(depth + 1, True)

    def simple(self, depth, in_loop):
        if in_loop and self.random.random() < 0.25:
            return self.say(depth, self.random.choice(["break", "continue"]))
        operator = self.random.choice(["=", "=", "+=", "-="])
        value = self.value() if operator != "=" else f"a * 0 + {self.value()}"
        self.say(depth, f"{self.random.choice(programs.NAMES)} {operator} {value}")

    def value(self, depth=0):
        kind = self.random.random()
        if kind < 0.6 or depth > 1:
            return self.random.choice([*programs.NAMES, str(self.random.randint(-3, 9))])
        if kind < 0.75:
            return f"(a * 0 + ({self.value(depth + 1)} if {self.test(depth + 1)} else {self.value(depth + 1)}))"
        return f"({self.value(depth + 1)} {self.random.choice('+-*')} {self.value(depth + 1)}) % 17"

    def test(self, depth=0):
        kind = self.random.random()
        name = self.random.choice(programs.NAMES)
        if kind < 0.7 or depth > 1:
            return f"{name} {self.random.choice(programs.COMPARE)} {self.value(depth + 1)}"
        if kind < 0.8:
            return f"{self.value(depth + 1)} < {name} <= {self.value(depth + 1)}"
        if kind < 0.87:
            return f"not {self.test(depth + 1)}"
        return f"({self.test(depth + 1)} {self.random.choice(['and', 'or'])} {self.test(depth + 1)})"


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_traced_equals_plain(first):
    for seed in range(first, first + 50):
        text = StagedWriter(seed).program()
        plain = compiled(text, f"<staged program {seed}>")
        traced = tf.function(lambda a, b: plain(a, b, tf.range))
        for a, b in [(0, 1), (5, -2), (-7, 3)]:
            got = traced(tf.constant(a), tf.constant(b))
            same = [(int(g) - e) % 2**32 == 0 for g, e in zip(got, plain(a, b, range), strict=True)]  # int32 wraps around
            assert all(same), f"seed {seed}, inputs {a}, {b}\n{text}"
