"""The network for training: the base encoder with a table of features at its input and a head for each thing read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from assistant.reading.encoder.inputs import FEATURE, FEATURES_PER_TOKEN, Encoded
from assistant.reading.encoder.labels import TAGS, WHOLE_HEADS
from retrieval.bert import Weights


@dataclass(frozen=True, slots=True)
class Batch:
    """Turns of one length: ids (B, L), features (B, L, F), mask (B, L)."""

    ids: Tensor
    features: Tensor
    mask: Tensor


class ReaderModel(nn.Module):
    """Scores of every head at every token; which tokens matter for which head is the caller's to know."""

    def __init__(self, base: nn.Module, width: int, dropout: float = 0.1) -> None:
        """`base` is a BERT encoder of hidden size `width`."""
        super().__init__()
        self.base = base
        self.feature_table = nn.Embedding(len(FEATURE), width, padding_idx=0)
        nn.init.normal_(self.feature_table.weight, std=0.02)
        with torch.no_grad():
            self.feature_table.weight[0].zero_()
        self.dropout = nn.Dropout(dropout)
        self.whole = nn.ModuleDict({name: nn.Linear(3 * width, size) for name, size in WHOLE_HEADS.items()})
        self.tags = nn.Linear(width, len(TAGS))
        self.chosen = nn.Linear(width, 2)

    @classmethod
    def from_folder(cls, folder: Path) -> ReaderModel:
        """A fresh reader on the base model in `folder`, its heads untrained."""
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        base = cast(Any, AutoModel).from_config(config, add_pooling_layer=False)
        known = base.state_dict()
        base.load_state_dict({name: w for name, w in load_file(folder / "model.safetensors").items() if name in known})
        return cls(base, int(base.config.hidden_size))

    @classmethod
    def from_weights(cls, folder: Path, weights: Weights) -> ReaderModel:
        """A reader that goes on from all of its `weights`, on the base model in `folder`."""
        model = cls.from_folder(folder)
        model.load_state_dict({name: torch.from_numpy(weights[name]) for name in model.state_dict()})
        return model

    def weights(self) -> Weights:
        """All weights by name, in float32."""
        return {name: weight.detach().float().cpu().numpy() for name, weight in self.state_dict().items()}

    def embeddings(self) -> nn.Embedding:
        """The base model's words, which training leaves as they are."""
        found: nn.Embedding = cast(Any, self.base).get_input_embeddings()
        return found

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Logits: each whole head (B, C), `tags` (B, L, T), `item` and `value` (B, L)."""
        words = self.embeddings()(batch.ids) + self.feature_table(batch.features).sum(dim=2)
        hidden = self.base(inputs_embeds=words, attention_mask=batch.mask).last_hidden_state
        hidden = self.dropout(hidden)
        whole = _pooled(hidden, batch.features[..., 0] == FEATURE["turn"])
        scores = {name: head(whole) for name, head in self.whole.items()}
        chosen = self.chosen(hidden)
        return {**scores, "tags": self.tags(hidden), "item": chosen[..., 0], "value": chosen[..., 1]}


def _pooled(hidden: Tensor, turn: Tensor) -> Tensor:
    """The first token, the mean and the greatest over the words of the turn, side by side: (B, 3 * width)."""
    here = turn.unsqueeze(-1)
    mean = (hidden * here).sum(dim=1) / here.sum(dim=1).clamp(min=1)
    greatest = hidden.masked_fill(~here, -10.0).amax(dim=1)
    return torch.cat((hidden[:, 0], mean, greatest), dim=-1)


def collate(turns: Sequence[Encoded], multiple: int = 1) -> Batch:
    """Pads turns to the longest, rounded up to a multiple."""
    length = max(len(turn.ids) for turn in turns)
    length = -(-length // multiple) * multiple
    ids = torch.zeros(len(turns), length, dtype=torch.long)
    features = torch.zeros(len(turns), length, FEATURES_PER_TOKEN, dtype=torch.long)
    mask = torch.zeros(len(turns), length, dtype=torch.long)
    for row, turn in enumerate(turns):
        size = len(turn.ids)
        ids[row, :size] = torch.tensor(turn.ids)
        padded = [names + (0,) * (FEATURES_PER_TOKEN - len(names)) for names in turn.features]
        features[row, :size] = torch.tensor(padded)
        mask[row, :size] = 1
    return Batch(ids, features, mask)
