// The named parameters of a net, in a fixed order, and how they start.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ddpm::network {

/// Owns a net's parameters (float32 leaves with gradients) under diffusers' state-dict names.
class Parameters {
public:
    Parameters(torch::Device device, std::uint64_t seed);
    Parameters(const Parameters&) = delete; // the layers keep a reference
    Parameters& operator=(const Parameters&) = delete;

    enum class Init {
        fan_average, ///< uniform, variance 1 / average of fan-in and fan-out, as the paper's code
        zeros,       ///< biases, and the last layer of each block (App. B's code)
        ones,        ///< scales of the normalisations
    };
    torch::Tensor add(const std::string& name, const std::vector<std::int64_t>& shape, Init init);

    /// Moves all parameters and their gradients into one buffer each, after the last add(): the optimiser and
    /// the EMA then work on one tensor instead of a hundred. The parameters stay what they were, as views; on
    /// a GPU those of convolutions lie in channels-last memory, as its library wants them.
    void flatten();
    const torch::Tensor& flat() const { return flat_; } ///< [M] float32; gaps between tensors are 0
    const torch::Tensor& flat_gradient() const {
        return flat_gradient_;
    } ///< [M] float32; backward() adds into it
    /// All parameters as one leaf over flat(), with flat_gradient() as its gradient: for a net that is
    /// computed in one piece. Its gradients do not pass through tensors(), but end where theirs do.
    const torch::Tensor& leaf() const { return leaf_; }
    /// Where each parameter begins in flat().
    const std::vector<std::int64_t>& offsets() const { return offsets_; }

    /// A buffer laid out as flat(), with each tensor contiguous, on the CPU: the same on every device. And
    /// back.
    torch::Tensor portable(const torch::Tensor& like_flat) const;
    void take_portable(const torch::Tensor& portable, const torch::Tensor& like_flat) const;

    /// Of the parameter that was added as the `index`-th, a view of flat_gradient().
    torch::Tensor gradient(std::size_t index) const;

    /// Copies of all parameters in `type`, for nets that compute in it while the parameters are trained: one
    /// conversion a step instead of one a layer. After flatten().
    void make_working_copies(torch::ScalarType type);
    void refresh_working_copies();
    /// From now on backward() leaves gradients where it computes them, instead of adding each to
    /// flat_gradient() by a launch of its own; collect_gradients() moves them all there.
    void hand_over_gradients();
    void collect_gradients();
    /// Of the parameter that was added as the `index`-th; undefined where there is none of this type.
    torch::Tensor working_copy(std::size_t index, torch::ScalarType type) const;

    const std::vector<std::string>& names() const { return names_; }
    const std::vector<torch::Tensor>& tensors() const { return tensors_; }
    torch::Device device() const { return device_; }
    std::int64_t count() const; ///< numbers in all

    /// Copies values in; every name must be there with the right shape, and no other. The error lists the
    /// keys (FAULTS 13); nothing is changed then.
    Status load(const std::vector<std::pair<std::string, torch::Tensor>>& values, const std::string& where);

    /// The values, on the CPU, copied.
    std::vector<std::pair<std::string, torch::Tensor>> snapshot() const;

private:
    /// The place of a parameter in a buffer like flat_.
    torch::Tensor place_in(const torch::Tensor& buffer, std::size_t index, bool channels_last) const;
    bool channels_last() const { return device_.is_cuda(); }

    torch::Device device_;
    torch::Generator generator_;
    std::vector<std::string> names_;
    std::vector<torch::Tensor> tensors_;
    std::vector<std::int64_t> offsets_; ///< in flat_
    torch::Tensor flat_, flat_gradient_, leaf_;
    torch::Tensor flat_working_;                ///< [M] of another type, or undefined
    std::vector<torch::Tensor> working_copies_; ///< leaves, views of it
    bool handed_over_ = false;
};

} // namespace ddpm::network
