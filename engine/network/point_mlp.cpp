#include "network/point_mlp.h"

#include "compat/torch_compat.h"
#include "network/time_embedding.h"

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

torch::Tensor PointMlp::forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) {
    if (x_t.is_cuda()) compat::allow_tf32(mode.tf32);
    const torch::Tensor time = sinusoidal_embedding(t, settings_.embedding, false, 1);
    torch::Tensor h = torch::silu(in_(x_t) + time_[0](time));
    for (std::size_t layer = 1; layer < time_.size(); ++layer)
        h = h + torch::silu(hidden_[layer - 1](h) + time_[layer](time));
    return (*out_)(h);
}

} // namespace ddpm::network
