"""The training steps of compiled.py as a user of PyTorch writes them, run as they are and through torch.compile."""
from beside import best_us

STEPS = 20


def models():
    """Name: (batch, shape of an example, module)."""
    from torch import nn

    class Lstm(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.dense = nn.LSTM(28, 64, batch_first=True), nn.Linear(64, 10)

        def forward(self, x):
            return self.dense(self.lstm(x)[0][:, -1])

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.dense = nn.Linear(28, 64), nn.Linear(64, 10)
            self.block = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, activation="gelu", batch_first=True)

        def forward(self, x):
            return self.dense(self.block(self.embed(x)).mean(1))

    mlp = [nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)]
    cnn = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
           nn.Dropout(0.5), nn.Linear(1600, 10)]
    return {"MLP 784-300-100-10, batch 32": (32, (28, 28), nn.Sequential(*mlp)), "CNN, batch 64": (64, (1, 28, 28), nn.Sequential(*cnn)),
            "LSTM 64, batch 64": (64, (28, 28), Lstm()), "transformer block, batch 64": (64, (28, 28), Transformer())}


def torch_steps(wanted):
    """Microseconds a step of each: forward, loss, gradients and Adam (no accuracy, which the other modules' steps have)."""
    import torch

    torch.set_grad_enabled(True)
    out = {}
    for name, (batch, shape, model) in models().items():
        if not wanted(f"step of {name}"):
            continue
        x, y = torch.rand(batch * STEPS, *shape), torch.randint(0, 10, (batch * STEPS,))
        adam = torch.optim.Adam(model.parameters(), 1e-3)
        loss = lambda a, b: torch.nn.functional.cross_entropy(model(a), b)
        for kind, forward in {"eager": loss, "compile": torch.compile(loss, dynamic=False)}.items():
            def epoch():
                for i in range(0, len(x), batch):
                    adam.zero_grad()
                    forward(x[i:i + batch], y[i:i + batch]).backward()
                    adam.step()

            out[f"step of {name}|torch {kind}"] = best_us(epoch, 1.0) / STEPS
    return out
