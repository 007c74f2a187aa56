#include "views/plot_export.h"

#include "theme/theme.h"
#include "views/exportable_plot.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QFont>
#include <QImageWriter>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QWidget>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ddpm::ui {
namespace {

constexpr QSize usualSize(720, 400); // units: 7.5 × 4.2 inches, letters of 9 points
constexpr double usualRatio = 2.5;   // pixels a unit of a PNG: 240 a inch
constexpr double unitsPerInch = 96;
constexpr int pdfResolution = 1200;

QString translated(const char* text) {
    return QCoreApplication::translate("PlotExport", text);
}

QString creator() {
    return QStringLiteral("DDPM Lab");
}

/// The theme of paper, known to a view that keeps colours.
class PaperView {
public:
    explicit PaperView(ExportablePlot& plot) : plot_(plot) {
        paper_.emplace();
        tell();
    }
    ~PaperView() {
        paper_.reset();
        tell();
    }
    PaperView(const PaperView&) = delete;
    PaperView& operator=(const PaperView&) = delete;

private:
    void tell() {
        QEvent event(QEvent::PaletteChange);
        QCoreApplication::sendEvent(&plot_.plotWidget(), &event);
    }
    ExportablePlot& plot_;
    std::optional<theme::OnPaper> paper_;
};

void draw(ExportablePlot& plot, QPainter& painter, QSizeF size) {
    painter.setFont(theme::captionFont());
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF({}, size), theme::colors().card);
    plot.drawPlot(painter, size);
}

/// For each family of the theme, what stands in for it.
QString fontRules() {
    QString rules;
    for (const QFont& font : {theme::captionFont(), theme::numberFont()}) {
        QStringList sources;
        const QStringList families =
            font.families() +
            (font.families() == theme::numberFont().families()
                 ? QStringList{QStringLiteral("Liberation Mono"), QStringLiteral("Courier New")}
                 : QStringList{QStringLiteral("Liberation Sans"), QStringLiteral("Arial")});
        for (const QString& family : families)
            sources << QStringLiteral("local('%1')").arg(family);
        rules += QStringLiteral("\n@font-face { font-family: '%1'; src: %2; }")
                     .arg(font.families().first(), sources.join(QStringLiteral(", ")));
    }
    return QStringLiteral("\n<style type=\"text/css\">%1\n</style>").arg(rules);
}

Error problem(const char* what, const QString& file, const char* remedy) {
    return {translated(what).toStdString(), QDir::toNativeSeparators(file).toStdString(),
            translated(remedy).toStdString()};
}

/// The whole file, or why there is none.
Result<QByteArray> encoded(ExportablePlot& plot, const QString& file, const QString& ending, QSize size) {
    if (ending == QLatin1String("csv")) return plotCsv(plot);
    if (std::min(size.width(), size.height()) < leastPlotSide ||
        std::max(size.width(), size.height()) > largestPlotSide)
        return problem(QT_TRANSLATE_NOOP("PlotExport", "a plot of this size cannot be drawn"), file,
                       QT_TRANSLATE_NOOP("PlotExport", "Choose 160 to 16384 for both sides"));
    if (ending == QLatin1String("svg")) return plotSvg(plot, size);
    if (ending == QLatin1String("pdf")) return plotPdf(plot, size);
    const QImage image = plotImage(plot, size);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    if (image.isNull() || !writer.write(image))
        return problem(QT_TRANSLATE_NOOP("PlotExport", "there is not enough memory for the picture"), file,
                       QT_TRANSLATE_NOOP("PlotExport", "Choose a smaller size"));
    return bytes;
}

Error writeProblem(const QString& file, const QString& what) {
    const QFileInfo info(file), folder(info.absolutePath());
    if (info.isDir())
        return problem(QT_TRANSLATE_NOOP("PlotExport", "this is a folder"), file,
                       QT_TRANSLATE_NOOP("PlotExport", "Give the file a name of its own"));
    if (!folder.isDir())
        return problem(QT_TRANSLATE_NOOP("PlotExport", "this folder does not exist"), info.absolutePath(),
                       QT_TRANSLATE_NOOP("PlotExport", "Make it first, or choose another place"));
    if (!folder.isWritable())
        return problem(QT_TRANSLATE_NOOP("PlotExport", "nothing can be written into this folder"),
                       info.absolutePath(),
                       QT_TRANSLATE_NOOP("PlotExport", "Change its permissions, or choose another place"));
    return {translated("it cannot be written: %1").arg(what).toStdString(),
            QDir::toNativeSeparators(file).toStdString(),
            translated("Check the disk, or choose another place; what was there before is untouched")
                .toStdString()};
}

} // namespace

