from __future__ import annotations

import numpy as np
import pytest
import torch

from ranking.models.deep_fm import DeepFmNetwork, pairwise
from ranking.models.dien import DienNetwork
from ranking.models.din import DinNetwork
from ranking.models.logistic_regression import LinearNetwork
from ranking.models.ncf import NcfNetwork
from ranking.models.neural.features import CONTENT, Features, Histories
from ranking.models.neural.layers import Crosses, Layers, Products, Recency, Tastes, Wide
from ranking.models.neural.network import Batch, Network, Settings
from ranking.models.wide_and_deep import WideAndDeepNetwork

SETTINGS = Settings(width=8, hidden=(8, 4), recent=4, crosses=64)
NETWORKS = (LinearNetwork, NcfNetwork, WideAndDeepNetwork, DeepFmNetwork, DinNetwork, DienNetwork)
HISTORIES = [[3, 1, 2], [4, 0, 0], [0, 0, 0]]


def features(products: int = 6) -> Features:
    rng = np.random.default_rng(1)
    content = np.vstack([np.zeros(CONTENT), rng.normal(size=(products, CONTENT))]).astype(np.float32)
    return Features(content, np.arange(products + 1, dtype=np.float32), 3)


def batch(items: list[list[int]], candidates: list[list[int]]) -> Batch:
    there = np.array(items)
    histories = Histories(np.arange(1, len(items) + 1), there, (there > 0).astype(np.float32))
    return Batch.of(histories, np.array(candidates), torch.device("cpu"))


def filled(network_type: type[Network]) -> Network:
    torch.manual_seed(1)
    network = network_type(features(), SETTINGS)
    for weights in network.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    for part in network.modules():
        if isinstance(part, torch.nn.Embedding) and part.padding_idx == 0:
            torch.nn.init.zeros_(part.weight[0])
    return network.eval()


@pytest.mark.parametrize("network_type", NETWORKS)
def test_candidates_of_all_shoppers_at_once_score_as_those_of_each(network_type: type[Network]) -> None:
    network = filled(network_type)
    together = network.logits(batch(HISTORIES, [[1, 5, 6, 2]]))
    apart = network.logits(batch(HISTORIES, [[1, 5, 6, 2]] * 3))
    assert together.shape == (3, 4)
    assert torch.allclose(together, apart, atol=1e-4)


@pytest.mark.parametrize("network_type", NETWORKS)
def test_padding_changes_nothing(network_type: type[Network]) -> None:
    network = filled(network_type)
    short = network.logits(batch([[3, 1]], [[5, 6]]))
    padded = network.logits(batch([[3, 1, 0, 0]], [[5, 6]]))
    assert torch.allclose(padded, short, atol=1e-4)


@pytest.mark.parametrize("network_type", [kind for kind in NETWORKS if kind is not NcfNetwork])
def test_the_history_matters(network_type: type[Network]) -> None:
    network = filled(network_type)
    one, other = (network.logits(batch(items, [[5, 6]])) for items in ([[3, 1]], [[2, 1]]))
    assert not torch.allclose(one, other, atol=1e-3)


def test_dien_reads_in_order_and_its_auxiliary_loss_teaches_the_next_product() -> None:
    network = filled(DienNetwork)
    forwards, backwards = (network.logits(batch([items], [[5]])) for items in ([1, 2, 3], [3, 2, 1]))
    assert abs(float((forwards - backwards).detach())) > 1e-3
    several = batch([[3, 1, 2], [4, 5, 6]], [[5], [1]])
    before = float(network.auxiliary(several).detach())
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(20):
        optimizer.zero_grad()
        loss = network.auxiliary(several)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < before / 2
    assert float(network.auxiliary(batch([[1], [2]], [[3], [4]])).detach()) == 0


def test_a_product_that_nobody_touched_is_read_from_its_content() -> None:
    products = Products(features(), 8, cold=0.0)
    assert products(torch.tensor([2])).tolist() == products.of_content(products.content[[2]]).tolist()
    assert not products(torch.tensor([0])).detach().any()


def test_crosses_add_the_weights_of_pairs_and_fade() -> None:
    crosses = Crosses(64)
    with torch.no_grad():
        crosses.table.weight.fill_(1.0)
    found = crosses(batch([[3, 1], [2, 0], [0, 0]], [[5]]))
    assert found[:, 0].tolist() == pytest.approx([1.85, 1.0, 0.0])


def test_a_cross_counts_as_much_as_it_is_told() -> None:
    wide, some = Wide(features(), 64, 4, unit=0.1), batch([[3, 1]], [[5]])
    before = wide(some).item()
    with torch.no_grad():
        wide.crosses.table.weight.fill_(1.0)
    assert before == pytest.approx(-np.log(4))
    assert wide(some).item() == pytest.approx(before + 0.185)


def test_tastes_are_of_each_shopper_for_content_and_of_each_product_for_the_mean_of_a_history() -> None:
    known = features()
    tastes, content = Tastes(known).eval(), torch.from_numpy(known.content)
    some = batch([[3, 1], [3, 0], [0, 0]], [[5, 6]])
    assert not tastes(some, content).detach().any()
    with torch.no_grad():
        tastes.shoppers.own.weight[2] = content[6]
    expected = torch.zeros(3, 2)
    expected[1] = content[[5, 6]] @ content[6]
    assert torch.allclose(tastes(some, content), expected, atol=1e-4)
    with torch.no_grad():
        tastes.products.weight[5] = content[1]
    expected[:, 0] += torch.stack([(content[3] + content[1]) @ content[1] / 2, content[3] @ content[1], torch.tensor(0.0)])
    assert torch.allclose(tastes(some, content), expected, atol=1e-4)


def test_the_mean_of_a_history_is_weighted_by_steps_back() -> None:
    recency = Recency(4)
    vectors = torch.tensor([[[1.0], [4.0], [0.0]]])
    some = batch([[1, 2, 0]], [[5]])
    assert recency(vectors, some).item() == pytest.approx(2.5)
    with torch.no_grad():
        recency.steps[0] = float(np.log(2))
    assert recency(vectors, some).item() == pytest.approx(2.0)


def test_layers_over_parts_are_layers_over_all_of_them_side_by_side() -> None:
    layers = Layers([2, 3], (4, 2))
    one, other = torch.randn(2, 1, 2), torch.randn(1, 5, 3)
    weights = torch.cat([part.weight for part in layers.parts], dim=1)
    joined = torch.cat([one.expand(2, 5, 2), other.expand(2, 5, 3)], dim=2)
    expected = layers.rest(joined @ weights.T + layers.parts[0].bias).squeeze(-1)
    assert torch.allclose(layers([one, other]), expected, atol=1e-5)


def test_the_factorisation_machine_adds_all_pairs_of_fields() -> None:
    a, b, c = (torch.randn(1, 1, 3) for _ in range(3))
    expected = (a * b + a * c + b * c).sum()
    assert pairwise([a, b, c]).item() == pytest.approx(float(expected), abs=1e-5)
