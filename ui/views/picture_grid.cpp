#include "views/picture_grid.h"

#include "views/picture_image.h"

#include <QEvent>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {

PictureGrid::PictureGrid(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Pictures"));
}

void PictureGrid::setPictures(const PictureStack& pictures) {
    if (pictures.empty()) {
        clear();
        return;
    }
    const bool moved = count_ != pictures.count || picture_ != QSize(pictures.width, pictures.height);
    count_ = pictures.count;
    channels_ = pictures.channels;
    picture_ = {pictures.width, pictures.height};
    fillAtlas(pictures, atlas_);
    canvas_ = {};
    if (moved) updateGeometry();
    if (moved) placeBadge();
    update();
}

void PictureGrid::clear() {
    count_ = 0;
    atlas_ = canvas_ = {};
    placeBadge();
    update();
}

QString PictureGrid::description() const {
    if (count_ == 0) return emptyText_.isEmpty() ? tr("No pictures yet") : emptyText_;
    QString words = count_ == 1
                        ? tr("1 picture of %1 by %2 pixels").arg(picture_.width()).arg(picture_.height())
                        : tr("%1 pictures of %2 by %3 pixels in %4 columns")
                              .arg(count_)
                              .arg(picture_.width())
                              .arg(picture_.height())
                              .arg(columns());
    if (selectable_ && selected_ >= 0 && selected_ < count_) {
        words += tr(", number %1 is selected").arg(selected_ + 1);
        if (const QString hover = hoverTexts_.value(selected_); !hover.isEmpty())
            words += QStringLiteral(": ") + hover;
    }
    return words;
}

void PictureGrid::setColumns(int columns) {
    columns_ = std::max(0, columns);
    canvas_ = {};
    update();
}

int PictureGrid::columns() const {
    return count_ == 0 ? 0 : layoutFor(count_, picture_).columns;
}

void PictureGrid::setSelectable(bool selectable) {
    selectable_ = selectable;
    setFocusPolicy(selectable_ || zoom_ ? Qt::StrongFocus : Qt::NoFocus);
}

void PictureGrid::setSelected(int index) {
    if (selected_ == index) return;
    selected_ = index;
    update();
}

void PictureGrid::setTone(Tone tone) {
    tone_ = tone;
    update();
}

void PictureGrid::setHoverText(const QStringList& texts) {
    hoverTexts_ = texts;
}

void PictureGrid::setEmptyText(const QString& text) {
    if (emptyText_ == text) return;
    emptyText_ = text;
    update();
}

void PictureGrid::setPlaceholder(int count, QSize picture) {
    placeholderCount_ = count;
    placeholderPicture_ = picture;
    update();
}

void PictureGrid::setAlignment(Qt::Alignment alignment) {
    alignment_ = alignment;
    canvas_ = {};
    update();
}

void PictureGrid::setZoom(GridZoom* zoom) {
    if (zoom_) disconnect(zoom_, nullptr, this, nullptr);
    zoom_ = zoom;
    canvas_ = {};
    setSelectable(selectable_); // the keys of the zoom need the focus, too
    if (!zoom_) {
        delete badge_;
        badge_ = nullptr;
        update();
        return;
    }
    grabGesture(Qt::PinchGesture);
    if (!badge_) {
        badge_ = new QToolButton(this);
        badge_->setProperty("role", "badge");
        badge_->setFocusPolicy(Qt::NoFocus); // the key 0 does the same
        badge_->setCursor(Qt::ArrowCursor);
        badge_->setToolTip(tr("All of it again (0)"));
        badge_->hide();
        connect(badge_, &QToolButton::clicked, this, [this] {
            if (zoom_) zoom_->reset();
        });
    }
    connect(zoom_, &GridZoom::changed, this, [this] {
        canvas_ = {};
        placeBadge();
        update();
    });
    placeBadge();
}

void PictureGrid::setValues(ValueSource values) {
    values_ = std::move(values);
    update();
}

void PictureGrid::setPixelsSelectable(bool selectable) {
    pixelsSelectable_ = selectable;
    setMouseTracking(selectable);
    if (selectable)
        setCursor(Qt::CrossCursor);
    else
        unsetCursor();
}

void PictureGrid::setPointed(std::optional<PixelPlace> place) {
    if (pointed_ == place) return;
    pointed_ = place;
    update();
}

void PictureGrid::setPinned(std::optional<PixelPlace> place) {
    if (pinned_ == place) return;
    pinned_ = place;
    update();
}

// Where everything is
// --------------------------------------------------------------------------------------------------------

