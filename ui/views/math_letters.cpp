#include "views/math_letters.h"

#include "theme/theme.h"

#include <QFontMetricsF>
#include <QHash>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui::math {
namespace {

constexpr qsizetype mostWords = 4096; // numbers change with every step

using Face = std::pair<int, bool>;

} // namespace

int letterSize(double scale) {
    return std::max(6, static_cast<int>(std::lround(theme::textFont().pixelSize() * 1.08 * scale)));
}

QFont letterFont(int size, bool italic) {
    static QHash<Face, QFont> known;
    QFont& font = known[{size, italic}];
    if (font.pixelSize() == size) return font;
    font = theme::textFont();
    // A face with true italics for Greek letters, where there is one.
    font.setFamilies({QStringLiteral("STIX"), QStringLiteral("STIXGeneral"), QStringLiteral("Noto Serif"),
                      QStringLiteral("DejaVu Serif"), QStringLiteral("serif")});
    font.setPixelSize(size);
    font.setItalic(italic);
    font.setHintingPreference(QFont::PreferDefaultHinting); // whatever it was first asked for
    return font;
}

Word wordOf(const QString& letters, int size, bool italic) {
    static QHash<std::pair<QString, Face>, Word> known;
    const std::pair key(letters, Face(size, italic));
    if (const auto found = known.constFind(key); found != known.constEnd()) return *found;
    if (known.size() >= mostWords) known.clear();
    const QFontMetricsF metrics(letterFont(size, italic));
    const QRectF tight = metrics.tightBoundingRect(letters);
    return *known.insert(key, {metrics.horizontalAdvance(letters), std::max(-tight.top(), metrics.xHeight()),
                               std::max(tight.bottom(), 0.0)});
}

} // namespace ddpm::ui::math
