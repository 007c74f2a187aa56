#include "stages/denoise/tools/race_lane.h"

#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFontMetrics>
#include <QGridLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedLayout>
#include <QStackedWidget>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr double noiseRange = 3, dataRange = 1.5; // what a cloud shows: x_t, x0_hat

/// So that a lane can be narrower than its longest choice.
void shrinkable(QComboBox* box) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(1);
    box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

template <typename E>
void select(QComboBox* box, E value) {
    box->setCurrentIndex(std::max(0, box->findData(static_cast<int>(value))));
}

template <typename E>
E chosenOf(const QComboBox* box) {
    return static_cast<E>(box->currentData().toInt());
}

} // namespace

RaceLane::RaceLane(const ModelChanged& model, QWidget* parent)
    : QFrame(parent), timesteps_(std::max(1, model.schedule.timesteps())),
      points_(model.settings.model.kind == NetKind::point_mlp),
      picture_(model.settings.model.unet.sample_size, model.settings.model.unet.sample_size),
      title_(new QLabel(this)), sampler_(new QComboBox(this)), remove_(new QToolButton(this)),
      steps_(new QSpinBox(this)), noise_(new QStackedWidget(this)), eta_(new QDoubleSpinBox(noise_)),
      variance_(new QComboBox(noise_)), grid_(new PictureGrid(this)), cloud_(new PointCloudView(this)),
      evaluations_(new QLabel(this)), progress_(new QProgressBar(this)), words_(new QLabel(this)) {
    setProperty("role", "card");
    sampler_->addItem(tr("DDPM"), static_cast<int>(Sampler::ancestral));
    sampler_->addItem(tr("DDIM"), static_cast<int>(Sampler::ddim));
    sampler_->addItem(tr("DPM-Solver++"), static_cast<int>(Sampler::dpmpp_2m));
    sampler_->addItem(tr("Heun"), static_cast<int>(Sampler::heun));
    sampler_->setToolTip(tr("DDPM: Algorithm 2, with noise in every step. DDIM: with as much noise as η "
                            "says. DPM-Solver++ (2M) and Heun: second order, without noise; Heun asks the "
                            "net twice a step"));
    steps_->setRange(1, timesteps_);
    steps_->setSuffix(tr(" steps"));
    steps_->setToolTip(tr("Steps"));
    eta_->setRange(0, 1);
    eta_->setSingleStep(0.1);
    eta_->setDecimals(2);
    eta_->setPrefix(tr("η "));
    eta_->setToolTip(tr("0: no noise is added on the way; 1: as much as in ancestral sampling"));
    variance_->addItem(tr("σ² = β"), static_cast<int>(Variance::fixed_large));
    variance_->addItem(tr("σ² = β̃"), static_cast<int>(Variance::fixed_small));
    if (model.settings.diffusion.learned_variance != LearnedVariance::none)
        variance_->addItem(tr("σ² learned"), static_cast<int>(Variance::learned));
    variance_->setToolTip(tr("The variance of the noise added in each step, §3.2: β is the larger one"));
    shrinkable(sampler_);
    shrinkable(variance_);
    for (QWidget* box : {static_cast<QWidget*>(steps_), static_cast<QWidget*>(eta_)}) {
        box->setMinimumWidth(1);
        box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    remove_->setProperty("role", "quiet");
    remove_->setToolTip(tr("Take this lane out of the race"));
    progress_->setTextVisible(false);
    progress_->setAccessibleName(tr("Net evaluations"));
    words_->setProperty("role", "hint");
    evaluations_->setProperty("role", "caption");
    for (QLabel* label : {evaluations_, words_})
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    grid_->setSelectable(true);
    grid_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    cloud_->setSelectable(true);
    build();
    setChoice({});
    restyle();
}

void RaceLane::build() {
    auto* none = new QLabel(tr("no noise"), noise_);
    none->setProperty("role", "muted");
    none->setToolTip(tr("This sampler follows an ordinary differential equation: it adds no noise"));
    noise_->addWidget(eta_);
    noise_->addWidget(variance_);
    noise_->addWidget(none);
    noise_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    title_->setProperty("role", "title");
    fields_ = new QGridLayout;
    fields_->setColumnStretch(0, 1);
    fields_->setColumnStretch(1, 1);
    rows_ = 3;
    arrange();
    auto* area = new QWidget(this);
    views_ = new QStackedLayout(area);
    views_->addWidget(grid_);
    views_->addWidget(cloud_);
    if (points_) views_->setCurrentWidget(cloud_);
    auto* column = new QVBoxLayout(this);
    column->addLayout(fields_);
    column->addWidget(area, 1);
    column->addWidget(evaluations_);
    column->addWidget(progress_);
    column->addWidget(words_);

    connect(sampler_, &QComboBox::currentIndexChanged, this, &RaceLane::takeSampler);
    connect(variance_, &QComboBox::currentIndexChanged, this, &RaceLane::edited);
    connect(steps_, &QSpinBox::valueChanged, this, &RaceLane::edited);
    connect(eta_, &QDoubleSpinBox::valueChanged, this, &RaceLane::edited);
    // What is usual for the sampler that the user chose.
    connect(sampler_, &QComboBox::activated, this, [this] {
        constexpr int usual[] = {250, 50, 20, 10};
        steps_->setValue(std::min(usual[static_cast<int>(chosenOf<Sampler>(sampler_))], timesteps_));
    });
    connect(remove_, &QToolButton::clicked, this, &RaceLane::removeRequested);
    const auto chain = [this](int index) {
        Q_EMIT chosen();
        Q_EMIT chainSelected(index);
    };
    connect(grid_, &PictureGrid::pictureSelected, this, chain);
    connect(cloud_, &PointCloudView::pointSelected, this, chain);
}

void RaceLane::arrange() {
    for (QWidget* field :
         {static_cast<QWidget*>(title_), static_cast<QWidget*>(sampler_), static_cast<QWidget*>(remove_),
          static_cast<QWidget*>(steps_), static_cast<QWidget*>(noise_)})
        fields_->removeWidget(field);
    while (fields_->count() > 0) // what held the first row
        delete fields_->takeAt(0);
    const bool narrow = rows_ == 4;
    auto* head = new QHBoxLayout;
    head->setSpacing(theme::space(2));
    head->addWidget(title_);
    if (narrow)
        head->addStretch(1);
    else
        head->addWidget(sampler_, 1);
    head->addWidget(remove_);
    fields_->addLayout(head, 0, 0, 1, 2);
    if (narrow) fields_->addWidget(sampler_, 1, 0, 1, 2);
    const int row = narrow ? 2 : 1;
    if (rows_ == 2) {
        fields_->addWidget(steps_, row, 0);
        fields_->addWidget(noise_, row, 1);
    } else {
        fields_->addWidget(steps_, row, 0, 1, 2);
        fields_->addWidget(noise_, row + 1, 0, 1, 2);
    }
}

/// Where a lane is so narrow that its fields would be cut: their names and tool tips say the rest.
void RaceLane::shorten(int room) {
    const bool tight = room < theme::space(28);
    const QString sampler = tight ? tr("DPM++") : rows_ == 4 ? tr("DPM++ 2M") : tr("DPM-Solver++");
    const QSignalBlocker quiet(sampler_);
    sampler_->setItemText(sampler_->findData(static_cast<int>(Sampler::dpmpp_2m)), sampler);
    steps_->setSuffix(tight ? QString() : tr(" steps"));
}

int RaceLane::rowsFor(int room) const {
    const int suffix =
        steps_->suffix().isEmpty() ? QFontMetrics(steps_->font()).horizontalAdvance(tr(" steps")) : 0;
    if (room >= steps_->sizeHint().width() + suffix + eta_->sizeHint().width() + theme::space(1)) return 2;
    const int sampler =
        QFontMetrics(theme::textFont()).horizontalAdvance(tr("DPM-Solver++")) + theme::space(11);
    const int number = title_->sizeHint().width() + theme::space(2);
    return room >= number + sampler + theme::space(2) + remove_->sizeHint().width() ? 3 : 4;
}

// What was chosen
// ----------------------------------------------------------------------------------------------------

void RaceLane::setNumber(int number) {
    number_ = number;
    grid_->setTone(toneOf(number));
    cloud_->setTone(toneOf(number));
    nameAll();
    update();
}

Tone RaceLane::toneOf(int number) {
    constexpr Tone tones[] = {Tone::reverse, Tone::training, Tone::forward, Tone::text, Tone::muted};
    return tones[(number - 1) % 5];
}

bool RaceLane::dashedOf(int number) {
    return number > 5;
}

void RaceLane::setChoice(const SamplingSettings& settings) {
    const QSignalBlocker quiet(this);
    select(sampler_, settings.sampler);
    steps_->setValue(std::min(settings.steps, timesteps_));
    eta_->setValue(settings.eta);
    select(variance_, settings.variance);
    takeSampler();
}

SamplingSettings RaceLane::choice(const SamplingSettings& race) const {
    SamplingSettings settings = race;
    settings.sampler = chosenOf<Sampler>(sampler_);
    settings.steps = steps_->value();
    // What a sampler does not use is left as it was, so that two settings that mean the same are the same.
    if (settings.sampler == Sampler::ddim) settings.eta = eta_->value();
    if (settings.sampler == Sampler::ancestral) settings.variance = chosenOf<Variance>(variance_);
    return settings;
}

QString RaceLane::words() const {
    const int steps = steps_->value();
    return (steps == 1 ? tr("%1, %2 step") : tr("%1, %2 steps")).arg(sampler_->currentText()).arg(steps);
}

void RaceLane::takeSampler() {
    const auto sampler = chosenOf<Sampler>(sampler_);
    const bool ddim = sampler == Sampler::ddim, ancestral = sampler == Sampler::ancestral;
    noise_->setCurrentIndex(ddim ? 0 : ancestral ? 1 : 2);
    Q_EMIT edited();
}

void RaceLane::nameAll() {
    const QString lane = tr("Lane %1").arg(number_);
    setAccessibleName(lane);
    title_->setText(QString::number(number_));
    const auto name = [&](QWidget* widget, const QString& what) {
        //: a field of a lane: "Lane 2: steps"
        widget->setAccessibleName(tr("%1: %2").arg(lane, what));
    };
    name(sampler_, tr("sampler"));
    name(steps_, tr("steps"));
    name(eta_, tr("noise η"));
    name(variance_, tr("variance σ²"));
    name(remove_, tr("remove"));
    name(grid_, tr("pictures"));
    name(cloud_, tr("points"));
}

int RaceLane::leastPictureHeight() {
    return theme::space(24);
}

void RaceLane::setRemovable(bool removable) {
    remove_->setEnabled(removable);
}

void RaceLane::setSelected(bool selected) {
    if (selected_ == selected) return;
    selected_ = selected;
    update();
}

void RaceLane::setSelectedChain(int chain) {
    grid_->setSelected(chain);
    cloud_->setSelected(chain);
}

// What it has reached
// ----------------------------------------------------------------------------------------------

void RaceLane::showNothing(const QString& words, int chains) {
    shown_.reset();
    grid_->clear();
    grid_->setPlaceholder(chains, picture_);
    grid_->setEmptyText(words);
    cloud_->clear();
    cloud_->setEmptyText(words);
}

void RaceLane::showState(const std::shared_ptr<const ChainState>& state, ChainPart part) {
    if (state == shown_ && part == part_) return;
    shown_ = state;
    part_ = part;
    const Drawable drawable = state->drawable(part);
    if (points_) {
        cloud_->setRange(part == ChainPart::x ? noiseRange : dataRange);
        cloud_->setPoints(drawable.points);
    } else {
        grid_->setPictures(drawable.pictures);
    }
}

void RaceLane::showProgress(int evaluations, int planned, const QString& words, bool warning, bool atMost) {
    done_ = evaluations;
    planned_ = planned;
    atMost_ = atMost;
    progress_->setRange(0, std::max(1, planned));
    progress_->setValue(evaluations);
    words_->setText(words);
    words_->setToolTip(words);
    const auto role = warning ? QStringLiteral("warning") : QStringLiteral("hint");
    if (words_->property("role").toString() != role) {
        words_->setProperty("role", role);
        words_->style()->unpolish(words_);
        words_->style()->polish(words_);
    }
    writeEvaluations();
}

void RaceLane::writeEvaluations() {
    const QString full =
        (atMost_ ? tr("%1 of at most %2 evaluations") : tr("%1 of %2 evaluations")).arg(done_).arg(planned_);
    setAccessibleDescription(QStringLiteral("%1. %2. %3").arg(this->words(), full, words_->text()));
    //: net evaluations, where there is no room for the word
    const QString planned = atMost_ ? tr("≤ %1").arg(planned_) : QString::number(planned_);
    const QString forms[] = {full, tr("%1 of %2 eval.").arg(done_).arg(planned),
                             tr("%1/%2 eval.").arg(done_).arg(planned),
                             tr("%1 of %2").arg(done_).arg(planned)};
    const QFontMetrics metrics(theme::captionFont());
    const auto fits = [&](const QString& form) {
        return metrics.horizontalAdvance(form) <= evaluations_->width();
    };
    const auto* form = std::find_if(std::begin(forms), std::end(forms) - 1, fits);
    evaluations_->setText(*form);
    evaluations_->setToolTip(full);
}

// How it looks
// -----------------------------------------------------------------------------------------------------

void RaceLane::paintEvent(QPaintEvent* event) {
    QFrame::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    // Its colour in the plot: a line along the top, and all round where it is the selected one.
    const qreal pen = std::max(2.0, theme::space(1) * 0.5), round = theme::space(2);
    painter.setPen(QPen(toneColor(toneOf(number_)), pen, dashedOf(number_) ? Qt::DashLine : Qt::SolidLine));
    if (selected_)
        painter.drawRoundedRect(QRectF(rect()).adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2), round, round);
    else
        painter.drawLine(QPointF(round, pen / 2), QPointF(width() - round, pen / 2));
}

