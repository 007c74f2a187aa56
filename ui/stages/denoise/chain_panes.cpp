#include "stages/denoise/chain_panes.h"

#include "views/curve_view.h"
#include "views/point_cloud_view.h"

#include <QHBoxLayout>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr int pathStates = 50; // how far back a particle's path is drawn
constexpr int mostPaths = 200;
constexpr double cloudRange = 1.5; // of what lies where the data does

} // namespace

ChainPanes::ChainPanes(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(4));
    for (int i = 0; i < 3; ++i)
        buildPane(i);
}

void ChainPanes::buildPane(int i) {
    const QString words[] = {tr("what the chain holds"), tr("what the net believes"),
                             tr("noise it will take away")};
    Layer named;
    named.kind = static_cast<Layer::Kind>(i); // in the order of the panes
    Pane& pane = panes_[static_cast<std::size_t>(i)];
    pane.whole = new QWidget(this);
    pane.caption = new PaneCaption(named.symbol(), words[i], named.tone(), pane.whole);
    auto* area = new QWidget(pane.whole);
    pane.stack = new QStackedLayout(area);
    pane.grid = new PictureGrid(area);
    pane.grid->setSelectable(true);
    pane.grid->setTone(Tone::reverse);
    pane.grid->setSelected(0);
    pane.grid->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    pane.grid->setAccessibleName(words[i]);
    pane.grid->setZoom(&zoom_);
    pane.grid->setPixelsSelectable(true);
    pane.grid->setValues([this, i](PixelPlace place, int channel) {
        place.picture = chainOf(place.picture);
        return shown_.layers[static_cast<std::size_t>(i)].value(offset(place, channel));
    });
    pane.cloud = new PointCloudView(area);
    pane.cloud->setTone(named.tone());
    // What the chain holds begins as noise: over three standard deviations.
    pane.cloud->setRange(i == 1 ? cloudRange : noise_range);
    pane.cloud->setSelectable(true);
    pane.cloud->setSelected(0);
    pane.cloud->setAccessibleName(words[i]);
    pane.stack->addWidget(pane.grid);
    pane.stack->addWidget(pane.cloud);
    auto* column = new QVBoxLayout(pane.whole);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(pane.caption);
    column->addWidget(area, 1);
    static_cast<QHBoxLayout*>(layout())->addWidget(pane.whole, 1);
    connect(pane.grid, &PictureGrid::pictureSelected, this,
            [this](int picture) { choose(chainOf(picture)); });
    connect(pane.grid, &PictureGrid::neighbourRequested, this,
            [this](int by) { choose(std::clamp(selected_ + by, 0, std::max(0, count() - 1))); });
    connect(pane.grid, &PictureGrid::pictureActivated, this, &ChainPanes::soloToggled);
    connect(pane.grid, &PictureGrid::pixelPointed, this, [this](int picture, int r, int c) {
        point({picture < 0 ? -1 : chainOf(picture), r, c});
    });
    connect(pane.grid, &PictureGrid::pixelPinned, this, [this](int picture, int r, int c) {
        pin({chainOf(picture), r, c});
    });
    connect(pane.cloud, &PointCloudView::pointSelected, this, &ChainPanes::choose);
}

void ChainPanes::choose(int chain) {
    const bool other = chain != selected_;
    setSelected(chain);
    if (other) Q_EMIT chainSelected(chain);
}

void ChainPanes::showState(const ChainRecord& record, int index, StepPhase phase) {
    if (!record.state(index)) return;
    const ItemShape before = shown_.state ? shown_.state->shape : ItemShape();
    shown_ = shownState(record, index, phase);
    const ItemShape& shape = shown_.state->shape;
    if (before != shape) { // other pictures: the places of the former ones mean nothing in them
        zoom_.reset();
        pointed_.reset();
        if (pinned_ && (pinned_->row >= shape.height || pinned_->column >= shape.width)) pinned_.reset();
    }
    for (std::size_t i = 0; i < 3; ++i) {
        Pane& pane = panes_[i];
        const Layer& layer = shown_.layers[i];
        pane.caption->setSymbol(layer.symbol(), layer.tone());
        if (shape.is_points()) {
            pane.stack->setCurrentWidget(pane.cloud);
            pane.cloud->setEmptyText(layer.emptyText);
            pane.cloud->setTone(layer.tone());
            if (i == 2) pane.cloud->setRange(layer.kind == Layer::Kind::added ? layer.range : noise_range);
            pane.cloud->setPoints(layer.drawable().points);
        } else {
            pane.stack->setCurrentWidget(pane.grid);
            pane.grid->setEmptyText(layer.emptyText);
            pane.grid->setPlaceholder(solo_ ? 1 : shape.count, {shape.width, shape.height});
            pane.grid->setPictures(
                layer.drawable(solo_ && selected_ < shape.count ? selected_ : -1).pictures);
        }
    }
    if (shape.is_points()) showPaths(record, index);
    showPixel();
    if (before != shape) Q_EMIT pixelChanged();
}

void ChainPanes::showPaths(const ChainRecord& record, int index) {
    const int first = std::max(0, index - pathStates + 1);
    const int particles = std::min(mostPaths, shown_.state->shape.count);
    std::vector<QPolygonF> paths(static_cast<std::size_t>(particles));
    for (int i = first; i <= index; ++i) {
        const auto state = record.state(i);
        if (!state || state->shape.count < particles) continue;
        for (int p = 0; p < particles; ++p) {
            const auto k = static_cast<std::size_t>(p) * 2;
            paths[static_cast<std::size_t>(p)].append(
                QPointF(static_cast<double>(state->x[k]), static_cast<double>(state->x[k + 1])));
        }
    }
    panes_[0].cloud->setPaths(std::move(paths));
}

