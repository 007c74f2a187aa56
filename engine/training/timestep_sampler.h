// Which t each example of a batch is trained at: uniform as in Algorithm 1, or by importance.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"
#include "formats/safetensors.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ddpm::training {

class TimestepSampler {
public:
    static constexpr int history = 10; ///< newest losses kept of each t; Nichol & Dhariwal 2021, §3.3

    TimestepSampler(TimestepSampling kind, int timesteps, torch::Device device);

    struct Drawn {
        torch::Tensor t;      ///< [n] int64 on the device, 0-based
        torch::Tensor weight; ///< [n] float32, 1 / (T p_t); undefined where t is uniform: all would be 1
    };
    /// A function of the generator's state and the history. Uniform also by importance until `history` losses
    /// of every t are known; after that p_t goes by the root of their mean square, with one thousandth spread
    /// evenly so that no t is ever given up.
    Drawn draw(std::int64_t n, torch::Generator& generator) const;

    /// t: [n] int64; loss: [n], unweighted. Does nothing for uniform sampling; otherwise the device is waited
    /// for. What is not finite is left out.
    void record(const torch::Tensor& t, const torch::Tensor& loss);

    /// p_t, [T] float64 on the CPU.
    torch::Tensor probabilities() const;

    /// Everything draw() goes by, for a checkpoint; empty for uniform sampling.
    formats::TensorList state() const;
    /// Whether `tensors` hold a state() of this kind and size; then take() brings it back.
    bool fits(const formats::TensorList& tensors) const;
    void take(const formats::TensorList& tensors);

private:
    bool warmed_up() const;

    TimestepSampling kind_;
    int timesteps_;
    torch::Device device_;
    torch::Tensor losses_; ///< [T, history] float64 on the CPU, a ring for each t
    torch::Tensor seen_;   ///< [T] int64 on the CPU: losses recorded so far
};

} // namespace ddpm::training
