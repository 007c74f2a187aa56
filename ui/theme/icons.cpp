// Line icons: SVG files drawn with currentColor, recoloured when they are painted, sharp at every size.
#include "theme/theme.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

// At file scope: the macro declares a function outside any namespace. A static library's resources are not
// loaded unless asked for.
static void loadIconResources() {
    Q_INIT_RESOURCE(icons);
}

namespace ddpm::ui::theme {
namespace {

QByteArray source(const QString& name) {
    static QHash<QString, QByteArray> cache;
    if (const auto it = cache.constFind(name); it != cache.constEnd()) return *it;
    loadIconResources();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    QByteArray svg;
    if (file.open(QIODevice::ReadOnly))
        svg = file.readAll();
    else
        qWarning("no icon is called %s", qPrintable(name));
    cache.insert(name, svg);
    return svg;
}

class LineIconEngine final : public QIconEngine {
public:
    LineIconEngine(QString name, QColor color) : name_(std::move(name)), color_(std::move(color)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        QColor color = color_.isValid() ? color_ : colors().text;
        if (mode == QIcon::Disabled) {
            color = colors().faint;
            color.setAlphaF(0.6F);
        }
        QByteArray svg = source(name_);
        svg.replace("currentColor", color.name().toLatin1());
        QSvgRenderer renderer(svg);
        painter->save();
        painter->setOpacity(painter->opacity() * color.alphaF());
        renderer.render(painter, QRectF(rect));
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State iconState) override {
        return scaledPixmap(size, mode, iconState, 1.0);
    }

    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State iconState, qreal) override {
        QPixmap result(size); // Qt hands the size in device pixels and sets the ratio afterwards
        result.fill(Qt::transparent);
        QPainter painter(&result);
        painter.setRenderHint(QPainter::Antialiasing);
        paint(&painter, QRect(QPoint(0, 0), size), mode, iconState);
        return result;
    }

    QSize actualSize(const QSize& size, QIcon::Mode, QIcon::State) override { return size; }
    QIconEngine* clone() const override { return new LineIconEngine(name_, color_); }
    bool isNull() override { return source(name_).isEmpty(); }

private:
    QString name_;
    QColor color_; // invalid: the theme's text colour at the time of painting
};

} // namespace

QIcon icon(const QString& name) {
    return QIcon(new LineIconEngine(name, {}));
}
QIcon icon(const QString& name, const QColor& color) {
    return QIcon(new LineIconEngine(name, color));
}

} // namespace ddpm::ui::theme
