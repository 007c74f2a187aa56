#include "stages/train/loss_card.h"

#include "bridge/words.h"
#include "views/empty_state.h"
#include "views/plot.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int mostMarks = 200; // a run that only makes NaN is one mark wide, not a wall of lines

/// The slider is fine where it matters: 0, 0.5, 0.9, 0.99, 0.999 lie evenly apart.
double shareOf(int position) {
    return position == 0 ? 0.0 : 1 - std::pow(10.0, -position / 20.0);
}

} // namespace

LossCard::LossCard(QWidget* parent) : Card(tr("Loss"), {}, parent) {
    plot_ = new Plot;
    plot_->setObjectName(QStringLiteral("lossPlot"));
    plot_->setAccessibleName(tr("Loss"));
    raw_ = plot_->addSeries(tr("raw"), Tone::training, Plot::Line::thin, "loss");
    smooth_ = plot_->addSeries(tr("smoothed"), Tone::training, Plot::Line::thick, "smoothed_loss");
    plot_->setReadout([this](double x) { return readout(x); });
    plot_->setLogScale(true);
    plot_->setXName(tr("step"), "step");
    //: along the axis of a drawing; L_simple, the mean squared error
    plot_->setYName(tr("loss (mean squared error)"));

    axis_ = new QComboBox;
    axis_->setObjectName(QStringLiteral("lossAxis"));
    axis_->addItem(tr("Steps"));
    axis_->addItem(tr("Epochs"));
    axis_->addItem(tr("Time"));
    axis_->setToolTip(tr("What the curve is drawn against"));
    log_ = new QToolButton;
    log_->setObjectName(QStringLiteral("lossLog"));
    log_->setText(tr("Log"));
    log_->setCheckable(true);
    log_->setChecked(true);
    log_->setProperty("role", "toggle");
    log_->setToolTip(tr("Logarithmic loss axis"));
    smoothWord_ = new QLabel(tr("Smooth"));
    smoothWord_->setProperty("role", "caption");
    smoothing_ = new QSlider(Qt::Horizontal);
    smoothing_->setObjectName(QStringLiteral("lossSmoothing"));
    smoothing_->setRange(0, 60);
    smoothing_->setValue(30);
    smoothWord_->setBuddy(smoothing_);
    smoothingValue_ = new QLabel;
    smoothingValue_->setProperty("role", "number");
    controls_ = new QWidget(this);
    auto* row = new QHBoxLayout(controls_);
    row->setContentsMargins(0, 0, 0, 0);
    for (QWidget* widget :
         {static_cast<QWidget*>(smoothWord_), static_cast<QWidget*>(smoothing_),
          static_cast<QWidget*>(smoothingValue_), static_cast<QWidget*>(log_), static_cast<QWidget*>(axis_)})
        row->addWidget(widget);
    addToHeader(controls_);

    pages_ = new QStackedWidget;
    empty_ = new EmptyState(QStringLiteral("train"), tr("Train a model, and watch it learn"), {});
    start_ = empty_->addButton(tr("Train"), true);
    start_->setObjectName(QStringLiteral("startHere"));
    auto* open = empty_->addButton(tr("Open…"), false);
    open->setObjectName(QStringLiteral("openHere"));
    connect(start_, &QPushButton::clicked, this, &LossCard::startRequested);
    connect(open, &QPushButton::clicked, this, &LossCard::openRequested);
    pages_->addWidget(empty_);
    pages_->addWidget(plot_);
    body()->addWidget(pages_, 1);

    connect(axis_, &QComboBox::currentIndexChanged, this, [this](int index) {
        history_.setAxis(static_cast<LossAxis>(index));
        plot_->setXIsTime(static_cast<LossAxis>(index) == LossAxis::time);
        const struct {
            QString name;
            const char* column;
        } axes[] = {
            {tr("step"), "step"}, {tr("epoch"), "epoch"}, {tr("hours : minutes : seconds"), "seconds"}};
        plot_->setXName(axes[index].name, axes[index].column);
        redraw();
    });
    connect(log_, &QToolButton::toggled, plot_, &Plot::setLogScale);
    connect(smoothing_, &QSlider::valueChanged, this, &LossCard::setSmoothing);
    setSmoothing(smoothing_->value());
    setPoints(false);
    restyle();
}

