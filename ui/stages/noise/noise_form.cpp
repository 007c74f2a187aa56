#include "stages/noise/noise_form.h"

#include "bridge/words.h"
#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/sketch_field.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ddpm::ui {
NoiseForm::NoiseForm(QWidget* parent)
    : InspectorForm(parent), data_(new QComboBox(this)), text_(new QLineEdit(this)),
      sketch_(new SketchField(this)), density_(new QCheckBox(tr("Density under the points"), this)),
      arrows_(new QCheckBox(tr("Arrows of the score"), this)), class_(new QComboBox(this)),
      thumbnails_(new PictureGrid(this)), random_(new QPushButton(tr("Random"), this)),
      open_(new QPushButton(tr("Open picture…"), this)), hint_(new Note({}, this)),
      problem_(new QLabel(this)), schedule_(new QComboBox(this)), steps_(new QSpinBox(this)),
      betaStart_(new QDoubleSpinBox(this)), betaEnd_(new QDoubleSpinBox(this)),
      scheduleProblem_(new QLabel(this)), apply_(new QPushButton(tr("Apply"), this)),
      revert_(new QPushButton(tr("Revert"), this)), seed_(new QSpinBox(this)),
      newNoise_(new QToolButton(this)) {
    for (const DataKind kind : words::offeredDataSets())
        data_->addItem(words::dataSet(kind), static_cast<int>(kind));
    class_->addItem(tr("All classes"), -1);
    text_->setText(QString::fromStdString(DataSettings{}.text));
    text_->setMaxLength(40);
    text_->setToolTip(tr("Becomes points where its letters are; a picture can be used instead"));
    sketch_->setAcceptText(tr("Show as noise"));
    sketch_->setTrainingOffered(true);
    density_->setObjectName(QStringLiteral("density"));
    density_->setToolTip(tr("The points as a smooth density"));
    arrows_->setObjectName(QStringLiteral("arrows"));
    arrows_->setToolTip(
        tr("∇ log q(x_t) of the points on screen, exactly: where denoising has to move a point. "
           "The length goes with the root of the magnitude"));
    thumbnails_->setSelectable(true);
    thumbnails_->setTone(Tone::forward);
    thumbnails_->setColumns(8);
    thumbnails_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    thumbnails_->setAccessibleName(tr("Pictures of the data set"));
    thumbnails_->setPlaceholder(24);
    for (QLabel* label : {problem_, scheduleProblem_}) {
        label->setProperty("role", "problem");
        label->setWordWrap(true);
    }
    for (const BetaSchedule kind : all_values<BetaSchedule>())
        if (kind != BetaSchedule::list) schedule_->addItem(words::schedule(kind), static_cast<int>(kind));
    steps_->setRange(1, 100'000);
    for (QDoubleSpinBox* box : {betaStart_, betaEnd_}) {
        box->setRange(0, 1);
        box->setDecimals(5);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    }
    seed_->setRange(0, std::numeric_limits<int>::max());
    newNoise_->setToolTip(tr("New noise"));
    newNoise_->setAccessibleName(tr("New noise"));
    apply_->setProperty("role", "primary");
    build();
    setDraft(applied_);
    showKind();
    showProblem({});
    restyle();

    connect(data_, &QComboBox::currentIndexChanged, this, [this] {
        const QSignalBlocker quiet(class_);
        class_->setCurrentIndex(0);
        wantedLabel_ = -1;
        showKind();
        Q_EMIT dataRequested();
    });
    connect(class_, &QComboBox::currentIndexChanged, this, [this] {
        wantedLabel_ = -1;
        Q_EMIT dataRequested();
    });
    connect(text_, &QLineEdit::editingFinished, this, [this] {
        if (!text_->isModified()) return;
        text_->setModified(false);
        drawingPicture_.clear();
        sketch_->setSketch({});
        Q_EMIT dataRequested();
    });
    connect(sketch_, &SketchField::drawn, this, &NoiseForm::draw);
    connect(sketch_, &SketchField::dropped, this, [this] { draw({}); });
    connect(sketch_, &SketchField::trainingRequested, this, [this](const std::vector<float>& sketch) {
        draw(sketch);
        Q_EMIT trainingRequested(data());
    });
    for (QCheckBox* box : {density_, arrows_})
        connect(box, &QCheckBox::toggled, this, &NoiseForm::overlaysChanged);
    connect(thumbnails_, &PictureGrid::pictureSelected, this, [this](int i) {
        if (i < static_cast<int>(indices_.size()))
            Q_EMIT pictureRequested(indices_[static_cast<std::size_t>(i)]);
    });
    connect(random_, &QPushButton::clicked, this, &NoiseForm::randomRequested);
    connect(open_, &QPushButton::clicked, this, &NoiseForm::openPictureRequested);
    connect(schedule_, &QComboBox::currentIndexChanged, this, &NoiseForm::showDraftState);
    connect(steps_, &QSpinBox::valueChanged, this, &NoiseForm::showDraftState);
    for (QDoubleSpinBox* box : {betaStart_, betaEnd_})
        connect(box, &QDoubleSpinBox::valueChanged, this, &NoiseForm::showDraftState);
    connect(apply_, &QPushButton::clicked, this, [this] {
        applied_ = draft();
        showDraftState();
        Q_EMIT scheduleApplied();
    });
    connect(revert_, &QPushButton::clicked, this, [this] { setDraft(applied_); });
    connect(seed_, &QSpinBox::valueChanged, this, &NoiseForm::seedChanged);
    connect(newNoise_, &QToolButton::clicked, this,
            [this] { seed_->setValue(static_cast<int>(QRandomGenerator::global()->bounded(1'000'000))); });
    for (const auto happened :
         {&NoiseForm::dataRequested, &NoiseForm::scheduleApplied, &NoiseForm::seedChanged})
        connect(this, happened, this, &NoiseForm::edited);
}

void NoiseForm::build() {
    addSection(tr("Data"));
    addRow(tr("Data set"), data_);
    addRow(tr("Class"), class_);
    addRow(tr("Text"), text_);
    addWide(sketch_);
    addWide(thumbnails_);
    addLayoutRow({random_, open_});
    addWide(hint_);
    addWide(density_);
    addWide(arrows_);
    addWide(problem_);
    at_ = addSection(tr("At t = %1").arg(0));
    const QString names[] = {tr("β<sub>t</sub>"),
                             tr("ᾱ<sub>t</sub>"),
                             tr("√ᾱ<sub>t</sub>, signal"),
                             tr("√(1−ᾱ<sub>t</sub>), noise"),
                             tr("SNR"),
                             tr("β̃<sub>t</sub>, posterior")};
    const QString meanings[] = {tr("Variance added by step t"),
                                tr("Signal power left at t"),
                                tr("What multiplies x₀ in eq. 4"),
                                tr("What multiplies ε in eq. 4"),
                                tr("ᾱ / (1 − ᾱ)"),
                                tr("Variance of q(x at t−1 | x at t, x₀), eq. 7")};
    for (int i = 0; i < 6; ++i)
        numbers_[i] = addReadOut(names[i], meanings[i]);
    scheduleHeading_ = addSection(tr("Schedule"));
    addRow(tr("Kind"), schedule_);
    addRow(tr("Steps T"), steps_);
    addRow(tr("β<sub>1</sub>"), betaStart_);
    addRow(tr("β<sub>T</sub>"), betaEnd_);
    addWide(scheduleProblem_);
    addLayoutRow({apply_, revert_});
    addSection(tr("Noise"));
    auto* seedRow = new QWidget(this);
    auto* seedLayout = new QHBoxLayout(seedRow);
    seedLayout->setContentsMargins(0, 0, 0, 0);
    seedLayout->setSpacing(theme::space(1));
    seedLayout->addWidget(seed_, 1);
    seedLayout->addWidget(newNoise_);
    seed_->setAccessibleName(tr("Seed"));
    addRow(tr("Seed"), seedRow);
    addStretch();
}

DataSettings NoiseForm::data() const {
    DataSettings settings;
    settings.kind = static_cast<DataKind>(data_->currentData().toInt());
    settings.text = text_->text().toStdString();
    settings.picture = drawingPicture_.toStdString();
    if (settings.kind == DataKind::drawing) settings.sketch = sketch_->sketch();
    return settings;
}

int NoiseForm::onlyLabel() const {
    return wantedLabel_ >= 0 ? wantedLabel_ : class_->currentData().toInt();
}

NoiseChoices NoiseForm::choices() const {
    return {data(), onlyLabel(), seed(), draft(), applied_};
}

void NoiseForm::setChoices(const NoiseChoices& choices) {
    const NoiseChoices before = this->choices();
    {
        const QSignalBlocker kind(data_), label(class_), seed(seed_);
        data_->setCurrentIndex(data_->findData(static_cast<int>(choices.data.kind)));
        const int at = class_->findData(choices.only_label);
        class_->setCurrentIndex(std::max(0, at));
        // The classes of another data set are known when it has been opened.
        wantedLabel_ = at < 0 || choices.data.kind != before.data.kind ? choices.only_label : -1;
        text_->setText(QString::fromStdString(choices.data.text));
        drawingPicture_ = QString::fromStdString(choices.data.picture.string());
        if (choices.data.kind == DataKind::drawing) sketch_->setSketch(choices.data.sketch);
        seed_->setValue(static_cast<int>(choices.seed & 0x7fffffffu));
    }
    showKind();
    applied_ = choices.applied;
    setDraft(choices.draft);
    if (!(choices.data == before.data) || choices.only_label != before.only_label) Q_EMIT dataRequested();
    if (!(choices.applied == before.applied)) Q_EMIT scheduleApplied();
    if (choices.seed != before.seed) Q_EMIT seedChanged();
    Q_EMIT edited();
}

std::uint64_t NoiseForm::seed() const {
    return static_cast<std::uint64_t>(seed_->value());
}

ScheduleSettings NoiseForm::draft() const {
    ScheduleSettings settings;
    settings.kind = static_cast<BetaSchedule>(schedule_->currentData().toInt());
    settings.timesteps = steps_->value();
    settings.beta_start = betaStart_->value();
    settings.beta_end = betaEnd_->value();
    return settings;
}

void NoiseForm::setDraft(const ScheduleSettings& settings) {
    schedule_->setCurrentIndex(schedule_->findData(static_cast<int>(settings.kind)));
    steps_->setValue(settings.timesteps);
    betaStart_->setValue(settings.beta_start);
    betaEnd_->setValue(settings.beta_end);
    showDraftState();
}

void NoiseForm::showDraftState() {
    const ScheduleSettings wanted = draft();
    betaStart_->setEnabled(wanted.uses_range() && wanted.kind != BetaSchedule::constant);
    betaEnd_->setEnabled(wanted.uses_range());
    const auto problems = wanted.check();
    QStringList lines;
    for (const Problem& problem : problems)
        lines << tr("%1: %2. %3")
                     .arg(QString::fromStdString(problem.field), QString::fromStdString(problem.what),
                          QString::fromStdString(problem.remedy));
    scheduleProblem_->setText(lines.join(QLatin1Char('\n')));
    scheduleProblem_->setVisible(!lines.isEmpty());
    const bool changed = !(wanted == applied_);
    scheduleHeading_->setNote(changed ? tr("not applied") : QString(), changed);
    apply_->setEnabled(changed && problems.empty());
    revert_->setEnabled(changed);
    Q_EMIT edited();
}

void NoiseForm::showKind() {
    const DataSettings settings = data();
    const bool drawing = settings.kind == DataKind::drawing, points = settings.is_points();
    setRowVisible(text_, drawing && sketch_->sketch().empty());
    sketch_->setPictureVisible(drawing);
    density_->setVisible(points);
    arrows_->setVisible(points);
    setRowVisible(class_, !points);
    thumbnails_->setVisible(!points);
    random_->setText(points ? tr("New points") : tr("Random"));
    hint_->setText(drawing  ? tr("A dropped picture becomes points where it is dark.")
                   : points ? tr("The whole cloud is noised at once.")
                            : tr("Or drop a picture file on the stage."));
}

void NoiseForm::showData(const DataOpened& opened) {
    showProblem({});
    indices_ = opened.thumbnail_indices;
    if (opened.thumbnails.empty())
        thumbnails_->clear();
    else
        thumbnails_->setPictures(opened.thumbnails);
    thumbnails_->setSelected(-1);
    QStringList tips;
    for (std::size_t i = 0; i < opened.thumbnail_indices.size() && i < opened.thumbnail_labels.size(); ++i)
        tips << tr("No. %1, label %2").arg(opened.thumbnail_indices[i]).arg(opened.thumbnail_labels[i]);
    thumbnails_->setHoverText(tips);
    const QSignalBlocker quiet(class_);
    const int wanted = std::exchange(wantedLabel_, -1);
    if (class_->count() == opened.classes + 1) {
        if (wanted >= 0) class_->setCurrentIndex(std::max(0, class_->findData(wanted)));
        return;
    }
    class_->clear();
    class_->addItem(tr("All classes"), -1);
    for (int i = 0; i < opened.classes; ++i)
        class_->addItem(tr("Only %1").arg(i), i);
    if (wanted >= 0) class_->setCurrentIndex(std::max(0, class_->findData(wanted)));
}

void NoiseForm::draw(const std::vector<float>& sketch) {
    sketch_->setSketch(sketch);
    {
        const QSignalBlocker quiet(data_);
        data_->setCurrentIndex(data_->findData(static_cast<int>(DataKind::drawing)));
        class_->setCurrentIndex(0);
    }
    showKind();
    Q_EMIT dataRequested();
}

void NoiseForm::setDrawingPicture(const QString& file) {
    drawingPicture_ = file;
    sketch_->setSketch({});
    showKind();
    Q_EMIT dataRequested();
}

void NoiseForm::setChosen(std::int64_t index) {
    const auto found = std::find(indices_.begin(), indices_.end(), index);
    thumbnails_->setSelected(found == indices_.end() ? -1 : static_cast<int>(found - indices_.begin()));
}

void NoiseForm::showNumbers(const ScheduleTable& schedule, int t) {
    at_->setTitle(tr("At t = %1").arg(t));
    const double level = schedule.alpha_bar_at(t);
    numbers_[1]->setValue(level);
    numbers_[2]->setValue(std::sqrt(level));
    numbers_[3]->setValue(std::sqrt(1 - level));
    if (t == 0) { // no step leads to x_0, and it holds no noise to compare with
        for (const int i : {0, 4, 5})
            numbers_[i]->setNothing();
        return;
    }
    const auto k = static_cast<std::size_t>(t - 1);
    numbers_[0]->setValue(schedule.beta[k]);
    numbers_[4]->setValue(schedule.snr_at(t));
    numbers_[5]->setValue(schedule.posterior_variance[k]);
}

void NoiseForm::showProblem(const QString& text) {
    problem_->setText(text);
    problem_->setVisible(!text.isEmpty());
}

void NoiseForm::restyle() {
    newNoise_->setIcon(theme::icon(QStringLiteral("random")));
    newNoise_->setIconSize({theme::space(4), theme::space(4)});
    thumbnails_->setFixedHeight(theme::space(24));
}

void NoiseForm::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && at_) restyle();
    InspectorForm::changeEvent(event);
}

} // namespace ddpm::ui