const QStringList& plotEndings() {
    static const QStringList endings{QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"),
                                     QStringLiteral("csv")};
    return endings;
}

QSize usualPlotSize(const QString& ending) {
    return ending == QLatin1String("png") ? usualSize * usualRatio : usualSize;
}

Status savePlot(ExportablePlot& plot, const QString& file, QSize size) {
    const QString ending = QFileInfo(file).suffix().toLower();
    if (!plotEndings().contains(ending))
        return problem(QT_TRANSLATE_NOOP("PlotExport", "a plot cannot be saved in this format"), file,
                       QT_TRANSLATE_NOOP("PlotExport", "Let the name end in .png, .svg, .pdf or .csv"));
    if (!plot.hasNumbers())
        return problem(QT_TRANSLATE_NOOP("PlotExport", "the plot is empty"), file,
                       QT_TRANSLATE_NOOP("PlotExport", "Wait until there is something to see"));
    const auto bytes = encoded(plot, file, ending, size.isEmpty() ? usualPlotSize(ending) : size);
    if (!bytes) return bytes.error();
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly)) return writeProblem(file, out.errorString());
    if (out.write(*bytes) != bytes->size() || !out.flush()) {
        const QString what = out.errorString();
        out.cancelWriting();
        return writeProblem(file, what);
    }
    if (!out.commit()) return writeProblem(file, out.errorString());
    return Done{};
}

QImage plotImage(ExportablePlot& plot, QSize pixels) {
    const PaperView paper(plot);
    const double ratio = std::max(1.0, std::min(static_cast<double>(pixels.width()) / usualSize.width(),
                                                static_cast<double>(pixels.height()) / usualSize.height()));
    QImage image(pixels, QImage::Format_RGB32);
    if (image.isNull()) return image;
    image.fill(theme::colors().card);
    const int perMetre = static_cast<int>(std::lround(unitsPerInch * ratio / 0.0254));
    image.setDotsPerMeterX(perMetre);
    image.setDotsPerMeterY(perMetre);
    image.setText(QStringLiteral("Title"), plot.plotTitle());
    image.setText(QStringLiteral("Description"), plot.plotDescription());
    image.setText(QStringLiteral("Software"), creator());
    QPainter painter(&image);
    painter.scale(ratio, ratio);
    draw(plot, painter, QSizeF(pixels) / ratio);
    return image;
}

QByteArray plotSvg(ExportablePlot& plot, QSize size) {
    const PaperView paper(plot);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(static_cast<int>(unitsPerInch));
    generator.setSize(size);
    generator.setViewBox(QRect({}, size));
    QPainter painter(&generator);
    draw(plot, painter, size);
    painter.end();
    // Qt writes a title as it stands, whatever letters are in it. And it names one family a text: where that
    // is not installed, a browser would take letters with serifs.
    static const QByteArray definitions = "<defs>";
    const qsizetype at = bytes.indexOf(definitions);
    if (at < 0) return bytes;
    bytes.insert(at + definitions.size(), fontRules().toUtf8());
    return bytes.insert(at, QStringLiteral("<title>%1</title>\n<desc>%2</desc>\n")
                                .arg(plot.plotTitle().toHtmlEscaped(), plot.plotDescription().toHtmlEscaped())
                                .toUtf8());
}

QByteArray plotPdf(ExportablePlot& plot, QSize size) {
    const PaperView paper(plot);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(pdfResolution);
    writer.setPageSize(
        QPageSize(QSizeF(size) * (72 / unitsPerInch), QPageSize::Point, creator(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    writer.setTitle(plot.plotTitle());
    writer.setCreator(creator());
    QPainter painter(&writer);
    painter.scale(pdfResolution / unitsPerInch, pdfResolution / unitsPerInch);
    draw(plot, painter, size);
    painter.end();
    return bytes;
}

QByteArray plotCsv(const ExportablePlot& plot) {
    return QByteArray::fromStdString(to_csv(plot.numbers()));
}

} // namespace ddpm::ui
