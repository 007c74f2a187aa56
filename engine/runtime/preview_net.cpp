#include "runtime/preview_net.h"

#include <utility>

namespace ddpm::runtime {

PreviewNet::PreviewNet(const RunSettings& settings, torch::Device device)
    : net_(make_frozen_net(settings.model, device)),
      answers_(std::make_shared<ForwardGraph>(net_, device, ForwardGraph::Asked::for_long)) {
    // At fixed places: a recording reads them there, whatever has been written since.
    const torch::ScalarType compute = network::compute_type(settings.training.precision);
    if (compute != torch::kFloat32) net_->parameters().make_working_copies(compute);
}

Model PreviewNet::with_weights_of(const network::Net& net, Model model) {
    const torch::NoGradGuard no_grad;
    net_->parameters().flat().copy_(net.parameters().flat());
    net_->parameters().refresh_working_copies();
    model.net = net_;
    model.answers = answers_;
    return model;
}

} // namespace ddpm::runtime