void RaceLane::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) Q_EMIT chosen();
    QFrame::mousePressEvent(event);
}

void RaceLane::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const QMargins edges = layout()->contentsMargins();
    const int room = width() - edges.left() - edges.right();
    if (const int rows = rowsFor(room); rows != rows_) {
        rows_ = rows;
        arrange();
    }
    shorten(room);
    layout()->activate();
    writeEvaluations();
}

void RaceLane::restyle() {
    // Four lanes beside the inspector at one and a half times the size.
    setMinimumWidth(theme::space(26));
    const int edge = theme::space(2);
    layout()->setContentsMargins(edge, theme::space(2) + 2, edge, edge);
    layout()->setSpacing(theme::space(2));
    fields_->setHorizontalSpacing(theme::space(1));
    fields_->setVerticalSpacing(theme::space(1));
    remove_->setIcon(theme::icon(QStringLiteral("close")));
    for (QWidget* view : {static_cast<QWidget*>(grid_), static_cast<QWidget*>(cloud_)})
        view->setMinimumHeight(leastPictureHeight());
    const int line = QFontMetrics(theme::captionFont()).height();
    evaluations_->setMinimumHeight(line);
    words_->setMinimumHeight(line);
}

void RaceLane::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && views_) restyle();
    QFrame::changeEvent(event);
}

} // namespace ddpm::ui
