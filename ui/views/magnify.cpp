#include "views/magnify.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ddpm::ui {
namespace {

constexpr int whole = 256;
constexpr double blocks = 6; // from this magnification on, edges lie on whole pixels

QRgb mix(QRgb a, QRgb b, int share) {
    const auto first = static_cast<QRgb>(share), second = static_cast<QRgb>(whole - share);
    // Red and blue at once: neither reaches the other's bits.
    const QRgb outer = ((a & 0xff00ffU) * first + (b & 0xff00ffU) * second + 0x800080U) >> 8 & 0xff00ffU;
    const QRgb green = ((a >> 8 & 0xffU) * first + (b >> 8 & 0xffU) * second + 0x80U) & 0xff00U;
    return 0xff000000U | outer | green;
}

const QRgb* line(const QImage& image, int row, int column) {
    return reinterpret_cast<const QRgb*>(image.constScanLine(row)) + column;
}

} // namespace

Taps tapsFor(int source, int size) {
    Taps taps;
    const double scale = static_cast<double>(size) / source;
    for (int i = 0; i < size; ++i) {
        const double from = i / scale, to = (i + 1) / scale;
        const int a = std::min(static_cast<int>(from + 1e-9), source - 1);
        const int b = std::min(a + 1, source - 1);
        double share = std::clamp((a + 1 - from) / (to - from), 0.0, 1.0);
        if (scale >= blocks) share = std::round(share);
        taps.first.push_back(share > 0 ? a : b);
        taps.second.push_back(b);
        taps.share.push_back(share > 0 ? static_cast<int>(std::lround(share * whole)) : whole);
    }
    return taps;
}

void magnify(const QImage& source, const QRect& from, QImage& target, QPoint at, const Taps& x,
             const Taps& y) {
    const int left = std::max(0, at.x()),
              right = std::min(target.width(), at.x() + static_cast<int>(x.first.size()));
    const int top = std::max(0, at.y()),
              bottom = std::min(target.height(), at.y() + static_cast<int>(y.first.size()));
    if (left >= right) return;
    const auto bytes = static_cast<std::size_t>(right - left) * sizeof(QRgb);
    // Source lines magnified in width: the one above, and the one below it.
    std::vector<QRgb> wide[2];
    int sourceLine[2] = {-1, -1};
    const auto widened = [&](int row) -> const QRgb* {
        const auto which = static_cast<std::size_t>(row % 2);
        std::vector<QRgb>& into = wide[which];
        if (sourceLine[which] == row) return into.data();
        sourceLine[which] = row;
        into.resize(static_cast<std::size_t>(right - left));
        const QRgb* pixels = line(source, from.top() + row, from.left());
        for (int column = left; column < right; ++column) {
            const auto c = static_cast<std::size_t>(column - at.x());
            const QRgb first = pixels[x.first[c]];
            into[static_cast<std::size_t>(column - left)] =
                x.share[c] == whole ? first : mix(first, pixels[x.second[c]], x.share[c]);
        }
        return into.data();
    };
    for (int row = top; row < bottom; ++row) {
        const auto r = static_cast<std::size_t>(row - at.y());
        auto* into = reinterpret_cast<QRgb*>(target.scanLine(row)) + left;
        const QRgb* above = widened(y.first[r]);
        if (y.share[r] == whole) {
            std::memcpy(into, above, bytes);
            continue;
        }
        const QRgb* below = widened(y.second[r]); // the line after, so not in the same place
        for (int column = 0; column < right - left; ++column)
            into[column] = mix(above[column], below[column], y.share[r]);
    }
}

QImage magnified(const QImage& picture, QSize size) {
    QImage target(size, QImage::Format_ARGB32_Premultiplied);
    if (size.width() < picture.width() || size.height() < picture.height())
        return picture.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
            .convertToFormat(target.format());
    magnify(picture.convertToFormat(QImage::Format_RGB32), picture.rect(), target, {0, 0},
            tapsFor(picture.width(), size.width()), tapsFor(picture.height(), size.height()));
    return target;
}

void roundCorners(QImage& image, double radius) {
    QPainterPath outside;
    outside.setFillRule(Qt::OddEvenFill);
    const double r = radius;
    for (const QRectF& corner :
         {QRectF(0, 0, r, r), QRectF(image.width() - r, 0, r, r), QRectF(0, image.height() - r, r, r),
          QRectF(image.width() - r, image.height() - r, r, r)}) {
        QPainterPath square, round;
        square.addRect(corner);
        round.addRoundedRect(QRectF(image.rect()), r, r);
        outside.addPath(square.subtracted(round));
    }
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setCompositionMode(QPainter::CompositionMode_Clear);
    painter.fillPath(outside, QBrush(Qt::SolidPattern));
}

} // namespace ddpm::ui
