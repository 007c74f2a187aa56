// A line of words that ends in "…" where it does not fit, and then says all of itself in its tool tip.
#pragma once

#include <QLabel>

namespace ddpm::ui {

class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);
    void setText(const QString& text);
    QSize minimumSizeHint() const override; ///< as wide as nothing

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
};

} // namespace ddpm::ui
