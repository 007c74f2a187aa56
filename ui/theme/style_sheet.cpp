#include "theme/style_sheet.h"

#include "theme/theme.h"

#include <QHash>
#include <QRegularExpression>

#include <cmath>

namespace ddpm::ui::theme {
namespace {

// @name is a colour, #px(n) is n pixels at scale 1. Controls keep a two-pixel border in their own colour, so
// that the focus ring appears without anything moving.
const char* const rules = R"(
QWidget { selection-background-color: @training; selection-color: @onPrimary; }
QMainWindow, QDialog { background: @window; }
QDialog { background: @panel; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: @field; color: @text; border: 1px solid @line; padding: #px(4) #px(6); }

QLabel { background: transparent; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="caption"] { font-size: #px(12); color: @muted; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="hint"] { font-size: #px(12); color: @faint; }
QLabel[role="problem"] { font-size: #px(12); color: @danger; }
QLabel[role="warning"] { font-size: #px(12); color: @warning; }
QLabel[role="brand"] { font-size: #px(15); font-weight: 700; }
QLabel[role="big"] { font-size: #px(17); font-weight: 600; }
QLabel[role="heading"] { font-size: #px(11); font-weight: 600; color: @muted; }
QLabel[role="number"] { font-family: "JetBrains Mono", "DejaVu Sans Mono"; font-size: #px(12.5); }
QLabel:disabled { color: @faint; }

QFrame[role="card"] { background: @card; border: 1px solid @line; border-radius: #px(8); }
QFrame[role="panel"] { background: @panel; border: none; }
QFrame[role="line"] { background: @line; border: none; }

#topBar { background: @panel; border-bottom: 1px solid @line; }
#stageRail { background: @panel; border-right: 1px solid @line; }
#inspectors { background: @panel; border-left: 1px solid @line; }
#transports { background: @panel; border-top: 1px solid @line; }
#changesBar { background: @panel; }
#banner { background: @card; border: none; border-bottom: 1px solid @line; border-left: #px(4) solid @danger; }
#toast { background: @field; color: @text; border: 1px solid @edge; border-radius: #px(8); padding: #px(8) #px(16); }
#saving { background: @veil; font-size: #px(17); font-weight: 600; }

QPushButton, QToolButton { background: @field; color: @text; border: 2px solid @field; border-radius: #px(6);
    padding: #px(4) #px(12); min-height: #px(20); outline: none; }
QToolButton { padding: #px(4) #px(6); }
QPushButton:hover, QToolButton:hover { background: @hover; border-color: @hover; }
QPushButton:pressed, QToolButton:pressed { background: @pressed; border-color: @pressed; }
QPushButton:focus, QToolButton:focus { border-color: @ring; }
QPushButton:disabled, QToolButton:disabled { background: @fieldOff; border-color: @fieldOff; color: @off; }
QPushButton[role="primary"], QToolButton[role="primary"] { background: @primary; border-color: @primary; color: @onPrimary;
    font-weight: 600; }
QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover { background: @primaryHover; border-color: @primaryHover; }
QPushButton[role="primary"]:pressed, QToolButton[role="primary"]:pressed { background: @primaryPressed; }
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus { border-color: @text; }
QPushButton[role="primary"]:disabled, QToolButton[role="primary"]:disabled { background: @fieldOff; border-color: @fieldOff;
    color: @off; }
QPushButton[role="primary"][busy="true"]:disabled { background: @selection; border-color: @selection; color: @training; }
QPushButton[role="danger"] { color: @danger; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border-color: transparent; color: @muted; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: @field; color: @text; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border-color: @ring; }
QPushButton[role="quiet"]:disabled, QToolButton[role="quiet"]:disabled { color: @off; }
QPushButton[role="toggle"]:checked, QToolButton[role="toggle"]:checked { background: @selection; border-color: @selection;
    color: @text; }
QPushButton[role="toggle"]:checked:focus, QToolButton[role="toggle"]:checked:focus { border-color: @ring; }
QToolButton[role="rail"] { background: transparent; border: 2px solid transparent; border-radius: #px(8); color: @muted;
    padding: #px(6) 0; font-size: #px(12); }
QToolButton[role="rail"]:hover { background: @field; color: @text; }
QToolButton[role="rail"]:checked { background: @selection; color: @text; font-weight: 600; }
QToolButton[role="rail"]:focus { border-color: @ring; }
QToolButton[role="tab"] { background: transparent; border: 2px solid transparent; border-radius: #px(6); color: @muted;
    padding: #px(2) #px(9); }
QToolButton[role="tab"]:hover { background: @field; color: @text; }
QToolButton[role="tab"]:checked { background: @selection; color: @text; font-weight: 600; }
QToolButton[role="tab"]:focus { border-color: @ring; }
QToolButton[role="badge"] { background: @panel; border: 1px solid @line; border-radius: #px(9); color: @text;
    padding: #px(1) #px(8); font-size: #px(12); }
QToolButton[role="badge"]:hover { background: @hover; }
QToolButton[role="disclosure"] { background: transparent; border: 2px solid transparent; color: @muted; font-size: #px(11);
    font-weight: 600; padding: #px(2) 0; }
QToolButton[role="disclosure"]:hover { color: @text; }
QToolButton[role="disclosure"]:focus { border-color: @ring; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: none; width: 0; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit { background: @field; color: @text;
    border: 2px solid @field; border-radius: #px(6); padding: #px(3) #px(8); min-height: #px(20); }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { background: @hover; border-color: @hover; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: @ring; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { background: @fieldOff;
    border-color: @fieldOff; color: @off; }
QLineEdit[problem="true"], QSpinBox[problem="true"], QDoubleSpinBox[problem="true"], QComboBox[problem="true"] {
    border-color: @danger; }
QSpinBox, QDoubleSpinBox, QLineEdit[role="number"] { font-family: "JetBrains Mono", "DejaVu Sans Mono"; font-size: #px(12.5); }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right;
    width: #px(18); border: none; background: transparent; margin: #px(2) #px(3) 0 0; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right;
    width: #px(18); border: none; background: transparent; margin: 0 #px(3) #px(2) 0; }
QSpinBox::up-button:hover, QSpinBox::down-button:hover, QDoubleSpinBox::up-button:hover, QDoubleSpinBox::down-button:hover {
    background: @pressed; border-radius: #px(3); }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(:/icons/control-up-@mode.svg); width: #px(10); height: #px(10); }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(:/icons/control-down-@mode.svg); width: #px(10);
    height: #px(10); }
QSpinBox::up-arrow:disabled, QSpinBox::down-arrow:disabled, QDoubleSpinBox::up-arrow:disabled,
QDoubleSpinBox::down-arrow:disabled { image: none; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { border: none; width: #px(22); subcontrol-position: center right; }
QComboBox::down-arrow { image: url(:/icons/control-down-@mode.svg); width: #px(13); height: #px(13); }
QComboBox QAbstractItemView { background: @field; color: @text; border: 1px solid @line; border-radius: #px(6);
    padding: #px(3); outline: none; selection-background-color: @primary; selection-color: @onPrimary; }
QComboBox QAbstractItemView::item { min-height: #px(26); padding: 0 #px(6); border-radius: #px(4); }
QComboBox QAbstractItemView::item:hover { background: @hover; color: @text; }
QComboBox QAbstractItemView::item:selected { background: @primary; color: @onPrimary; }

QCheckBox, QRadioButton { spacing: #px(8); min-height: #px(24); background: transparent; border: 2px solid transparent;
    border-radius: #px(4); }
QCheckBox:disabled, QRadioButton:disabled { color: @off; }
QCheckBox:focus, QRadioButton:focus { border-color: @ring; }
QCheckBox::indicator { width: #px(14); height: #px(14); border-radius: #px(4); border: 1px solid @edge; background: @field; }
QCheckBox::indicator:hover { border-color: @muted; }
QCheckBox::indicator:checked { background: @primary; border-color: @primary; image: url(:/icons/control-check.svg); }
QCheckBox::indicator:disabled { background: @fieldOff; border-color: @line; }
QRadioButton::indicator { width: #px(13); height: #px(13); border-radius: #px(7); border: 1px solid @edge; background: @field; }
QRadioButton::indicator:checked { background: @onPrimary; border: #px(4) solid @primary; width: #px(7); height: #px(7); }

QSlider { background: transparent; min-height: #px(22); }
QSlider::groove:horizontal { height: #px(4); border-radius: #px(2); background: @groove; }
QSlider::sub-page:horizontal { background: @training; border-radius: #px(2); }
QSlider::sub-page:horizontal:disabled { background: @groove; }
QSlider::handle:horizontal { width: #px(14); height: #px(14); margin: -#px(6) 0; border-radius: #px(7); background: @knob;
    border: 1px solid @edge; }
QSlider::handle:horizontal:hover { border-color: @training; }
QSlider::handle:horizontal:focus { border: 2px solid @ring; }
QSlider::handle:horizontal:disabled { background: @fieldOff; border-color: @line; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: #px(10); margin: 0; }
QScrollBar:horizontal { background: transparent; height: #px(10); margin: 0; }
QScrollBar::handle { background: @groove; border-radius: #px(3); margin: #px(2); }
QScrollBar::handle:vertical { min-height: #px(28); }
QScrollBar::handle:horizontal { min-width: #px(28); }
QScrollBar::handle:hover { background: @edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: @field; color: @text; border: 1px solid @line; border-radius: #px(8); padding: #px(5); }
QMenu::item { padding: #px(6) #px(26) #px(6) #px(14); border-radius: #px(5); }
QMenu::item:selected { background: @primary; color: @onPrimary; }
QMenu::item:disabled { color: @off; background: transparent; }
QMenu::separator { height: 1px; background: @line; margin: #px(5) #px(8); }
QMenu::indicator { width: #px(14); height: #px(14); left: #px(4); }
QMenu::icon { left: #px(8); }
QMenu::right-arrow { image: url(:/icons/control-right-@mode.svg); width: #px(13); height: #px(13); right: #px(6); }

QProgressBar { background: @groove; border: none; border-radius: #px(3); max-height: #px(6); min-height: #px(6); color: transparent; }
QProgressBar::chunk { background: @training; border-radius: #px(3); }

QGroupBox { border: 1px solid @line; border-radius: #px(8); margin-top: #px(8); padding: #px(10); }
QGroupBox::title { subcontrol-origin: margin; left: #px(10); color: @muted; }
QSplitter::handle { background: transparent; }
QAbstractItemView { background: @field; border: none; outline: none; }
QHeaderView::section { background: @panel; color: @muted; border: none; border-bottom: 1px solid @line; padding: #px(4) #px(8); }
)";

QColor mix(const QColor& a, const QColor& b, double share) {
    const auto channel = [share](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

QHash<QString, QString> names() {
    const Colors& c = colors();
    const auto hex = [](const QColor& color) { return color.name(); };
    QHash<QString, QString> table{
        {QStringLiteral("window"), hex(c.window)},
        {QStringLiteral("panel"), hex(c.panel)},
        {QStringLiteral("card"), hex(c.card)},
        {QStringLiteral("field"), hex(c.field)},
        {QStringLiteral("line"), hex(c.line)},
        {QStringLiteral("text"), hex(c.text)},
        {QStringLiteral("muted"), hex(c.muted)},
        {QStringLiteral("faint"), hex(c.faint)},
        {QStringLiteral("training"), hex(c.training)},
        {QStringLiteral("onPrimary"), hex(c.onPrimary)},
        {QStringLiteral("selection"), hex(c.selection)},
        {QStringLiteral("warning"), hex(c.warning)},
        {QStringLiteral("danger"), hex(c.danger)},
        {QStringLiteral("mode"), isDark() ? QStringLiteral("dark") : QStringLiteral("light")},
        {QStringLiteral("hover"), hex(mix(c.field, c.text, 0.07))},
        {QStringLiteral("pressed"), hex(mix(c.field, c.text, 0.14))},
        {QStringLiteral("fieldOff"), hex(mix(c.field, c.panel, 0.6))},
        {QStringLiteral("off"), hex(mix(c.faint, c.panel, 0.35))},
        {QStringLiteral("edge"), hex(mix(c.line, c.muted, 0.45))},
        {QStringLiteral("groove"), hex(mix(c.field, c.text, 0.10))},
        {QStringLiteral("knob"), isDark() ? hex(c.text) : hex(c.card)},
        {QStringLiteral("ring"), hex(mix(c.training, c.text, isDark() ? 0.15 : 0.0))},
    };
    const QColor& w = c.window;
    table.insert(QStringLiteral("veil"),
                 QStringLiteral("rgba(%1, %2, %3, 215)").arg(w.red()).arg(w.green()).arg(w.blue()));
    // White text needs a deeper blue than a line on a dark plot does.
    const QColor primary = isDark() ? mix(c.training, QColor(Qt::black), 0.22) : c.training;
    table.insert(QStringLiteral("primary"), hex(primary));
    table.insert(QStringLiteral("primaryHover"), hex(mix(primary, QColor(Qt::white), 0.1)));
    table.insert(QStringLiteral("primaryPressed"), hex(mix(primary, QColor(Qt::black), 0.15)));
    return table;
}

} // namespace

QString styleSheet() {
    const QHash<QString, QString> table = names();
    static const QRegularExpression token(QStringLiteral(R"(@([A-Za-z]+)|#px\(([0-9.]+)\))"));
    const QString source = QString::fromLatin1(rules);
    QString out;
    out.reserve(source.size() * 2);
    qsizetype from = 0;
    for (auto it = token.globalMatch(source); it.hasNext();) {
        const auto match = it.next();
        out += source.mid(from, match.capturedStart() - from);
        if (match.capturedLength(1) > 0)
            out += table.value(match.captured(1));
        else
            out +=
                QString::number(std::lround(match.captured(2).toDouble() * scale())) + QStringLiteral("px");
        from = match.capturedEnd();
    }
    return out + source.mid(from);
}

} // namespace ddpm::ui::theme
