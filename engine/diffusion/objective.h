// What training lowers: L_simple (eq. 14), the bound (eqs. 5, 12, 13), or both for a learned variance.
#pragma once

#include "ddpm/config.h"
#include "diffusion/tables.h"

#include <torch/torch.h>

#include <vector>

namespace ddpm::diffusion {

/// Of each example, [N] float32.
struct Losses {
    torch::Tensor minimised; ///< its mean is the loss
    torch::Tensor squared;   ///< squared error of the prediction, averaged over its values
};

/// x0, x_t, epsilon: [N, C, …]; t: [N] int64, 0-based; output: the net's at x_t, [N, C or 2C, …].
/// * simple: the squared error, weighted by min_snr_weight where settings.min_snr_gamma > 0.
/// * bound: T · bits per value of the term at t, so that with t uniform the mean is an unbiased estimate of
/// the
///   bound without L_T. The variance is the learned one, or beta_t.
/// * hybrid: simple + hybrid_weight · bound, where the bound reaches the variance only (Nichol & Dhariwal
/// 2021).
Losses losses(const Tables& tables, const DiffusionSettings& diffusion, const TrainingSettings& settings,
              const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
              const torch::Tensor& epsilon, const torch::Tensor& output);

/// What a perfect net would answer: [N, C, …].
torch::Tensor target_of(const Tables& tables, Prediction prediction, const torch::Tensor& x0,
                        const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& epsilon);
/// By what each example's squared error is multiplied before it is minimised, [N]; undefined: by nothing.
torch::Tensor weight_of_squares(const Tables& tables, Prediction prediction, const TrainingSettings& settings,
                                const torch::Tensor& t);

/// Squared error of each example, averaged over its values: [N] float32. Its mean is L_simple per value.
torch::Tensor simple_loss(const torch::Tensor& prediction, const torch::Tensor& target);

/// Min-SNR weights (Hang et al. 2023) of the squared error of a prediction, [T]: min(SNR, gamma) / SNR for
/// epsilon, and what that is for the others: min(SNR, gamma) for x_0, / (SNR + 1) for v.
torch::Tensor min_snr_weight(const Tables& tables, Prediction prediction, double gamma);

/// The weight of eq. 12: beta² / (2 sigma² alpha (1 − alpha_bar)), in nats per value and unit of squared
/// error of epsilon; 0-based, length T. sigma² as in the bound: at index 0, beta-tilde of index 1. Not for
/// learned.
std::vector<double> bound_weight(const Schedule& schedule, Variance variance);

/// The variance that the bound is trained with.
inline Variance trained_variance(const DiffusionSettings& diffusion) {
    return diffusion.learned_variance == LearnedVariance::none ? Variance::fixed_large : Variance::learned;
}

} // namespace ddpm::diffusion
