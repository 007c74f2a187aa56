// The net that previews are drawn from: one that stays while a run is open. What a GPU has recorded of its
// answers stays with it, and nobody has to make a new net for every look.
#pragma once

#include "runtime/forward_graph.h"
#include "runtime/model.h"

#include <memory>

namespace ddpm::runtime {

class PreviewNet {
public:
    /// For models with these settings; the precision must have been decided.
    PreviewNet(const RunSettings& settings, torch::Device device);

    /// `model` with the weights of `net`, written over the last ones: no preview may be at work.
    Model with_weights_of(const network::Net& net, Model model);

private:
    std::shared_ptr<network::Net> net_;
    std::shared_ptr<ForwardGraph> answers_;
};

} // namespace ddpm::runtime
