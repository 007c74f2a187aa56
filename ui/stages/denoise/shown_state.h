// What the three panes hold at one moment: x_t, x̂_0 and ε_θ of a state, or what a phase of its step made.
#pragma once

#include "ddpm/chain_record.h"
#include "stages/denoise/step_phases.h"
#include "views/equation_view.h"
#include "views/tone.h"

#include <QString>

#include <array>
#include <memory>
#include <vector>

namespace ddpm::ui {

/// What one pane holds.
struct Layer {
    enum class Kind { x, x0_hat, epsilon, mean, landed, added };

    Kind kind = Kind::x;
    int t = 0;                               ///< of `landed`: where it is
    std::shared_ptr<const ChainState> state; ///< whose part it is, unless `own` is filled
    std::vector<float> own;                  ///< computed, like x of that state
    bool present = false;                    ///< false: `emptyText` says why
    double range = data_range;               ///< drawn over [-range, range]
    QString words;                           ///< what it is, for the line above the pane
    QString emptyText;

    math::Expr symbol() const;
    Tone tone() const;
    float value(std::size_t offset) const;  ///< of the whole state; not a number where nothing is
    Drawable drawable(int item = -1) const; ///< all items, or one
};

/// How a quantity is called where mathematics cannot be set: "x̂₀", "σz".
QString plainName(Layer::Kind kind);

struct ShownState {
    std::shared_ptr<const ChainState> state; ///< nullptr: nothing is shown
    StepPhase phase = StepPhase::whole;
    std::array<Layer, 3> layers;
};

/// The state `index` of the record, which must exist, in that phase of the step that leaves it.
ShownState shownState(const ChainRecord& record, int index, StepPhase phase);

} // namespace ddpm::ui
