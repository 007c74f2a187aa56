#include "stages/denoise/shown_state.h"

#include "stages/denoise/step_numbers.h"

#include <QCoreApplication>

#include <limits>

namespace ddpm::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ShownState", text);
}

Layer part(const std::shared_ptr<const ChainState>& state, Layer::Kind kind) {
    Layer layer;
    layer.kind = kind;
    layer.state = state;
    switch (kind) {
    case Layer::Kind::x0_hat:
        layer.words = tr("what the net believes");
        layer.present = state->has(ChainPart::x0_hat);
        break;
    case Layer::Kind::epsilon:
        layer.words = tr("noise it will take away");
        layer.present = state->has(ChainPart::epsilon);
        layer.range = noise_range;
        layer.emptyText = tr("t = 0: no noise is left to take away");
        break;
    default:
        layer.words = tr("what the chain holds");
        layer.present = true;
    }
    return layer;
}

Layer absent(Layer layer, const QString& why) {
    layer.present = false;
    layer.emptyText = why;
    return layer;
}

Layer landedLayer(const std::shared_ptr<const ChainState>& next, const StepNumbers& step) {
    Layer layer;
    layer.kind = Layer::Kind::landed;
    layer.t = next ? next->t : step.previous;
    layer.state = next;
    layer.present = next != nullptr;
    layer.words = tr("the next state");
    layer.emptyText = tr("The next state has not been made yet");
    return layer;
}

Layer addedLayer(const std::shared_ptr<const ChainState>& state,
                 const std::shared_ptr<const ChainState>& next, const std::vector<float>& mean) {
    Layer layer;
    layer.kind = Layer::Kind::added;
    layer.state = state;
    layer.words = tr("the noise added, over ±3σ");
    if (!(state->sigma > 0)) return absent(layer, tr("σ = 0: no noise is added"));
    if (!next) return absent(layer, tr("The next state has not been made yet"));
    layer.range = 3 * state->sigma;
    layer.own = addedNoise(mean, *next);
    layer.present = true;
    return layer;
}

} // namespace

math::Expr Layer::symbol() const {
    using namespace math;
    switch (kind) {
    case Kind::x:
        return index(var(QStringLiteral("x")), var(QStringLiteral("t")));
    case Kind::x0_hat:
        return index(hat(var(QStringLiteral("x"))), upright(QStringLiteral("0")));
    case Kind::epsilon:
        return index(var(QStringLiteral("ε")), var(QStringLiteral("θ")));
    case Kind::mean:
        return index(var(QStringLiteral("μ")), var(QStringLiteral("θ")));
    case Kind::landed:
        return index(var(QStringLiteral("x")), upright(QString::number(t)));
    case Kind::added:
        return row({index(var(QStringLiteral("σ")), var(QStringLiteral("t"))),
                    upright(QStringLiteral("\u2009")), upright(QStringLiteral("z"))});
    }
    return {};
}

Tone Layer::tone() const {
    if (kind == Kind::x0_hat) return Tone::reverse;
    if (kind == Kind::epsilon || kind == Kind::added) return Tone::forward;
    return Tone::text;
}

float Layer::value(std::size_t offset) const {
    if (!present || !state) return std::numeric_limits<float>::quiet_NaN();
    if (!own.empty()) return offset < own.size() ? own[offset] : std::numeric_limits<float>::quiet_NaN();
    if (kind == Kind::x0_hat) return state->value(ChainPart::x0_hat, offset);
    if (kind == Kind::epsilon) return state->value(ChainPart::epsilon, offset);
    return state->value(ChainPart::x, offset);
}

Drawable Layer::drawable(int item) const {
    if (!present || !state) return {};
    if (own.empty()) {
        if (kind == Kind::x0_hat) return state->drawable(ChainPart::x0_hat, item);
        if (kind == Kind::epsilon) return state->drawable(ChainPart::epsilon, item);
        return state->drawable(ChainPart::x, item);
    }
    ItemShape shape = state->shape;
    if (item >= shape.count) return {};
    const std::size_t first = item < 0 ? 0 : static_cast<std::size_t>(item) * shape.item_values();
    if (item >= 0) shape.count = 1;
    return to_drawable(shape, own.data() + first, range);
}

QString plainName(Layer::Kind kind) {
    switch (kind) {
    case Layer::Kind::x:
        return QStringLiteral("xₜ");
    case Layer::Kind::x0_hat:
        return QStringLiteral("x̂₀");
    case Layer::Kind::epsilon:
        return QStringLiteral("ε_θ");
    case Layer::Kind::mean:
        return QStringLiteral("μ");
    case Layer::Kind::landed:
        return QStringLiteral("x");
    case Layer::Kind::added:
        return QStringLiteral("σz");
    }
    return {};
}

ShownState shownState(const ChainRecord& record, int index, StepPhase phase) {
    ShownState shown;
    const auto state = record.state(index);
    shown.state = state;
    shown.phase = state->t > 0 ? phase : StepPhase::whole;
    shown.layers = {part(state, Layer::Kind::x), part(state, Layer::Kind::x0_hat),
                    part(state, Layer::Kind::epsilon)};
    if (shown.phase == StepPhase::whole || shown.phase == StepPhase::x0_hat) return shown;
    if (shown.phase == StepPhase::epsilon) {
        shown.layers[1] = absent(shown.layers[1], tr("x̂₀ follows from ε_θ in the next phase"));
        return shown;
    }
    const SamplingSettings settings = inEffect(record.settings(), state->shape);
    const auto next = record.state(index + 1);
    const std::vector<float> mean = isSolver(settings.sampler)
                                        ? std::vector<float>()
                                        : stepMean(record.schedule(), settings, *state, next.get());
    if (shown.phase == StepPhase::mean) {
        Layer& layer = shown.layers[0];
        layer.kind = Layer::Kind::mean;
        layer.own = mean;
        layer.words = tr("mean of the next state");
        return shown;
    }
    shown.layers[0] = landedLayer(next, stepNumbers(record, index));
    if (!isSolver(settings.sampler)) shown.layers[2] = addedLayer(state, next, mean);
    return shown;
}

} // namespace ddpm::ui
