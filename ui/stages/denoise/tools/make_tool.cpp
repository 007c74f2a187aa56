#include "stages/denoise/tools/make_tool.h"

#include "stages/denoise/tools/encode_tool.h"
#include "stages/denoise/tools/fork_tool.h"
#include "stages/denoise/tools/interpolate_tool.h"
#include "stages/denoise/tools/poke_tool.h"
#include "stages/denoise/tools/race_tool.h"

#include <QCoreApplication>

namespace ddpm::ui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Tools", text);
}

} // namespace

std::vector<ToolOffer> toolOffers() {
    return {
        {ToolKind::fork, tr("Fork"), tr("Several futures from this state, each with its own noise (Fig. 7)"),
         true, true},
        {ToolKind::poke, tr("Paint"),
         tr("Change this state with a brush and go on, beside the untouched twin"), false, true},
        {ToolKind::race, tr("Race"),
         tr("Several samplers side by side from the same noise, by net evaluations"), true, false},
        {ToolKind::interpolate, tr("Interpolate"),
         tr("Two pictures mixed at t and denoised, for many mixtures and depths (Figs. 8 and 9)"), false,
         false},
        {ToolKind::encode, tr("Encode"),
         tr("A picture of yours or of the data, noised to any t and denoised back"), false, false},
    };
}

Tool* makeTool(ToolKind kind, EngineBridge& bridge, QWidget* parent) {
    switch (kind) {
    case ToolKind::fork:
        return new ForkTool(bridge, parent);
    case ToolKind::interpolate:
        return new InterpolateTool(bridge, parent);
    case ToolKind::race:
        return new RaceTool(bridge, parent);
    case ToolKind::poke:
        return new PokeTool(bridge, parent);
    case ToolKind::encode:
        return new EncodeTool(bridge, parent);
    }
    return nullptr;
}

} // namespace ddpm::ui
