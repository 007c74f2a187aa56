// Explorations on the Denoise stage: which one has the chain's place, and what the transport moves then.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/memory_form.h"
#include "stages/denoise/sampling_form.h"
#include "stages/denoise/tools/tool.h"
#include "stages/denoise/try_form.h"
#include "views/filmstrip.h"
#include "views/transport_bar.h"

#include <QSpinBox>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {

void DenoiseStage::buildTools() {
    toolPage_ = new QStackedWidget(pages_);
    pages_->addWidget(toolPage_);
    connect(form_->tryForm(), &TryForm::toolRequested, this, &DenoiseStage::openTool);
    connect(form_->memoryForm(), &MemoryForm::changed, this,
            [this](std::size_t bytes) { bridge_.submit(SetChainMemory{bytes}); });
}

Tool* DenoiseStage::toolOf(ToolKind kind) {
    if (Tool* known = tools_.value(kind)) return known;
    Tool* made = makeTool(kind, bridge_, toolPage_);
    tools_.insert(kind, made);
    toolPage_->addWidget(made);
    // One that is not on screen goes on computing, but the transport is not its.
    const auto whileOpen = [this, made](auto act) {
        return [this, made, act](auto... values) {
            if (tool_ == made) act(values...);
        };
    };
    connect(made, &Tool::progressed, this, [this, made] {
        if (tool_ == made) takeTool();
        showMemory();
    });
    connect(made, &Tool::positionWanted, this, whileOpen([this](int position) {
                playhead_.pause();
                playhead_.setPosition(position);
            }));
    connect(made, &Tool::followWanted, this, whileOpen([this] {
                takeTool();
                playhead_.follow();
                showState();
            }));
    connect(made, &Tool::closeRequested, this, whileOpen([this] { closeTool(); }));
    connect(made, &Tool::undoable, this, [this](QUndoCommand* done) { undo_->push(done); });
    connect(made, &Tool::statusMessage, this, &Stage::statusMessage);
    return made;
}

void DenoiseStage::openTool(ToolKind kind) {
    ChainPlace place;
    place.record = record_;
    place.position = tool_ ? chainPosition_ : playhead_.position();
    place.chain = panes_->selected();
    place.form = form_->settings();
    place.model = bridge_.model();
    chainPosition_ = place.position;
    playhead_.pause();
    tool_ = toolOf(kind);
    toolKind_ = kind;
    toolPage_->setCurrentWidget(tool_);
    pages_->setCurrentWidget(toolPage_);
    form_->tryForm()->setOpen(tool_, kind);
    form_->setNumbersVisible(false); // the chain's t is not the exploration's
    tool_->open(place);
    if (!tool_) return; // it had nothing to show
    bar_->setReadoutTemplate(tool_->widestReadout());
    takeTool();
    playhead_.follow();
    showState();
    tool_->setFocus();
    Q_EMIT exportAvailabilityChanged();
}

void DenoiseStage::takeTool() {
    const int last = std::max(1, tool_->last()), available = std::clamp(tool_->available(), 0, last);
    playhead_.setRange(0, last);
    bar_->setRange(0, last);
    bar_->setAvailable(available);
    playhead_.setAvailable(available, tool_->growing());
    showState();
    Q_EMIT exportAvailabilityChanged();
}

void DenoiseStage::showTool() {
    const int position = playhead_.position();
    bar_->setPosition(position);
    bar_->setReadout(tool_->readout(position));
    tool_->moveTo(position);
    showTransport();
}

void DenoiseStage::closeTool() {
    if (!tool_) return;
    tool_ = nullptr;
    bar_->setReadoutTemplate(QStringLiteral("t = 0000"));
    form_->tryForm()->setOpen(nullptr, toolKind_);
    form_->setNumbersVisible(true);
    pages_->setCurrentWidget(content_);
    if (record_) {
        const int last = std::max(1, record_->planned()) - 1;
        playhead_.setRange(0, last);
        bar_->setRange(0, last);
        takeGrowth(record_->size());
        playhead_.setPosition(chainPosition_);
    }
    showState();
    setFocus();
    Q_EMIT exportAvailabilityChanged();
}

int DenoiseStage::chainMemory() const {
    return form_->memoryForm()->box()->value();
}

void DenoiseStage::setChainMemory(int megabytes) {
    form_->memoryForm()->box()->setValue(megabytes);
}

void DenoiseStage::showMemory() {
    std::size_t bytes = record_ ? record_->bytes() : 0;
    for (const Tool* each : std::as_const(tools_))
        bytes += each->branches().bytes();
    form_->memoryForm()->setUsed(bytes);
}

void DenoiseStage::openPicture(const QString& file) {
    const ModelChanged& model = bridge_.model();
    if (!model.available || model.settings.model.kind != NetKind::unet) {
        Q_EMIT statusMessage(
            tr("Open a model that draws pictures: then this one can be noised and denoised back"));
        return;
    }
    openTool(ToolKind::encode);
    if (tool_) tool_->openPicture(file);
}

bool DenoiseStage::escape() {
    if (!tool_) return panes_->escape();
    closeTool();
    return true;
}

} // namespace ddpm::ui
