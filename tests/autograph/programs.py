"""Random small programs on integers: nested branches and loops with break, continue and return anywhere."""

import random

NAMES = "abcd"
COMPARE = ["<", "<=", "==", "!=", ">", ">="]


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.budget = [], 14

    def program(self):
        self.lines = ["def f(a, b):", "    steps = c = d = 0"][: 1 + (self.random.random() < 0.8)]
        if len(self.lines) == 1:
            self.say(1, "steps = 0")
        self.block(1, in_loop=False)
        self.lines.append("    return a, b")
        return "\n".join(self.lines) + "\n"

    def say(self, depth, text):
        self.lines.append("    " * depth + text)

    def block(self, depth, in_loop):
        for _ in range(self.random.randint(1, 4)):
            self.budget -= 1
            kind = self.random.random()
            if self.budget < 0 or depth > 4 or kind < 0.4:
                self.simple(depth, in_loop)
            elif kind < 0.65:
                self.branch(depth, in_loop)
            elif kind < 0.8:
                self.loop(depth, f"while steps < 60 and {self.test()}:")
            elif kind < 0.95:
                self.loop(depth, f"for {self.random.choice(NAMES)} in range({self.random.randint(0, 4)}):")
            else:
                self.attempt(depth, in_loop)

    def branch(self, depth, in_loop):
        self.say(depth, f"if {self.test()}:")
        self.block(depth + 1, in_loop)
        if self.random.random() < 0.3:
            self.say(depth, f"elif {self.test()}:")
            self.block(depth + 1, in_loop)
        if self.random.random() < 0.5:
            self.say(depth, "else:")
            self.block(depth + 1, in_loop)

    def loop(self, depth, head):
        self.say(depth, head)
        self.say(depth + 1, "steps += 1")
        self.block(depth + 1, True)
        if self.random.random() < 0.2:
            self.say(depth, "else:")
            self.block(depth + 1, False)

    def attempt(self, depth, in_loop):
        self.say(depth, "try:")
        self.block(depth + 1, in_loop)
        self.say(depth, "except ZeroDivisionError as e:")
        self.block(depth + 1, in_loop)
        if self.random.random() < 0.3:
            self.say(depth, "else:")
            self.block(depth + 1, in_loop)
        if self.random.random() < 0.3:
            self.say(depth, "finally:")
            self.say(depth + 1, f"b = {self.random.randint(0, 9)}")

    def simple(self, depth, in_loop):
        kind = self.random.random()
        if in_loop and kind < 0.25:
            return self.say(depth, self.random.choice(["break", "continue"]))
        if kind < 0.35:
            return self.say(depth, f"return {self.value()}, {self.value()}")
        if kind < 0.42:
            return self.say(depth, f"del {self.random.choice(NAMES)}")
        if kind < 0.5:
            name = self.random.choice(NAMES)
            return self.say(depth, f"{name} = (lambda: {self.value()})()")
        operator = self.random.choice(["=", "=", "=", "+=", "-="])
        return self.say(depth, f"{self.random.choice(NAMES)} {operator} {self.value()}")

    def value(self, depth=0):
        kind = self.random.random()
        if kind < 0.3 or depth > 1:
            return self.random.choice([*NAMES, str(self.random.randint(-3, 9))])
        if kind < 0.7:
            return self.random.choice(NAMES)
        if kind < 0.8:
            return f"({self.value(depth + 1)} if {self.test(depth + 1)} else {self.value(depth + 1)})"
        if kind < 0.85:
            return f"{self.value(depth + 1)} // {self.random.choice(NAMES)}"
        return f"({self.value(depth + 1)} {self.random.choice('+-*')} {self.value(depth + 1)}) % 17"

    def test(self, depth=0):
        kind = self.random.random()
        if kind < 0.7 or depth > 1:
            return f"{self.value(depth + 1)} {self.random.choice(COMPARE)} {self.value(depth + 1)}"
        if kind < 0.8:
            return f"{self.value(depth + 1)} < {self.value(depth + 1)} <= {self.value(depth + 1)}"
        if kind < 0.87:
            return f"not {self.value(depth + 1)}"
        return f"({self.test(depth + 1)} {self.random.choice(['and', 'or'])} {self.test(depth + 1)})"
