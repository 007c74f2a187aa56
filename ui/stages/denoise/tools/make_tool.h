// Which explorations there are, by name.
#pragma once

#include <QString>

#include <vector>

class QWidget;

namespace ddpm::ui {

class EngineBridge;
class Tool;

enum class ToolKind { fork, poke, interpolate, race, encode };

struct ToolOffer {
    ToolKind kind;
    QString name;    ///< on the button
    QString hint;    ///< its tool tip
    bool forPoints;  ///< makes sense for a model of points, too
    bool needsState; ///< begins from the state on screen; else a model is enough
};
/// In the order in which they are offered.
std::vector<ToolOffer> toolOffers();

Tool* makeTool(ToolKind kind, EngineBridge& bridge, QWidget* parent);

} // namespace ddpm::ui
