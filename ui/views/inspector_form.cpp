#include "views/inspector_form.h"

#include "theme/theme.h"
#include "views/curve_view.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QStyle>
#include <QVBoxLayout>

namespace ddpm::ui {
namespace {

void setRole(QWidget* widget, const char* role) {
    if (widget->property("role").toString() == QLatin1String(role)) return;
    widget->setProperty("role", role);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

/// In capitals but for single letters: those are symbols, and t is not T.
QString inCapitals(const QString& title) {
    QStringList words = title.split(QLatin1Char(' '));
    for (QString& word : words)
        if (word.size() > 1) word = word.toUpper();
    return words.join(QLatin1Char(' '));
}

int fieldWidth() {
    return theme::space(37);
}

} // namespace

SectionHeading::SectionHeading(const QString& title, QWidget* parent)
    : QWidget(parent), title_(new SteadyLabel(this)), note_(new QLabel(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(title_);
    row->addStretch(1);
    row->addWidget(note_);
    title_->setProperty("role", "heading");
    setTitle(title);
    note_->setProperty("role", "hint");
    restyle();
}

void SectionHeading::setTitle(const QString& title) {
    title_->setText(inCapitals(title));
    title_->setAccessibleName(title);
}

void SectionHeading::setNote(const QString& note, bool warning) {
    note_->setText(note);
    setRole(note_, warning ? "warning" : "hint");
}

void SectionHeading::restyle() {
    title_->setFont(theme::headingFont());
    setMinimumHeight(theme::space(5));
}

void SectionHeading::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && note_) restyle();
    QWidget::changeEvent(event);
}

ReadOut::ReadOut(QWidget* parent) : SteadyLabel(parent) {
    setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setProperty("role", "number");
    setNothing();
    setRoomFor(QStringLiteral("0.000000"));
}

void ReadOut::setValue(double value) {
    setText(readOut(value));
}

void ReadOut::setNothing() {
    setText(QStringLiteral("–"));
}

Note::Note(const QString& text, QWidget* parent) : QLabel(text, parent) {
    setWordWrap(true);
    setProperty("role", "hint");
}

void Note::setWarning(bool warning) {
    setRole(this, warning ? "warning" : "hint");
}

InspectorForm::InspectorForm(QWidget* parent) : QWidget(parent), rows_(new QVBoxLayout(this)) {
    restyle();
}

void InspectorForm::setEmbedded() {
    embedded_ = true;
    restyle();
}

SectionHeading* InspectorForm::addSection(const QString& title) {
    if (rows_->count() > 0 || embedded_) addSpace();
    auto* heading = new SectionHeading(title, this);
    rows_->addWidget(heading);
    return heading;
}

QLabel* InspectorForm::addRow(const QString& label, QWidget* field) {
    auto* holder = new QWidget(this);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    auto* words = new QLabel(label, holder);
    words->setBuddy(field);
    if (field->accessibleName().isEmpty()) {
        QString plain = label;
        field->setAccessibleName(plain.remove(QStringLiteral("<sub>")).remove(QStringLiteral("</sub>")));
    }
    row->addWidget(words, 1);
    row->addWidget(field);
    if (!qobject_cast<QLabel*>(field)) {
        fields_.append(field);
        field->setFixedWidth(fieldWidth());
    }
    rows_->addWidget(holder);
    return words;
}

ReadOut* InspectorForm::addReadOut(const QString& label, const QString& toolTip) {
    auto* number = new ReadOut(this);
    QLabel* words = addRow(label, number);
    if (!toolTip.isEmpty()) {
        words->setToolTip(toolTip);
        number->setToolTip(toolTip);
    }
    return number;
}

void InspectorForm::addWide(QWidget* widget) {
    rows_->addWidget(widget);
}

void InspectorForm::addLayoutRow(const QList<QWidget*>& widgets) {
    auto* row = new QHBoxLayout;
    row->setSpacing(theme::space(2));
    for (QWidget* widget : widgets)
        row->addWidget(widget, 1);
    rows_->addLayout(row);
}

void InspectorForm::addSpace() {
    rows_->addSpacing(theme::space(3));
}

void InspectorForm::addStretch() {
    rows_->addStretch(1);
}

void InspectorForm::setRowVisible(QWidget* field, bool visible) {
    if (field->parentWidget() && field->parentWidget() != this) field->parentWidget()->setVisible(visible);
}

void InspectorForm::restyle() {
    const int edge = embedded_ ? 0 : theme::space(4);
    rows_->setContentsMargins(edge, edge, edge, edge);
    rows_->setSpacing(theme::space(2));
    for (QWidget* field : fields_)
        field->setFixedWidth(fieldWidth());
}

void InspectorForm::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && rows_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
