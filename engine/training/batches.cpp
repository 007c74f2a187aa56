#include "training/batches.h"

#include "compat/torch_compat.h"
#include "training/seeds.h"

namespace ddpm::training {

Batches::Batches(std::int64_t count, std::int64_t batch_size, std::uint64_t seed, torch::Device device)
    : count_(count), batch_size_(batch_size), batches_per_epoch_(count / batch_size), seed_(seed),
      device_(device) {}

torch::Tensor Batches::indices(std::int64_t step) {
    const std::int64_t epoch = step / batches_per_epoch_;
    if (epoch != epoch_) {
        // On the CPU, so that the order is the same on every device.
        torch::Generator generator = compat::make_generator(
            torch::kCPU, derive_seed(seed_, Purpose::order, static_cast<std::uint64_t>(epoch)));
        order_ = torch::randperm(count_, generator, torch::kInt64).to(device_);
        epoch_ = epoch;
    }
    return order_.narrow(0, step % batches_per_epoch_ * batch_size_, batch_size_);
}

} // namespace ddpm::training
