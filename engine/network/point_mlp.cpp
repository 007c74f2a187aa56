#include "network/point_mlp.h"

#include "compat/torch_compat.h"
#include "network/time_embedding.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace ddpm::network {

PointMlp::PointMlp(const PointMlpSettings& settings, torch::Device device, std::uint64_t seed)
    : settings_(settings), parameters_(device, seed), in_(parameters_, "in", 2, settings.hidden) {
    for (int layer = 0; layer < settings_.layers; ++layer) {
        const std::string index = std::to_string(layer);
        time_.emplace_back(parameters_, "time." + index, settings_.embedding, settings_.hidden);
        if (layer > 0)
            hidden_.emplace_back(parameters_, "hidden." + index, settings_.hidden, settings_.hidden);
    }
    out_.emplace(parameters_, "out", settings_.hidden, 2, Parameters::Init::zeros);
}

namespace {

/// The timesteps that occur in t, and for each of t's which of them it is: [D] int64, [N] int32.
std::pair<torch::Tensor, torch::Tensor> occurring(const torch::Tensor& t) {
    const torch::Tensor given = t.contiguous();
    const auto* values = given.data_ptr<std::int64_t>();
    const std::int64_t count = given.numel();
    const torch::Tensor found = torch::empty({count}, torch::kInt64),
                        which = torch::empty({count}, torch::kInt32);
    auto* timesteps = found.data_ptr<std::int64_t>();
    auto* places = which.data_ptr<std::int32_t>();
    std::vector<std::int32_t> known(static_cast<std::size_t>(*std::max_element(values, values + count)) + 1,
                                    -1);
    std::int32_t distinct = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        std::int32_t& place = known[static_cast<std::size_t>(values[i])];
        if (place < 0) {
            timesteps[distinct] = values[i];
            place = distinct++;
        }
        places[i] = place;
    }
    return {found.narrow(0, 0, distinct), which};
}

} // namespace

torch::Tensor PointMlp::forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) {
    if (x_t.is_cuda()) compat::allow_tf32(mode.tf32);
    const kernels::MlpWeights all = weights();
    if (kernels::has_mlp(x_t, all)) {
        const bool halves = in_halves(mode);
        const auto [timesteps, which] = occurring(t);
        return kernels::mlp(x_t, embeddings_of(timesteps, halves), which, all, halves);
    }
    const torch::Tensor time = sinusoidal_embedding(t, settings_.embedding, false, 1);
    torch::Tensor h = torch::silu(in_(x_t) + time_[0](time));
    for (std::size_t layer = 1; layer < time_.size(); ++layer)
        h = h + torch::silu(hidden_[layer - 1](h) + time_[layer](time));
    return (*out_)(h);
}

bool PointMlp::has_fit(const torch::Tensor& x_t) const {
    return kernels::has_mlp(x_t, weights());
}

Net::Fit PointMlp::fit(const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& target,
                       const torch::Tensor& weight, const Mode& mode) {
    const bool halves = in_halves(mode);
    const auto [timesteps, which] = occurring(t);
    kernels::MlpFit found = kernels::fit_mlp(x_t, embeddings_of(timesteps, halves), which, weights(),
                                             {target, weight}, parameters_.flat_gradient(), halves);
    return {std::move(found.y), std::move(found.squared)};
}

bool PointMlp::in_halves(const Mode& mode) const {
    return mode.compute == torch::kBFloat16 && kernels::has_half_mlp(settings_.hidden);
}

torch::Tensor PointMlp::embeddings_of(const torch::Tensor& timesteps, bool in_halves) {
    constexpr std::int64_t most = 16'384, whole = kernels::whole_in_halves;
    const std::int64_t count = timesteps.numel();
    const auto* indices = timesteps.data_ptr<std::int64_t>();
    const std::int64_t needed = *std::max_element(indices, indices + count) + 1;
    if (needed > most) return sinusoidal_embedding(timesteps, settings_.embedding, false, 1);
    if (!table_.defined() || table_.size(0) < needed) {
        table_ = sinusoidal_embedding(torch::arange(needed), settings_.embedding, false, 1);
        rounded_table_ = table_.to(torch::kBFloat16);
    }
    if (!in_halves || !kernels::has_half_time(settings_.embedding)) return table_.index_select(0, timesteps);
    const std::int64_t rows = (count + whole - 1) / whole * whole,
                       size = settings_.embedding * static_cast<std::int64_t>(sizeof(at::BFloat16));
    const torch::Tensor embeddings = torch::empty({rows, settings_.embedding}, torch::kBFloat16);
    auto* to = static_cast<char*>(embeddings.data_ptr());
    const auto* from = static_cast<const char*>(rounded_table_.data_ptr());
    for (std::int64_t row = 0; row < count; ++row)
        std::memcpy(to + row * size, from + indices[row] * size, static_cast<std::size_t>(size));
    std::memset(to + count * size, 0, static_cast<std::size_t>((rows - count) * size));
    return embeddings;
}

/// Layers are declared in the order that MlpWeights::places wants.
kernels::MlpWeights PointMlp::weights() const {
    const bool trained = parameters_.tensors().front().requires_grad();
    return {trained ? parameters_.leaf() : parameters_.flat(), parameters_.offsets(), settings_.hidden,
            settings_.embedding, settings_.layers};
}

} // namespace ddpm::network
