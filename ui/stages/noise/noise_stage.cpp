#include "stages/noise/noise_stage.h"

#include "bridge/engine_bridge.h"
#include "stages/noise/forward_panes.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_history.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/filmstrip.h"
#include "views/histogram_view.h"
#include "views/picture_image.h"
#include "views/transport_bar.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMimeData>
#include <QPainter>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QStandardPaths>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <span>

namespace ddpm::ui {
namespace {

constexpr int thumbnailsShown = 24;

QString droppedFile(const QMimeData* mime) {
    for (const QUrl& url : mime->urls())
        if (url.isLocalFile()) return url.toLocalFile();
    return {};
}

} // namespace

NoiseStage::NoiseStage(EngineBridge& bridge, QWidget* parent)
    : Stage(parent), bridge_(bridge), panes_(new ForwardPanes(this)), filmstrip_(new Filmstrip(this)),
      levels_(new CurveView(this)), snr_(new CurveView(this)), histogram_(new HistogramView(this)),
      inspector_(new QScrollArea(this)), form_(new NoiseForm), undo_(new QUndoStack(this)),
      history_(keepHistory(form_, undo_)), bar_(new TransportBar(this)) {
    setAccessibleName(tr("Noise"));
    setAcceptDrops(true);
    build();
    connectAll();
    panes_->showNothing(tr("Opening the data…"));
    bar_->setControlsEnabled(false);
    fitContent();
}

NoiseStage::~NoiseStage() = default;

void NoiseStage::build() {
    auto* column = new QVBoxLayout(this);
    column->addWidget(panes_, 1000); // all it can use, before the cards grow
    column->addWidget(filmstrip_);
    auto* cards = new QHBoxLayout;
    cards->setSpacing(theme::space(4));
    const auto addCard = [&](const QString& title, const QString& caption, QWidget* view) {
        auto* card = new Card(title, caption, this);
        card->body()->addWidget(view, 1);
        cards->addWidget(card, 1);
    };
    addCard(tr("Schedule"), tr("signal left, noise added"), levels_);
    addCard(tr("Signal to noise"), tr("ᾱ / (1 − ᾱ), log"), snr_);
    addCard(tr("Values of x at t"), tr("against N(0, 1)"), histogram_);
    column->addLayout(cards, 1);
    levels_->setXName(QStringLiteral("t"));
    snr_->setXName(QStringLiteral("t"));
    snr_->setLogScale(true);
    levels_->setAccessibleName(tr("Schedule"));
    snr_->setAccessibleName(tr("Signal to noise"));
    filmstrip_->setTone(Tone::forward);
    filmstrip_->setSource([this](int t, QSize size) { return thumbnail(t, size); },
                          [](int t) { return QString::number(t); });

    inspector_->setWidget(form_);
    inspector_->setWidgetResizable(true);
    inspector_->setFrameShape(QFrame::NoFrame);
    inspector_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    bar_->setEnds(tr("image"), Tone::reverse, tr("noise"), Tone::forward);
    bar_->setReadout(tr("t = %1").arg(0));
    bar_->setSpeeds({QStringLiteral("¼×"), QStringLiteral("½×"), QStringLiteral("1×"), QStringLiteral("2×"),
                     QStringLiteral("4×"), QStringLiteral("8×"), QStringLiteral("16×")},
                    {0.25, 0.5, 1, 2, 4, 8, 16}, 2);
    bar_->speedBox()->setToolTip(tr("1×: from picture to noise in ten seconds"));
}

void NoiseStage::connectAll() {
    connect(&playhead_, &Playhead::moved, this, &NoiseStage::showState);
    connect(&playhead_, &Playhead::stateChanged, this, [this] {
        bar_->setPlaying(playhead_.playing() && !playhead_.backwards());
        bar_->setPlayingBackwards(playhead_.playing() && playhead_.backwards());
    });
    connect(bar_, &TransportBar::playRequested, this, [this] {
        playhead_.setDirection(false);
        if (!playhead_.playing()) playPause();
    });
    connect(bar_, &TransportBar::playBackwardsRequested, this, &NoiseStage::playBackwards);
    connect(bar_, &TransportBar::pauseRequested, this, &NoiseStage::playPause);
    connect(bar_, &TransportBar::backRequested, this, &NoiseStage::stepBack);
    connect(bar_, &TransportBar::forwardRequested, this, &NoiseStage::stepForward);
    connect(bar_, &TransportBar::startRequested, this, &NoiseStage::goToStart);
    connect(bar_, &TransportBar::endRequested, this, &NoiseStage::goToEnd);
    connect(bar_, &TransportBar::speedChanged, &playhead_, &Playhead::setSpeed);
    connect(bar_, &TransportBar::loopingChanged, &playhead_, &Playhead::setLooping);
    const auto scrub = [this](int t) {
        playhead_.pause();
        playhead_.setPosition(t);
    };
    connect(bar_, &TransportBar::positionRequested, this, scrub);
    connect(filmstrip_, &Filmstrip::positionRequested, this, scrub);
    connect(levels_, &CurveView::positionRequested, this, scrub);
    connect(snr_, &CurveView::positionRequested, this, scrub);

    connect(form_, &NoiseForm::dataRequested, this, [this] { openData(false); });
    connect(form_, &NoiseForm::randomRequested, this, [this] { openData(true); });
    connect(form_, &NoiseForm::pictureRequested, this, [this](qint64 index) {
        index_ = index;
        file_.clear();
        runForward();
    });
    connect(form_, &NoiseForm::openPictureRequested, this, &NoiseStage::choosePicture);
    connect(form_, &NoiseForm::scheduleApplied, this, &NoiseStage::runForward);
    connect(form_, &NoiseForm::seedChanged, this, &NoiseStage::runForward);
    connect(&bridge_, &EngineBridge::dataOpened, this, &NoiseStage::takeData);
    connect(&bridge_, &EngineBridge::forwardReady, this, &NoiseStage::takeForward);
    connect(&bridge_, &EngineBridge::failed, this, [this](const Failed& failed) {
        if (failed.activity != Activity::data) return;
        form_->showProblem(QString::fromStdString(failed.error.line()));
        if (!record_) panes_->showNothing(tr("The data could not be opened"));
    });
}

QWidget* NoiseStage::inspector() {
    return inspector_;
}

QWidget* NoiseStage::transport() {
    return bar_;
}

// What is asked of the engine
// ----------------------------------------------------------------------------------------

void NoiseStage::openData(bool shuffle) {
    file_.clear();
    if (shuffle) shuffle_ = QRandomGenerator::global()->generate64();
    OpenData command;
    command.settings = form_->data();
    command.settings.seed = shuffle_; // other points of the same set
    command.thumbnails = thumbnailsShown;
    command.shuffle = shuffle_;
    command.only_label = form_->onlyLabel();
    bridge_.submit(command);
}

void NoiseStage::runForward() {
    RunForward command;
    command.id = ++lastId_;
    command.schedule = form_->schedule();
    command.data = shownData_;
    command.index = index_;
    command.file = file_.toStdString();
    command.seed = form_->seed();
    bridge_.submit(command);
}

void NoiseStage::openPicture(const QString& file) {
    if (form_->data().kind == DataKind::drawing) {
        form_->setDrawingPicture(file);
        return;
    }
    file_ = file;
    form_->setChosen(-1);
    runForward();
}

void NoiseStage::choosePicture() {
    auto* dialog = new QFileDialog(
        this, tr("Open a picture"), QStandardPaths::writableLocation(QStandardPaths::PicturesLocation),
        tr("Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &NoiseStage::openPicture);
    dialog->open();
}

// What the engine says
// -----------------------------------------------------------------------------------------------

void NoiseStage::takeData(const DataOpened& opened) {
    shownData_ = opened.settings;
    {
        const FormHistory::Quiet quiet(*history_); // a class that the new data does not have is gone
        form_->showData(opened);
    }
    if (!opened.thumbnail_indices.empty()) index_ = opened.thumbnail_indices.front();
    file_.clear();
    form_->setChosen(opened.settings.is_points() ? -1 : index_);
    runForward();
}

void NoiseStage::takeForward(const ForwardReady& ready) {
    // An answer that a newer question has overtaken is not shown.
    if (!ready.record || ready.record->id != lastId_) return;
    form_->showProblem({});
    const int before = record_ ? record_->schedule.timesteps() : 0;
    record_ = ready.record;
    const int last = record_->schedule.timesteps();
    if (last != before) {
        // The same place on the way to noise; at first a quarter of it, where picture and noise are both to
        // be seen.
        const double part = before > 0 ? static_cast<double>(playhead_.position()) / before : 0.25;
        playhead_.setRange(0, last);
        playhead_.setAvailable(last, false);
        bar_->setRange(0, last);
        bar_->setAvailable(last);
        filmstrip_->setRange(0, last);
        filmstrip_->setAvailable(last);
        playhead_.setPosition(static_cast<int>(std::lround(part * last)));
    }
    filmstrip_->setSmoothPictures(record_->is_points());
    filmstrip_->invalidate();
    showSchedule();
    showState();
}

void NoiseStage::showSchedule() {
    const ScheduleTable& schedule = record_->schedule;
    const int last = schedule.timesteps();
    std::vector<double> levels, ratios;
    for (int t = 0; t <= last; ++t)
        levels.push_back(schedule.alpha_bar_at(t));
    for (int t = 1; t <= last; ++t)
        ratios.push_back(schedule.snr_at(t));
    for (CurveView* view : {levels_, snr_})
        view->setXRange(0, last);
    levels_->setCurves({{QStringLiteral("ᾱ"), Tone::forward, levels, 0, false, false},
                        {QStringLiteral("β"), Tone::training, schedule.beta, 1, true, true}});
    snr_->setCurves({{tr("SNR"), Tone::forward, ratios, 1, false, false}});
}

void NoiseStage::showState() {
    const int t = playhead_.position();
    bar_->setPosition(t);
    bar_->setReadout(tr("t = %1").arg(t));
    bar_->setControlsEnabled(record_ != nullptr);
    bar_->setStepForwardEnabled(record_ && t < record_->schedule.timesteps());
    filmstrip_->setPosition(t);
    levels_->setCursorPosition(t);
    snr_->setCursorPosition(t);
    if (!record_ || t > record_->schedule.timesteps()) return;
    panes_->showState(*record_, t);
    histogram_->setValues(0, tr("jump"), Tone::forward, std::span(record_->jump_at(t), record_->values));
    histogram_->setValues(1, tr("steps"), Tone::text, std::span(record_->steps_at(t), record_->values));
    form_->showNumbers(record_->schedule, t);
}

QImage NoiseStage::thumbnail(int t, QSize size) const {
    if (!record_ || t > record_->schedule.timesteps()) return {};
    if (record_->is_points())
        return cloudImage(pointsOf(*record_, record_->jump_at(t)), size, 3, theme::colors().forward, 0.8,
                          0.5);
    return pictureImage(
        pictureFromFloats(record_->jump_at(t), record_->height, record_->width, record_->channels), 0);
}

// What the user does
// -------------------------------------------------------------------------------------------------

void NoiseStage::playPause() {
    if (!record_) return;
    if (playhead_.playing()) {
        playhead_.pause();
        return;
    }
    playhead_.setDirection(false);
    playhead_.play();
}

void NoiseStage::playBackwards() {
    if (!record_) return;
    if (playhead_.playing() && playhead_.backwards()) {
        playhead_.pause();
        return;
    }
    playhead_.setDirection(true);
    if (!playhead_.playing()) playhead_.play();
}

void NoiseStage::stepBack() {
    playhead_.pause();
    playhead_.setPosition(playhead_.position() - 1);
}

void NoiseStage::stepForward() {
    playhead_.pause();
    playhead_.setPosition(playhead_.position() + 1);
}

void NoiseStage::goToStart() {
    playhead_.pause();
    playhead_.setPosition(0);
}

void NoiseStage::goToEnd() {
    playhead_.pause();
    playhead_.setPosition(playhead_.available());
}

// The widget
// ---------------------------------------------------------------------------------------------------------

void NoiseStage::fitContent() {
    const int edge = theme::space(4);
    layout()->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    layout()->setSpacing(theme::space(3));
    const int room = width() - 2 * edge;
    panes_->setMaximumHeight(std::max(theme::space(30), ForwardPanes::heightFor(room)));
    filmstrip_->setFixedHeight(
        std::min(Filmstrip::heightFor(room), std::max(theme::space(18), height() / 7)));
}

void NoiseStage::showEvent(QShowEvent* event) {
    Stage::showEvent(event);
    if (asked_) return;
    asked_ = true;
    openData(false);
}

void NoiseStage::resizeEvent(QResizeEvent* event) {
    Stage::resizeEvent(event);
    fitContent();
}

void NoiseStage::paintEvent(QPaintEvent*) {
    if (!dropping_) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme::colors().forward, 2, Qt::DashLine));
    painter.drawRoundedRect(QRectF(rect()).adjusted(4, 4, -4, -4), theme::space(2), theme::space(2));
}

void NoiseStage::dragEnterEvent(QDragEnterEvent* event) {
    if (droppedFile(event->mimeData()).isEmpty()) return;
    event->acceptProposedAction();
    dropping_ = true;
    update();
}

void NoiseStage::dragLeaveEvent(QDragLeaveEvent*) {
    dropping_ = false;
    update();
}

void NoiseStage::dropEvent(QDropEvent* event) {
    dropping_ = false;
    update();
    const QString file = droppedFile(event->mimeData());
    if (file.isEmpty()) return;
    event->acceptProposedAction();
    openPicture(file);
}

void NoiseStage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && bar_) fitContent();
    Stage::changeEvent(event);
}

} // namespace ddpm::ui
