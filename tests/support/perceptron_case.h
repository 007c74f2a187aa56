// The net for points with made-up weights, for its kernels and composed of the library's operations.
#pragma once

#include "network/kernels/mlp.h"
#include "support/values_and_gradients.h"

#include <cmath>
#include <utility>
#include <vector>

namespace ddpm::test {

struct PerceptronShape {
    std::int64_t rows = 0, hidden = 0, layers = 0, embedding = 10;
};

struct PerceptronCase {
    std::int64_t hidden, layers, embedding;
    static constexpr std::int64_t timesteps = 7;
    Tensors inputs; ///< in the order of MlpWeights::places
    torch::Tensor x, embeddings, which;

    explicit PerceptronCase(const PerceptronShape& shape)
        : hidden(shape.hidden), layers(shape.layers), embedding(shape.embedding) {
        torch::manual_seed(8);
        const auto matrix = [](std::int64_t out, std::int64_t in) {
            return torch::randn({out, in}) / std::sqrt(static_cast<double>(in));
        };
        inputs = {matrix(hidden, 2), torch::randn({hidden})};
        for (std::int64_t layer = 0; layer < layers; ++layer) {
            inputs.insert(inputs.end(), {matrix(hidden, embedding), torch::randn({hidden})});
            if (layer > 0) inputs.insert(inputs.end(), {matrix(hidden, hidden), torch::randn({hidden})});
        }
        inputs.insert(inputs.end(), {matrix(2, hidden), torch::randn({2})});
        x = torch::randn({shape.rows, 2});
        embeddings = torch::randn({timesteps, embedding});
        which = torch::randint(timesteps, {shape.rows}, torch::kInt32);
    }

    network::kernels::MlpWeights weights(const Tensors& all) const {
        network::kernels::MlpWeights weights;
        weights.hidden = hidden;
        weights.embedding = embedding;
        weights.layers = layers;
        Tensors pieces;
        std::int64_t place = 0;
        for (const torch::Tensor& of : all) {
            weights.places.push_back(place);
            pieces.insert(pieces.end(), {of.flatten(), torch::zeros({3})}); // there may be gaps
            place += of.numel() + 3;
        }
        weights.flat = torch::cat(pieces);
        return weights;
    }

    /// In float64.
    torch::Tensor composed(const Tensors& all) const {
        const torch::Tensor time = embeddings.to(torch::kFloat64).index_select(0, which);
        std::size_t next = 0;
        const auto layer_of = [&](const torch::Tensor& from) {
            next += 2;
            return torch::linear(from, all[next - 2], all[next - 1]);
        };
        torch::Tensor h = layer_of(x.to(torch::kFloat64));
        h = torch::silu(h + layer_of(time));
        for (std::int64_t layer = 1; layer < layers; ++layer) {
            const torch::Tensor of_time = layer_of(time);
            h = h + torch::silu(layer_of(h) + of_time);
        }
        return layer_of(h);
    }

    /// Of fit_mlp() on made-up targets and weights: y, the squares and all gradients, each beside float64's.
    std::vector<std::pair<torch::Tensor, torch::Tensor>> fit(bool in_halves) const {
        const network::kernels::MlpWeights given = weights(inputs);
        const torch::Tensor target = torch::randn_like(x), weight = torch::rand({x.size(0)}),
                            gradient = torch::full_like(given.flat, untouched);
        const network::kernels::MlpFit ours =
            network::kernels::fit_mlp(x, embeddings, which, given, {target, weight}, gradient, in_halves);
        Tensors exact;
        for (const torch::Tensor& input : inputs)
            exact.push_back(input.to(torch::kFloat64).set_requires_grad(true));
        const torch::Tensor y = composed(exact), squared = (y - target).square().mean(1);
        const Tensors gradients = torch::autograd::grad({(weight * squared).mean()}, exact);
        std::vector<std::pair<torch::Tensor, torch::Tensor>> pairs = {{ours.y, y.detach()},
                                                                      {ours.squared, squared.detach()}};
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const std::int64_t place = given.places[i], size = inputs[i].numel();
            pairs.emplace_back(gradient.narrow(0, place, size).view_as(inputs[i]), gradients[i]);
            const torch::Tensor gap = gradient.narrow(0, place + size, 3);
            pairs.emplace_back(gap, torch::full_like(gap, untouched, torch::kFloat64));
        }
        return pairs;
    }
    static constexpr double untouched = 7;
};

} // namespace ddpm::test
