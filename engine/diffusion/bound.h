// The variational bound in bits per value, term by term: L_T, L_{t−1} (eq. 5) and L_0 with the discretised
// decoder (eq. 13). The conventions are those of the paper's code and its successors, so that figures
// compare.
#pragma once

#include "ddpm/config.h"
#include "diffusion/tables.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// Of each example, averaged over its values: [N] like x_0.
struct BoundTerms {
    /// Bits per value: KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)), or −log p(x_0 | x_1) where t is 0 (the
    /// paper's t = 1). The sum over all t and L_T is the bound.
    torch::Tensor vb;
    torch::Tensor mse; ///< squared error of the noise that lies beside the (clipped) x0_hat
    torch::Tensor
        x0_mse; ///< squared error of the (clipped) x0_hat; its root times 127.5 is Table 4's distortion
};

/// x0: [N, C, …] float in [−1, 1], multiples of 2/255; x_t, epsilon: like x0, made by q_sample; t: [N] int64,
/// 0-based, each example its own; output: the net's at x_t, [N, C or 2C, …]. `variance` is p's: learned needs
/// an output of 2C channels. `clip` clamps x0_hat to [−1, 1]. Nothing is read back from the device;
/// differentiable in `output`.
BoundTerms bound_terms(const Tables& tables, const DiffusionSettings& diffusion, Variance variance, bool clip,
                       const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                       const torch::Tensor& epsilon, const torch::Tensor& output);

/// Only the first of the three, for training.
torch::Tensor bound_bits(const Tables& tables, const DiffusionSettings& diffusion, Variance variance,
                         bool clip, const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                         const torch::Tensor& output);

/// L_T = KL(q(x_T | x_0) ‖ N(0, I)) in bits per value, [N]. Nothing can be learned about it.
torch::Tensor prior_bits(const Schedule& schedule, const torch::Tensor& x0);

/// KL of two normal distributions, value by value, in nats.
torch::Tensor gaussian_kl(const torch::Tensor& mean, const torch::Tensor& log_variance,
                          const torch::Tensor& other_mean, const torch::Tensor& other_log_variance);

/// Eq. 13 value by value, in nats: the logarithm of the mass of N(mean, exp(log_sigma)²) within 1/255 of x0,
/// open-ended at −1 and 1. The normal distribution function is approximated as the paper's code does (off by
/// at most 3e-4), and no mass counts as less than 1e-12.
torch::Tensor decoder_log_likelihood(const torch::Tensor& x0, const torch::Tensor& mean,
                                     const torch::Tensor& log_sigma);

} // namespace ddpm::diffusion