void LossCard::setPoints(bool points) {
    empty_->setWords(
        points
            ? tr("Press Train: points find their places in seconds. Or open a run or a model that you have.")
            : tr("Press Train: digits appear in a few minutes. Or open a run or a model that you have."));
}

void LossCard::setEpoch(int batch, std::int64_t dataCount) {
    history_.setEpoch(batch, dataCount);
    redraw();
}

void LossCard::setLogScale(bool log) {
    log_->setChecked(log);
}

void LossCard::setStartEnabled(bool enabled) {
    start_->setEnabled(enabled);
}

void LossCard::clear() {
    history_.clear();
    redraw();
    pages_->setCurrentIndex(0);
}

void LossCard::add(const std::vector<MetricPoint>& points) {
    if (points.empty()) return;
    const int from = history_.size();
    history_.add(points);
    const auto x = history_.xs(from);
    plot_->addPoints(raw_, x, history_.losses(from));
    plot_->addPoints(smooth_, x, history_.smoothed(from));
    for (const MetricPoint& point : points)
        if (!std::isfinite(point.loss)) {
            redraw();
            break;
        }
    pages_->setCurrentIndex(1);
}

void LossCard::redraw() {
    const auto x = history_.xs();
    plot_->setPoints(raw_, x, history_.losses());
    plot_->setPoints(smooth_, x, history_.smoothed());
    auto marks = history_.notFinite();
    if (marks.size() > mostMarks) marks.resize(mostMarks);
    if (!marks.empty() || marked_ > 0) plot_->setMarks(marks, tr("NaN"));
    marked_ = static_cast<int>(marks.size());
}

void LossCard::setSmoothing(int position) {
    const double share = shareOf(position);
    history_.setSmoothing(share);
    smoothingValue_->setText(position == 0 ? tr("off")
                                           : QLocale().toString(share, 'f', position < 40 ? 2 : 3));
    smoothing_->setToolTip(
        tr("Smoothing: how much of the past goes into the thick curve (%1)").arg(smoothingValue_->text()));
    if (history_.size() == 0) return;
    plot_->setPoints(smooth_, history_.xs(), history_.smoothed());
}

QString LossCard::readout(double x) const {
    const int index = history_.nearest(x);
    if (index < 0) return {};
    const MetricPoint& point = history_.at(index);
    return tr("step %1\nloss %2\nsmoothed %3\nrate %4\n%5")
        .arg(words::count(point.step), words::loss(point.loss), words::loss(history_.smoothedAt(index)),
             QLocale().toString(point.learning_rate, 'g', 3), words::duration(point.seconds));
}

void LossCard::resizeEvent(QResizeEvent* event) {
    Card::resizeEvent(event);
    arrange();
}

void LossCard::changeEvent(QEvent* event) {
    Card::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && controls_) restyle();
}

void LossCard::restyle() {
    axis_->setMinimumWidth(theme::space(22));
    smoothing_->setMinimumWidth(theme::space(8));
    smoothing_->setMaximumWidth(theme::space(15));
    smoothingValue_->setMinimumWidth(theme::space(10));
    controls_->layout()->setSpacing(theme::space(2));
    arrange();
}

/// Beside the title where there is room, below it where there is not.
void LossCard::arrange() {
    smoothWord_->setVisible(width() >= theme::space(98));     // the slider's tool tip says it too
    smoothingValue_->setVisible(width() >= theme::space(72)); // … and so is its value there
    const bool below = width() < theme::space(86);
    if (below == below_) return;
    below_ = below;
    if (below)
        body()->insertWidget(0, controls_);
    else
        addToHeader(controls_);
}

QSize LossCard::minimumSizeHint() const {
    return {theme::space(90), theme::space(48)};
}

} // namespace ddpm::ui
