// Mean loss by timestep, slow-moving: why the loss curve goes flat while the pictures improve.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace ddpm::training {

class LossSpectrum {
public:
    LossSpectrum(int timesteps, int bins, torch::Device device);

    /// t: [N] int64, 0-based; loss: [N] float32. On the device, nothing is read back.
    void add(const torch::Tensor& t, const torch::Tensor& loss);

    /// Mean loss of each bin over t = 1…T; NaN where nothing was seen. Reads back from the device.
    std::vector<double> means() const;

private:
    void add_here(const torch::Tensor& t, const torch::Tensor& loss);

    int timesteps_, bins_;
    torch::Tensor sum_, weight_; ///< [bins] float32
};

} // namespace ddpm::training
