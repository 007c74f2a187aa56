// The column of settings and numbers at the right of a stage: headings, labelled rows, read-outs.
#pragma once

#include "views/steady_label.h"

#include <QFrame>
#include <QLabel>
#include <QWidget>

class QVBoxLayout;

namespace ddpm::ui {

/// Small capital heading of a section; an optional note at its right ("1 change not applied").
class SectionHeading : public QWidget {
    Q_OBJECT
public:
    explicit SectionHeading(const QString& title, QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setNote(const QString& note, bool warning = false);
    QString note() const { return note_->text(); }

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    SteadyLabel* title_ = nullptr;
    QLabel* note_ = nullptr;
};

/// A number in tabular figures, right-aligned, of constant width.
class ReadOut : public SteadyLabel {
    Q_OBJECT
public:
    explicit ReadOut(QWidget* parent = nullptr);
    void setValue(double value); ///< six or so significant places of room
    void setNothing();           ///< a dash
};

/// A line of muted words that wraps.
class Note : public QLabel {
    Q_OBJECT
public:
    explicit Note(const QString& text = {}, QWidget* parent = nullptr);
    void setWarning(bool warning);
};

/// Words and numbers in rows, one below the other, with the theme's distances. Labels may be rich text
/// (β<sub>t</sub>).
class InspectorForm : public QWidget {
    Q_OBJECT
public:
    explicit InspectorForm(QWidget* parent = nullptr);

    void setEmbedded(); ///< a part of another form: without margins of its own

    SectionHeading* addSection(const QString& title);
    QLabel* addRow(const QString& label, QWidget* field); ///< the field becomes the label's buddy
    ReadOut* addReadOut(const QString& label, const QString& toolTip = {});
    void addWide(QWidget* widget);
    void addLayoutRow(const QList<QWidget*>& widgets); ///< side by side, equally wide
    void addSpace();
    void addStretch();
    /// Shows or hides a row made by addRow, with its label.
    void setRowVisible(QWidget* field, bool visible);

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QVBoxLayout* rows_ = nullptr;
    bool embedded_ = false;
    QList<QWidget*> fields_; // of one width
};

} // namespace ddpm::ui
