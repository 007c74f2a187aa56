#include "network/net.h"

#include "network/point_mlp.h"
#include "network/unet.h"

#include <stdexcept>

namespace ddpm::network {

Net::Fit Net::fit(const torch::Tensor& /*x_t*/, const torch::Tensor& /*t*/, const torch::Tensor& /*target*/,
                  const torch::Tensor& /*weight*/, const Mode& /*mode*/) {
    throw std::logic_error("this net has no fit()");
}

std::unique_ptr<Net> make_net(const ModelSettings& settings, torch::Device device, std::uint64_t seed) {
    std::unique_ptr<Net> net;
    if (settings.kind == NetKind::point_mlp)
        net = std::make_unique<PointMlp>(settings.point_mlp, device, seed);
    else
        net = std::make_unique<Unet>(settings.unet, device, seed);
    net->parameters().flatten();
    return net;
}

} // namespace ddpm::network
