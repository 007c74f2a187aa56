// One term of an equation: the picture it is, the term in letters and in numbers, and a ground while it is
// the current one.
#pragma once

#include "ddpm/picture.h"
#include "views/equation_view.h"

#include <QImage>
#include <QWidget>

#include <functional>

namespace ddpm::ui {

class TermRow : public QWidget {
    Q_OBJECT
public:
    explicit TermRow(const QString& name, QWidget* parent = nullptr);

    void setPicture(const QImage& image); ///< drawn with sharp pixels
    void setPoints(const PointCloud& points, double range);
    void clearPicture();
    void setEquation(math::Expr equation, const QString& words);
    void setLit(bool lit);
    /// How large its equation can be here, and who says how large those of all rows are.
    double fittingScale() const;
    void setScaleSource(std::function<double()> scale);
    bool lit() const { return lit_; }
    const QImage& picture() const { return image_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QRectF pictureRect() const;
    double nameWidth() const;
    double room() const; // for the equation, without the name
    void drawPicture(QPainter& painter) const;

    QString name_;
    QImage image_;
    PointCloud points_;
    double range_ = 1;
    math::Expr equation_;
    std::function<double()> scale_;
    bool lit_ = false;
};

} // namespace ddpm::ui
