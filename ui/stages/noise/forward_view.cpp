#include "stages/noise/forward_view.h"

#include "views/card_row.h"
#include "views/curve_view.h"
#include "views/filmstrip.h"
#include "views/histogram_view.h"
#include "views/picture_image.h"
#include "views/schedule_curves.h"

#include <QEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr double pointRange = 3.0;
constexpr int leastCard = 64; // for the legends of the plots

} // namespace

ForwardView::ForwardView(QWidget* parent)
    : QWidget(parent), panes_(new ForwardPanes(this)), filmstrip_(new Filmstrip(this)),
      levels_(new CurveView(this)), snr_(new CurveView(this)), histogram_(new HistogramView(this)) {
    setAccessibleName(tr("Forward"));
    build();
    connect(filmstrip_, &Filmstrip::positionRequested, this, &ForwardView::positionRequested);
    connect(levels_, &CurveView::positionRequested, this, &ForwardView::positionRequested);
    connect(snr_, &CurveView::positionRequested, this, &ForwardView::positionRequested);
    fit();
}

void ForwardView::build() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(panes_, 1000); // all it can use, before the cards grow
    column->addWidget(filmstrip_);
    auto* cards = new CardRow(this);
    const auto addCard = [&](const QString& title, const QString& caption, QWidget* view) {
        auto* card = new Card(title, caption, this);
        card->body()->addWidget(view, 1);
        cards->addCard(card, leastCard);
    };
    addCard(tr("Schedule"), tr("signal left, noise added"), levels_);
    addCard(tr("Signal to noise"), tr("ᾱ / (1 − ᾱ), log"), snr_);
    addCard(tr("Values of x at t"), tr("against N(0, 1)"), histogram_);
    column->addWidget(cards, 1);
    levels_->setXName(QStringLiteral("t"));
    snr_->setXName(QStringLiteral("t"));
    snr_->setLogScale(true);
    levels_->setAccessibleName(tr("Schedule"));
    snr_->setAccessibleName(tr("Signal to noise"));
    filmstrip_->setTone(Tone::forward);
    filmstrip_->setSource([this](int t, QSize size) { return thumbnail(t, size); },
                          [](int t) { return QString::number(t); });
}

void ForwardView::setRecord(std::shared_ptr<const ForwardRecord> record) {
    record_ = std::move(record);
    const int last = record_->schedule.timesteps();
    filmstrip_->setRange(0, last);
    filmstrip_->setAvailable(last);
    filmstrip_->setSmoothPictures(record_->is_points());
    filmstrip_->invalidate();
    showSchedule();
}

void ForwardView::showSchedule() {
    for (CurveView* view : {levels_, snr_})
        view->setXRange(0, record_->schedule.timesteps());
    levels_->setCurves(scheduleCurves(record_->schedule));
    snr_->setCurves(snrCurves(record_->schedule));
}

void ForwardView::showState(int t, ForwardPhase phase) {
    filmstrip_->setPosition(t);
    levels_->setCursorPosition(t);
    snr_->setCursorPosition(t);
    if (!record_) return;
    t_ = t;
    const float* steps = record_->steps_at(t);
    stepped_ = phase == ForwardPhase::shrunk && t > 0 ? shrunkState(*record_, t)
                                                      : std::vector<float>(steps, steps + record_->values);
    panes_->showState(*record_, t, phase);
    histogram_->setValues(0, tr("jump"), Tone::forward, std::span(record_->jump_at(t), record_->values),
                          "jump");
    histogram_->setValues(1, tr("steps"), Tone::text, stepped_, "steps");
    histogram_->setPlotTitle(tr("Values of x at t = %1").arg(t));
}

Distance ForwardView::distance() const {
    return record_ ? distanceAt(*record_, t_, stepped_) : Distance{};
}

void ForwardView::showNothing(const QString& words) {
    panes_->showNothing(words);
}

QImage ForwardView::thumbnail(int t, QSize size) const {
    if (!record_ || t > record_->schedule.timesteps()) return {};
    const std::span<const float> values(record_->jump_at(t), record_->values);
    if (record_->is_points())
        return cloudImage(pointsOf(values), size, pointRange, theme::colors().forward, 0.8, 0.5);
    return pictureImage(pictureFromFloats(values.data(), record_->height, record_->width, record_->channels),
                        0);
}

void ForwardView::fit() {
    layout()->setSpacing(theme::space(3));
    panes_->setMaximumHeight(std::max(theme::space(30), ForwardPanes::heightFor(width())));
    filmstrip_->setFixedHeight(
        std::min(Filmstrip::heightFor(width()), std::max(theme::space(18), height() / 7)));
}

void ForwardView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit();
}

void ForwardView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) fit();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
