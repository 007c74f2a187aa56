#include "views/sketch_field.h"

#include "ddpm/config.h"
#include "theme/theme.h"
#include "views/picture_image.h"
#include "views/sketch_dialog.h"
#include "views/sketch_pad.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QIcon>
#include <QPixmap>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <memory>

namespace ddpm::ui {

SketchField::SketchField(QWidget* parent)
    : QWidget(parent), picture_(new QToolButton), draw_(new QPushButton), words_(new QPushButton) {
    picture_->setObjectName(QStringLiteral("sketchPicture"));
    picture_->setAccessibleName(tr("Your drawing"));
    picture_->setToolTip(tr("Your drawing: click to change it"));
    draw_->setObjectName(QStringLiteral("draw"));
    draw_->setToolTip(tr("Draw a set of points with the mouse or the keys"));
    words_->setObjectName(QStringLiteral("useWords"));
    words_->setText(tr("Words instead"));
    words_->setProperty("role", "quiet");
    words_->setToolTip(tr("Write words instead of drawing; the drawing is kept"));
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(theme::space(1));
    buttons->addStretch(1);
    buttons->addWidget(draw_);
    buttons->addWidget(words_);
    buttons->addStretch(1);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(2));
    row->addWidget(picture_);
    row->addLayout(buttons, 1);
    connect(picture_, &QToolButton::clicked, this, &SketchField::openDialog);
    connect(draw_, &QPushButton::clicked, this, &SketchField::openDialog);
    connect(words_, &QPushButton::clicked, this, &SketchField::dropped);
    restyle();
}

void SketchField::setSketch(const std::vector<float>& sketch) {
    if (!sketch.empty()) draft_ = sketch;
    if (sketch_ == sketch) return;
    sketch_ = sketch;
    present();
}

void SketchField::setAcceptText(const QString& text) {
    acceptText_ = text;
}

void SketchField::setPictureVisible(bool visible) {
    pictureVisible_ = visible;
    present();
}

void SketchField::openDialog() {
    const std::vector<float> begun = sketch_.empty() ? draft_ : sketch_;
    auto* dialog = new SketchDialog(begun, DataSettings::most_sketch_points, DataSettings::pen_radius, this);
    if (!unused_.empty() && unused_ != begun) dialog->pad()->goOnWith(unused_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (!acceptText_.isEmpty()) dialog->setAcceptText(acceptText_);
    const auto train = std::make_shared<bool>(false);
    if (offerTraining_) {
        dialog->offerTraining();
        connect(dialog, &SketchDialog::trainingRequested, this, [train] { *train = true; });
    }
    // Esc is pressed sooner than a drawing is made: it is there again the next time, though nothing uses it.
    connect(dialog, &QDialog::rejected, this, [this, dialog] { unused_ = dialog->sketch(); });
    connect(dialog, &QDialog::accepted, this, [this, dialog, train] {
        const std::vector<float> sketch = dialog->sketch();
        draft_ = sketch;
        unused_.clear();
        if (*train)
            Q_EMIT trainingRequested(sketch);
        else
            Q_EMIT drawn(sketch);
    });
    dialog->open();
}

void SketchField::present() {
    const bool any = !sketch_.empty() && pictureVisible_;
    draw_->setText(any ? tr("Change drawing…") : tr("Draw your own…"));
    picture_->setVisible(any);
    words_->setVisible(any);
    if (!any) return;
    const int side = theme::space(15);
    const qreal ratio = devicePixelRatioF();
    PointCloud cloud;
    cloud.xy = sketch_;
    QPixmap pixmap = QPixmap::fromImage(cloudImage(cloud, QSize(side, side) * ratio, 1.05,
                                                   theme::colors().text, 0.9 * theme::scale() * ratio, 0.5));
    pixmap.setDevicePixelRatio(ratio);
    picture_->setIcon(QIcon(pixmap));
    picture_->setIconSize({side, side});
}

void SketchField::restyle() {
    draw_->setIcon(theme::icon(QStringLiteral("pen")));
    present();
}

void SketchField::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && words_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
