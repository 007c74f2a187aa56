#include "stages/denoise/point_tools.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "theme/theme.h"
#include "views/point_cloud_view.h"
#include "views/score_field.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr double wholeRange = 3, dataRange = 1.5; // three standard deviations of noise; the data and room

constexpr int lostAfter = 3000; // ms: a question that is not answered by then is asked again

int latticeFor(int width) {
    return std::clamp(width / std::max(1, theme::space(4)), 13, 41);
}

} // namespace

PointTools::PointTools(EngineBridge& bridge, ChainPanes* panes, QWidget* parent)
    : QWidget(parent), bridge_(bridge), panes_(panes), distanceWords_(new QLabel(tr("apart from the data"))),
      distance_(new QLabel) {
    paths_ = toggle(QStringLiteral("paths"), tr("Paths"),
                    tr("The last fifty states of the first two hundred particles"), true);
    arrows_ = toggle(
        QStringLiteral("arrows"), tr("Arrows"),
        tr("The score s(x, t) = −ε_θ(x, t) / √(1 − ᾱ_t): where the net would move a point at x to find "
           "more data. The length goes with the root of |s|; the tenth of the arrows that is longest is "
           "drawn at one length, which the legend says."),
        true);
    density_ =
        toggle(QStringLiteral("density"), tr("Density"),
               tr("Where the particles are, as a smooth density, and lines that hold 50 % and 90 % of the "
                  "training data"),
               false);
    distance_->setObjectName(QStringLiteral("distance"));
    distance_->setProperty("role", "number");
    distance_->setAccessibleName(distanceWords_->text());
    distanceWords_->setProperty("role", "caption");
    zoom_ = toggle(QStringLiteral("zoom"), tr("Zoom"), tr("Look closer at where the data are"), false);
    large_ =
        toggle(QStringLiteral("large"), tr("Large"), tr("x_t and x̂₀ alone, as large as they get"), false);
    connect(large_, &QPushButton::toggled, this, &PointTools::showSize);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    for (QPushButton* button : {paths_, arrows_, density_, zoom_, large_})
        row->addWidget(button);
    row->addStretch(1);
    row->addWidget(distanceWords_);
    row->addWidget(distance_);
    connect(paths_, &QPushButton::toggled, this, [this](bool on) { panes_->cloud(0)->setPathsVisible(on); });
    connect(arrows_, &QPushButton::toggled, this, [this](bool on) {
        if (on) return askField();
        fieldAsked_ = 0;
        panes_->cloud(0)->setField({}, {});
    });
    connect(density_, &QPushButton::toggled, this, &PointTools::showDensity);
    connect(zoom_, &QPushButton::toggled, this, [this](bool on) {
        panes_->cloud(0)->setRange(on ? dataRange : wholeRange);
        fieldAsked_ = 0; // of another lattice
        askField();
    });
    connect(&bridge_, &EngineBridge::fieldReady, this, &PointTools::takeField);
    connect(&bridge_, &EngineBridge::dataOpened, this, &PointTools::takeData);
    restyle();
    hide();
}

QPushButton* PointTools::toggle(const QString& name, const QString& text, const QString& tip, bool on) {
    auto* button = new QPushButton(text);
    button->setObjectName(name);
    button->setProperty("role", "toggle");
    button->setCheckable(true);
    button->setChecked(on);
    button->setToolTip(tip);
    return button;
}

void PointTools::openChain(std::shared_ptr<const ChainRecord> record, const DataSettings& trainedOn) {
    // Whatever was asked about the chain before is no longer wanted.
    fieldAsked_ = 0;
    record_ = std::move(record);
    state_.reset();
    t_ = -1;
    panes_->cloud(0)->setField({}, {});
    if (trainedOn == dataSettings_ && (!data_.empty() || dataAsked_ != 0)) return showDensity();
    data_ = {};
    apart_ = {};
    dataAsked_ = 0;
    dataSettings_ = trainedOn;
    showDensity();
    if (!record_ || !trainedOn.is_points()) return;
    OpenData question;
    question.id = dataAsked_ = bridge_.newId();
    question.settings = trainedOn;
    question.thumbnails = 0;
    bridge_.submit(question);
}

