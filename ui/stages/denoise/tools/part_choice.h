// x_t or x̂₀: which part of the states an exploration shows.
#pragma once

#include "ddpm/chain_state.h"

#include <QWidget>

class QPushButton;

namespace ddpm::ui {

class PartChoice : public QWidget {
    Q_OBJECT
public:
    explicit PartChoice(QWidget* parent = nullptr);

    ChainPart part() const;
    void setPart(ChainPart part); ///< x or x0_hat; emits if it is another one
    QPushButton* button(ChainPart part) const { return part == ChainPart::x ? x_ : x0_; }

Q_SIGNALS:
    void changed();

private:
    QPushButton* x_;
    QPushButton* x0_;
};

} // namespace ddpm::ui
