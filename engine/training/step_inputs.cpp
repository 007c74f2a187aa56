#include "training/step_inputs.h"

namespace ddpm::training {

StepInputs::StepInputs(std::int64_t batch_size, int rows, torch::Device device)
    : indices_(torch::zeros({batch_size}, torch::TensorOptions(torch::kInt64).device(device))),
      numbers_(torch::zeros({4}, torch::TensorOptions(torch::kFloat32).device(device))),
      waiting_(torch::zeros({rows, 4}, torch::kFloat32)) {
    // Copies out of other memory would wait for the device.
    if (device.is_cuda()) waiting_ = waiting_.pin_memory();
}

void StepInputs::set(const torch::Tensor& indices, const Numbers& numbers) {
    indices_.copy_(indices);
    const torch::Tensor row = waiting_[numbers.row];
    float* values = row.data_ptr<float>();
    values[0] = static_cast<float>(numbers.step_size);
    values[1] = static_cast<float>(numbers.root_correction2);
    values[2] = static_cast<float>(numbers.ema_decay);
    values[3] = static_cast<float>(numbers.row);
    numbers_.copy_(row, /*non_blocking=*/true);
}

void StepInputs::set_items(const torch::Tensor& items) {
    if (!items_.defined()) items_ = torch::empty(items.sizes(), items.options().device(indices_.device()));
    items_.copy_(items);
}

} // namespace ddpm::training
