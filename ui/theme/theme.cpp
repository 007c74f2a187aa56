#include "theme/theme.h"

#include "theme/style_sheet.h"

#include <QApplication>
#include <QEvent>
#include <QPalette>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace ddpm::ui::theme {
namespace {

Colors darkColors() {
    Colors c;
    c.window = QColor(0x13, 0x15, 0x1a);
    c.panel = QColor(0x1a, 0x1d, 0x24);
    c.card = QColor(0x1c, 0x1f, 0x27);
    c.field = QColor(0x29, 0x2d, 0x37);
    c.line = QColor(0x2d, 0x31, 0x3c);
    c.text = QColor(0xe8, 0xea, 0xee);
    c.muted = QColor(0xa0, 0xa7, 0xb4);
    c.faint = QColor(0x79, 0x80, 0x8e);
    c.grid = QColor(0x27, 0x2b, 0x35);
    c.forward = QColor(0xf2, 0xa9, 0x4b);
    c.reverse = QColor(0x4f, 0xd1, 0xbd);
    c.training = QColor(0x4c, 0x8d, 0xff);
    c.onPrimary = QColor(0xff, 0xff, 0xff);
    c.selection = QColor(0x26, 0x35, 0x55);
    c.warning = QColor(0xf5, 0xb9, 0x4e);
    c.danger = QColor(0xf2, 0x6d, 0x6d);
    c.pictureGap = QColor(0x0b, 0x0c, 0x0f);
    return c;
}

Colors lightColors() {
    Colors c;
    c.window = QColor(0xf0, 0xf2, 0xf5);
    c.panel = QColor(0xfa, 0xfb, 0xfc);
    c.card = QColor(0xff, 0xff, 0xff);
    c.field = QColor(0xeb, 0xee, 0xf2);
    c.line = QColor(0xd8, 0xdd, 0xe4);
    c.text = QColor(0x1b, 0x20, 0x29);
    c.muted = QColor(0x58, 0x61, 0x70);
    c.faint = QColor(0x74, 0x7d, 0x8c);
    c.grid = QColor(0xe6, 0xe9, 0xee);
    c.forward = QColor(0xb8, 0x6b, 0x0a);
    c.reverse = QColor(0x0b, 0x84, 0x76);
    c.training = QColor(0x1f, 0x62, 0xe0);
    c.onPrimary = QColor(0xff, 0xff, 0xff);
    c.selection = QColor(0xdb, 0xe7, 0xfd);
    c.warning = QColor(0x9a, 0x62, 0x00);
    c.danger = QColor(0xc2, 0x2f, 0x2f);
    c.pictureGap = QColor(0xd3, 0xd8, 0xdf);
    return c;
}

/// Paper has less contrast than a screen, and is often printed in grey: words and lines are darker.
Colors paperColors() {
    Colors c = lightColors();
    c.window = c.panel = c.card = QColor(0xff, 0xff, 0xff);
    c.line = QColor(0x9a, 0xa1, 0xac);
    c.text = QColor(0x00, 0x00, 0x00);
    c.muted = QColor(0x3a, 0x41, 0x4d);
    c.faint = QColor(0x4b, 0x53, 0x60);
    c.grid = QColor(0xdf, 0xe3, 0xe8);
    return c;
}

struct State {
    Mode mode = Mode::dark;
    double scale = 1.0;
    bool dark = true;
    bool paper = false;
    Colors colors = darkColors();
};

State& state() {
    static State instance;
    return instance;
}

/// Qt 6.4 has no colour-scheme hint: a desktop in dark mode hands us a dark palette, read before ours
/// replaces it.
bool systemIsDark() {
    static const bool dark = QApplication::palette().color(QPalette::Window).lightness() < 128;
    return dark;
}

QPalette paletteFor(const Colors& c) {
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.field);
    p.setColor(QPalette::AlternateBase, c.panel);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::Button, c.field);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.onPrimary);
    p.setColor(QPalette::ToolTipBase, c.field);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Highlight, c.training);
    p.setColor(QPalette::HighlightedText, c.onPrimary);
    p.setColor(QPalette::PlaceholderText, c.faint);
    p.setColor(QPalette::Link, c.training);
    p.setColor(QPalette::Mid, c.line);
    p.setColor(QPalette::Dark, c.line);
    p.setColor(QPalette::Shadow, c.pictureGap);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c.faint);
    return p;
}

