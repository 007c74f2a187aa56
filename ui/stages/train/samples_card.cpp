#include "stages/train/samples_card.h"

#include "bridge/words.h"
#include "stages/train/drawable_view.h"
#include "stages/train/placeholder.h"
#include "views/elided_label.h"
#include "views/filmstrip.h"
#include "views/picture_grid.h"
#include "views/picture_image.h"
#include "views/point_cloud_view.h"

#include <QHBoxLayout>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {

SamplesCard::SamplesCard(QWidget* parent) : Card(tr("Samples"), tr("averaged weights, same noise"), parent) {
    step_ = new QLabel;
    step_->setObjectName(QStringLiteral("samplesStep"));
    step_->setProperty("role", "number");
    addToHeader(step_);

    view_ = new DrawableView(Tone::training);
    view_->grid()->setSelectable(true);
    view_->grid()->setTone(Tone::training);
    view_->grid()->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    view_->grid()->setToolTip(tr("Click a picture to follow it below"));
    slider_ = new QSlider(Qt::Horizontal);
    slider_->setObjectName(QStringLiteral("samplesSlider"));
    slider_->setAccessibleName(tr("Look back in training"));
    first_ = new QLabel;
    hint_ = new ElidedLabel;
    last_ = new QLabel(tr("now"));
    for (QLabel* label : std::initializer_list<QLabel*>{first_, hint_, last_})
        label->setProperty("role", "hint");
    hint_->setAlignment(Qt::AlignCenter);
    strip_ = new Filmstrip;
    strip_->setTone(Tone::training);
    strip_->setSource([this](int position, QSize size) { return stripPicture(position, size); },
                      [this](int position) {
                          return position < history_.size() ? words::shortCount(history_.at(position)->step)
                                                            : QString();
                      });

    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(theme::space(1));
    layout->addWidget(view_, 1);
    layout->addSpacing(theme::space(1));
    layout->addWidget(slider_);
    auto* ends = new QHBoxLayout;
    ends->addWidget(first_);
    ends->addWidget(hint_, 1);
    ends->addWidget(last_);
    layout->addLayout(ends);
    layout->addSpacing(theme::space(1));
    layout->addWidget(strip_);

    pages_ = new QStackedWidget;
    placeholder_ = new Placeholder(QStringLiteral("denoise"), {});
    setPoints(false);
    pages_->addWidget(placeholder_);
    pages_->addWidget(page);
    body()->addWidget(pages_, 1);

    connect(slider_, &QSlider::valueChanged, this, &SamplesCard::goTo);
    connect(strip_, &Filmstrip::positionRequested, this, &SamplesCard::goTo);
    connect(view_->grid(), &PictureGrid::pictureSelected, this, [this](int index) {
        followed_ = std::max(0, index);
        strip_->invalidate();
    });
}

void SamplesCard::add(std::shared_ptr<const TrainingFrame> frame) {
    if (!frame || frame->samples.empty()) return;
    if (history_.size() > 0 && history_.at(history_.size() - 1)->step == frame->step)
        return; // only x_t is new
    const bool atNewest = position_ == history_.size() - 1;
    const auto looking = position_ >= 0 ? history_.at(position_) : nullptr;
    points_ = !frame->samples.points.empty();
    history_.add(std::move(frame));
    if (atNewest) {
        position_ = history_.size() - 1;
    } else { // thinning may have moved or dropped what is on show
        position_ = 0;
        while (position_ + 1 < history_.size() && history_.at(position_ + 1)->step <= looking->step)
            ++position_;
    }
    strip_->setSmoothPictures(points_);
    strip_->invalidate();
    present();
    if (history_.size() == 1) {
        pages_->setCurrentIndex(1);
        view_->grid()->setSelected(0);
        Q_EMIT availabilityChanged();
    }
}

void SamplesCard::setPoints(bool points) {
    placeholder_->setWords(points
                               ? tr("Points drawn by the net while it learns, always from the same noise.")
                               : tr("Pictures made by the net while it learns, always from the same noise. "
                                    "On two CPU cores digits show within a few minutes."));
}

void SamplesCard::setData(const PointCloud& points) {
    view_->cloud()->setOutline(points, tr("data"));
}

void SamplesCard::clear() {
    history_.clear();
    position_ = -1;
    followed_ = 0;
    pages_->setCurrentIndex(0);
    step_->clear();
    Q_EMIT availabilityChanged();
}

const TrainingFrame* SamplesCard::shown() const {
    return position_ >= 0 && position_ < history_.size() ? history_.at(position_).get() : nullptr;
}

void SamplesCard::goTo(int position) {
    if (history_.size() == 0) return;
    position = std::clamp(position, 0, history_.size() - 1);
    if (position == position_) return;
    position_ = position;
    present();
}

void SamplesCard::present() {
    const TrainingFrame* frame = shown();
    if (!frame) return;
    view_->setDrawable(frame->samples);
    step_->setText(tr("step %1").arg(words::count(frame->step)));
    const int newest = history_.size() - 1;
    {
        const QSignalBlocker quiet(slider_);
        slider_->setRange(0, newest);
        slider_->setValue(position_);
        slider_->setEnabled(newest > 0);
    }
    first_->setText(tr("step %1").arg(words::count(history_.at(0)->step)));
    const QString kept = history_.stride() == 1 ? tr("All previews so far are kept: %1").arg(history_.size())
                                                : tr("%1 previews kept: one in %2, evenly over the run")
                                                      .arg(history_.size())
                                                      .arg(history_.stride());
    hint_->setText(position_ == newest ? tr("drag to look back") : tr("looking back"));
    hint_->setToolTip(kept);
    slider_->setToolTip(kept);
    strip_->setRange(0, newest);
    strip_->setAvailable(newest);
    strip_->setPosition(position_);
}

QImage SamplesCard::stripPicture(int position, QSize size) const {
    if (position < 0 || position >= history_.size()) return {};
    const Drawable& samples = history_.at(position)->samples;
    if (!samples.points.empty())
        return cloudImage(samples.points, size, 1.5, toneColor(Tone::training), 0.8, 0.6);
    return pictureImage(samples.pictures, std::min(followed_, samples.pictures.count - 1));
}

int SamplesCard::widthWithin(int most) const {
    const TrainingFrame* frame = shown();
    const int picture = frame && !frame->samples.pictures.empty() ? frame->samples.pictures.width : 28;
    // The card's padding and border, the grid's margins and its five gaps.
    const int frameWidth = theme::space(8) + 2 + 2 * theme::space(1) + 5 * std::max(2, theme::space(1) / 2);
    const int wanted = 6 * picture;
    const int whole = std::max(1, (most - frameWidth) / wanted);
    return whole == 1 ? most : whole * wanted + frameWidth; // too narrow for two: take what there is
}

int SamplesCard::heightFor(int width, bool strip) const {
    // Header, slider and words, and what the card keeps free around them.
    return width - theme::space(8) + theme::space(31) +
           (strip ? strip_->sizeHint().height() + theme::space(1) : 0);
}

void SamplesCard::setStripVisible(bool visible) {
    strip_->setVisible(visible);
}

QSize SamplesCard::minimumSizeHint() const {
    return {theme::space(60), theme::space(50)};
}

} // namespace ddpm::ui
