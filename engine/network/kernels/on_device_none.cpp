// A program built without CUDA.
#include "network/kernels/on_device.h"

#include <stdexcept>

namespace ddpm::network::kernels::device {
namespace {

[[noreturn]] void none() {
    throw std::logic_error("this program was built without kernels for a GPU");
}

} // namespace

bool has(const torch::Tensor&) {
    return false;
}
bool has_norm(const torch::Tensor&, std::int64_t) {
    return false;
}
void norm_forward(const NormTensors&) {
    none();
}
void norm_backward(const NormTensors&) {
    none();
}
void concat(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) {
    none();
}
void split(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) {
    none();
}
void upsample(const torch::Tensor&, const torch::Tensor&) {
    none();
}
void add_four(const torch::Tensor&, const torch::Tensor&) {
    none();
}
void add_biased(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) {
    none();
}
torch::Tensor column_sums(const torch::Tensor&, std::int64_t) {
    none();
}
void adam(const AdamTensors&) {
    none();
}

} // namespace ddpm::network::kernels::device