/// Fusion, with icons that grow with the scale.
class ScaledStyle final : public QProxyStyle {
public:
    ScaledStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override {
        switch (metric) {
        case PM_ButtonIconSize:
        case PM_SmallIconSize:
        case PM_ToolBarIconSize:
            return space(4);
        case PM_MessageBoxIconSize:
            return space(8);
        default:
            return QProxyStyle::pixelMetric(metric, option, widget);
        }
    }
};

int pixels(double atOne) {
    return std::max(1, static_cast<int>(std::lround(atOne * state().scale)));
}

QFont font(const QStringList& families, double size, QFont::Weight weight) {
    QFont f;
    f.setFamilies(families);
    f.setPixelSize(pixels(size));
    f.setWeight(weight);
    // Letters that are moved to whole pixels of the screen stand unevenly in a drawing without pixels.
    if (state().paper) f.setHintingPreference(QFont::PreferNoHinting);
    return f;
}

const QStringList& textFamilies() {
    static const QStringList families{QStringLiteral("Inter"), QStringLiteral("Noto Sans"),
                                      QStringLiteral("Noto Sans CJK KR"), QStringLiteral("DejaVu Sans")};
    return families;
}

const QStringList& numberFamilies() {
    static const QStringList families{QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono"),
                                      QStringLiteral("Noto Sans CJK KR")};
    return families;
}

} // namespace

void apply(Mode newMode, double newScale) {
    const bool systemDark = systemIsDark();
    (void)icon(QStringLiteral("check")).isNull(); // loads the resources that the style sheet names
    State& s = state();
    s.mode = newMode;
    s.scale = std::isfinite(newScale) ? std::clamp(newScale, 1.0, 2.0) : 1.0;
    s.dark = newMode == Mode::system ? systemDark : newMode == Mode::dark;
    s.colors = s.dark ? darkColors() : lightColors();

    static const bool fusion = [] {
        QApplication::setStyle(new ScaledStyle);
        return true;
    }();
    Q_UNUSED(fusion);
    QApplication::setPalette(paletteFor(s.colors));
    QApplication::setFont(textFont());
    qApp->setStyleSheet(styleSheet());
    // A change of scale alone leaves the palette as it was; views recompute their sizes on this event.
    const auto widgets = QApplication::allWidgets();
    for (QWidget* widget : widgets) {
        QEvent event(QEvent::PaletteChange);
        QApplication::sendEvent(widget, &event);
        widget->update();
    }
}

Mode mode() {
    return state().mode;
}
double scale() {
    return state().scale;
}
bool isDark() {
    return state().dark;
}
const Colors& colors() {
    return state().colors;
}

OnPaper::OnPaper()
    : colors_(state().colors), scale_(state().scale), dark_(state().dark), paper_(state().paper) {
    State& s = state();
    s.colors = paperColors();
    s.scale = 1;
    s.dark = false;
    s.paper = true;
}

OnPaper::~OnPaper() {
    State& s = state();
    s.colors = colors_;
    s.scale = scale_;
    s.dark = dark_;
    s.paper = paper_;
}

int space(int units) {
    return static_cast<int>(std::lround(4.0 * units * state().scale));
}

QFont textFont() {
    return font(textFamilies(), 13, QFont::Normal);
}
QFont captionFont() {
    return font(textFamilies(), 12, QFont::Normal);
}

QFont headingFont() {
    QFont f = font(textFamilies(), 11, QFont::DemiBold);
    f.setLetterSpacing(QFont::AbsoluteSpacing, 0.7 * state().scale);
    return f;
}

QFont numberFont() {
    return font(numberFamilies(), 12.5, QFont::Normal);
}

} // namespace ddpm::ui::theme
