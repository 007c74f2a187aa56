// Samples of the training run: DDIM from the EMA weights, from the same noise every time.
#pragma once

#include "ddpm/picture.h"
#include "runtime/job.h"
#include "runtime/reverse_walk.h"

#include <cstdint>

namespace ddpm::runtime {

class PreviewJob final : public Job {
public:
    /// `model` carries a copy of the EMA weights of `step`.
    PreviewJob(Model model, const PreviewSettings& settings, std::int64_t step);

    Progress advance() override;
    std::int64_t step() const { return step_; }
    Drawable result() const; ///< once done

private:
    ReverseWalk walk_;
    std::int64_t step_;
};

} // namespace ddpm::runtime
