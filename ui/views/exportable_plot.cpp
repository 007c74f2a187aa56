#include "views/exportable_plot.h"

#include <QDir>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QWidget>

namespace ddpm::ui {

QString ExportablePlot::plotTitle() {
    return title_.isEmpty() ? plotWidget().accessibleName() : title_;
}

QString ExportablePlot::suggestedFile() {
    if (suggestion_) return suggestion_();
    QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    if (!QDir(folder).exists()) folder = QDir::homePath();
    // "Loss by t" -> "loss-by-t": no spaces and nothing that a file system or a shell minds.
    static const QRegularExpression others(QStringLiteral("[^\\p{L}\\p{N}]+"),
                                           QRegularExpression::UseUnicodePropertiesOption);
    QString name = plotTitle().toLower().replace(others, QStringLiteral("-"));
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    return QDir(folder).filePath(name.isEmpty() ? QStringLiteral("plot") : name);
}

} // namespace ddpm::ui
