#include "stages/denoise/chain_panes.h"

#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QHBoxLayout>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr int pathStates = 50; // how far back a particle's path is drawn
constexpr int mostPaths = 200;
constexpr double noiseRange = 3.0; // three standard deviations
constexpr double dataRange = 1.5;

math::Expr symbol(int pane) {
    using namespace math;
    if (pane == 0) return index(var(QStringLiteral("x")), var(QStringLiteral("t")));
    if (pane == 1) return index(hat(var(QStringLiteral("x"))), upright(QStringLiteral("0")));
    return index(var(QStringLiteral("ε")), var(QStringLiteral("θ")));
}

} // namespace

ChainPanes::ChainPanes(QWidget* parent) : QWidget(parent) {
    const QString words[] = {tr("what the chain holds"), tr("what the net believes"),
                             tr("noise it will take away")};
    const Tone tones[] = {Tone::text, Tone::reverse, Tone::forward};
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(4));
    for (int i = 0; i < 3; ++i) {
        Pane& pane = panes_[static_cast<std::size_t>(i)];
        pane.caption = new PaneCaption(symbol(i), words[i], tones[i], this);
        auto* area = new QWidget(this);
        pane.stack = new QStackedLayout(area);
        pane.grid = new PictureGrid(area);
        pane.grid->setSelectable(true);
        pane.grid->setTone(Tone::reverse);
        pane.grid->setSelected(0);
        pane.grid->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        pane.grid->setAccessibleName(words[i]);
        pane.cloud = new PointCloudView(area);
        pane.cloud->setTone(tones[i]);
        pane.cloud->setRange(i == 1 ? dataRange : noiseRange);
        pane.cloud->setSelectable(i == 0);
        pane.cloud->setSelected(i == 0 ? 0 : -1);
        pane.cloud->setAccessibleName(words[i]);
        pane.stack->addWidget(pane.grid);
        pane.stack->addWidget(pane.cloud);
        auto* column = new QVBoxLayout;
        column->setSpacing(0);
        column->addWidget(pane.caption);
        column->addWidget(area, 1);
        row->addLayout(column, 1);
        const auto choose = [this](int chain) {
            setSelected(chain);
            Q_EMIT chainSelected(chain);
        };
        connect(pane.grid, &PictureGrid::pictureSelected, this, choose);
        connect(pane.grid, &PictureGrid::pictureActivated, this, &ChainPanes::soloToggled);
        connect(pane.cloud, &PointCloudView::pointSelected, this, choose);
    }
}

void ChainPanes::showState(const ChainRecord& record, int index) {
    const auto state = record.state(index);
    if (!state) return;
    state_ = state;
    const bool points = state->shape.is_points();
    // At t = 0 nothing is left to take away: the pane says so instead of showing a stale guess.
    panes_[2].grid->setEmptyText(tr("t = 0: no noise is left to take away"));
    panes_[2].cloud->setEmptyText(tr("t = 0: no noise is left to take away"));
    for (std::size_t i = 0; i < 3; ++i) {
        Pane& pane = panes_[i];
        const auto part = static_cast<ChainPart>(i); // in the order of the panes
        if (points) {
            pane.stack->setCurrentWidget(pane.cloud);
            pane.cloud->setPoints(state->drawable(part).points);
        } else {
            const ItemShape& whole = state->shape;
            pane.grid->setPlaceholder(solo_ ? 1 : whole.count, {whole.width, whole.height});
            pane.stack->setCurrentWidget(pane.grid);
            pane.grid->setPictures(
                state->drawable(part, solo_ && selected_ < whole.count ? selected_ : -1).pictures);
        }
    }
    if (points) showPaths(record, index);
}

void ChainPanes::showPaths(const ChainRecord& record, int index) {
    const int first = std::max(0, index - pathStates + 1);
    const int particles = std::min(mostPaths, state_->shape.count);
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
    state_.reset();
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
}

void ChainPanes::setSelected(int chain) {
    selected_ = chain;
    for (Pane& pane : panes_)
        pane.grid->setSelected(chain);
    panes_[0].cloud->setSelected(chain);
}

int ChainPanes::heightFor(int width) {
    return (width - 2 * theme::space(4)) / 3 + theme::space(7);
}

void ChainPanes::setSolo(bool solo) {
    solo_ = solo;
}

} // namespace ddpm::ui
