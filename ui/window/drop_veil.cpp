#include "window/drop_veil.h"

#include "theme/theme.h"

#include <QPainter>

namespace ddpm::ui {

DropVeil::DropVeil(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("dropVeil"));
    setAttribute(Qt::WA_TransparentForMouseEvents); // what is dropped goes to the window below
    hide();
}

void DropVeil::say(const QString& text) {
    text_ = text;
    setAccessibleName(text);
    setGeometry(parentWidget()->rect());
    raise();
    show();
    update();
}

void DropVeil::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor veil = c.window;
    veil.setAlphaF(0.9F);
    painter.fillRect(rect(), veil);
    const int edge = theme::space(4);
    painter.setPen(QPen(c.training, 2, Qt::DashLine));
    painter.drawRoundedRect(QRectF(rect()).adjusted(edge, edge, -edge, -edge), theme::space(3),
                            theme::space(3));
    QFont font = theme::textFont();
    font.setPixelSize(theme::space(5));
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(c.text);
    const int inside = 3 * edge;
    painter.drawText(rect().adjusted(inside, inside, -inside, -inside), Qt::AlignCenter | Qt::TextWordWrap,
                     text_);
}

} // namespace ddpm::ui
