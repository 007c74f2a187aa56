#include "runtime/forward_graph.h"

#include "compat/torch_compat.h"

namespace ddpm::runtime {
namespace {

constexpr int asked_before_recording = 2; ///< in which the library tries its algorithms
constexpr int worth_recording = 30;       ///< recording takes as long as some ten answers

} // namespace

ForwardGraph::ForwardGraph(std::shared_ptr<network::Net> net, torch::Device device, Asked asked)
    : net_(std::move(net)), device_(device), asked_(asked) {}

ForwardGraph::Recorded& ForwardGraph::recorded_for(std::int64_t n, bool labelled) {
    for (const auto& shape : shapes_)
        if (shape->n == n && shape->labelled == labelled) return *shape;
    shapes_.push_back(std::make_unique<Recorded>());
    shapes_.back()->n = n;
    shapes_.back()->labelled = labelled;
    return *shapes_.back();
}

torch::Tensor ForwardGraph::operator()(const torch::Tensor& x, int t_index, const network::Mode& mode,
                                       int to_come) {
    const torch::NoGradGuard no_grad;
    const std::int64_t n = x.size(0);
    const auto asked_directly = [&] {
        const torch::Tensor t =
            torch::full({n}, t_index, torch::TensorOptions(torch::kInt64).device(x.device()));
        return net_->forward(x, t, mode);
    };
    if (!compat::DeviceGraph::possible(device_)) return asked_directly();
    Recorded& shape = recorded_for(n, mode.labels.defined());
    if (!shape.graph) {
        const bool pays = asked_ == Asked::for_long || to_come >= worth_recording;
        if (++shape.asked <= asked_before_recording || !pays) return asked_directly();
        shape.x = torch::empty_like(x);
        shape.t = torch::empty({n}, torch::TensorOptions(torch::kInt64).device(x.device()));
        if (mode.labels.defined()) shape.labels = mode.labels.clone();
        network::Mode recorded_mode = mode;
        recorded_mode.labels = shape.labels;
        shape.x.copy_(x);
        shape.t.fill_(t_index);
        auto graph = std::make_unique<compat::DeviceGraph>();
        try {
            graph->record(device_, {},
                          [&] { shape.output = net_->forward(shape.x, shape.t, recorded_mode); });
        } catch (const std::exception& failure) {
            if (!compat::is_out_of_memory(failure)) throw;
            shape.asked = -worth_recording; // once more when there may be room
            return asked_directly();
        }
        shape.graph = std::move(graph);
    }
    shape.x.copy_(x);
    shape.t.fill_(t_index);
    if (shape.labels.defined()) shape.labels.copy_(mode.labels);
    shape.graph->replay();
    return shape.output.clone();
}

} // namespace ddpm::runtime
