"""Forward and backward passes of a transformer encoder in PyTorch, one a line of standard input: answers with wall and processor seconds.

The counterpart of runtime.bench.ts: embeddings, post-norm encoder layers with exact GELU and no dropout, tanh pooler, softmax
cross-entropy, gradients of every parameter. One thread.
"""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)


class Encoder(nn.Module):
    def __init__(self, *, vocabulary, width, layers, heads, wide, length, labels):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(length, width) * 0.02)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, wide, dropout=0.0, activation="gelu", batch_first=True) for _ in range(layers)
        )
        self.pooler = nn.Linear(width, width)
        self.head = nn.Linear(width, labels)

    def forward(self, ids):
        x = self.norm(self.words(ids) + self.positions)
        for layer in self.layers:
            x = layer(x)
        return self.head(torch.tanh(self.pooler(x[:, 0])))


settings = json.loads(sys.argv[1])
batch = settings.pop("batch")
model = Encoder(**settings).train()
ids = torch.randint(settings["vocabulary"], (batch, settings["length"]))
labels = torch.randint(settings["labels"], (batch,))

for _ in sys.stdin:
    model.zero_grad(set_to_none=True)
    wall, cpu = time.perf_counter(), time.process_time()
    nn.functional.cross_entropy(model(ids), labels).backward()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}), flush=True)
