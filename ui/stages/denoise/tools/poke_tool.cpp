#include "stages/denoise/tools/poke_tool.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/poke_command.h"
#include "stages/denoise/tools/poke_palette.h"
#include "stages/denoise/tools/poke_result.h"
#include "views/card.h"
#include "views/inspector_form.h"
#include "views/paint_canvas.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QMetaMethod>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double hardlyAnything = 0.1; // sqrt(alpha_bar): what is painted all but vanishes

} // namespace

PokeTool::PokeTool(EngineBridge& bridge, QWidget* parent)
    : Tool(bridge, tr("Paint on xₜ"), parent), message_(new Note({}, this)), earlier_(new QPushButton(this)),
      column_(new QWidget(this)), palette_(new PokePalette(column_)),
      goOn_(new QPushButton(tr("Go on from here"), column_)), reset_(new QPushButton(tr("Reset"), column_)),
      result_(new PokeResult(this)) {
    build();
    connectAll();
    connectEngine();
    restyle();
    begin();
}

void PokeTool::build() {
    auto* messageRow = new QHBoxLayout;
    messageRow->addWidget(message_, 1);
    messageRow->addWidget(earlier_);
    message_->hide();
    earlier_->hide();
    goOn_->setProperty("role", "primary");
    reset_->setProperty("role", "quiet");
    reset_->setToolTip(tr("Everything back to how it was; that can be undone, too"));

    auto* scroll = new QScrollArea(column_);
    scroll->setObjectName(QStringLiteral("palette"));
    scroll->setWidget(palette_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* column = new QVBoxLayout(column_);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(scroll, 1);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(goOn_, 1);
    buttons->addWidget(reset_);
    column->addLayout(buttons);

    auto* upper = new QHBoxLayout;
    upper->setSpacing(theme::space(4));
    upper->addWidget(column_);
    using namespace math;
    const Expr symbols[] = {index(var(QStringLiteral("x")), var(QStringLiteral("t"))),
                            index(hat(var(QStringLiteral("x"))), upright(QStringLiteral("0")))};
    const QString names[] = {tr("The state, to paint on"), tr("Its content, to paint on")};
    for (std::size_t i = 0; i < 2; ++i) {
        halves_[i] = new QWidget(this);
        auto* half = new QVBoxLayout(halves_[i]);
        half->setContentsMargins(0, 0, 0, 0);
        half->setSpacing(0);
        captions_[i] = new PaneCaption(symbols[i], {}, i == 0 ? Tone::text : Tone::reverse, halves_[i]);
        canvases_[i] = new PaintCanvas(halves_[i]);
        canvases_[i]->setAccessibleName(names[i]);
        canvases_[i]->setPixelWords([this, i](QPoint pixel) { return pixelWords(i, pixel); });
        half->addWidget(captions_[i]);
        half->addWidget(canvases_[i], 1);
        upper->addWidget(halves_[i], 1);
    }
    body()->addLayout(messageRow);
    body()->addLayout(upper, 5);
    body()->addWidget(result_, 4);
}

void PokeTool::connectAll() {
    connectCanvas(canvases_[0], canvases_[1]);
    connectCanvas(canvases_[1], canvases_[0]);
    connect(palette_, &PokePalette::changed, this, [this] {
        for (PaintCanvas* canvas : canvases_)
            canvas->setBrushSize(palette_->brushSize());
        if (frame_) showCanvases();
    });
    connect(palette_, &PokePalette::viewChanged, this, [this] {
        halves_[0]->setVisible(palette_->view() != PokePalette::View::content);
        halves_[1]->setVisible(palette_->view() != PokePalette::View::state);
    });
    connect(palette_, &PokePalette::fileRequested, this, &PokeTool::chooseFile);
    connect(palette_, &PokePalette::clipboardRequested, this, &PokeTool::pasteFromClipboard);
    connect(palette_, &PokePalette::placeRequested, this, [this] { endPlacing(true); });
    connect(palette_, &PokePalette::cancelRequested, this, [this] { endPlacing(false); });
    connect(goOn_, &QPushButton::clicked, this, &PokeTool::goOn);
    connect(reset_, &QPushButton::clicked, this, &PokeTool::reset);
    connect(earlier_, &QPushButton::clicked, this, [this] {
        place_.position = place_.halfway();
        begin();
        canvases_[0]->setFocus();
    });
    connect(result_, &PokeResult::positionRequested, this, &Tool::positionWanted);
    connect(result_, &PokeResult::paintRequested, this, &PokeTool::paintOnChanged);
    auto* paste = new QAction(tr("Paste"), this);
    paste->setShortcut(QKeySequence::Paste);
    paste->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(paste, &QAction::triggered, this, &PokeTool::pasteFromClipboard);
    addAction(paste);
}

void PokeTool::connectCanvas(PaintCanvas* canvas, PaintCanvas* other) {
    connect(canvas, &PaintCanvas::strokeBegan, this, [this] { edit_.begin(palette_->ink()); });
    connect(canvas, &PaintCanvas::strokeAt, this, [this](QPoint at) {
        for (const QPoint pixel : brushDisc(palette_->brushSize()))
            edit_.touch(at.x() + pixel.x(), at.y() + pixel.y());
        showCanvases();
    });
    connect(canvas, &PaintCanvas::strokeEnded, this, [this] { push(palette_->toolName(), edit_.end()); });
    connect(canvas, &PaintCanvas::strokeCancelled, this, [this] {
        edit_.cancel();
        showCanvases();
    });
    connect(canvas, &PaintCanvas::cursorMoved, this, [this, other](QPoint pixel) {
        other->setCursorPixel(pixel);
        describePixel(pixel, true);
    });
    connect(canvas, &PaintCanvas::hovered, this, &PokeTool::describePixel);
    connect(canvas, &PaintCanvas::picked, this, &PokeTool::pick);
    connect(canvas, &PaintCanvas::brushSizeStepped, this,
            [this](int by) { palette_->setBrushSize(palette_->brushSize() + by); });
    connect(canvas, &PaintCanvas::frameChanged, this, &PokeTool::moveFrame);
    connect(canvas, &PaintCanvas::frameAccepted, this, [this] { endPlacing(true); });
    connect(canvas, &PaintCanvas::frameCancelled, this, [this] { endPlacing(false); });
}

void PokeTool::connectEngine() {
    connect(&branches(), &BranchSet::changed, this, &PokeTool::showResult);
    connect(&branches(), &BranchSet::failed, this, [this](quint64 branch, const QString& why) {
        if (branch == branch_) say(why, true);
    });
    connect(&bridge(), &EngineBridge::failed, this, [this](const Failed& failure) {
        if (fit_ == 0 || failure.id != fit_) return;
        fit_ = 0;
        say(QString::fromStdString(failure.error.line()), true);
    });
    connect(&bridge(), &EngineBridge::pictureFitted, this, &PokeTool::takePicture);
}

QLabel* PokeTool::messageLabel() const {
    return message_;
}

// Where it begins
// -----------------------------------------------------------------------------------------------------

void PokeTool::open(const ChainPlace& place) {
    const bool same = edit_.base() && place.record == asked_.record && place.position == asked_.position &&
                      place.chain == asked_.chain;
    asked_ = place;
    if (same) return;
    place_ = place;
    begin();
}

void PokeTool::begin() {
    ++session_;
    endPlacing(false);
    fit_ = 0;
    branches().clear();
    branch_ = 0;
    sent_.clear();
    edit_ = PokeEdit(place_.record ? place_.record->settings().seed : 0);
    if (const auto state = place_.state())
        edit_.setBase(pokeBase(*state, place_.chain, place_.record->schedule().alpha_bar_at(state->t)));
    const PokeBase* base = edit_.base();
    if (base) {
        palette_->setChannels(base->shape.channels);
        result_->setPlaceholder({base->shape.width, base->shape.height});
    }
    column_->setEnabled(base != nullptr);
    sayWhereItIs();
    showEdit();
    showResult();
    Q_EMIT progressed();
}

void PokeTool::say(const QString& words, bool problem) {
    message_->setText(words);
    message_->setWarning(problem);
    message_->setVisible(!words.isEmpty());
}

void PokeTool::sayWhereItIs() {
    earlier_->hide();
    const PokeBase* base = edit_.base();
    if (!base) {
        setCaption({});
        const auto state = place_.state();
        const int earlier = place_.halfway();
        if (!state)
            say(tr("Nothing was sampled yet: press Sample, then choose a state to paint on."));
        else if (state->shape.is_points())
            say(tr("Only pictures can be painted on."));
        else
            say(tr("At t = 0 the picture is finished: there is nothing left to denoise."));
        if (state && !state->shape.is_points() && earlier >= 0) {
            earlier_->setText(tr("Paint on t = %1 instead").arg(place_.record->state(earlier)->t));
            earlier_->show();
        }
        return;
    }
    const double signal = std::sqrt(base->alpha_bar);
    setCaption(tr("t = %1:  √ᾱ = %2 picture,  √(1−ᾱ) = %3 noise")
                   .arg(base->t)
                   .arg(signal, 0, 'f', 3)
                   .arg(std::sqrt(1 - base->alpha_bar), 0, 'f', 3));
    QStringList hints;
    if (signal < hardlyAnything)
        hints << tr("So early the state is nearly all noise: what you paint all but vanishes, Re-noise "
                    "changes most.");
    if (place_.record->settings().sampler == Sampler::dpmpp_2m)
        hints << tr("DPM-Solver++ remembers its last step; here it begins anew, in both chains.");
    say(hints.join(QLatin1Char(' ')));
}

// The canvases
// --------------------------------------------------------------------------------------------------------

QString PokeTool::pixelWords(std::size_t canvas, QPoint pixel) const {
    const PokeBase* base = edit_.base();
    if (!base || pixel.x() < 0 || pixel.y() < 0 || pixel.x() >= base->shape.width ||
        pixel.y() >= base->shape.height)
        return {};
    const std::vector<float>& values = canvas == 0 ? edit_.x() : edit_.content();
    QStringList words;
    for (int c = 0; c < base->shape.channels; ++c) {
        const int at = (pixel.y() * base->shape.width + pixel.x()) * base->shape.channels + c;
        words << QString::number(static_cast<double>(values[static_cast<std::size_t>(at)]), 'f', 2)
                     .replace(QLatin1Char('-'), QChar(0x2212));
    }
    return words.join(QStringLiteral(", "));
}

void PokeTool::describePixel(QPoint pixel, bool inside) {
    const QString names[] = {tr("as the chain has it"), tr("what is in it")};
    for (std::size_t i = 0; i < 2; ++i)
        //: column, row: value
        captions_[i]->setWords(
            inside ? tr("%1, %2:  %3").arg(pixel.x()).arg(pixel.y()).arg(pixelWords(i, pixel)) : names[i]);
}

void PokeTool::pick(QPoint pixel) {
    const PokeBase* base = edit_.base();
    if (!base) return;
    const auto channels = static_cast<std::size_t>(base->shape.channels);
    const auto at = static_cast<std::size_t>(pixel.y() * base->shape.width + pixel.x()) * channels;
    std::array<float, 3> value{};
    std::copy_n(edit_.content().begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(3, channels),
                value.begin());
    palette_->setValue(value);
}

void PokeTool::showCanvases() {
    const PokeBase* base = edit_.base();
    if (!base) {
        // At t = 0 the finished picture, to be looked at.
        const auto state = place_.state();
        const bool picture = state && !state->shape.is_points();
        for (PaintCanvas* canvas : canvases_) {
            canvas->setPaintable(false);
            canvas->setEmptyText(tr("Nothing to paint on"));
            canvas->setPicture(picture ? state->drawable(ChainPart::x, place_.chain).pictures
                                       : PictureStack{});
        }
        return;
    }
    PokeEdit shown;
    const PokeEdit* edit = &edit_;
    if (frame_) {
        shown = edit_;
        blend(shown);
        edit = &shown;
    }
    const std::vector<float>* values[] = {&edit->x(), &edit->content()};
    for (std::size_t i = 0; i < 2; ++i) {
        canvases_[i]->setPaintable(true);
        canvases_[i]->setPicture(to_drawable(base->shape, values[i]->data()).pictures);
    }
}

void PokeTool::showEdit() {
    showCanvases();
    describePixel({}, false);
    const bool changed = edit_.changed();
    goOn_->setEnabled(changed);
    goOn_->setToolTip(changed ? tr("The chain and its untouched twin, with the same noise, to the end")
                              : tr("Paint something first: unchanged, both chains would be the same"));
    reset_->setEnabled(changed);
    if (!branch_) showResult();
}

void PokeTool::push(QUndoCommand* command) {
    // Nobody who keeps it: then it was done, and cannot be undone.
    static const QMetaMethod signal = QMetaMethod::fromSignal(&Tool::undoable);
    if (isSignalConnected(signal)) {
        Q_EMIT undoable(command);
        return;
    }
    command->redo();
    delete command;
}

void PokeTool::push(const QString& name, PokeEdit::Patch patch) {
    if (!patch.empty()) push(new PokeStroke(*this, name, std::move(patch)));
    showEdit();
}

void PokeTool::apply(const PokeEdit::Patch& patch, bool forwards) {
    endPlacing(false);
    edit_.cancel();
    edit_.apply(patch, forwards);
    showEdit();
}

void PokeTool::restore(const PokeEdit::Snapshot& snapshot) {
    endPlacing(false);
    edit_.restore(snapshot);
    sayWhereItIs();
    showEdit();
}

void PokeTool::reset() {
    endPlacing(false);
    push(tr("Reset"), edit_.reset());
}

// Going on
// ------------------------------------------------------------------------------------------------------------

void PokeTool::goOn() {
    endPlacing(false);
    const PokeBase* base = edit_.base();
    if (!base || !edit_.changed()) return;
    if (branch_) branches().drop(branch_);
    StartBranch command;
    command.settings = place_.record->settings();
    command.settings.count = 2;
    FromState from;
    from.t = base->t;
    from.x = base->x;
    from.x.insert(from.x.end(), edit_.x().begin(), edit_.x().end());
    command.from = std::move(from);
    // The same noise for both, so that the change is all in which they differ.
    command.noise_chains = {place_.chain, place_.chain};
    if (const int label = place_.label(); label >= 0) command.labels = {label, label};
    command.of_chain = true;
    sent_ = edit_.x();
    sayWhereItIs();
    branch_ = branches().start(std::move(command));
    showResult();
    Q_EMIT progressed();
    Q_EMIT followWanted();
}

void PokeTool::paintOnChanged() {
    const auto record = branches().record(branch_);
    const auto state = record ? record->state(result_->position()) : nullptr;
    auto base = state ? pokeBase(*state, 1, record->schedule().alpha_bar_at(state->t)) : nullptr;
    if (!base) return;
    push(new PokeRebase(*this, tr("Paint on the changed chain"), edit_.snapshot(), std::move(base)));
    canvases_[0]->setFocus();
}

void PokeTool::showResult() {
    const auto record = branches().record(branch_);
    QString words;
    if (branch_ && branches().refused(branch_))
        words = tr("The engine did not go on from here: see above");
    else if (branch_)
        words = tr("Both chains are being drawn");
    else if (edit_.base())
        words = edit_.changed() ? tr("Go on from here to see where it leads")
                                : tr("Paint, then go on from here to see where it leads");
    result_->setRecord(record, words);
    result_->showPosition(position());
}

int PokeTool::last() const {
    const auto record = branches().record(branch_);
    return record ? record->planned() - 1 : 0;
}

int PokeTool::available() const {
    const auto record = branches().record(branch_);
    return record ? record->size() - 1 : -1;
}

void PokeTool::showPosition(int position) {
    result_->showPosition(position);
}

QString PokeTool::readout(int position) const {
    const auto record = branches().record(branch_);
    const auto state = record ? record->state(position) : nullptr;
    if (state) return tr("t = %1").arg(state->t);
    return tr("t = %1").arg(edit_.base() ? QString::number(edit_.base()->t) : QStringLiteral("–"));
}

std::uint64_t PokeTool::exportBranch() const {
    return available() >= 0 ? branch_ : 0;
}

void PokeTool::restyle() {
    column_->layout()->setSpacing(theme::space(2));
    const auto* scroll = column_->findChild<QScrollArea*>(QStringLiteral("palette"));
    const int bar = scroll->verticalScrollBar()->sizeHint().width();
    column_->setFixedWidth(std::max(theme::space(50), palette_->sizeHint().width() + bar));
}

void PokeTool::changeEvent(QEvent* event) {
    Tool::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && result_) restyle();
}

} // namespace ddpm::ui
