// The bound of some pictures under a model, term by term (eqs. 5, 12, 13), in slices. From the same terms
// come rate and distortion (Fig. 5, Table 4).
#pragma once

#include "diffusion/tables.h"
#include "runtime/model.h"

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace ddpm::runtime {

struct BoundOptions {
    Variance variance = Variance::fixed_large;
    bool clip = true;       ///< x0_hat to [−1, 1], as the paper's code
    std::uint64_t seed = 0; ///< of the noise where none is given; keyed by (seed, picture, t)
    int every = 1; ///< 1: every t; k: one of k neighbouring t stands for all of them (t = 1 always its own)
};

/// What was measured. Rows are pictures, columns the measured timesteps.
struct BoundReport {
    std::vector<int> indices; ///< 0-based, ascending, K of them
    std::vector<int> weights; ///< how many timesteps each stands for; they sum to T
    torch::Tensor vb;         ///< [N, K] float64, bits per value
    torch::Tensor mse;        ///< [N, K] float64, squared error of epsilon
    torch::Tensor x0_mse;     ///< [N, K] float64, squared error of x0_hat
    torch::Tensor prior;      ///< [N] float64, L_T in bits per value

    torch::Tensor total() const; ///< [N] float64: the bound, bits per value
    /// Table 4: bits per value sent until x0_hat at this t is known, L_T and all terms of later t; [K] means.
    std::vector<double> rate() const;
    /// Root mean square error of x0_hat on the scale 0…255, [K].
    std::vector<double> distortion() const;
};

class BoundMeasure {
public:
    /// x0: [N, C, H, W] float32 in [−1, 1]. noise: undefined, or [T, N, C, H, W] float32: noise[i] makes x_t
    /// at index i. The options must fit the model (check()).
    BoundMeasure(Model model, torch::Tensor x0, torch::Tensor noise, const BoundOptions& options);

    /// All that is wrong with measuring these pictures so.
    static std::vector<Problem> check(const Model& model, const torch::Tensor& x0, const torch::Tensor& noise,
                                      const BoundOptions& options);

    /// One slice: a few pictures at one t. True once all is measured.
    bool advance();
    double fraction() const;
    const BoundReport& report() const { return report_; } ///< complete once advance() said so

private:
    Model model_;
    torch::Tensor x0_, noise_;
    BoundOptions options_;
    diffusion::Tables tables_;
    BoundReport report_;
    std::size_t column_ = 0;
    std::int64_t row_ = 0;
};

} // namespace ddpm::runtime
