// Pictures as a grid or points as a cloud, whichever the model works on.
#pragma once

#include "ddpm/picture.h"
#include "views/tone.h"

#include <QStackedWidget>

namespace ddpm::ui {

class PictureGrid;
class PointCloudView;

class DrawableView : public QStackedWidget {
    Q_OBJECT
public:
    explicit DrawableView(Tone tone, QWidget* parent = nullptr);
    void setDrawable(const Drawable& drawable, double pointRange = 1.5);
    PictureGrid* grid() const { return grid_; }
    PointCloudView* cloud() const { return cloud_; }

private:
    PictureGrid* grid_;
    PointCloudView* cloud_;
};

} // namespace ddpm::ui