PictureGrid::Layout PictureGrid::layoutFor(int count, QSize picture) const {
    Layout best;
    if (count <= 0 || picture.isEmpty()) return best;
    const int margin = count > 1 ? theme::space(1) : 0;
    const int gap = count > 1 ? std::max(2, theme::space(1) / 2) : 0;
    const int roomWidth = width() - 2 * margin, roomHeight = height() - 2 * margin;
    const auto scaleOf = [&](int columns) {
        const int rows = (count + columns - 1) / columns;
        const double x = (roomWidth - gap * (columns - 1)) / static_cast<double>(columns);
        const double y = (roomHeight - gap * (rows - 1)) / static_cast<double>(rows);
        return std::min(x / picture.width(), y / picture.height());
    };
    int columns = columns_;
    if (columns == 0) {
        // The largest pictures; among equals the arrangement that is closest to a square.
        double scale = -1;
        int lack = 0;
        for (int candidate = 1; candidate <= count; ++candidate) {
            const double s = scaleOf(candidate);
            const int rows = (count + candidate - 1) / candidate;
            const int off = std::abs(candidate - rows);
            if (s > scale + 1e-9 || (s > scale - 1e-9 && off < lack)) {
                scale = s;
                lack = off;
                columns = candidate;
            }
        }
    }
    const double scale = std::max(scaleOf(columns), 0.1);
    best.columns = columns;
    best.rows = (count + columns - 1) / columns;
    best.cellWidth = std::max(1, static_cast<int>(picture.width() * scale));
    best.cellHeight = std::max(1, static_cast<int>(picture.height() * scale));
    best.gap = gap;
    best.margin = margin;
    const QSize inner(best.columns * best.cellWidth + (best.columns - 1) * gap,
                      best.rows * best.cellHeight + (best.rows - 1) * gap);
    const QSize outer = inner + QSize(2 * margin, 2 * margin);
    QRect frame(QPoint(0, 0), outer);
    frame.moveLeft(alignment_ & Qt::AlignLeft ? 0 : (width() - outer.width()) / 2);
    frame.moveTop(alignment_ & Qt::AlignTop ? 0 : (height() - outer.height()) / 2);
    best.frame = frame;
    best.origin = frame.topLeft() + QPoint(margin, margin);
    return best;
}

PictureGrid::Layout PictureGrid::shownLayout() const {
    return count_ == 0 ? layoutFor(std::max(1, placeholderCount_), placeholderPicture_)
                       : layoutFor(count_, picture_);
}

QRectF PictureGrid::pictureRect(const Layout& l, int index) const {
    const int column = index % l.columns, row = index / l.columns;
    const QRectF all(l.origin.x() + column * (l.cellWidth + l.gap),
                     l.origin.y() + row * (l.cellHeight + l.gap), l.cellWidth, l.cellHeight);
    if (factor() == 1) return all;
    const QSizeF frame(l.frame.size());
    const QPointF place((all.left() - l.frame.left()) / frame.width(),
                        (all.top() - l.frame.top()) / frame.height());
    const QPointF view = zoom_->toView(place);
    return {l.frame.left() + view.x() * frame.width(), l.frame.top() + view.y() * frame.height(),
            all.width() * factor(), all.height() * factor()};
}

QRectF PictureGrid::pixelRect(const Layout& l, PixelPlace place) const {
    const QRectF all = pictureRect(l, place.picture);
    const double width = all.width() / picture_.width(), height = all.height() / picture_.height();
    return {all.left() + place.column * width, all.top() + place.row * height, width, height};
}

QRect PictureGrid::pictureRect(int index) const {
    if (index < 0 || index >= count_) return {};
    return pictureRect(layoutFor(count_, picture_), index).toRect();
}

int PictureGrid::pictureAt(QPoint position) const {
    const auto pixel = pixelAt(QPointF(position) + QPointF(0.5, 0.5));
    return pixel ? pixel->picture : -1;
}

QRectF PictureGrid::pixelRect(PixelPlace place) const {
    if (place.picture < 0 || place.picture >= count_) return {};
    return pixelRect(layoutFor(count_, picture_), place);
}

std::optional<PixelPlace> PictureGrid::pixelAt(QPointF position) const {
    if (count_ == 0) return std::nullopt;
    const Layout l = layoutFor(count_, picture_);
    if (!QRectF(l.frame).contains(position)) return std::nullopt;
    for (int i = 0; i < count_; ++i) {
        const QRectF rect = pictureRect(l, i);
        if (!rect.contains(position)) continue;
        const auto at = [](double part, int pixels) {
            return std::clamp(static_cast<int>(part * pixels), 0, pixels - 1);
        };
        return PixelPlace{i, at((position.y() - rect.top()) / rect.height(), picture_.height()),
                          at((position.x() - rect.left()) / rect.width(), picture_.width())};
    }
    return std::nullopt;
}

QPointF PictureGrid::inView(QPointF position) const {
    const QRectF frame(shownLayout().frame);
    return {std::clamp((position.x() - frame.left()) / frame.width(), 0.0, 1.0),
            std::clamp((position.y() - frame.top()) / frame.height(), 0.0, 1.0)};
}

QSize PictureGrid::sizeHint() const {
    return {theme::space(70), theme::space(70)};
}

QSize PictureGrid::minimumSizeHint() const {
    return {theme::space(20), theme::space(20)};
}

void PictureGrid::placeBadge() {
    if (!badge_) return;
    // One is enough: where the user came closer.
    badge_->setVisible(zoom_ && zoom_->active() && zoom_->leader() == this && count_ > 0);
    if (!badge_->isVisible() && !(zoom_ && zoom_->active())) return;
    const double by = factor();
    badge_->setText(
        tr("%1×  reset").arg(by < 10 ? QString::number(by, 'f', 1) : QString::number(by, 'f', 0)));
    badge_->setAccessibleName(tr("Magnified %1 times; show all again").arg(by, 0, 'f', 1));
    badge_->resize(badge_->sizeHint());
    const QRect frame = shownLayout().frame;
    badge_->move(frame.right() - badge_->width() - theme::space(1), frame.top() + theme::space(1) + 1);
}

void PictureGrid::resizeEvent(QResizeEvent*) {
    canvas_ = {};
    placeBadge();
}

void PictureGrid::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        canvas_ = {}; // the ground between the pictures has another colour
        updateGeometry();
        placeBadge();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
