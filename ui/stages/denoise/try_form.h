// What can be tried with a chain: a button for each exploration, and the memory that recorded chains take.
#pragma once

#include "ddpm/event.h"
#include "stages/denoise/tools/make_tool.h"
#include "views/inspector_form.h"

#include <cstddef>
#include <vector>

class QPushButton;
class QSpinBox;

namespace ddpm::ui {

class TryForm : public InspectorForm {
    Q_OBJECT
public:
    explicit TryForm(QWidget* parent = nullptr);

    void setModel(const ModelChanged& model);
    void setState(bool any);                       ///< a state of a chain is on screen
    void setOpen(const Tool* tool, ToolKind kind); ///< lights its button; nullptr: none is open
    void setMemoryUsed(std::size_t bytes);
    std::size_t memory() const; ///< allowed, bytes

    QPushButton* button(ToolKind kind) const;
    QSpinBox* memoryBox() const { return memory_; }
    QString memoryNote() const { return memoryNote_->text(); }

Q_SIGNALS:
    void toolRequested(ddpm::ui::ToolKind kind);
    void memoryChanged(std::size_t bytes);

private:
    struct Offer {
        ToolOffer offer;
        QPushButton* button;
    };
    void refresh();

    std::vector<Offer> offers_;
    QSpinBox* memory_;
    Note* memoryNote_;
    bool model_ = false, points_ = false, state_ = false;
};

} // namespace ddpm::ui