void PointTools::showState(int index) {
    state_ = record_ ? record_->state(index) : nullptr;
    const bool points = state_ && state_->shape.is_points();
    setVisible(points);
    showSize();
    t_ = points ? state_->t : -1;
    if (!points) return;
    if (t_ <= 0) { // the finished points: there is nothing left that would move them
        fieldAsked_ = 0;
        panes_->cloud(0)->setField({}, {});
    }
    askField();
    showDistance();
}

// Arrows
// ---------------------------------------------------------------------------------------------------------

void PointTools::askField() {
    if (!isVisible() || !arrows_->isChecked() || t_ <= 0) return;
    // One question at a time: the answer asks for the newest t if that has moved on.
    if (fieldAsked_ != 0 && sinceAsked_.isValid() && sinceAsked_.elapsed() < lostAfter) return;
    const PointCloudView* cloud = panes_->cloud(0);
    AskField question;
    question.id = fieldAsked_ = bridge_.newId();
    question.t = t_;
    question.range = cloud->range();
    question.side = latticeFor(static_cast<int>(cloud->plotRect().width()));
    sinceAsked_.start();
    bridge_.submit(question);
}

void PointTools::takeField(const FieldReady& field) {
    if (fieldAsked_ == 0 || field.id != fieldAsked_) return;
    fieldAsked_ = 0;
    if (!record_ || field.t < 1 || field.t > record_->schedule().timesteps()) return;
    panes_->cloud(0)->setField(
        scoreOfNoise(field.epsilon, field.side, field.range, record_->schedule().alpha_bar_at(field.t)),
        tr("score"), Tone::forward);
    if (field.t != t_) askField();
}

// Density, and how far apart
// ---------------------------------------------------------------------------------------------------------

void PointTools::takeData(const DataOpened& opened) {
    if (dataAsked_ == 0 || opened.id != dataAsked_) return;
    dataAsked_ = 0;
    data_ = opened.points;
    apart_ = CloudDistance(data_);
    showDensity();
    showDistance();
}

void PointTools::showDensity() {
    const bool on = density_->isChecked();
    panes_->cloud(0)->setDensity(on ? tr("particles") : QString());
    for (const int pane : {0, 1})
        panes_->cloud(pane)->setOutline(on ? data_ : PointCloud(), tr("data"));
}

void PointTools::showDistance() {
    const double apart =
        state_ && state_->shape.is_points() ? apart_.to(PointCloud{state_->x}) : std::nan("");
    distance_->setVisible(std::isfinite(apart));
    distanceWords_->setVisible(std::isfinite(apart));
    if (!std::isfinite(apart)) return;
    const auto figure = [](double value) { return QLocale().toString(value, 'f', 3); };
    distance_->setText(figure(apart));
    distance_->setToolTip(
        tr("How far the particles on screen are from the training data: the sliced 1-Wasserstein distance, "
           "that "
           "is, the mean way, in data units, that the points would have to go along one of %1 directions for "
           "the two to be alike. Up to %2 points of each are compared, always the same ones. Two draws of "
           "the "
           "data itself are %3 apart: no model gets nearer than that.")
            .arg(CloudDistance::directions)
            .arg(QLocale().toString(static_cast<qulonglong>(CloudDistance::most)))
            .arg(figure(apart_.ownSpread())));
    distanceWords_->setToolTip(distance_->toolTip());
    distance_->setAccessibleDescription(distance_->toolTip());
}

bool PointTools::isLarge() const {
    return large_->isChecked() && state_ && state_->shape.is_points();
}

void PointTools::showSize() {
    if (std::exchange(shownLarge_, isLarge()) == isLarge()) return;
    panes_->setTwo(isLarge());
    Q_EMIT largeChanged(isLarge());
}

void PointTools::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    askField();
}

void PointTools::restyle() {
    layout()->setSpacing(theme::space(2));
}

void PointTools::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
