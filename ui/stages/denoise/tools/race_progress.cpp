// What the lanes of a race have reached, and how far apart they end.
#include "stages/denoise/tools/part_choice.h"
#include "stages/denoise/tools/race_lane.h"
#include "stages/denoise/tools/race_tool.h"
#include "views/card.h"
#include "views/curve_view.h"

#include <QComboBox>
#include <QSpinBox>

#include <algorithm>
#include <string>

namespace ddpm::ui {
namespace {

constexpr int measureSlice = 6; // ms of distances between two looks at what the user does

} // namespace

// What the lanes have reached
// ----------------------------------------------------------------------------------------------

int RaceTool::evaluationsOf(const Lane& lane) const {
    const auto record = branches().record(lane.branch);
    const auto newest = record ? record->state(record->size() - 1) : nullptr;
    return newest ? newest->evaluations : -1;
}

int RaceTool::plannedOf(const Lane& lane) const {
    if (end(lane)) return evaluationsOf(lane);
    const auto record = branches().record(lane.branch);
    return plannedEvaluations(lane.branch != 0 ? lane.asked : wanted(lane), place_.model.settings,
                              record.get());
}

/// How many of its first steps Heun does not correct is known when it has taken one.
bool RaceTool::plannedAtMost(const Lane& lane) const {
    const SamplingSettings settings = lane.branch != 0 ? lane.asked : wanted(lane);
    const auto record = branches().record(lane.branch);
    return settings.sampler == Sampler::heun && settings.steps > 1 && !(record && record->state(1));
}

std::shared_ptr<const ChainState> RaceTool::end(const Lane& lane) const {
    const auto record = branches().record(lane.branch);
    return record ? endOf(*record) : nullptr;
}

int RaceTool::last() const {
    int most = 0;
    for (const Lane& lane : lanes_) {
        const bool atWork = lane.branch == 0 || branches().running(lane.branch);
        most = std::max(most, atWork ? plannedOf(lane) : evaluationsOf(lane));
    }
    return most;
}

int RaceTool::available() const {
    // As far as all have come that are still on their way: beyond that the comparison would not be fair.
    int most = -1, least = -1;
    for (const Lane& lane : lanes_) {
        const int evaluations = evaluationsOf(lane);
        most = std::max(most, evaluations);
        if (!branches().running(lane.branch)) continue;
        const int reached = std::max(0, evaluations);
        least = least < 0 ? reached : std::min(least, reached);
    }
    return most < 0 || least < 0 ? most : std::min(least, most);
}

QString RaceTool::readout(int position) const {
    return position == 1 ? tr("1 evaluation") : tr("%1 evaluations").arg(position);
}

QString RaceTool::widestReadout() const {
    return tr("%1 evaluations").arg(QStringLiteral("0000"));
}

void RaceTool::refresh() {
    if (lanes_.empty()) return;
    const Lane* reference = referenceLane();
    const auto ends = reference ? end(*reference) : nullptr;
    if (ends != referenceEnd_) {
        referenceEnd_ = ends;
        for (Lane& lane : lanes_) {
            lane.curve.clear();
            lane.distance.reset();
        }
    }
    showStart();
    showPosition(position());
    if (!measuring_.isActive()) measuring_.start(0);
}

const RaceTool::Lane* RaceTool::referenceLane() const {
    const int index = reference_->currentIndex();
    return index >= 0 && index < lanes() ? &lanes_[static_cast<std::size_t>(index)] : nullptr;
}

std::optional<double> RaceTool::distance(int index) const {
    return lanes_[static_cast<std::size_t>(index)].distance;
}

void RaceTool::measure() {
    const QDeadlineTimer until(measureSlice);
    bool done = true;
    for (Lane& lane : lanes_) {
        const auto record = branches().record(lane.branch);
        if (!record || !referenceEnd_) continue;
        if (const auto own = end(lane); own && !lane.distance)
            lane.distance = rmsDistance(*own, ChainPart::x, referenceEnd_->x);
        done = lane.curve.extend(*record, referenceEnd_->x, until) && done;
    }
    showCurves();
    showPosition(position());
    if (!done) measuring_.start(0);
}

void RaceTool::showCurves() {
    std::vector<Curve> curves;
    for (int i = 0; i < lanes(); ++i) {
        Curve curve;
        curve.name = QString::number(i + 1);
        curve.tone = RaceLane::toneOf(i + 1);
        curve.dashed = RaceLane::dashedOf(i + 1);
        curve.column = "lane_" + std::to_string(i + 1);
        curve.holds = true; // who is there waits for the others
        curve.values = lanes_[static_cast<std::size_t>(i)].curve.byEvaluations();
        curves.push_back(std::move(curve));
    }
    const bool any =
        std::any_of(curves.begin(), curves.end(), [](const Curve& c) { return !c.values.empty(); });
    curves_->setXRange(0, std::max(1, last()));
    curves_->setCurves(any ? std::move(curves) : std::vector<Curve>{});
    const Lane* reference = referenceLane();
    card_->setCaption(any || !reference
                          ? tr("distance of x̂₀ to the reference's end, by net evaluations")
                          : tr("drawn when lane %1, the reference, is there").arg(reference->view->number()));
}

void RaceTool::showPosition(int position) {
    for (Lane& lane : lanes_)
        showLane(lane, position);
    curves_->setCursorPosition(position);
    const Lane& selected = lanes_.empty() ? Lane{} : lanes_[selected_];
    curves_->setAccessibleDescription(selected.distance ? tr("Lane %1 ends %2 from the reference")
                                                              .arg(selected.view->number())
                                                              .arg(readOut(*selected.distance))
                                                        : tr("Not measured yet"));
}

void RaceTool::showLane(Lane& lane, int position) {
    RaceLane& view = *lane.view;
    const auto record = branches().record(lane.branch);
    const int planned = plannedOf(lane);
    const auto first = record ? record->state(0) : nullptr;
    if (!first) {
        const bool refused = branches().refused(lane.branch);
        const QString why = lane.refusal.isEmpty() ? tr("This lane could not be started") : lane.refusal;
        view.showNothing(refused            ? why
                         : lane.branch == 0 ? tr("Press Start")
                                            : tr("Waits for its turn"),
                         count_->value());
        view.showProgress(0, planned, refused ? tr("not started") : QString(), refused, plannedAtMost(lane));
        return;
    }
    const auto part = part_->part();
    const int index = stateWithin(*record, position);
    const auto state = record->state(std::max(0, index));
    if (index < 0 && part == ChainPart::x0_hat)
        view.showNothing(tr("The net has not been asked yet"),
                         first->shape.is_points() ? 1 : first->shape.count);
    else
        view.showState(state, part);
    QString words = tr("t = %1").arg(state->t);
    const bool changed = !(lane.asked == wanted(lane));
    const bool atWork = branches().running(lane.branch);
    if (changed)
        words = tr("changed: press Start");
    else if (!atWork && !end(lane) && index == record->size() - 1)
        words = tr("stopped at t = %1").arg(state->t);
    else if (state->t == 0 && &lane == referenceLane())
        words = tr("the reference");
    else if (state->t == 0)
        words = lane.distance ? tr("distance %1").arg(readOut(*lane.distance)) : tr("done");
    view.showProgress(index < 0 ? 0 : state->evaluations, planned, words, changed, plannedAtMost(lane));
}

// Export
// -----------------------------------------------------------------------------------------------------------

std::uint64_t RaceTool::exportBranch() const {
    if (selected_ >= lanes_.size()) return 0;
    const Lane& lane = lanes_[selected_];
    const auto record = branches().record(lane.branch);
    return record && record->size() > 0 ? lane.branch : 0;
}

int RaceTool::exportState() const {
    const auto record = selected_ < lanes_.size() ? branches().record(lanes_[selected_].branch) : nullptr;
    return record ? std::max(0, stateWithin(*record, position())) : 0;
}

} // namespace ddpm::ui
