// What recorded chains may take, and what they do take.
#pragma once

#include "views/inspector_form.h"

#include <cstddef>

class QSpinBox;

namespace ddpm::ui {

class MemoryForm : public InspectorForm {
    Q_OBJECT
public:
    explicit MemoryForm(QWidget* parent = nullptr);

    void setUsed(std::size_t bytes);
    std::size_t allowed() const; ///< bytes

    QSpinBox* box() const { return box_; }
    QString note() const { return note_->text(); }

Q_SIGNALS:
    void changed(std::size_t bytes); ///< the user allowed another amount

private:
    QSpinBox* box_;
    Note* note_;
};

} // namespace ddpm::ui
