// A net that is asked many times about batches of one shape: on a GPU its answer is recorded and replayed.
#pragma once

#include "compat/device_graph.h"
#include "network/net.h"

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace ddpm::runtime {

class ForwardGraph {
public:
    /// How often one shape will be asked about: as the caller says, or, by one that keeps this, many times.
    enum class Asked { as_said, for_long };
    /// The net's weights may change between two answers, but only in place and with its working copies; where
    /// it has none and computes in another type than float32, not at all.
    ForwardGraph(std::shared_ptr<network::Net> net, torch::Device device, Asked asked = Asked::as_said);

    /// net(x, t) for one 0-based t, as Net::forward says; without gradients, and the caller's own. Of `mode`
    /// only the labels may differ from call to call. `to_come`: about how often it will be asked again;
    /// recording pays for itself only then.
    torch::Tensor operator()(const torch::Tensor& x, int t_index, const network::Mode& mode, int to_come);

private:
    /// One shape of batch, with and without labels.
    struct Recorded {
        std::int64_t n = 0;
        bool labelled = false;
        int asked = 0;
        torch::Tensor x, t, labels, output; ///< where the recording reads and writes
        std::unique_ptr<compat::DeviceGraph> graph;
    };
    Recorded& recorded_for(std::int64_t n, bool labelled);

    std::shared_ptr<network::Net> net_;
    torch::Device device_;
    Asked asked_;
    std::vector<std::unique_ptr<Recorded>> shapes_;
};

} // namespace ddpm::runtime
