#include "stages/denoise/tools/tool.h"

#include "bridge/engine_bridge.h"
#include "theme/theme.h"
#include "views/elided_label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cstdlib>

namespace ddpm::ui {

int ChainPlace::halfway() const {
    int best = -1, least = 0;
    for (int i = 0; record && i < record->size(); ++i) {
        const auto state = record->state(i);
        if (!state || state->t == 0) continue;
        const int off = std::abs(2 * state->t - record->schedule().timesteps());
        if (best < 0 || off < least) {
            best = i;
            least = off;
        }
    }
    return best;
}

int ChainPlace::label() const {
    const UnetSettings& unet = model.settings.model.unet;
    if (model.settings.model.kind != NetKind::unet || unet.num_class_embeds == 0) return -1;
    const SamplingSettings& settings = record ? record->settings() : form;
    // Without a choice the chains take the classes in turn; the last embedding means "no class".
    return settings.label >= 0 ? settings.label : chain % std::max(1, unet.num_class_embeds - 1);
}

Tool::Tool(EngineBridge& bridge, const QString& title, QWidget* parent)
    : QWidget(parent), bridge_(bridge), branches_(new BranchSet(bridge, this)),
      back_(new QPushButton(tr("Back to the chain"), this)), title_(new QLabel(title, this)),
      caption_(new ElidedLabel({}, this)), stop_(new QPushButton(tr("Stop"), this)), body_(new QVBoxLayout) {
    setAccessibleName(title);
    back_->setObjectName(QStringLiteral("backToChain"));
    back_->setToolTip(tr("Back to the chain (Esc)"));
    title_->setProperty("role", "title");
    caption_->setProperty("role", "hint");
    stop_->setToolTip(tr("Stop computing; what there is stays"));
    auto* header = new QHBoxLayout;
    header->addWidget(back_);
    header->addWidget(title_);
    header->addWidget(caption_, 1);
    header->addWidget(stop_);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addLayout(header);
    all->addLayout(body_, 1);
    stop_->setEnabled(false);
    connect(back_, &QPushButton::clicked, this, &Tool::closeRequested);
    connect(stop_, &QPushButton::clicked, branches_, &BranchSet::stopAll);
    connect(branches_, &BranchSet::changed, this, [this] {
        stop_->setEnabled(growing());
        Q_EMIT progressed();
    });
    restyle();
}

void Tool::moveTo(int position) {
    position_ = position;
    showPosition(position);
}

QString Tool::caption() const {
    return caption_->text();
}

void Tool::setCaption(const QString& text) {
    caption_->setText(text);
}

void Tool::restyle() {
    layout()->setSpacing(theme::space(3));
    body_->setSpacing(theme::space(3));
    back_->setIcon(theme::icon(QStringLiteral("back")));
}

void Tool::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
