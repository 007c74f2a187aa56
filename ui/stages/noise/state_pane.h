// One state of the forward process with its name above and its equation below: a picture or a cloud of
// points.
#pragma once

#include "ddpm/chain_record.h"
#include "views/card.h"
#include "views/equation_view.h"

#include <QWidget>

#include <span>
#include <vector>

class QStackedLayout;

namespace ddpm::ui {

class GridZoom;
class PictureGrid;
class PointCloudView;

class StatePane : public QWidget {
    Q_OBJECT
public:
    StatePane(math::Expr symbol, const QString& words, Tone tone, QWidget* parent = nullptr);

    /// One state, laid out as the record's: `values` has record.values floats. Says its mean and deviation.
    void showValues(const ForwardRecord& record, std::span<const float> values);
    /// A few states of a picture as a grid; of points the first alone.
    void showSeveral(const ForwardRecord& record, const std::vector<std::vector<float>>& states);
    void showNothing(const QString& words, int count = 1, QSize picture = QSize(28, 28));
    void setWords(const QString& words);
    /// `shortForm` is shown where the pane is too narrow for the equation.
    void setEquation(const math::Expr& equation, const QString& words, const math::Expr& shortForm = nullptr);

    /// Lets the picture be looked at closely, together with all that share the zoom; its values stand in it.
    void setZoom(GridZoom* zoom);

    static int around(); ///< what caption and equation add to the height of a square pane

    PaneCaption* caption() const { return caption_; }
    PictureGrid* picture() const { return picture_; }
    PointCloudView* cloud() const { return cloud_; }
    EquationView* equation() const { return equation_; }

private:
    void describe(std::span<const float> values);

    std::vector<float> values_; // of the pictures shown, one after the other

    PaneCaption* caption_;
    QStackedLayout* stack_;
    PictureGrid* picture_;
    PointCloudView* cloud_;
    EquationView* equation_;
};

/// A state of a point set as something to draw.
PointCloud pointsOf(std::span<const float> values);

} // namespace ddpm::ui
