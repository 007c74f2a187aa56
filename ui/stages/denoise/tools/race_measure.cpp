#include "stages/denoise/tools/race_measure.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {
namespace {

/// The paper's t at which a chain begins.
int firstTime(const SamplingSettings& settings, int timesteps) {
    if (settings.spacing == Spacing::leading)
        return (settings.steps - 1) * (timesteps / std::max(1, settings.steps)) + settings.steps_offset + 1;
    return settings.spacing == Spacing::linspace && settings.steps == 1 ? 1 : timesteps;
}

} // namespace

int plannedEvaluations(const SamplingSettings& settings, const RunSettings& model, const ChainRecord* begun) {
    const bool classes = model.model.kind == NetKind::unet && model.model.unet.num_class_embeds > 0;
    const int each = classes && settings.guidance != 0 && settings.guidance != 1 ? 2 : 1;
    if (settings.sampler != Sampler::heun) return each * settings.steps;
    const ScheduleSettings& schedule = model.diffusion.schedule;
    const bool blind =
        schedule.ends_without_signal() && firstTime(settings, schedule.timesteps) == schedule.timesteps;
    int single = blind && settings.steps > 1 ? 1 : 0;
    // How many of its first steps were not corrected only the engine knows, and its states tell.
    const auto first = begun && begun->stride() < settings.steps ? begun->state(1) : nullptr;
    if (first) single = 2 * begun->stride() - first->evaluations / each;
    return each * (2 * settings.steps - 1 - single);
}

int stateWithin(const ChainRecord& record, int evaluations) {
    int low = 0, high = record.size(); // the answer is one before the first state that took more
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const auto state = record.state(middle);
        if (state && state->evaluations <= evaluations)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

std::shared_ptr<const ChainState> endOf(const ChainRecord& record) {
    if (!record.finished()) return nullptr;
    auto last = record.state(record.size() - 1);
    return last && last->t == 0 ? last : nullptr;
}

double rmsDistance(const ChainState& state, ChainPart part, const std::vector<float>& values) {
    const std::size_t n = state.shape.values();
    if (n == 0 || values.size() != n) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double off = static_cast<double>(state.value(part, i)) - static_cast<double>(values[i]);
        sum += off * off;
    }
    return std::sqrt(sum / static_cast<double>(n));
}

bool DistanceCurve::extend(const ChainRecord& record, const std::vector<float>& end,
                           const QDeadlineTimer& until) {
    const int size = record.size();
    while (states() < size) {
        const auto state = record.state(states());
        if (!state) return true;
        points_.push_back({state->evaluations, rmsDistance(*state, ChainPart::x0_hat, end)});
        if (until.hasExpired()) return states() == size;
    }
    return true;
}

std::vector<double> DistanceCurve::byEvaluations() const {
    if (points_.empty()) return {};
    std::vector<double> values(static_cast<std::size_t>(points_.back().evaluations) + 1,
                               std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const int next = i + 1 < points_.size() ? points_[i + 1].evaluations : points_[i].evaluations + 1;
        for (int e = points_[i].evaluations; e < next; ++e)
            values[static_cast<std::size_t>(e)] = points_[i].distance;
    }
    return values;
}

} // namespace ddpm::ui
