// How much of a picture is lost by noising it to t and denoising it again: one point for each depth that was
// tried.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QWidget>

#include <map>

namespace ddpm::ui {

class EncodeCurve : public QWidget {
    Q_OBJECT
public:
    explicit EncodeCurve(QWidget* parent = nullptr);

    void setTimesteps(int timesteps);                         ///< T
    void setDepths(const std::map<int, double>& lossByDepth); ///< root mean square distance by t
    void setCurrent(int t);                                   ///< does not emit
    int current() const { return current_; }
    QPointF pointOf(int t) const; ///< in widget coordinates, of a depth that was tried
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void depthRequested(int t);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QRectF plotRect() const;
    double top() const;
    double xOf(int t) const;
    void describe();

    int timesteps_ = 1000, current_ = 0;
    std::map<int, double> depths_;
};

} // namespace ddpm::ui
