#include "stages/train/drawable_view.h"

#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

namespace ddpm::ui {

DrawableView::DrawableView(Tone tone, QWidget* parent) : QStackedWidget(parent) {
    grid_ = new PictureGrid;
    cloud_ = new PointCloudView;
    cloud_->setTone(tone);
    addWidget(grid_);
    addWidget(cloud_);
}

void DrawableView::setDrawable(const Drawable& drawable, double pointRange) {
    if (!drawable.points.empty()) {
        cloud_->setRange(pointRange);
        cloud_->setPoints(drawable.points);
        setCurrentWidget(cloud_);
    } else {
        grid_->setPictures(drawable.pictures);
        setCurrentWidget(grid_);
    }
}

} // namespace ddpm::ui
