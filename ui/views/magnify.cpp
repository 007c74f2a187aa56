#include "views/magnify.h"

#include <QHash>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ddpm::ui {
namespace {

constexpr int whole = 256;
constexpr double blocks = 6; // from this magnification on, edges lie on whole pixels

/// `share` / 256 of `a`, the rest of `b`.
QRgb mix(QRgb a, QRgb b, int share) {
    const auto first = static_cast<QRgb>(share), second = static_cast<QRgb>(whole - share);
    // Red and blue at once: neither reaches the other's bits.
    const QRgb outer = ((a & 0xff00ffU) * first + (b & 0xff00ffU) * second + 0x800080U) >> 8 & 0xff00ffU;
    const QRgb green = ((a >> 8 & 0xffU) * first + (b >> 8 & 0xffU) * second + 0x80U) & 0xff00U;
    return 0xff000000U | outer | green;
}

/// The same of whole lines, byte by byte: sums stay within 16 bits, so that a register takes many.
void mixLines(const QRgb* a, const QRgb* b, int share, int pixels, QRgb* into) {
    const auto first = static_cast<std::uint16_t>(share), second = static_cast<std::uint16_t>(whole - share);
    const auto *above = reinterpret_cast<const std::uint8_t*>(a),
               *below = reinterpret_cast<const std::uint8_t*>(b);
    auto* bytes = reinterpret_cast<std::uint8_t*>(into);
    for (int i = 0; i < pixels * static_cast<int>(sizeof(QRgb)); ++i)
        bytes[i] = static_cast<std::uint8_t>(
            static_cast<std::uint16_t>(above[i] * first + below[i] * second + 128) >> 8);
}

const QRgb* line(const QImage& image, int row, int column) {
    return reinterpret_cast<const QRgb*>(image.constScanLine(row)) + column;
}

/// How much stays of each pixel in the upper left corner: drawn once, because paths take long.
const QImage& roundCorner(double radius) {
    static QHash<double, QImage> known;
    QImage& corner = known[radius];
    if (!corner.isNull()) return corner;
    const int side = std::max(1, static_cast<int>(std::ceil(radius)));
    corner = QImage(side, side, QImage::Format_Grayscale8);
    corner.fill(0);
    QPainter painter(&corner);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Qt::white);
    painter.drawEllipse(QPointF(radius, radius), radius, radius);
    return corner;
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
        if (taps.share.back() != whole) taps.mixed.push_back(i);
    }
    return taps;
}

void magnify(const QImage& source, const QRect& from, QImage& target, QPoint at, const Taps& x,
             const Taps& y) {
    const int left = std::max(0, at.x()),
              right = std::min(target.width(), at.x() + static_cast<int>(x.first.size()));
    const int top = std::max(0, at.y()),
              bottom = std::min(target.height(), at.y() + static_cast<int>(y.first.size()));
    if (left >= right || top >= bottom) return;
    const int skipped = left - at.x(), width = right - left;
    const auto bytes = static_cast<std::size_t>(width) * sizeof(QRgb);
    const auto firstMixed = std::lower_bound(x.mixed.begin(), x.mixed.end(), skipped),
               endMixed = std::lower_bound(firstMixed, x.mixed.end(), skipped + width);
    // Source lines magnified in width: the one above, and the one below it.
    std::vector<QRgb> wide[2];
    int sourceLine[2] = {-1, -1};
    const auto widened = [&](int row) -> const QRgb* {
        const auto which = static_cast<std::size_t>(row % 2);
        wide[which].resize(static_cast<std::size_t>(width));
        QRgb* into = wide[which].data();
        if (sourceLine[which] == row) return into;
        sourceLine[which] = row;
        const QRgb* pixels = line(source, from.top() + row, from.left());
        const int* first = x.first.data() + skipped;
        for (int column = 0; column < width; ++column)
            into[column] = pixels[first[column]];
        for (auto mixed = firstMixed; mixed != endMixed; ++mixed) {
            const auto c = static_cast<std::size_t>(*mixed);
            into[*mixed - skipped] = mix(pixels[x.first[c]], pixels[x.second[c]], x.share[c]);
        }
        return into;
    };
    for (int row = top; row < bottom; ++row) {
        const auto r = static_cast<std::size_t>(row - at.y());
        auto* into = reinterpret_cast<QRgb*>(target.scanLine(row)) + left;
        const QRgb* above = widened(y.first[r]);
        if (y.share[r] == whole)
            std::memcpy(into, above, bytes);
        else // the line after, so not in the same place
            mixLines(above, widened(y.second[r]), y.share[r], width, into);
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
    const int side = std::min({static_cast<int>(std::ceil(radius)), image.width() / 2, image.height() / 2});
    const QImage& corner = roundCorner(radius);
    for (int y = 0; y < side; ++y) {
        const std::uint8_t* kept = corner.constScanLine(y);
        auto *above = reinterpret_cast<QRgb*>(image.scanLine(y)),
             *below = reinterpret_cast<QRgb*>(image.scanLine(image.height() - 1 - y));
        for (int x = 0; x < side; ++x)
            for (QRgb* pixel :
                 {above + x, above + image.width() - 1 - x, below + x, below + image.width() - 1 - x}) {
                const auto part = [&](QRgb value) { return static_cast<int>((value * kept[x] + 127) / 255); };
                *pixel = qRgba(part(qRed(*pixel)), part(qGreen(*pixel)), part(qBlue(*pixel)),
                               part(qAlpha(*pixel)));
            }
    }
}

} // namespace ddpm::ui
