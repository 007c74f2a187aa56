// What can be tried with a chain: a button for each exploration.
#pragma once

#include "ddpm/event.h"
#include "stages/denoise/tools/make_tool.h"
#include "views/inspector_form.h"

#include <vector>

class QPushButton;

namespace ddpm::ui {

class TryForm : public InspectorForm {
    Q_OBJECT
public:
    explicit TryForm(QWidget* parent = nullptr);

    void setModel(const ModelChanged& model);
    void setState(bool any);                       ///< a state of a chain is on screen
    void setOpen(const Tool* tool, ToolKind kind); ///< lights its button; nullptr: none is open

    QPushButton* button(ToolKind kind) const;

Q_SIGNALS:
    void toolRequested(ddpm::ui::ToolKind kind);

private:
    struct Offer {
        ToolOffer offer;
        QPushButton* button;
    };
    void refresh();

    std::vector<Offer> offers_;
    bool model_ = false, points_ = false, state_ = false;
};

} // namespace ddpm::ui
