// What changes from one optimisation step to the next, at fixed places in device memory: a recorded step
// finds it there each time it is replayed.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::training {

class StepInputs {
public:
    /// At most `rows` steps are queued before the device has been waited for.
    StepInputs(std::int64_t batch_size, int rows, torch::Device device);

    struct Numbers {
        double step_size = 0, root_correction2 = 1; ///< as Adam::Numbers
        double ema_decay = 1;
        std::int64_t row = 0; ///< where the step's metrics go
    };
    /// Queues the copies; indices: [batch_size] int64 on the device.
    void set(const torch::Tensor& indices, const Numbers& numbers);
    /// Items of a set that is read on the way, instead of what `indices` point to.
    void set_items(const torch::Tensor& items);

    const torch::Tensor& indices() const { return indices_; } ///< [batch_size] int64
    const torch::Tensor& items() const { return items_; }     ///< undefined until set
    torch::Tensor for_adam() const { return numbers_.narrow(0, 0, 3); }
    torch::Tensor row() const { return numbers_.narrow(0, 3, 1).to(torch::kInt64); } ///< [1]

private:
    torch::Tensor indices_, items_;
    torch::Tensor numbers_; ///< [4] float32 on the device
    torch::Tensor waiting_; ///< [rows, 4] float32 on the host: each is read when its step begins
};

} // namespace ddpm::training
