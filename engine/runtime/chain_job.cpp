#include "runtime/chain_job.h"

#include "runtime/pictures.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr double noise_range = 3; ///< epsilon is shown over three standard deviations

int stride_for(const Model& model, const SamplingSettings& settings, std::size_t memory) {
    std::size_t values = static_cast<std::size_t>(settings.count);
    for (const std::int64_t size : model.item_shape())
        values *= static_cast<std::size_t>(size);
    const std::size_t bytes_a_value = model.item_shape().size() == 1 ? sizeof(float) : 1;
    const std::size_t state = 3 * values * bytes_a_value;
    const std::size_t all = state * static_cast<std::size_t>(settings.steps + 1);
    return static_cast<int>(std::max<std::size_t>(1, (all + memory - 1) / memory));
}

std::shared_ptr<ChainRecord> make_record(std::uint64_t id, const Model& model,
                                         const SamplingSettings& settings, std::size_t memory) {
    const int stride = std::min(stride_for(model, settings, memory), settings.steps);
    const int planned = (settings.steps + stride - 1) / stride + 1;
    return std::make_shared<ChainRecord>(id, settings, diffusion::to_table(model.schedule), planned, stride);
}

} // namespace

ChainJob::ChainJob(std::uint64_t id, Model model, const SamplingSettings& settings, std::size_t memory,
                   double slice)
    : walk_(std::move(model), settings, {}, slice),
      record_(make_record(id, walk_.model(), settings, memory)) {}

Progress ChainJob::advance() {
    const bool done = walk_.advance(
        [&](int step, int index, const torch::Tensor& x_t, const diffusion::Beliefs& beliefs, double sigma) {
            if (step % record_->stride() != 0) return;
            auto state = std::make_shared<ChainState>();
            state->t = index + 1;
            state->x = to_drawable(x_t);
            state->x0_hat = to_drawable(beliefs.x0_hat);
            state->epsilon = to_drawable(beliefs.epsilon, noise_range);
            state->sigma = sigma;
            record_->append(std::move(state));
        });
    if (!done) return Progress::more;
    if (!record_->finished()) {
        auto state = std::make_shared<ChainState>();
        state->x = to_drawable(walk_.x());
        state->x0_hat = state->x;
        record_->append(std::move(state));
        record_->finish();
    }
    return Progress::done;
}

Progress ChainJob::advance_to_next_state() {
    const int before = record_->size();
    Progress progress = Progress::more;
    while (progress == Progress::more && record_->size() == before)
        progress = advance();
    return progress;
}

} // namespace ddpm::runtime