void ChainPanes::showNothing(const QString& words, int chains, QSize picture) {
    shown_ = {};
    zoom_.reset();
    pointed_.reset();
    for (Pane& pane : panes_) {
        pane.grid->clear();
        pane.grid->setEmptyText(words);
        pane.grid->setPlaceholder(chains, picture);
        pane.cloud->clear();
        pane.cloud->setEmptyText(words);
        if (picture.isEmpty())
            pane.stack->setCurrentWidget(pane.cloud);
        else
            pane.stack->setCurrentWidget(pane.grid);
    }
    showPixel();
}

// What is chosen and pointed at
// -------------------------------------------------------------------------------------------

void ChainPanes::setSelected(int chain) {
    selected_ = chain;
    for (Pane& pane : panes_) {
        pane.grid->setSelected(chain);
        pane.cloud->setSelected(chain);
    }
    if (pinned_) pinned_->picture = chain;
    showPixel();
}

void ChainPanes::setSolo(bool solo) {
    if (solo_ == solo) return;
    solo_ = solo;
    zoom_.reset();
    pointed_.reset();
    Q_EMIT pixelChanged();
}

std::optional<PixelPlace> ChainPanes::pixel() const {
    if (!shown_.state || shown_.state->shape.is_points()) return std::nullopt;
    if (pinned_) return PixelPlace{selected_, pinned_->row, pinned_->column};
    return pointed_;
}

void ChainPanes::point(PixelPlace place) {
    pointed_ = place.picture < 0 ? std::nullopt : std::optional(place);
    showPixel();
    if (!pinned_) Q_EMIT pixelChanged();
}

void ChainPanes::pin(PixelPlace place) {
    const bool again = pinned_ && place == PixelPlace{selected_, pinned_->row, pinned_->column};
    pinned_ = again ? std::nullopt : std::optional(place);
    choose(place.picture);
    showPixel();
    Q_EMIT pixelChanged();
}

void ChainPanes::unpin() {
    if (!pinned_) return;
    pinned_.reset();
    showPixel();
    Q_EMIT pixelChanged();
}

bool ChainPanes::escape() {
    if (zoom_.active()) {
        zoom_.reset();
        return true;
    }
    if (!pinned_) return false;
    unpin();
    return true;
}

std::size_t ChainPanes::offset(PixelPlace place, int channel) const {
    const ItemShape shape = shown_.state ? shown_.state->shape : ItemShape();
    const auto size = [](int n) { return static_cast<std::size_t>(n); };
    return size(place.picture) * shape.item_values() +
           (size(place.row) * size(shape.width) + size(place.column)) * size(shape.channels) + size(channel);
}

void ChainPanes::showPixel() {
    const auto inPane = [this](const std::optional<PixelPlace>& place) -> std::optional<PixelPlace> {
        if (!place || (solo_ && place->picture != selected_)) return std::nullopt;
        return PixelPlace{solo_ ? 0 : place->picture, place->row, place->column};
    };
    const auto pinned =
        pinned_ ? std::optional(PixelPlace{selected_, pinned_->row, pinned_->column}) : pinned_;
    for (Pane& pane : panes_) {
        pane.grid->setPointed(inPane(pointed_));
        pane.grid->setPinned(inPane(pinned));
    }
    showWords();
}

void ChainPanes::showWords() {
    if (!shown_.state) return;
    const ItemShape& shape = shown_.state->shape;
    const auto at = pixel();
    const int t = shown_.state->t;
    for (std::size_t i = 0; i < 3; ++i) {
        const Layer& layer = shown_.layers[i];
        QStringList values;
        if (at && at->picture < shape.count && layer.present)
            for (int channel = 0; channel < shape.channels; ++channel)
                values << readOut(static_cast<double>(layer.value(offset(*at, channel))));
        const QString value = values.join(QStringLiteral("  "));
        panes_[i].caption->setWords(value.isEmpty() ? layer.words : value);
        QString place;
        if (shape.is_points())
            place = tr("particle %1 of %2, t = %3").arg(selected_ + 1).arg(shape.count).arg(t);
        else
            place = tr("chain %1 of %2, t = %3").arg(selected_ + 1).arg(shape.count).arg(t);
        if (shape.is_points() && selected_ < shape.count && layer.present) {
            const std::size_t k = static_cast<std::size_t>(selected_) * 2;
            place += tr(", at %1, %2")
                         .arg(readOut(static_cast<double>(layer.value(k))),
                              readOut(static_cast<double>(layer.value(k + 1))));
        }
        if (!value.isEmpty())
            place += tr(", pixel in row %1, column %2 of chain %3: %4")
                         .arg(at->row + 1)
                         .arg(at->column + 1)
                         .arg(at->picture + 1)
                         .arg(value);
        if (!layer.present) place += QStringLiteral(". ") + layer.emptyText;
        panes_[i].grid->setAccessibleName(layer.words);
        panes_[i].cloud->setAccessibleName(layer.words);
        panes_[i].grid->setAccessibleDescription(place);
        panes_[i].cloud->setAccessibleDescription(place);
    }
}

void ChainPanes::setTwo(bool two) {
    two_ = two;
    panes_[2].whole->setVisible(!two);
}

int ChainPanes::heightFor(int width) const {
    const int panes = two_ ? 2 : 3;
    return (width - (panes - 1) * theme::space(4)) / panes + theme::space(7);
}

} // namespace ddpm::ui
