#include "runtime/chain_job.h"

#include "runtime/pictures.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

int stride_for(const Model& model, const SamplingSettings& settings, int steps, std::size_t memory) {
    const std::size_t all =
        ChainJob::state_bytes(model, settings.count) * static_cast<std::size_t>(steps + 1);
    const std::size_t room = std::max<std::size_t>(1, memory);
    const std::size_t stride = std::max<std::size_t>(1, (all + room - 1) / room);
    return static_cast<int>(std::min(stride, static_cast<std::size_t>(steps)));
}

std::shared_ptr<ChainRecord> make_record(std::uint64_t id, const Model& model,
                                         const SamplingSettings& settings, int steps, std::size_t memory) {
    const int stride = stride_for(model, settings, steps, memory);
    const int planned = (steps + stride - 1) / stride + 1;
    return std::make_shared<ChainRecord>(id, settings, diffusion::to_table(model.schedule), planned, stride);
}

} // namespace

ChainJob::ChainJob(std::uint64_t id, Model model, const SamplingSettings& settings, std::size_t memory,
                   double slice, Given given)
    : walk_(std::move(model), settings, std::move(given), slice),
      record_(make_record(id, walk_.model(), settings, walk_.steps(), memory)) {}

std::size_t ChainJob::state_bytes(const Model& model, int count) {
    std::size_t values = static_cast<std::size_t>(count);
    for (const std::int64_t size : model.item_shape())
        values *= static_cast<std::size_t>(size);
    return sizeof(ChainState) + values * (sizeof(float) + 2 * sizeof(std::uint16_t));
}

Progress ChainJob::advance() {
    const bool done = walk_.advance([&](int step, int index, const torch::Tensor& x_t,
                                        const diffusion::Beliefs& beliefs, double sigma) {
        if (step % record_->stride() != 0) return;
        auto state = std::make_shared<ChainState>(make_chain_state(index + 1, shape_of(x_t), to_values(x_t),
                                                                   to_values(beliefs.x0_hat),
                                                                   to_values(beliefs.epsilon), sigma));
        state->evaluations = walk_.evaluations();
        record_->append(std::move(state));
    });
    if (!done) return Progress::more;
    if (!record_->finished()) {
        auto state = std::make_shared<ChainState>();
        state->shape = shape_of(walk_.x());
        state->x = to_values(walk_.x());
        state->evaluations = walk_.evaluations();
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
